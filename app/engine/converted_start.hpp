// Lets a new run begin with the converted weights of a trained one.
#pragma once

#include "app/engine/launch.hpp"
#include "app/engine/model_source.hpp"
#include "core/conversion/conversion.hpp"

namespace moescope::app {

/// Gives `wanted`, whose settings are there, its parent and its first weights. `order` needs the loads for toDense with the busiest expert.
void startConverted(const Context& context, LoadedModel old, conversion::Order order, NewTraining& wanted);

}  // namespace moescope::app
