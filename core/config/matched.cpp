// Solves widths for equal compute or equal size.
#include "core/config/matched.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

double amount(const RunConfig& config, MatchBy by, std::int64_t vocabulary) {
    const Cost c = cost(config, vocabulary);
    return by == MatchBy::flops ? c.flopsTokenForward : static_cast<double>(c.paramsTotal);
}

bool hasDenseLayers(const RunConfig& config) {
    return static_cast<std::int64_t>(moeLayers(config).size()) < config.model.layers;
}

/// The candidate's configuration, but for the width.
RunConfig shaped(const RunConfig& reference, const MatchCandidate& candidate) {
    if (candidate.experts == 0) return reference.moe.experts > 0 ? denseTwin(reference) : reference;
    RunConfig config = reference;
    config.moe.experts = candidate.experts;
    config.moe.top_k = candidate.topK;
    config.moe.granularity = candidate.granularity;
    config.moe.shared_experts = candidate.sharedExperts;
    if (candidate.sharedExperts == 0) config.moe.shared_gate = false;
    if (hasDenseLayers(reference)) config.model.ffn_width = denseWidth(reference);
    config.router.rig.clear();
    config.router.rig_layers.clear();
    std::erase_if(config.script, [](const ScriptedCommand& scripted) { return scripted.command.verb != "set"; });
    return config;
}

void setWidth(RunConfig& config, std::int64_t width) {
    if (config.moe.experts == 0)
        config.model.ffn_width = width;
    else
        config.moe.expert_width = width * std::max<std::int64_t>(1, config.moe.granularity);
}

/// What is counted grows by the same amount with every unit of width, so one division finds the width.
std::int64_t solve(const RunConfig& shape, double target, MatchBy by, std::int64_t vocabulary) {
    const auto at = [&](std::int64_t width) {
        RunConfig config = shape;
        setWidth(config, width);
        return amount(config, by, vocabulary);
    };
    const double base = at(1), perUnit = at(2) - base;
    if (perUnit <= 0) return 1;
    const double exact = 1 + (target - base) / perUnit;
    std::int64_t width = 1;
    for (const std::int64_t multiple : {8, 4, 2, 1}) {
        const double steps = std::clamp(exact / static_cast<double>(multiple), 0.0, 1e6);
        width = std::max<std::int64_t>(1, std::llround(steps) * multiple);
        if (std::abs(at(width) - target) <= kMatchAim * target) break;
    }
    return width;
}

std::string nameOf(const MatchCandidate& candidate, const MatchCandidate& reference) {
    if (candidate.experts == 0) return "dense";
    std::string name = candidate.experts == reference.experts && candidate.topK == reference.topK
                           ? fmt::format("G{}", candidate.granularity)
                           : fmt::format("E{} k{} G{}", candidate.experts, candidate.topK, candidate.granularity);
    if (candidate.sharedExperts != reference.sharedExperts && candidate.sharedExperts > 0) name += fmt::format(" +{} shared", candidate.sharedExperts);
    return name;
}

MatchedRun measured(MatchedRun run, double target, MatchBy by, std::int64_t vocabulary) {
    const auto layers = moeLayers(run.config);
    run.width = layers.empty() ? denseWidth(run.config) : moeShape(run.config, layers.front()).expertWidth;
    run.cost = cost(run.config, vocabulary);
    run.mismatch = amount(run.config, by, vocabulary) / target - 1;
    run.problems = validate(run.config);
    return run;
}

}  // namespace

MatchCandidate shapeOf(const RunConfig& config) {
    if (config.moe.experts == 0) return {};
    return {config.moe.experts, config.moe.top_k, config.moe.granularity, config.moe.shared_experts};
}

MatchedRun matchWidth(std::string name, const RunConfig& config, const RunConfig& reference, MatchBy by, std::int64_t vocabulary) {
    MatchedRun run{std::move(name), shapeOf(config), config, 0, {}, 0, {}, false};
    const double target = amount(reference, by, vocabulary);
    if (config.moe.experts > 0 && hasDenseLayers(config)) run.config.model.ffn_width = denseWidth(config);
    if (std::abs(amount(run.config, by, vocabulary) / target - 1) > kMatchAim) setWidth(run.config, solve(run.config, target, by, vocabulary));
    return measured(std::move(run), target, by, vocabulary);
}

MatchedRun matchTo(const RunConfig& reference, const MatchCandidate& wanted, MatchBy by, std::int64_t vocabulary) {
    MatchedRun run;
    run.candidate = wanted.experts == 0 ? MatchCandidate{} : wanted;
    const MatchCandidate own = shapeOf(reference);
    run.name = nameOf(run.candidate, own);
    run.isReference = run.candidate == own;
    run.config = run.isReference ? reference : shaped(reference, run.candidate);
    const double target = amount(reference, by, vocabulary);
    if (!run.isReference) setWidth(run.config, solve(run.config, target, by, vocabulary));
    return measured(std::move(run), target, by, vocabulary);
}

std::vector<MatchedRun> matchAll(const RunConfig& reference, const std::vector<MatchCandidate>& candidates, MatchBy by, std::int64_t vocabulary) {
    std::vector<MatchedRun> runs{matchTo(reference, shapeOf(reference), by, vocabulary)};
    for (const MatchCandidate& candidate : candidates) {
        MatchedRun run = matchTo(reference, candidate, by, vocabulary);
        if (std::ranges::find(runs, run.candidate, &MatchedRun::candidate) == runs.end()) runs.push_back(std::move(run));
    }
    return runs;
}

bool isTooFar(const MatchedRun& run) { return std::abs(run.mismatch) > kMatchMost; }

std::int64_t stepsInEqualTime(std::int64_t referenceSteps, double referenceSecondsPerStep, double secondsPerStep) {
    const double steps = static_cast<double>(referenceSteps) * referenceSecondsPerStep / secondsPerStep;
    return std::isfinite(steps) ? std::max<std::int64_t>(1, std::llround(std::min(steps, 1e15))) : referenceSteps;
}

}  // namespace moescope::config
