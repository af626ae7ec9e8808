// How long a training step takes here: a few steps are trained and thrown away.
#pragma once

#include <memory>
#include <string>

#include "app/engine/context.hpp"
#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"
#include "core/data/corpus.hpp"

namespace moescope::app {

/// Seconds of one step, its teacher's part included, the mean of five after one to warm up; NaN with problems when the run cannot be made.
double secondsPerStep(const Context& context, const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus, const std::string& device, base::Problems& problems);

}  // namespace moescope::app
