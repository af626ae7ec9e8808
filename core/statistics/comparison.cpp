// The common horizon, the pairs and the savings.
#include "core/statistics/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/config/config_json.hpp"

namespace moescope::statistics {
namespace {

using Groups = std::vector<Group>;

base::Problems wrong(const Groups& groups, const Question& question) {
    base::Problems problems;
    for (const Group& group : groups)
        for (std::size_t i = 0; i < group.members.size(); ++i) {
            const Member& member = group.members[i];
            if (member.curve.x.empty())
                problems.push_back({"metric", member.name + " has stored no finite " + question.metric + "; take it out or choose another metric"});
            for (std::size_t j = 0; j < i; ++j)
                if (group.members[j].seed == member.seed)
                    problems.push_back({"seed", group.members[j].name + " and " + member.name + " are both of group \"" + group.name + "\" with seed " + member.seed +
                                                    "; take one out or group by a setting in which they differ"});
        }
    return problems;
}

std::vector<const Curve*> curvesOf(const Groups& groups) {
    std::vector<const Curve*> curves;
    for (const Group& group : groups)
        for (const Member& member : group.members) curves.push_back(&member.curve);
    return curves;
}

/// Runs that end where the comparison ends although others go on.
std::vector<std::string> shortestOf(const Groups& groups, double horizon) {
    std::vector<std::string> names;
    bool longer = false;
    for (const Group& group : groups)
        for (const Member& member : group.members) {
            if (member.curve.x.back() <= horizon) names.push_back(member.name);
            else longer = true;
        }
    return longer ? names : std::vector<std::string>();
}

GroupResult resultOf(const Group& group, double horizon) {
    GroupResult result;
    result.name = group.name;
    for (const Member& member : group.members) {
        result.runs.push_back(member.run);
        result.names.push_back(member.name);
        result.seeds.push_back(member.seed);
        result.values.push_back(*valueAt(member.curve, horizon));
    }
    result.mean = mean(result.values);
    result.sd = deviation(result.values);
    result.interval = meanInterval(result.values);
    return result;
}

const Member* withSeed(const Group& group, const std::string& seed) {
    const auto found = std::ranges::find(group.members, seed, &Member::seed);
    return found == group.members.end() ? nullptr : &*found;
}

double ratioSaved(std::span<const double> own, std::span<const double> baseline, std::span<const std::size_t> chosen) {
    double a = 0, b = 0;
    for (const std::size_t i : chosen) {
        a += own[i];
        b += baseline[i];
    }
    return 1 - a / b;
}

std::optional<Savings> savingsOf(const Group& group, const Group& baseline, const std::vector<std::string>& seeds, double horizon) {
    Savings savings;
    std::vector<double> bounded;
    for (const std::string& seed : seeds) {
        const Curve &own = withSeed(group, seed)->curve, &base = withSeed(baseline, seed)->curve;
        const double target = *valueAt(base, horizon);
        const auto reached = firstCrossing(own, target, horizon);
        savings.reached += reached.has_value();
        savings.own.push_back(reached.value_or(kUnknown));
        savings.baseline.push_back(firstCrossing(base, target, horizon).value_or(horizon));
        bounded.push_back(reached.value_or(horizon));
    }
    if (std::ranges::min(savings.baseline) <= 0) return std::nullopt;  // it has not got below where it started
    const double share = 1 - mean(bounded) / mean(savings.baseline);
    if (savings.reached < seeds.size()) {
        savings.atMost = share;
        return savings;
    }
    savings.share = share;
    savings.interval = bootstrap(seeds.size(), [&](std::span<const std::size_t> chosen) { return ratioSaved(savings.own, savings.baseline, chosen); });
    return savings;
}

Pair pairOf(const Groups& groups, std::size_t index, std::size_t baseline, const Comparison& comparison) {
    const Group &group = groups[index], &base = groups[baseline];
    Pair pair;
    pair.group = index;
    for (const Member& member : base.members) {
        const Member* other = withSeed(group, member.seed);
        (other ? pair.seeds : pair.unpaired).push_back(member.seed);
        if (other) pair.differences.push_back(*valueAt(other->curve, comparison.horizon) - *valueAt(member.curve, comparison.horizon));
    }
    for (const Member& member : group.members)
        if (!withSeed(base, member.seed)) pair.unpaired.push_back(member.seed);
    if (pair.seeds.empty()) return pair;
    pair.difference = mean(pair.differences);
    if (const double sd = deviation(pair.differences); sd > 1e-12 * std::abs(pair.difference)) pair.effect = pair.difference / sd;
    pair.interval = meanInterval(pair.differences);
    pair.test = signFlip(pair.differences);
    if (isLoss(comparison.question.metric)) pair.savings = savingsOf(group, base, pair.seeds, comparison.horizon);
    return pair;
}

void correct(std::vector<Pair>& pairs) {
    if (pairs.size() < 2) return;
    std::vector<double> p;
    for (const Pair& pair : pairs) p.push_back(pair.test.p);
    const std::vector<double> corrected = holm(p);
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].holm = corrected[i];
}

}  // namespace

std::string_view toText(Axis axis) {
    static constexpr std::array<std::string_view, 4> names{"step", "tokens", "flops", "seconds"};
    return names[static_cast<std::size_t>(axis)];
}

bool isLoss(std::string_view metric) { return metric == "loss" || metric.ends_with("_loss") || metric == "bits_per_byte"; }

std::variant<Comparison, base::Problems> compare(const std::vector<Group>& given, std::size_t baseline, const Question& question) {
    if (base::Problems problems = wrong(given, question); !problems.empty()) return problems;
    Groups groups = given;
    for (Group& group : groups)
        for (Member& member : group.members) member.curve = smoothed(std::move(member.curve), question.smoothing);
    const auto curves = curvesOf(groups);
    const auto horizon = question.axis == Axis::step ? greatestCommon(curves) : commonReach(curves);
    if (!horizon || *horizon <= 0)  // at step 0 nothing is trained
        return base::Problems{{"axis", question.axis == Axis::step ? "after step 0 there is no step at which all these runs have a " + question.metric + "; compare on another axis or take a run out"
                                                                   : "these runs share no stretch of " + std::string(toText(question.axis)) + "; take the shortest out"}};
    Comparison comparison{question, *horizon, shortestOf(groups, *horizon), baseline, {}, {}};
    for (const Group& group : groups) comparison.groups.push_back(resultOf(group, *horizon));
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (i != baseline) comparison.pairs.push_back(pairOf(groups, i, baseline, comparison));
    correct(comparison.pairs);
    return comparison;
}

std::string seedLabel(const config::RunConfig& config) {
    const std::string seed = std::to_string(config.training.seed);
    return config.data.seed == 0 ? seed : seed + ", data " + std::to_string(config.data.seed);
}

std::string seedlessKey(config::RunConfig config) {
    config.training.seed = config.data.seed = 0;
    return config::toJson(config, -1);
}

Likeness likenessOf(const config::RunConfig& config) { return {seedlessKey(config), config::toJson(config, -1)}; }

std::vector<std::string> seedGroupKeys(const std::vector<Likeness>& runs) {
    std::map<std::string, std::size_t> repeats;
    std::vector<std::string> keys;
    for (const Likeness& run : runs) keys.push_back(run.group + '#' + std::to_string(repeats[run.whole]++));
    return keys;
}

std::string commonName(const std::vector<std::string>& names) {
    if (names.size() < 2) return names.empty() ? std::string() : names.front();
    std::string common = names.front();
    for (const std::string& name : names)
        common.resize(static_cast<std::size_t>(std::ranges::mismatch(common, name).in1 - common.begin()));
    const auto inside = [&](const std::string& name) { return name.size() > common.size() && (name[common.size()] & 0xC0) == 0x80; };
    while (std::ranges::any_of(names, inside)) common.pop_back();  // half a character is no name
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::ranges::any_of(names, [&](const std::string& name) { return name.size() > common.size() && isDigit(name[common.size()]); }))
        while (!common.empty() && isDigit(common.back())) common.pop_back();  // of "10" and "11" the 1 is no name
    const auto trim = [&common] { common.erase(common.find_last_not_of(" ,_-#") + 1); };
    trim();
    for (const std::string_view word : {"seed", "s"})
        if (common.ends_with(word) && (common.size() == word.size() || std::string_view(" ,_-").find(common[common.size() - word.size() - 1]) != std::string_view::npos)) {
            common.resize(common.size() - word.size());
            trim();
            break;
        }
    return common.empty() ? names.front() : common;
}

}  // namespace moescope::statistics
