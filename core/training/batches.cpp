// Uploads of token ids and labels.
#include "core/training/batches.hpp"

#include <algorithm>

namespace moescope::training {

at::Tensor upload(std::span<const std::int32_t> values, const at::Device& device) {
    at::Tensor host = at::empty({static_cast<std::int64_t>(values.size())},
                                at::TensorOptions().dtype(at::kLong).pinned_memory(device.is_cuda()));
    std::ranges::copy(values, host.mutable_data_ptr<std::int64_t>());
    return host.to(device, /*non_blocking=*/true);
}

model::TokenBatch tokensOf(const data::Batch& batch, const at::Device& device, bool labels) {
    const bool labelled = labels && !batch.domains.empty();
    return {batch.sequences, batch.length, upload(batch.inputs, device), upload(batch.targets, device), {},
            labelled ? upload(inputDomains(batch), device) : at::Tensor()};
}

std::vector<std::int32_t> inputDomains(const data::Batch& batch) {
    std::vector<std::int32_t> out(batch.domains.size());
    const auto length = static_cast<std::size_t>(batch.length);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = batch.domains[i % length == 0 ? i : i - 1];
    return out;
}

}  // namespace moescope::training
