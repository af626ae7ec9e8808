// The nonlinearity inside a feed-forward network, forward and backward, on rows of pre-activations.
//
// Gated kinds take rows [gate | up] of width 2f, the others rows of width f. Shazeer 2020 (SwiGLU, GeGLU); the clamped
// SwiGLU is that of gpt-oss: gate <= 7, -7 <= up <= 7, (up + 1) * gate * sigmoid(1.702 gate).
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <string_view>

namespace moescope::kernels {

enum class Activation : std::uint8_t { swiglu, geglu, relu, gelu, clampedSwiglu };

/// Throws base::Error (exit 2) for an unknown word.
Activation activationOf(std::string_view name);
constexpr bool gated(Activation kind) { return kind != Activation::relu && kind != Activation::gelu; }

/// [n, 2f or f] -> [n, f]; differentiable.
at::Tensor activate(const at::Tensor& hidden, Activation kind);

/// Gradient of the pre-activations from that of the activated rows; `activated` (if not null) gets activate(hidden) again.
at::Tensor activateBackward(const at::Tensor& hidden, const at::Tensor& gradient, Activation kind,
                            at::Tensor* activated = nullptr);

}  // namespace moescope::kernels
