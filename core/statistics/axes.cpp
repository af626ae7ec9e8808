// Two comparisons in one sentence.
#include "core/statistics/axes.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/numbers.hpp"
#include "core/statistics/verdict.hpp"

namespace moescope::statistics {
namespace {

constexpr double kEven = 0.01;  // a smaller share is said to be the same

/// 1 in favour, -1 against, 0 even.
struct Side {
    int sign = 0;
    std::string words;
};

std::string percent(double share) { return base::toFixed(std::abs(100 * share), std::abs(share) < 0.1 ? 1 : 0) + " %"; }

std::string intervalWords(const Interval& interval) {
    if (!interval.known()) return {};
    const auto end = [](double share) { return (share < 0 ? std::string("\u2212") : std::string()) + base::toFixed(std::abs(100 * share), 0); };
    return " (95 % interval " + end(interval.low) + " to " + end(interval.high) + " % saved" + (interval.rough() ? ", rough" : "") + ")";
}

/// Some seed does not reach the loss and stay there: then the loss at the same amount decides, and no saving is made up.
Side unreached(const Pair& pair, const std::string& unit) {
    const Savings& savings = *pair.savings;
    const int sign = pair.difference < 0 ? 1 : pair.difference > 0 ? -1 : 0;
    return {sign, std::to_string(savings.reached) + " of " + std::to_string(savings.own.size()) + " seeds stay there within the same " + unit + ", where the loss is " +
                      (sign == 0 ? std::string("equal") : numberText(std::abs(pair.difference)) + (sign > 0 ? " lower" : " higher"))};
}

std::optional<Side> sideOf(const Comparison& comparison, std::size_t group, const std::string& unit) {
    const auto pair = std::ranges::find(comparison.pairs, group, &Pair::group);
    if (pair == comparison.pairs.end() || !pair->savings) return std::nullopt;
    const Savings& savings = *pair->savings;
    if (!std::isfinite(savings.share)) return unreached(*pair, unit);
    const std::string interval = intervalWords(savings.interval);
    if (std::abs(savings.share) < kEven) return Side{0, "as many " + unit + interval};
    return Side{savings.share > 0 ? 1 : -1, percent(savings.share) + (savings.share > 0 ? " fewer " : " more ") + unit + interval};
}

std::string word(int sign, const char* better, const char* worse, const char* even) { return sign > 0 ? better : sign < 0 ? worse : even; }

}  // namespace

std::string axesSentence(const Comparison& flops, const Comparison& seconds, std::size_t group) {
    const auto perFlop = sideOf(flops, group, "FLOPs"), perSecond = sideOf(seconds, group, "seconds");
    if (!perFlop || !perSecond) return {};
    const std::string verdict = perFlop->sign == perSecond->sign
                                    ? word(perFlop->sign, "better per FLOP and per second", "worse per FLOP and per second", "no different per FLOP or per second")
                                    : word(perFlop->sign, "better per FLOP", "worse per FLOP", "no different per FLOP") + ", " + word(perSecond->sign, "faster per second", "slower per second", "no different per second");
    return flops.groups[group].name + " to the final loss of " + flops.groups[flops.baseline].name + ": " + perFlop->words + "; " + perSecond->words + ". So " + verdict + " on this machine.";
}

}  // namespace moescope::statistics
