// The experts' part of a mixture layer: gather rows, run each expert on its rows, combine in slot order.
//
// y[t] = sum_j weights[t, j] * down[e] act(up[e] x[t]) with e the expert of slot j. A dropped or unused slot adds exactly
// zero, and an expert without rows gets exactly zero gradient.
#pragma once

#include "core/tensor.hpp"

#include "core/kernels/activation.hpp"
#include "core/kernels/dispatch.hpp"

namespace moescope::kernels {

struct ExpertWeights {
    at::Tensor up;    ///< [E, 2f, d] gate rows first, or [E, f, d] for relu and gelu
    at::Tensor down;  ///< [E, d, f]
};

/// One autograd node with a written backward; it saves the gathered rows, the pre-activations and the routing, and
/// recomputes the rest. x [T, d], weights [T, slots]; the result has the type of the weights, in which rows are summed.
at::Tensor runExperts(const at::Tensor& x, const at::Tensor& weights, const ExpertWeights& experts, const DispatchPlan& plan,
                      Activation kind);

/// The same by plain autograd over `unbind(0)`: short and readable, what the node is tested against. CPU plans only.
at::Tensor runExpertsByAutograd(const at::Tensor& x, const at::Tensor& weights, const ExpertWeights& experts,
                                const DispatchPlan& plan, Activation kind);

}  // namespace moescope::kernels
