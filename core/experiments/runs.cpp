// Writes an experiment out as the runs it consists of.
#include <algorithm>
#include <array>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "core/experiments/experiment.hpp"

namespace moescope::experiments {
namespace {

using base::Problems;
using config::RunConfig;

Problems applySets(const std::vector<std::string>& sets, RunConfig& config) {
    Problems problems;
    for (const std::string& set : sets) {
        const std::size_t equals = set.find('=');
        for (base::Problem& problem : config::applySetting(config, set.substr(0, equals), set.substr(equals + 1))) problems.push_back(std::move(problem));
    }
    return problems;
}

/// The settings that a conversion of `from` makes; the seed of the order is that of the run and set when it trains.
Problems convertArm(const Origin& origin, const RunConfig& from, RunConfig& config) {
    Problems problems = conversion::convertedConfig(from, origin.order, config);
    config.preset = conversion::presetAfter(from.preset, origin.order);
    return problems;
}

Problems makeArm(const Experiment& experiment, const Arm& arm, std::int64_t steps, const std::vector<RunConfig>& earlier, RunConfig& config) {
    Problems problems = arm.from ? convertArm(*arm.from, earlier.at(arm.from->arm), config) : config::applyPreset(config, experiment.base);
    if (problems.empty() && !arm.from) problems = applySets(experiment.sets, config);
    // A dense twin is that of the settings so far; other routers keep what the arm sets after them.
    for (const std::string& preset : arm.presets)
        if (problems.empty()) problems = config::applyPreset(config, preset);
    if (problems.empty()) problems = applySets(arm.sets, config);
    config.training.steps = steps > 0 ? steps : experiment.steps;
    config.training.warmup = std::min(config.training.warmup, config.training.steps);
    if (problems.empty()) problems = config::validate(config);
    return problems;
}

}  // namespace

std::span<const std::string_view> measuredTerms() {
    static constexpr std::array<std::string_view, 8> terms{"whole_loss", "prefix_loss", "seen_loss", "changed_loss", "flipped", "moefied_truth", "moefied_similarity", "moefied_random"};
    return terms;
}

const Experiment* find(std::string_view id) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto same = [&](const Experiment& each) { return std::ranges::equal(each.id, id, {}, lower, lower); };
    const auto at = std::ranges::find_if(all(), same);
    return at == all().end() ? nullptr : &*at;
}

std::variant<std::vector<config::StudyRun>, Problems> runsOf(const Experiment& experiment, std::span<const std::int64_t> seeds, std::int64_t steps) {
    std::vector<RunConfig> configs;
    Problems problems;
    for (const Arm& arm : experiment.arms) {
        RunConfig config;
        const Problems found = makeArm(experiment, arm, steps, configs, config);
        configs.push_back(std::move(config));
        for (const base::Problem& problem : found) problems.push_back({problem.key, experiment.id + " " + arm.name + ": " + problem.text});
    }
    if (!problems.empty()) return problems;
    std::vector<config::StudyRun> runs;
    for (const std::int64_t seed : seeds)
        for (std::size_t i = 0; i < configs.size(); ++i) {
            const std::string group = experiment.id + " " + experiment.arms[i].name;
            runs.push_back({group + "-s" + std::to_string(seed), group, {}, seed, config::withSeed(configs[i], seed)});
        }
    return runs;
}

}  // namespace moescope::experiments
