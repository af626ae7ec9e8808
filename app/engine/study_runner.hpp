// Trains the runs of a study one after the other, and goes on where an earlier attempt at the same study ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/engine/context.hpp"
#include "core/config/study.hpp"
#include "core/conversion/conversion.hpp"

namespace moescope::app {

/// A run of a study that begins with the converted last weights of an earlier one of it, or is taught by it.
struct StudyOrigin {
    std::size_t run = 0;
    conversion::Order order;
    bool teaches = false;   ///< the earlier run is its teacher; `order` does not count
};

struct StudyOrder {
    std::vector<config::StudyRun> runs;
    std::vector<config::Variation> vary;
    std::vector<std::string> tags;
    bool dryRun = false;   ///< say what would be done, train nothing
    Json head;             ///< what the result begins with: what was asked for
    std::vector<std::optional<StudyOrigin>> origins = {};   ///< of each run; empty: all begin anew
};

/// A run with exactly these settings that is finished and was not steered is taken as it is, one that was stopped or
/// interrupted is resumed, the others are trained. A run with an origin counts only as the child (the student) of that very run, and waits until it
/// is finished. A run that fails is told in the result and the next one starts; a
/// signal ends the study (exit 10). The result names runs and groups with mean and sd of the last validation loss.
/// Exit 0 when every run is finished, else the code of the first that is not.
int runStudy(const Context& context, const StudyOrder& order);

/// The same without a result: the run of each of the order's runs, empty where there is none, and the exit code.
struct StudyOutcome {
    int exit = 0;
    std::vector<std::string> runs;
};
StudyOutcome trainStudy(const Context& context, const StudyOrder& order);

}  // namespace moescope::app
