// estimate: parameters, FLOPs and memory of a run before it starts; with --probe also its time.
#include <CLI/CLI.hpp>

#include "app/engine/run_options.hpp"
#include "app/engine/time_probe.hpp"
#include "app/engine/verbs.hpp"
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "core/data/corpus.hpp"
#include "core/training/devices.hpp"

namespace moescope::app {
namespace {

std::string readable(const Json& json) {
    std::string text = "parameters  " + shortNumber(json["params_total"]) + " total, " + shortNumber(json["params_active"]) + " active\n";
    text += "per token   " + shortNumber(json["flops_token"]) + "FLOP trained, " + shortNumber(json["flops_token_forward"]) + "FLOP forward\n";
    text += "memory      " + shortNumber(json["memory_bytes"]) + "B";
    if (json.contains("seconds") && json["seconds"].is_number()) text += "\ntime        " + fixed(json["seconds"], 1) + " s";
    return text;
}

int estimate(const Context& context, const RunOptions& options, bool probe) {
    config::RunConfig config;
    base::Problems problems = build(options, context, config);
    if (problems.empty()) problems = config::validate(config);
    if (!problems.empty()) return report(context, problems);
    const auto corpus = data::openCorpus(config, (context.storeFolder() / "tokens").string(), problems);
    if (!corpus) return report(context, problems);
    const std::string device = training::resolveDevice(config.training.device, problems);
    for (base::Problem& problem : training::precisionProblems(config.training.precision, device)) problems.push_back(std::move(problem));
    const config::Cost cost = config::cost(config, corpus->vocabulary());
    Json json{{"params_total", cost.paramsTotal}, {"params_active", cost.paramsActive}, {"flops_token", cost.flopsToken},
              {"flops_token_forward", cost.flopsTokenForward}, {"memory_bytes", config::memoryBytes(config, corpus->vocabulary())},
              {"vocabulary", corpus->vocabulary()}, {"mark", config::couplingMark(config)}};
    if (probe) json["seconds"] = number(secondsPerStep(context, config, corpus, device, problems) * static_cast<double>(config.training.steps));
    json["problems"] = toJson(problems);
    context.result(json, readable(json));
    if (!context.json) return problems.empty() ? 0 : report(context, problems);
    return problems.empty() ? 0 : 2;
}

}  // namespace

void addEstimate(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("estimate", "Parameters, FLOPs, memory (and time) of a run before it starts");
    verb->footer("Example: moescope-engine estimate --preset eight_domains --set moe.experts=16 --probe");
    auto options = std::make_shared<RunOptions>();
    auto probe = std::make_shared<bool>(false);
    addRunOptions(*verb, *options);
    verb->add_flag("--probe", *probe, "Train a few steps to measure the time");
    verb->callback([=, &context, &action] { action = [=, &context] { return estimate(context, *options, *probe); }; });
}

}  // namespace moescope::app
