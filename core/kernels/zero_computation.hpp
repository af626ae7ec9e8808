// Experts that are no networks (MoE++, Jin et al. 2024, 2410.07348): constant, copy and zero experts.
//
// constant: a = softmax(W_c x) in R^2, out = a_0 x + a_1 v with v learned; copy: out = x; zero: out = 0. Among the experts of a
// layer they are the last, in this order.
#pragma once

#include "core/tensor.hpp"

#include "core/routing/spec.hpp"

namespace moescope::kernels {

/// What constant and copy experts add: sum over slots of weights [T, slots] times their outputs on x [T, d]. `gate` [n, 2, d] and
/// `value` [n, d] of the constant experts. Slots of other experts add nothing; the result has the type of x.
at::Tensor zeroComputation(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& experts, const routing::RouterSpec& spec,
                           const at::Tensor& gate, const at::Tensor& value);

}  // namespace moescope::kernels
