// Words and tables of an experiment's result.
#include "app/engine/experiment_result.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/numbers.hpp"
#include "core/statistics/verdict.hpp"

namespace moescope::app {
namespace {

using experiments::Claim;
using experiments::Finding;
using experiments::Form;
using statistics::numberText;
using Rows = std::vector<std::vector<std::string>>;

/// Finished validation losses of one arm.
std::vector<double> lossesOf(const ExperimentResult& result, std::size_t arm) {
    std::vector<double> losses;
    const std::size_t arms = result.experiment->arms.size();
    for (std::size_t i = arm; i < result.valLoss.size(); i += arms)
        if (std::isfinite(result.valLoss[i])) losses.push_back(result.valLoss[i]);
    return losses;
}

Rows armTable(const ExperimentResult& result) {
    Rows rows{{"arm", "n", "val loss", "sd", "95 % interval"}};
    for (std::size_t arm = 0; arm < result.experiment->arms.size(); ++arm) {
        const std::vector<double> losses = lossesOf(result, arm);
        rows.push_back({result.experiment->arms[arm].name, std::to_string(losses.size()), fixed(statistics::mean(losses), 4), fixed(statistics::deviation(losses), 4),
                        statistics::intervalText(statistics::meanInterval(losses))});
    }
    return rows;
}

std::string compared(const ExperimentResult& result, const Claim& claim, const Finding& finding) {
    const auto& arms = result.experiment->arms;
    const std::string own = arms[claim.arm].name + " " + numberText(statistics::mean(finding.values));
    if (claim.form == Form::atMost || claim.form == Form::atLeast) return own + (claim.form == Form::atMost ? ", asked for at most " : ", asked for at least ") + numberText(claim.bound);
    const std::string other = (claim.otherReading ? claim.otherReading->name : arms[claim.other].name) + " " + numberText(statistics::mean(finding.others));
    return own + ", " + other + (claim.form == Form::atMostTimes ? ", asked for at most " + numberText(claim.bound) + " times that" : "");
}

std::string probability(const Finding& finding) {
    if (finding.others.empty()) return "";
    return statistics::probabilityText(finding.test.p) + " (smallest " + statistics::probabilityText(finding.test.smallest) + ")";
}

Rows claimTable(const ExperimentResult& result) {
    Rows rows{{"claim", "verdict", "what was read", "means", "difference", "95 % interval", "exact p"}};
    for (std::size_t i = 0; i < result.findings.size(); ++i) {
        const Claim& claim = result.experiment->claims[i];
        const Finding& finding = result.findings[i];
        rows.push_back({claim.text + (claim.decides ? "" : " (told, does not decide)"), std::string(experiments::toText(finding.verdict)), claim.reading.name, compared(result, claim, finding),
                        numberText(finding.difference, true), statistics::intervalText(finding.interval, true), probability(finding)});
    }
    return rows;
}

std::string exactText(const ExperimentResult& result, std::size_t i) {
    const experiments::Exact& exact = result.experiment->exact[i];
    return exact.text + ": " + (result.exact[i] <= exact.tolerance ? "holds" : "does not hold") + " (largest deviation " + base::toText(result.exact[i]) + ", allowed " + base::toText(exact.tolerance) + ")";
}

std::string seedsText(const ExperimentResult& result) {
    return std::to_string(result.experiment->arms.size()) + " arms, " + std::to_string(result.seeds.size()) + " seeds, " + std::to_string(result.steps) + " steps; " + std::to_string(result.finished()) + " of " +
           std::to_string(result.runs.size()) + " runs are finished";
}

std::string command(const ExperimentResult& result) {
    std::string text = "moescope-engine experiment " + result.experiment->id;
    if (result.runs.empty()) return text;
    return text + " --seeds " + std::to_string(result.seeds.size()) + " --steps " + std::to_string(result.steps);
}

Json findingJson(const Claim& claim, const Finding& finding, const ExperimentResult& result) {
    Json json{{"claim", claim.text}, {"decides", claim.decides}, {"verdict", experiments::toText(finding.verdict)}, {"reading", claim.reading.name}, {"arm", result.experiment->arms[claim.arm].name}};
    json["values"] = finding.values;
    if (claim.form == Form::below || claim.form == Form::atMostTimes) {
        json["other"] = result.experiment->arms[claim.other].name;
        json["others"] = finding.others;
        json["p"] = number(finding.test.p);
        json["smallest_p"] = number(finding.test.smallest);
    }
    if (claim.form != Form::below) json["bound"] = claim.bound;
    json["difference"] = number(finding.difference);
    json["pooled_sd"] = number(finding.pooled);
    json["interval"] = {number(finding.interval.low), number(finding.interval.high)};
    return json;
}

const char* kRule =
    "A direction is confirmed when the mean difference of the paired seeds is larger than twice the pooled standard deviation of the two arms, contrary when it is as large the other way; "
    "a bound is confirmed when every seed keeps it. p is the exact sign-flip test of the paired differences, with the smallest value so many seeds can reach.";

}  // namespace

std::size_t ExperimentResult::finished() const {
    return static_cast<std::size_t>(std::ranges::count(states, "finished"));
}

Json toJson(const ExperimentResult& result) {
    Json json{{"experiment", result.experiment->id}, {"title", result.experiment->title}, {"expected", result.experiment->expected}, {"source", result.experiment->source}, {"verdict", experiments::toText(result.verdict)},
              {"steps", result.steps}, {"seeds", result.seeds}, {"arms", Json::array()}, {"claims", Json::array()}, {"exact", Json::array()}, {"runs", Json::array()}};
    for (std::size_t arm = 0; arm < result.experiment->arms.size(); ++arm) {
        const std::vector<double> losses = lossesOf(result, arm);
        json["arms"].push_back({{"arm", result.experiment->arms[arm].name}, {"n", losses.size()}, {"val_loss", number(statistics::mean(losses))}, {"sd", number(statistics::deviation(losses))}});
    }
    for (std::size_t i = 0; i < result.findings.size(); ++i) json["claims"].push_back(findingJson(result.experiment->claims[i], result.findings[i], result));
    for (std::size_t i = 0; i < result.exact.size(); ++i)
        json["exact"].push_back({{"claim", result.experiment->exact[i].text}, {"holds", result.exact[i] <= result.experiment->exact[i].tolerance}, {"deviation", number(result.exact[i])}, {"tolerance", result.experiment->exact[i].tolerance}});
    for (std::size_t i = 0; i < result.runs.size(); ++i)
        json["runs"].push_back({{"run", result.ulids[i].empty() ? Json(nullptr) : Json(result.ulids[i])}, {"name", result.runs[i].name}, {"group", result.runs[i].group}, {"seed", result.runs[i].seed},
                                {"state", result.states[i]}, {"val_loss", number(result.valLoss[i])}});
    return json;
}

std::string toText(const ExperimentResult& result) {
    const experiments::Experiment& experiment = *result.experiment;
    std::string text = experiment.id + " - " + experiment.title + "\nExpected: " + experiment.expected + "\nSource: " + experiment.source;
    if (!result.runs.empty()) text += "\n" + seedsText(result) + "\n\n" + table(armTable(result));
    for (std::size_t i = 0; i < result.findings.size(); ++i) {
        const Claim& claim = experiment.claims[i];
        const Finding& finding = result.findings[i];
        text += "\n\n" + claim.text + (claim.decides ? "" : " (told, does not decide)") + ": " + std::string(experiments::toText(finding.verdict));
        text += "\n  " + claim.reading.name + ": " + compared(result, claim, finding);
        if (finding.others.empty()) continue;
        text += "\n  difference " + numberText(finding.difference, true) + ", 95 % interval " + statistics::intervalText(finding.interval, true) + ", exact p " + probability(finding) + ", pooled sd " + numberText(finding.pooled);
    }
    for (std::size_t i = 0; i < result.exact.size(); ++i) text += "\n\n" + exactText(result, i);
    text += "\n\nVerdict: " + std::string(experiments::toText(result.verdict));
    if (result.finished() < result.runs.size()) text += "\nNot all runs are finished; the same command goes on with what is missing.";
    return text;
}

statistics::Report toReport(const ExperimentResult& result) {
    const experiments::Experiment& experiment = *result.experiment;
    statistics::Report report{experiment.id + ": " + experiment.title, {}};
    report.parts.push_back({"Verdict: " + std::string(experiments::toText(result.verdict)), {experiment.expected, "Source: " + experiment.source, seedsText(result) + "."}, {}, {command(result)}});
    if (!result.runs.empty()) report.parts.push_back({"Arms", {}, armTable(result), {}});
    if (!result.findings.empty()) report.parts.push_back({"Claims", {kRule}, claimTable(result), {}});
    if (!result.exact.empty()) {
        statistics::ReportPart part{"By calculation", {}, {}, {}};
        for (std::size_t i = 0; i < result.exact.size(); ++i) part.paragraphs.push_back(exactText(result, i));
        report.parts.push_back(part);
    }
    Rows runs{{"run", "name", "state", "val loss"}};
    for (std::size_t i = 0; i < result.runs.size(); ++i) runs.push_back({result.ulids[i].empty() ? "-" : result.ulids[i], result.runs[i].name, result.states[i], fixed(result.valLoss[i], 4)});
    if (!result.runs.empty()) report.parts.push_back({"Runs", {}, runs, {}});
    return report;
}

}  // namespace moescope::app
