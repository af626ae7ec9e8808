// What one layer of a model weighs and costs: the terms that cost() of derived.hpp adds up, for tables that compare models.
#pragma once

#include <cstdint>

#include "core/config/run_config.hpp"

namespace moescope::config {

struct LayerCost {
    std::int64_t paramsTotal = 0, paramsActive = 0;   ///< active: touched by one token
    double flopsTokenForward = 0;                     ///< FLOP per token, forward, with the attention scores at the context length
};
/// Of layer `layer`; the embedding, the head and the last norm belong to none.
LayerCost layerCost(const RunConfig& config, std::int64_t layer);

}  // namespace moescope::config
