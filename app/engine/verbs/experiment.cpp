// experiment: what the literature says of routers, tried with paired seeds; and the list of what can be tried.
#include <CLI/CLI.hpp>

#include <cmath>

#include "app/engine/experiment_measures.hpp"
#include "app/engine/experiment_readings.hpp"
#include "app/engine/experiment_result.hpp"
#include "app/engine/study_runner.hpp"
#include "app/engine/verbs.hpp"
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "storage/catalog.hpp"

namespace moescope::app {
namespace {

using experiments::Claim;
using experiments::Experiment;

struct Wanted {
    std::string id, report;
    std::int64_t seeds = 3, steps = 0;
    bool dryRun = false;
};

int list(const Context& context) {
    std::vector<std::vector<std::string>> rows{{"id", "runs", "steps", "what it tries"}};
    for (const Experiment& each : experiments::all()) {
        context.result({{"id", each.id}, {"title", each.title}, {"expected", each.expected}, {"source", each.source}, {"arms", each.arms.size()}, {"steps", each.steps}}, {});
        rows.push_back({each.id, each.arms.empty() ? "-" : std::to_string(each.arms.size()) + " a seed", each.arms.empty() ? "-" : std::to_string(each.steps), each.title});
    }
    if (!context.json) context.result({}, table(rows, "013"));
    return 0;
}

int unknown(const Context& context, const std::string& id) {
    std::string ids;
    for (const Experiment& each : experiments::all()) ids += (ids.empty() ? "" : ", ") + each.id;
    return report(context, {{"experiment", "there is no experiment \"" + base::printable(id, 40) + "\"; take one of " + ids}});
}

/// The reading of a claim for every seed, NaN where its run is not finished.
std::vector<double> valuesOf(const storage::Store& store, ExperimentMeasures& measures, const ExperimentResult& result, const experiments::Reading& reading, std::size_t arm) {
    std::vector<double> values;
    for (std::size_t i = arm; i < result.runs.size(); i += result.experiment->arms.size()) {
        if (result.states[i] != "finished") {
            values.push_back(statistics::kUnknown);
            continue;
        }
        storage::RunReader reader(store.runFolder(result.ulids[i]));
        values.push_back(readingOf(reader, reading, [&](const experiments::Term& term) { return measures.of(result.ulids[i], term); }));
    }
    return values;
}

void readRuns(const Context& context, const StudyOutcome& outcome, ExperimentResult& result) {
    const storage::Store store(context.storeFolder());
    storage::Catalog catalog(store);
    catalog.sync();
    for (const std::string& ulid : outcome.runs) {
        const auto row = ulid.empty() ? std::nullopt : catalog.find(ulid);
        const bool finished = row && row->state == storage::RunState::finished;
        result.ulids.push_back(ulid);
        result.states.push_back(row ? std::string(storage::toText(row->state)) : "waiting");
        result.valLoss.push_back(finished ? row->valLoss : statistics::kUnknown);
    }
    ExperimentMeasures measures(context);
    const auto values = [&](const experiments::Reading& reading, std::size_t arm) { return valuesOf(store, measures, result, reading, arm); };
    for (const Claim& claim : result.experiment->claims)
        result.findings.push_back(experiments::judge(claim, values(claim.reading, claim.arm), values(claim.otherReading.value_or(claim.reading), claim.other)));
}

/// What each run begins with, by the place of that run.
std::vector<std::optional<StudyOrigin>> originsOf(const ExperimentResult& result) {
    const auto& arms = result.experiment->arms;
    std::vector<std::optional<StudyOrigin>> origins;
    for (std::size_t i = 0; i < result.runs.size(); ++i) {
        const experiments::Arm& arm = arms[i % arms.size()];
        const std::size_t first = i - i % arms.size();
        if (arm.teacher) origins.push_back(StudyOrigin{first + *arm.teacher, {}, true});
        else origins.push_back(arm.from && !arm.from->fresh ? std::optional(StudyOrigin{first + arm.from->arm, arm.from->order}) : std::nullopt);
    }
    return origins;
}

void writeReport(const Context& context, const std::string& file, const ExperimentResult& result) {
    const bool html = file.ends_with(".html") || file.ends_with(".htm");
    base::replaceAtomically(file, html ? statistics::toHtml(toReport(result)) : statistics::toMarkdown(toReport(result)));
    context.say("report: " + file);
}

int tryOut(const Context& context, const Wanted& wanted) {
    const Experiment* experiment = experiments::find(wanted.id);
    if (!experiment) return unknown(context, wanted.id);
    if (!wanted.report.empty() && !wanted.report.ends_with(".md") && !wanted.report.ends_with(".html") && !wanted.report.ends_with(".htm"))
        return report(context, {{"--report", "a report is Markdown or HTML: let the name end in .md or .html"}});
    ExperimentResult result;
    result.experiment = experiment;
    result.steps = wanted.steps > 0 ? wanted.steps : experiment->steps;
    result.seeds = config::seedsFrom(0, wanted.seeds);
    auto runs = experiments::runsOf(*experiment, result.seeds, wanted.steps);
    if (const auto* problems = std::get_if<base::Problems>(&runs)) return report(context, *problems);
    result.runs = std::get<std::vector<config::StudyRun>>(std::move(runs));
    for (config::StudyRun& run : result.runs) {
        if (!context.device.empty()) run.config.training.device = context.device;
        if (context.threads >= 0) run.config.training.threads = context.threads;
    }
    const StudyOrder order{result.runs, {}, {"experiment", experiment->id}, wanted.dryRun, Json{{"experiment", experiment->id}}, originsOf(result)};
    if (wanted.dryRun) return runStudy(context, order);
    const StudyOutcome outcome = result.runs.empty() ? StudyOutcome{} : trainStudy(context, order);
    readRuns(context, outcome, result);
    for (const experiments::Exact& exact : experiment->exact) result.exact.push_back(exact.measure());
    result.verdict = experiments::verdictOf(*experiment, result.findings, result.exact);
    if (!wanted.report.empty()) writeReport(context, wanted.report, result);
    context.result(toJson(result), toText(result));
    return outcome.exit;
}

}  // namespace

void addExperiment(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("experiment", "Tries what the literature says of routers: ordinary runs with paired seeds, statistics, a verdict; without an id the list");
    verb->footer("Verdicts: confirmed, not seen at this scale, contrary. Given again it goes on where it stopped.\nX17 and X24 of the list need other model families than text and the plane; they are not among them. Example:\n  moescope-engine experiment X6 --seeds 5 --report x6.md");
    auto wanted = std::make_shared<Wanted>();
    verb->add_option("id", wanted->id, "X1, X2 ...");
    verb->add_option("--seeds", wanted->seeds, "Seeds of each arm (3); 6 are the fewest with which p can reach 0.05")->check(CLI::Range(1, 100));
    verb->add_option("--steps", wanted->steps, "Steps of each run (default: as declared)")->check(CLI::PositiveNumber);
    verb->add_option("--report", wanted->report, "Write a report too: Markdown or HTML")->type_name("FILE.md|FILE.html");
    verb->add_flag("--dry-run", wanted->dryRun, "Say which runs there would be, train nothing");
    verb->callback([=, &context, &action] { action = [=, &context] { return wanted->id.empty() ? list(context) : tryOut(context, *wanted); }; });
}

}  // namespace moescope::app
