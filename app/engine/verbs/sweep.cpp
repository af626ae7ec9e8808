// sweep, match: studies of several runs, by settings that vary and by shapes of equal compute.
#include <CLI/CLI.hpp>

#include "app/engine/launch.hpp"
#include "app/engine/run_options.hpp"
#include "app/engine/study_runner.hpp"
#include "app/engine/time_probe.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/matched.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "core/data/corpus.hpp"
#include "core/training/devices.hpp"

namespace moescope::app {
namespace {

struct SweepOptions {
    RunOptions run;
    std::vector<std::string> vary, tags;
    std::int64_t seeds = 1, random = 0;
    std::string name;
    bool dryRun = false;
};

Json varyJson(const std::vector<config::Variation>& vary) {
    Json list = Json::array();
    for (const config::Variation& each : vary) {
        list.push_back({{"key", each.key}, {"values", Json::array()}});
        for (const std::string& value : each.values) list.back()["values"].push_back(Json::parse(value, nullptr, false));
    }
    return list;
}

int sweep(const Context& context, const SweepOptions& options) {
    config::StudyPlan plan;
    base::Problems problems = build(options.run, context, plan.base);
    for (const std::string& text : options.vary) {
        config::Variation variation;
        for (base::Problem& problem : config::parseVariation(text, variation)) problems.push_back(std::move(problem));
        plan.vary.push_back(std::move(variation));
    }
    if (!problems.empty()) return report(context, problems);
    plan.random = options.random;
    plan.seeds = config::seedsFrom(plan.base.training.seed, options.seeds);
    plan.name = options.name;
    auto answer = config::studyRuns(plan);
    if (const auto* wrong = std::get_if<base::Problems>(&answer)) return report(context, *wrong);
    StudyOrder order{std::get<std::vector<config::StudyRun>>(std::move(answer)), plan.vary, options.tags, options.dryRun, Json::object()};
    order.head = {{"vary", varyJson(plan.vary)}, {"seeds", plan.seeds}};
    return runStudy(context, order);
}

struct MatchOptions {
    RunOptions run;
    std::vector<std::int64_t> granularity;
    std::vector<std::string> routers;
    std::int64_t experts = 0, topK = 0, shared = -1, seeds = 1;
    bool dense = false, force = false, train = false, dryRun = false;
    std::string by = "flops", name;
    std::vector<std::string> tags;
};

std::vector<config::MatchCandidate> candidatesOf(const MatchOptions& options, const config::RunConfig& reference) {
    std::vector<config::MatchCandidate> candidates;
    if (options.dense) candidates.push_back({});
    config::MatchCandidate shape = config::shapeOf(reference);
    if (options.experts > 0) shape.experts = options.experts;
    if (options.topK > 0) shape.topK = options.topK;
    if (options.shared >= 0) shape.sharedExperts = options.shared;
    std::vector<std::int64_t> each = options.granularity;
    if (each.empty() && (options.experts > 0 || options.topK > 0 || options.shared >= 0)) each.push_back(shape.granularity);
    if (shape.experts == 0) return candidates;
    for (const std::int64_t granularity : each) {
        shape.granularity = granularity;
        candidates.push_back(shape);
    }
    return candidates;
}

bool isRouter(const std::string& id) {
    const auto preset = config::findPreset(id);
    return preset && preset->kind == config::PresetKind::router;
}

/// The same run preset and settings with other routers, each with its width solved.
base::Problems addRouters(const Context& context, const MatchOptions& options, const config::RunConfig& reference, config::MatchBy by, std::int64_t vocabulary, std::vector<config::MatchedRun>& set) {
    base::Problems problems;
    if (!options.routers.empty())
        for (const std::string& id : options.run.presets)
            if (isRouter(id)) set.front().name = id;
    for (const std::string& router : options.routers) {
        if (!isRouter(router)) {
            problems.push_back({"--routers", "there is no router \"" + base::printable(router, 40) + "\"; see: moescope-engine routers"});
            continue;
        }
        RunOptions other = options.run;
        std::erase_if(other.presets, isRouter);
        other.presets.push_back(router);
        config::RunConfig config;
        for (base::Problem& problem : build(other, context, config)) problems.push_back({problem.key, router + ": " + problem.text});
        set.push_back(config::matchWidth(router, config, reference, by, vocabulary));
    }
    return problems;
}

base::Problems problemsOf(const MatchOptions& options, const config::RunConfig& reference, const std::vector<config::MatchedRun>& set) {
    if (reference.moe.experts == 0 && options.experts == 0 && !options.granularity.empty())
        return {{"moe.experts", "the reference is dense; say how many experts the candidates have: --experts 8 --top-k 1"}};
    if (set.size() < 2) return {{"granularity", "there is nothing to match with the reference; give --granularity 1,2,4 or --dense or --routers switch,mixtral"}};
    base::Problems problems;
    for (const config::MatchedRun& run : set) {
        for (const base::Problem& problem : run.problems) problems.push_back({problem.key, run.name + ": " + problem.text});
        if (run.problems.empty() && config::isTooFar(run) && !options.force)
            problems.push_back({"moe.expert_width", run.name + " misses the reference by " + fixed(100 * run.mismatch, 1) + " %, more than 2 %; take a wider model or fewer experts, or --force it"});
    }
    return problems;
}

/// Equal seconds: the set of equal FLOPs, each trained for as long as the reference takes.
base::Problems giveEqualTime(const Context& context, std::vector<config::MatchedRun>& set, const std::shared_ptr<const data::Corpus>& corpus, std::vector<double>& seconds) {
    base::Problems problems;
    const std::string device = training::resolveDevice(set.front().config.training.device, problems);
    for (config::MatchedRun& run : set) {
        context.say("timing " + run.name);
        seconds.push_back(secondsPerStep(context, run.config, corpus, device, problems));
        if (!problems.empty()) return problems;
        run.config.training.steps = config::stepsInEqualTime(set.front().config.training.steps, seconds.front(), seconds.back());
    }
    return {};
}

Json settingsJson(const config::MatchedRun& reference, const config::MatchedRun& run) {
    Json settings = Json::object();
    for (const config::SettingDifference& each : config::differences({reference.config, run.config})) settings[each.key] = Json::parse(each.values[1], nullptr, false);
    return settings;
}

Json matchedJson(const std::vector<config::MatchedRun>& set, const std::vector<double>& seconds) {
    Json list = Json::array();
    for (std::size_t i = 0; i < set.size(); ++i) {
        const config::MatchedRun& run = set[i];
        list.push_back({{"name", run.name}, {"reference", run.isReference}, {"experts", run.candidate.experts}, {"top_k", run.candidate.topK}, {"granularity", run.candidate.granularity},
                        {"shared_experts", run.candidate.sharedExperts}, {"width", run.width}, {"params_total", run.cost.paramsTotal}, {"params_active", run.cost.paramsActive},
                        {"flops_token_forward", run.cost.flopsTokenForward}, {"mismatch", run.mismatch}, {"steps", run.config.training.steps}, {"settings", settingsJson(set.front(), run)}});
        if (!seconds.empty()) list.back()["seconds_step"] = number(seconds[i]);
    }
    return list;
}

std::string readable(const std::vector<config::MatchedRun>& set, const std::vector<double>& seconds, const std::string& by) {
    std::vector<std::vector<std::string>> rows{{"", "hidden width", "parameters", "active", "FLOP/token", "mismatch", "steps"}};
    if (!seconds.empty()) rows.front().push_back("ms/step");
    for (std::size_t i = 0; i < set.size(); ++i) {
        const config::MatchedRun& run = set[i];
        rows.push_back({run.name + (run.isReference ? " (reference)" : ""), std::to_string(run.width), shortNumber(static_cast<double>(run.cost.paramsTotal)), shortNumber(static_cast<double>(run.cost.paramsActive)),
                        shortNumber(run.cost.flopsTokenForward), fixed(100 * run.mismatch, 2) + " %", std::to_string(run.config.training.steps)});
        if (!seconds.empty()) rows.back().push_back(fixed(1000 * seconds[i], 1));
    }
    return "matched by " + std::string(by == "parameters" ? "all parameters" : by == "seconds" ? "seconds on this machine, at equal active FLOP per token" : "active forward FLOP per token") + "\n\n" + table(rows);
}

std::vector<config::StudyRun> runsOf(const MatchOptions& options, const std::vector<config::MatchedRun>& set) {
    const config::RunConfig& reference = set.front().config;
    const std::string name = !options.name.empty() ? options.name : reference.preset.empty() ? "matched" : reference.preset;
    std::vector<config::StudyRun> runs;
    for (const std::int64_t seed : config::seedsFrom(reference.training.seed, options.seeds))
        for (const config::MatchedRun& run : set) {
            const std::string group = name + " " + run.name;
            runs.push_back({group + "-s" + std::to_string(seed), group, {}, seed, config::withSeed(run.config, seed)});
        }
    return runs;
}

int match(const Context& context, const MatchOptions& options) {
    config::RunConfig reference;
    base::Problems problems = build(options.run, context, reference);
    if (problems.empty()) problems = config::validate(reference);
    if (!problems.empty()) return report(context, problems);
    const auto corpus = data::openCorpus(reference, tokenCache(context), problems);
    if (!corpus) return report(context, problems);
    const auto by = options.by == "parameters" ? config::MatchBy::parameters : config::MatchBy::flops;
    std::vector<config::MatchedRun> set = config::matchAll(reference, candidatesOf(options, reference), by, corpus->vocabulary());
    if (problems = addRouters(context, options, reference, by, corpus->vocabulary(), set); !problems.empty()) return report(context, problems);
    if (problems = problemsOf(options, reference, set); !problems.empty()) return report(context, problems);
    std::vector<double> seconds;
    if (options.by == "seconds") problems = giveEqualTime(context, set, corpus, seconds);
    if (!problems.empty()) return report(context, problems);
    Json json{{"by", options.by}, {"vocabulary", corpus->vocabulary()}, {"matched", matchedJson(set, seconds)}};
    if (!options.train) {
        context.result(json, readable(set, seconds, options.by));
        return 0;
    }
    if (!context.json) context.result({}, readable(set, seconds, options.by) + "\n");
    return runStudy(context, {runsOf(options, set), {}, options.tags, options.dryRun, json});
}

void addMatch(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("match", "Dense, mixture and fine-grained models of equal compute, size or time");
    verb->footer("The hidden width is solved; what is left over is told. Examples:\n  moescope-engine match --preset eight_domains --dense --granularity 1,2,4,8 --seeds 3 --train\n  moescope-engine match --preset eight_domains --preset switch --routers gshard,deepseek_moe --seeds 3 --train");
    auto options = std::make_shared<MatchOptions>();
    addRunOptions(*verb, options->run);
    verb->add_option("--granularity", options->granularity, "Candidates: split every expert into so many")->delimiter(',')->check(CLI::Range(1, 256))->type_name("G,G,…");
    verb->add_option("--routers", options->routers, "Candidates: the same with other router presets")->delimiter(',')->type_name("ID,ID,…");
    verb->add_flag("--dense", options->dense, "A dense candidate");
    verb->add_option("--experts", options->experts, "Experts of the candidates before granularity (as the reference)")->check(CLI::Range(1, 1024));
    verb->add_option("--top-k", options->topK, "Experts a token of the candidates before granularity (as the reference)")->check(CLI::Range(1, 1024));
    verb->add_option("--shared", options->shared, "Shared experts of the candidates (as the reference)")->check(CLI::Range(0, 64));
    verb->add_option("--by", options->by, "What is made equal: flops (active, forward), parameters (all) or seconds (measured; the steps differ)")->check(CLI::IsMember({"flops", "parameters", "seconds"}));
    verb->add_flag("--force", options->force, "Take candidates that miss by more than 2 % too");
    verb->add_flag("--train", options->train, "Train the set, one run after the other");
    verb->add_option("--seeds", options->seeds, "With --train: seeds of each")->check(CLI::Range(1, 1000));
    verb->add_option("--name", options->name, "With --train: what the groups are called (the preset)");
    verb->add_option("--tag", options->tags, "With --train: tag of the runs")->take_all();
    verb->add_flag("--dry-run", options->dryRun, "With --train: list the runs, train nothing");
    verb->callback([=, &context, &action] { action = [=, &context] { return match(context, *options); }; });
}

}  // namespace

void addSweep(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("sweep", "Train a grid of settings and seeds, one run after the other");
    verb->footer("Runs of the same settings that are finished are taken as they are, so a sweep can be stopped and given again. Example:\n  moescope-engine sweep --preset eight_domains --vary router.weigh=raw,renorm --set moe.top_k=2 --seeds 5 --name order");
    auto options = std::make_shared<SweepOptions>();
    addRunOptions(*verb, options->run);
    verb->add_option("--vary", options->vary, "A setting and its values; several make a grid")->type_name("KEY=V1,V2")->take_all();
    verb->add_option("--seeds", options->seeds, "Seeds of each combination, from --seed on")->check(CLI::Range(1, 1000));
    verb->add_option("--random", options->random, "Only so many combinations, drawn from the grid")->check(CLI::PositiveNumber);
    verb->add_option("--name", options->name, "What the groups are called (the preset)");
    verb->add_option("--tag", options->tags, "Tag of the runs")->take_all();
    verb->add_flag("--dry-run", options->dryRun, "List the runs, train nothing");
    verb->callback([=, &context, &action] { action = [=, &context] { return sweep(context, *options); }; });
    addMatch(app, context, action);
}

}  // namespace moescope::app
