// Writes a study out as runs.
#include "core/config/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/json_value.hpp"
#include "core/config/setting_keys.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

using base::Problems;

constexpr std::size_t kLongestLabel = 40;
constexpr std::uint32_t kStudyLayer = 0x53545544;  // a stream of its own among the samples

std::string_view trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    return from == std::string_view::npos ? std::string_view() : text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

std::vector<std::string> listed(std::string_view list, Problems& problems, const std::string& key) {
    std::vector<std::string> texts;
    if (!list.starts_with('[')) {
        for (const std::string_view part : splitWords(list, ',')) texts.emplace_back(trimmed(part));
        return texts;
    }
    const ParsedJson parsed = parseJson(list);
    const auto* array = parsed.error.empty() ? parsed.value.array() : nullptr;
    if (!array) {
        problems.push_back({key, "the values are not a JSON array; write " + key + "=V1,V2 or " + key + "=[V1,V2]"});
        return {};
    }
    for (const auto& value : *array) texts.push_back(dumpJson(value));
    return texts;
}

/// A value as people read it in a name: without quotes, not too long.
std::string label(const std::string& json) {
    return base::printable(json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : json, kLongestLabel);
}

std::string shortKey(const std::string& key, const std::vector<Variation>& vary) {
    const auto last = [](const std::string& whole) { return whole.substr(whole.rfind('.') + 1); };
    const auto same = std::ranges::count_if(vary, [&](const Variation& each) { return last(each.key) == last(key); });
    return same > 1 ? key : last(key);
}

std::string groupName(const StudyPlan& plan, const std::vector<std::string>& values) {
    std::string name = !plan.name.empty() ? plan.name : !plan.base.preset.empty() ? plan.base.preset : "study";
    for (std::size_t i = 0; i < values.size(); ++i) name += fmt::format(" {}={}", shortKey(plan.vary[i].key, plan.vary), label(values[i]));
    return name;
}

std::size_t combinations(const StudyPlan& plan) {
    std::size_t count = 1;
    for (const Variation& each : plan.vary) {
        if (each.values.empty()) return 0;
        if (count > kMostStudyRuns * 100 / each.values.size()) return SIZE_MAX;
        count *= each.values.size();
    }
    return count;
}

/// Number `index` of the grid; the last setting changes fastest.
std::vector<std::string> combination(const StudyPlan& plan, std::size_t index) {
    std::vector<std::string> values(plan.vary.size());
    for (std::size_t i = plan.vary.size(); i-- > 0;) {
        values[i] = plan.vary[i].values[index % plan.vary[i].values.size()];
        index /= plan.vary[i].values.size();
    }
    return values;
}

/// Indexes of the grid that are run, ascending: all, or drawn ones (the first part of a shuffle).
std::vector<std::size_t> chosen(const StudyPlan& plan, std::size_t count) {
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto wanted = static_cast<std::size_t>(plan.random);
    if (plan.random <= 0 || wanted >= count) return all;
    const base::RandomStream stream({static_cast<std::uint64_t>(plan.base.training.seed), base::Purpose::sampling, kStudyLayer, 0});
    for (std::size_t i = 0; i < wanted; ++i) std::swap(all[i], all[i + stream.below(i, count - i)]);
    all.resize(wanted);
    std::ranges::sort(all);
    return all;
}

Problems mistakes(const StudyPlan& plan, std::size_t count) {
    Problems problems;
    std::set<std::string> seen;
    for (const Variation& each : plan.vary) {
        if (each.key == "training.seed" || each.key == "data.seed")
            problems.push_back({each.key, "seeds are not varied like a setting; say how many seeds there shall be"});
        else if (!seen.insert(each.key).second)
            problems.push_back({each.key, "this setting is varied twice; give all its values at once"});
        if (each.values.empty()) problems.push_back({each.key, "there is no value to try; give at least one"});
    }
    if (plan.seeds.empty()) problems.push_back({"seeds", "there must be at least one seed"});
    const std::size_t cells = plan.random > 0 ? std::min(count, static_cast<std::size_t>(plan.random)) : count;
    if (count == SIZE_MAX || cells > kMostStudyRuns / std::max<std::size_t>(1, plan.seeds.size()))
        problems.push_back({"vary", fmt::format("that would be more than {} runs; give fewer values or seeds, or draw some at random", kMostStudyRuns)});
    return problems;
}

/// The base with these values; what is wrong is said with the values that make it wrong.
Problems makeCell(const StudyPlan& plan, const std::vector<std::string>& values, RunConfig& config) {
    config = plan.base;
    Problems problems;
    std::string where;
    for (std::size_t i = 0; i < values.size() && problems.empty(); ++i) {
        where += fmt::format("{}{} = {}", i ? ", " : "", plan.vary[i].key, label(values[i]));
        problems = applySetting(config, plan.vary[i].key, values[i]);
    }
    if (problems.empty()) problems = validate(config);
    if (!where.empty())
        for (base::Problem& problem : problems) problem.text = "with " + where + ": " + problem.text;
    return problems;
}

}  // namespace

Problems parseValues(std::string_view key, std::string_view list, Variation& variation) {
    const auto known = canonicalKey(key);
    if (!known) return {{std::string(key), fmt::format("there is no such setting; the nearest is {}", suggestKey(key))}};
    Problems problems;
    Variation made{*known, {}};
    for (const std::string& text : listed(trimmed(list), problems, *known)) {
        RunConfig probe;
        Problems wrong = text.empty() ? Problems{{*known, "a value is missing between two commas"}} : applySetting(probe, *known, text);
        problems.insert(problems.end(), wrong.begin(), wrong.end());
        if (!wrong.empty()) continue;
        const std::string value = settingJson(probe, *known).value_or(text);
        if (std::ranges::find(made.values, value) == made.values.end()) made.values.push_back(value);
    }
    if (problems.empty() && made.values.empty()) problems.push_back({*known, "there is no value to try; write " + *known + "=V1,V2"});
    if (problems.empty()) variation = std::move(made);
    return problems;
}

Problems parseVariation(std::string_view text, Variation& variation) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return {{std::string(text), "a setting is varied as KEY=V1,V2, for instance moe.top_k=1,2"}};
    return parseValues(trimmed(text.substr(0, equals)), text.substr(equals + 1), variation);
}

std::variant<std::vector<StudyRun>, Problems> studyRuns(const StudyPlan& plan) {
    const std::size_t count = combinations(plan);
    if (Problems problems = mistakes(plan, count); !problems.empty()) return problems;
    Problems problems;
    std::vector<StudyRun> cells;
    for (const std::size_t index : chosen(plan, count)) {
        StudyRun cell;
        cell.values = combination(plan, index);
        cell.group = groupName(plan, cell.values);
        for (base::Problem& problem : makeCell(plan, cell.values, cell.config)) problems.push_back(std::move(problem));
        cells.push_back(std::move(cell));
    }
    if (!problems.empty()) return problems;
    std::vector<StudyRun> runs;
    for (const std::int64_t seed : plan.seeds)
        for (const StudyRun& cell : cells) {
            StudyRun run = cell;
            run.seed = seed;
            run.name = fmt::format("{}-s{}", cell.group, seed);
            run.config = withSeed(cell.config, seed);
            runs.push_back(std::move(run));
        }
    return runs;
}

RunConfig withSeed(RunConfig config, std::int64_t seed) {
    if (config.data.seed == config.training.seed) config.data.seed = seed;
    config.training.seed = seed;
    return config;
}

std::vector<std::int64_t> seedsToReach(std::size_t total, std::span<const std::int64_t> taken, std::int64_t first) {
    std::set<std::int64_t> have(taken.begin(), taken.end());
    std::vector<std::int64_t> fresh;
    for (std::int64_t seed = first; have.size() < total; ++seed)
        if (have.insert(seed).second) fresh.push_back(seed);
    return fresh;
}

std::vector<std::int64_t> seedsFrom(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> seeds(static_cast<std::size_t>(std::max<std::int64_t>(0, count)));
    std::iota(seeds.begin(), seeds.end(), first);
    return seeds;
}

}  // namespace moescope::config
