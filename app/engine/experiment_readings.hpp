// What an experiment reads off a finished run: stored series, and numbers made of its probes.
#pragma once

#include "core/experiments/experiment.hpp"
#include "storage/run_reader.hpp"

namespace moescope::app {

/// NaN where the run has not stored what it takes. Damage throws as the reader does.
double readingOf(storage::RunReader& reader, const experiments::Reading& reading);

}  // namespace moescope::app
