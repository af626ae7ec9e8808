// Output layer and cross-entropy as one autograd node that works through the tokens in pieces.
//
// Both gradients are made in the forward pass, piece by piece, so the logits of a whole batch never exist at once.
#pragma once

#include "core/tensor.hpp"

namespace moescope::kernels {

struct HeadLoss {
    at::Tensor mean;      ///< scalar, nats per token, in the graph
    at::Tensor perToken;  ///< [T] nats, not in the graph
};

/// x [T, d], weight [V, d] (same type), targets [T] int64 in [0, V). The loss is at least float32. Without gradient mode
/// nothing but the losses is made.
HeadLoss headLoss(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& targets);

/// [T, V] in float32 or wider.
at::Tensor headLogits(const at::Tensor& x, const at::Tensor& weight);

}  // namespace moescope::kernels
