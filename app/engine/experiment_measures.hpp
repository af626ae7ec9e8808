// What an experiment measures on the last weights of a finished run: losses under other sight, other settings, other routers.
#pragma once

#include <map>
#include <string>

#include "app/engine/context.hpp"
#include "core/experiments/experiment.hpp"

namespace moescope::app {

/// Loads a run when something of it is asked for, and keeps every answer. Changes nothing in the store.
class ExperimentMeasures {
public:
    explicit ExperimentMeasures(const Context& context) : m_context(context) {}
    /// `term.metric` is one of experiments::measuredTerms(). Throws base::Error for a run that cannot be loaded, and (exit 2) for settings that
    /// do not fit it.
    double of(const std::string& ulid, const experiments::Term& term);

private:
    const Context& m_context;
    std::map<std::string, double> m_known;
};

}  // namespace moescope::app
