// The logistic function with equal bits for equal arguments, wherever they stand in the tensor.
#pragma once

#include "core/tensor.hpp"

namespace moescope::routing {

/// 1 / (1 + exp(-z)), with gradient. LibTorch's sigmoid rounds the end of a vector differently from its body on CPUs, which would
/// break ties between equal logits; this one computes each element alone there.
at::Tensor logistic(const at::Tensor& z);

}  // namespace moescope::routing
