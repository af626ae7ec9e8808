// An experiment that was tried: numbers of its finished runs, findings and verdict, as JSON, text and a document.
#pragma once

#include <string>
#include <vector>

#include "app/engine/context.hpp"
#include "core/experiments/experiment.hpp"
#include "core/statistics/report.hpp"

namespace moescope::app {

struct ExperimentResult {
    const experiments::Experiment* experiment = nullptr;
    std::int64_t steps = 0;
    std::vector<std::int64_t> seeds;
    std::vector<config::StudyRun> runs;        ///< seed after seed, arm after arm
    std::vector<std::string> ulids, states;    ///< of each run; empty ULID: not started
    std::vector<double> valLoss;               ///< of each run, NaN unless finished
    std::vector<experiments::Finding> findings;
    std::vector<double> exact;
    experiments::Verdict verdict = experiments::Verdict::notSeen;
    std::size_t finished() const;
};

Json toJson(const ExperimentResult& result);
std::string toText(const ExperimentResult& result);
/// The same with the numbers of each seed and the command that gives it again.
statistics::Report toReport(const ExperimentResult& result);

}  // namespace moescope::app
