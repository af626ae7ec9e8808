// Rotary position embedding (Su et al. 2021), first half of a head against the second, as Llama-like checkpoints have it.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>

namespace moescope::kernels {

/// Angles of positions [first, first + length): cosines and sines, each [length, 1, headWidth / 2].
struct RotaryTable {
    at::Tensor cosine, sine;
};
RotaryTable rotaryTable(std::int64_t first, std::int64_t length, std::int64_t headWidth, double base,
                        const at::TensorOptions& options);

/// x [sequences, length, heads, headWidth] turned by its positions; a new contiguous tensor of the same type.
at::Tensor rotate(const at::Tensor& x, const RotaryTable& table);

}  // namespace moescope::kernels
