// bench train, moe: how fast training is here, as a share of this machine's matrix products. bench store: how long a run may get.
#include <CLI/CLI.hpp>

#include "app/engine/run_options.hpp"
#include "app/engine/verbs.hpp"
#include "app/engine/verbs/bench_store.hpp"
#include "core/training/bench.hpp"

namespace moescope::app {
namespace {

struct Wanted {
    RunOptions options;
    std::string kind = "train";
    double seconds = 10, values = 1e6;
    bool keep = false;
    std::vector<std::int64_t> experts;
};

Json toJson(const training::BenchResult& r) {
    Json parts = Json::object();
    for (const training::BenchPart& part : r.parts) parts[part.name] = number(part.seconds);
    return {{"kind", r.kind}, {"device", r.device}, {"threads", r.threads}, {"tokens_per_step", r.tokensPerStep}, {"steps", r.steps},
            {"step_seconds", number(r.stepSeconds)}, {"fastest_step", number(r.fastestStep)}, {"slowest_step", number(r.slowestStep)}, {"cpu_seconds", number(r.cpuSeconds)},
            {"tokens_per_second", number(r.tokensPerSecond)}, {"flops_token", number(r.flopsPerToken)}, {"gigaflops", number(r.gigaflops)},
            {"ceiling_gigaflops", number(r.ceilingGigaflops)}, {"share_of_ceiling", number(r.shareOfCeiling)},
            {"peak_memory_bytes", number(r.peakMemoryBytes)}, {"parts", parts}, {"environment", Json::parse(r.environmentJson)}};
}

std::string readable(const training::BenchResult& r) {
    std::string text = shortNumber(r.tokensPerSecond) + " tokens/s on " + r.device + " with " + std::to_string(r.threads) + " threads; step " +
                       fixed(r.stepSeconds * 1e3, 1) + " ms (" + fixed(r.fastestStep * 1e3, 1) + " to " + fixed(r.slowestStep * 1e3, 1) + ", " + std::to_string(r.steps) +
                       " steps), " + fixed(r.cpuSeconds * 1e3, 1) + " ms of processor time\n" + fixed(r.gigaflops, 1) + " of " + fixed(r.ceilingGigaflops, 1) + " GFLOP/s that a large matrix product reached in this run: " +
                       fixed(100 * r.shareOfCeiling, 1) + " %\n";
    std::vector<std::vector<std::string>> rows{{"part", "ms a step", "share"}};
    for (const training::BenchPart& part : r.parts) rows.push_back({part.name, fixed(part.seconds * 1e3, 2), fixed(100 * part.seconds / r.stepSeconds, 1) + " %"});
    return text + table(rows);
}

int benchCounts(const Context& context, const Wanted& wanted, const config::RunConfig& config) {
    base::Problems problems;
    const std::vector<training::ExpertCost> costs = training::benchExperts(config, wanted.experts, wanted.seconds, problems);
    if (!problems.empty()) return report(context, problems);
    std::vector<std::vector<std::string>> rows{{"experts", "ms a step", "fastest", "time x", "FLOPs x"}};
    for (const training::ExpertCost& cost : costs) {
        const double time = cost.seconds / costs.front().seconds, flops = cost.flopsPerToken / costs.front().flopsPerToken;
        context.result({{"kind", "moe"}, {"experts", cost.experts}, {"step_seconds", number(cost.seconds)}, {"fastest_step", number(cost.fastest)},
                        {"flops_token", number(cost.flopsPerToken)}, {"time_ratio", number(time)}, {"flops_ratio", number(flops)}}, {});
        rows.push_back({std::to_string(cost.experts), fixed(cost.seconds * 1e3, 2), fixed(cost.fastest * 1e3, 2), fixed(time, 2), fixed(flops, 2)});
    }
    if (!context.json) context.result({}, table(rows, ""));
    return 0;
}

int bench(const Context& context, Wanted wanted) {
    if (wanted.kind == "store") return benchStore(context, wanted.values, wanted.keep);
    if (wanted.options.presets.empty() && wanted.options.recipe.empty()) wanted.options.presets = {"tiny"};
    config::RunConfig config;
    base::Problems problems = build(wanted.options, context, config);
    if (problems.empty() && !wanted.experts.empty() && wanted.kind != "moe") problems.push_back({"--experts", "Expert counts are compared for one mixture layer: bench moe --experts 8,64."});
    if (!problems.empty()) return report(context, problems);
    if (!wanted.experts.empty()) return benchCounts(context, wanted, config);
    const training::BenchResult result = training::runBench(wanted.kind, config, wanted.seconds, problems);
    if (!problems.empty()) return report(context, problems);
    context.result(toJson(result), readable(result));
    return 0;
}

}  // namespace

void addBench(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("bench", "Tokens/s, share of the matrix-product ceiling measured in the same run, time of each part; or the run store's speed");
    verb->footer("Examples:\n  moescope-engine bench train --preset tiny\n  moescope-engine bench moe --preset mixtral --experts 8,64\n  moescope-engine bench store --values 1e7");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("kind", wanted->kind, "train: whole steps; moe: one mixture layer; store: a long run written and read")->check(CLI::IsMember({"train", "moe", "store"}));
    verb->add_option("--seconds", wanted->seconds, "How long to measure")->check(CLI::Range(0.5, 3600.0));
    verb->add_option("--values", wanted->values, "store: how many values the run holds")->check(CLI::Range(1e3, 1e10));
    verb->add_option("--experts", wanted->experts, "moe: the layer with each of these numbers of experts in turns, in one run")->delimiter(',')->check(CLI::Range(1, 4096))->type_name("N,N");
    verb->add_flag("--keep", wanted->keep, "store: leave it, to be opened with the window");
    addRunOptions(*verb, wanted->options);
    verb->callback([=, &context, &action] { action = [=, &context] { return bench(context, *wanted); }; });
}

}  // namespace moescope::app
