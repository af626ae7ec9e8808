// The experts' part of a Soft MoE layer: mix tokens into slots, run each expert on its slots, mix the answers back.
//
// slot_j = sum_t dispatch[t, j] x_t inside each sequence, y_t = sum_j combine[t, j] down[e] act(up[e] slot_j), e the expert of slot j.
#pragma once

#include "core/tensor.hpp"

#include "core/kernels/experts.hpp"
#include "core/routing/routing.hpp"

namespace moescope::kernels {

/// x [T, d] -> [T, d] by `routing.dispatch` and `routing.combine`, whose slots are numbered expert by expert, equally many each; all
/// products in the type of x. Leaves what the experts read in `routing.slotInputs`. Differentiable in x, both mixtures and the experts.
at::Tensor runSlots(const at::Tensor& x, routing::Routing& routing, const ExpertWeights& experts, Activation kind);

}  // namespace moescope::kernels
