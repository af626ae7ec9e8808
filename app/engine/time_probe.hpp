// How long a training step takes here: a few steps are trained and thrown away.
#pragma once

#include <memory>
#include <string>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"
#include "core/data/corpus.hpp"

namespace moescope::app {

/// Seconds of one step, the mean of five after one to warm up; NaN with problems when the run cannot be made.
double secondsPerStep(const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus, const std::string& device, base::Problems& problems);

}  // namespace moescope::app
