// RMSNorm (Zhang and Sennrich 2019) as one autograd node, and LayerNorm without a bias, over the last dimension.
#pragma once

#include "core/tensor.hpp"

namespace moescope::kernels {

struct NormWeights {
    at::Tensor weight;  ///< [d]
    double epsilon = 1e-5;
    bool centred = false;  ///< LayerNorm: the mean is taken off first
};

/// x / sqrt(mean(x^2) + epsilon) * weight, of x - mean(x) if `centred`. Computed in the type of x, given back as `type`.
/// x [..., d].
at::Tensor normalise(const at::Tensor& x, const NormWeights& weights, at::ScalarType type);

}  // namespace moescope::kernels
