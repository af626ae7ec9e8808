// Sentences and numbers for people.
#include "core/statistics/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/numbers.hpp"

namespace moescope::statistics {
namespace {

constexpr const char* kMinus = "\u2212";
constexpr const char* kMissing = "\u2013";
constexpr double kUsualBar = 0.05;

constexpr std::size_t kMostNamed = 6;

std::string joined(std::vector<std::string> parts) {
    if (parts.size() > kMostNamed) {
        const std::size_t more = parts.size() - kMostNamed + 1;
        parts.resize(kMostNamed - 1);
        parts.push_back(std::to_string(more) + " more");
    }
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return text;
}

std::string count(std::size_t n, const std::string& one) { return std::to_string(n) + " " + one + (n == 1 ? "" : "s"); }

std::string scaled(double x, const char* unit) {
    static constexpr std::array<const char*, 7> prefixes{"", "k", "M", "G", "T", "P", "E"};
    std::size_t at = 0;
    for (; at + 1 < prefixes.size() && std::abs(x) >= 1000; ++at) x /= 1000;
    return base::toFixed(x, at == 0 || x >= 100 ? 0 : x >= 10 ? 1 : 2) + (at == 0 && *unit == ' ' ? "" : " ") + prefixes[at] + unit;
}

std::string percent(double share) {
    const double amount = std::round(1000 * share) / 10;
    std::string text = amount < 0 ? kMinus : "";
    text += base::toFixed(std::abs(amount), std::round(amount) == amount ? 0 : 1);
    return text + " %";
}

std::string wordOf(Axis axis) {
    static constexpr std::array<const char*, 4> words{"steps", "tokens", "FLOPs", "seconds"};
    return words[static_cast<std::size_t>(axis)];
}

std::string lowerIn(const Comparison& comparison, const Pair& pair) {
    const auto lower = static_cast<std::size_t>(std::ranges::count_if(pair.differences, [](double difference) { return difference < 0; }));
    return "Mean over " + count(pair.seeds.size(), "shared seed") + ", " + placeText(comparison.question.axis, comparison.horizon) + "; lower with " +
           std::to_string(lower) + " of " + std::to_string(pair.seeds.size()) + ".";
}

std::string onP(const SignFlip& test, std::size_t n) {
    if (std::isnan(test.p))
        return "One shared seed: no interval and no p. Whether the difference is more than chance cannot be said; train both with more seeds.";
    std::string text = (test.exact ? "Exact sign-flip p = " : "Sign-flip p = ") + probabilityText(test.p) + " (" +
                       (test.exact ? "all " + std::to_string(test.flips) + " flips" : std::to_string(test.flips) + " flips drawn with a fixed seed") + "). With " +
                       count(n, "seed") + " p cannot fall below " + probabilityText(test.smallest);
    const std::size_t enough = pairsToReach(kUsualBar);
    return text + (n < enough ? "; " + std::to_string(enough - n) + " more could reach " + probabilityText(kUsualBar) + "." : ".");
}

std::string onSavings(const Comparison& comparison, const Pair& pair, const std::string& name, const std::string& baseline) {
    const Savings& savings = *pair.savings;
    const Axis axis = comparison.question.axis;
    const std::string horizon = amountText(axis, comparison.horizon);
    if (savings.reached == 0)
        return name + " reaches the loss of " + baseline + " and stays there for 3 evaluations with none of " + count(pair.seeds.size(), "seed") + ": it needs > " + horizon + ".";
    if (savings.reached < pair.seeds.size())
        return name + " reaches the loss of " + baseline + " and stays there for 3 evaluations with " + std::to_string(savings.reached) + " of " + count(pair.seeds.size(), "seed") +
               "; the rest needs > " + horizon + ". So the savings have no mean; they are below " + percent(savings.atMost) + ".";
    const std::string what = name + " reaches the loss of " + baseline;
    const bool fewer = savings.share >= 0;
    std::string text = what + " after " + amountText(axis, mean(savings.own)) + " instead of " + amountText(axis, mean(savings.baseline)) + ": " +
                       percent(std::abs(savings.share)) + (fewer ? " fewer " : " more ") + wordOf(axis);
    if (savings.interval.known()) text += " (95 % interval of the savings " + percent(savings.interval.low) + " to " + percent(savings.interval.high) + ")";
    return text + ".";
}

std::string onHorizon(const Comparison& comparison) {
    const bool one = comparison.shortest.size() == 1;
    return "Compared " + placeText(comparison.question.axis, comparison.horizon) + ", where " + joined(comparison.shortest) + (one ? " ends" : " end") + "; the others go on.";
}

void addRest(const Comparison& comparison, const Pair& pair, std::vector<std::string>& sentences) {
    if (!pair.unpaired.empty() && !pair.seeds.empty()) sentences.push_back("Left out for want of a partner: seed " + joined(pair.unpaired) + ".");
    if (!comparison.shortest.empty()) sentences.push_back(onHorizon(comparison));
    if (comparison.question.smoothing > 0) sentences.push_back("Read from curves smoothed with weight " + base::toText(comparison.question.smoothing) + ".");
}

Verdict unpaired(const Comparison& comparison, const Pair& pair, Verdict verdict) {
    const GroupResult &group = comparison.groups[pair.group], &base = comparison.groups[comparison.baseline];
    verdict.number = kMissing;
    verdict.sentences.push_back("No shared seeds: " + group.name + " has seed " + joined(group.seeds) + ", " + base.name + " has seed " + joined(base.seeds) +
                                ". A difference between them would mix the change with the luck of the seed; train both with the same seeds.");
    addRest(comparison, pair, verdict.sentences);
    return verdict;
}

}  // namespace

std::string numberText(double value, bool isSigned) {
    if (std::isnan(value)) return kMissing;
    const double size = std::abs(value);
    std::string digits = base::toFixed(size, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4);
    if (digits.find_first_not_of("0.") == std::string::npos) {
        if (size == 0) return "0";
        return (value < 0 ? kMinus : isSigned ? "+" : "") + std::string(size < 1e-4 ? base::toFixed(size * 1e6, 2) + "e-6" : digits);
    }
    if (digits.find('.') != std::string::npos && size >= 10) {
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.back() == '.') digits.pop_back();
    }
    return (value < 0 ? kMinus : isSigned ? "+" : "") + digits;
}

std::string intervalText(const Interval& interval, bool isSigned) {
    return interval.known() ? numberText(interval.low, isSigned) + " to " + numberText(interval.high, isSigned) : kMissing;
}

std::string probabilityText(double p) {
    if (std::isnan(p)) return kMissing;
    if (p <= 0) return "0";
    const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(p))), 2, 12);
    std::string text = base::toFixed(p, decimals);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string amountText(Axis axis, double x) {
    switch (axis) {
        case Axis::tokens: return scaled(x, " tokens");
        case Axis::flops: return scaled(x, "FLOP");
        case Axis::seconds: return base::toFixed(x, x < 100 ? 1 : 0) + " s";
        default: return base::toFixed(x, x == std::floor(x) ? 0 : 1) + " steps";
    }
}

std::string placeText(Axis axis, double x) { return axis == Axis::step ? "at step " + base::toFixed(x, 0) : "at " + amountText(axis, x); }

Verdict verdictOf(const Comparison& comparison, const Pair& pair) {
    const std::string &name = comparison.groups[pair.group].name, &base = comparison.groups[comparison.baseline].name;
    const std::string& unit = comparison.question.unit;
    Verdict verdict{name + " " + kMinus + " " + base, {}, {}, {}};
    if (pair.seeds.empty()) return unpaired(comparison, pair, std::move(verdict));
    verdict.number = numberText(pair.difference, true) + (unit.empty() ? "" : " " + unit);
    if (pair.interval.known())
        verdict.interval = "95 % interval " + intervalText(pair.interval, true) + (pair.interval.rough() ? ", rough: fewer than 8 seeds" : "");
    verdict.sentences = {lowerIn(comparison, pair), onP(pair.test, pair.seeds.size())};
    if (!std::isnan(pair.holm))
        verdict.sentences.push_back("Corrected for the " + std::to_string(comparison.pairs.size()) + " pairs tested here (Holm): p = " + probabilityText(pair.holm) + ".");
    if (!std::isnan(pair.effect)) verdict.sentences.push_back("Effect size: the difference is " + base::toFixed(std::abs(pair.effect), 2) + " times the spread over the seeds.");
    if (pair.savings) verdict.sentences.push_back(onSavings(comparison, pair, name, base));
    addRest(comparison, pair, verdict.sentences);
    return verdict;
}

std::vector<std::string> verdictAlone(const Comparison& comparison) {
    const GroupResult& only = comparison.groups.front();
    std::vector<std::string> sentences{count(only.values.size(), "run") + " of one group: there is nothing to compare " + (only.values.size() == 1 ? "it" : "them") + " with."};
    if (only.values.size() == 1) sentences.push_back("One seed: no spread and no interval. Train it with more seeds.");
    return sentences;
}

}  // namespace moescope::statistics
