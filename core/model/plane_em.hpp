// Expectation-maximisation for a mixture of linear experts on the plane (Jordan and Jacobs 1994), in float64.
//
// E: h_e = p_e exp(-r_e / 2) / sum_j p_j exp(-r_j / 2). M: each expert by least squares weighted by h_e; the gate by Newton
// steps on sum_t sum_e h_te ln p_te, each halved until that sum does not fall; in a tree first the gate over groups with
// h_i = sum_j h_ij, then the gate in each group with h_ij. So the likelihood of the batch never falls. Pure functions.
#pragma once

#include "core/routing/routing.hpp"

namespace moescope::model {

/// -r_e / 2 = -|d - o_e|^2 / (2 sigma^2) [T, E] for values [T, m] and outputs [T, E, m].
at::Tensor logDensities(const at::Tensor& values, const at::Tensor& outputs, double sigma);

/// h [T, E] float64, rows sum to 1, from ln p and the log densities.
at::Tensor responsibilities(const at::Tensor& logProbabilities, const at::Tensor& logDensities);

/// W [E, m, d] that minimise sum_t h_te |values_t - W_e x_t|^2; that of `before` where an expert answers for (next to) nothing.
at::Tensor weightedLeastSquares(const at::Tensor& x, const at::Tensor& values, const at::Tensor& share, const at::Tensor& before);

/// V [E, d] that raise sum_te h_te ln softmax(x V' + offset)_te from `start`; h [T, E] >= 0, rows may sum to less than 1.
at::Tensor fitSoftmax(const at::Tensor& x, const at::Tensor& share, const at::Tensor& offset, const at::Tensor& start);

/// Writes the gate's matrices: "weight" of a linear gate, "group_weight" and "weight" of a tree.
void fitGate(const routing::RouterSpec& spec, routing::RouterTensors& tensors, const at::Tensor& x, const at::Tensor& share, const at::Tensor& muted);

}  // namespace moescope::model
