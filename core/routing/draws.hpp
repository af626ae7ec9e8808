// The router's random numbers: each is a function of (seed, purpose, layer, step, micro-batch, index) and nothing else.
#pragma once

#include "core/tensor.hpp"

#include "core/base/counter_random.hpp"
#include "core/routing/routing.hpp"

namespace moescope::routing {

/// Stream of one purpose of one layer in one step.
base::RandomKey drawKey(const RouterSpec& spec, const Draws& draws, base::Purpose purpose);

/// Tensors [rows, columns] of type `options`; drawn on the host, four numbers from each Philox block, for any number of
/// threads the same. Uniform is in [0, 1).
at::Tensor drawUniform(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options);
at::Tensor drawNormal(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options);
at::Tensor drawGumbel(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options);

}  // namespace moescope::routing
