// Dropout whose mask is a function of (seed, layer, step, index): nothing to save, the same on every machine.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>

namespace moescope::kernels {

/// Which mask: `draw` counts micro-batches since the start of the run, `site` the places in the model.
struct DropoutKey {
    std::uint64_t seed = 0, draw = 0;
    std::uint32_t site = 0;
};

/// x with a share `rate` of its elements set to zero and the others divided by 1 - rate; x itself if rate is 0.
at::Tensor dropout(const at::Tensor& x, double rate, const DropoutKey& key);

}  // namespace moescope::kernels
