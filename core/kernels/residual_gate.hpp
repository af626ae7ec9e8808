// How a mixture shares its layer with a dense residual expert: c MoE(x) + (1 - c) MLP(x).
//
// Residual MoE (DeepSpeed-MoE, Rajbhandari et al. 2022, 2201.05596): (c, 1 - c) = softmax(W_c x + b). Conditional MoE routing (NLLB
// Team 2022, 2207.04672): c = sigmoid(v x + b), and in training c = 0 for a share of the tokens, without rescaling.
#pragma once

#include "core/tensor.hpp"

#include "core/kernels/dropout.hpp"

namespace moescope::kernels {

/// c [T] in float32 or wider: the weight of the mixture. gate [2, d] and bias [2], or [1, d] and [1].
at::Tensor mixtureShare(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& bias);

/// c mixture + (1 - c) dense, [T, d] of the type of `mixture`, with c = 0 for a share `rate` of the tokens.
at::Tensor shareLayer(const at::Tensor& mixture, const at::Tensor& dense, const at::Tensor& c, double rate, const DropoutKey& key);

}  // namespace moescope::kernels
