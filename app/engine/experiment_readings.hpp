// What an experiment reads off a finished run: stored series, numbers made of its probes, and what is measured on its weights.
#pragma once

#include <functional>

#include "core/experiments/experiment.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {

/// Gives the terms of experiments::measuredTerms().
using Measure = std::function<double(const experiments::Term&)>;

/// NaN where the run has not stored what it takes. Damage throws as the reader does.
double readingOf(storage::RunReader& reader, const experiments::Reading& reading, const Measure& measure);

}  // namespace moescope::app
