// From a corpus's batch to the tensors of a pass.
#pragma once

#include "core/tensor.hpp"

#include <span>

#include "core/data/corpus.hpp"
#include "core/model/network.hpp"

namespace moescope::training {

/// [n] int64 on `device`; the copy to a GPU does not wait.
at::Tensor upload(std::span<const std::int32_t> values, const at::Device& device);
at::Tensor upload(std::span<const float> values, const at::Device& device);  ///< [n] float32

/// With `labels` the domains of the input tokens go along, where there are any.
model::TokenBatch tokensOf(const data::Batch& batch, const at::Device& device, bool labels = false);

/// The domain of each input token: that of the target before it, in each sequence the first target's for the first. A point
/// of the plane has its own.
std::vector<std::int32_t> inputDomains(const data::Batch& batch);

}  // namespace moescope::training
