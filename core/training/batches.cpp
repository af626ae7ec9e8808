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

at::Tensor upload(std::span<const float> values, const at::Device& device) {
    at::Tensor host = at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions().dtype(at::kFloat).pinned_memory(device.is_cuda()));
    std::ranges::copy(values, host.mutable_data_ptr<float>());
    return host.to(device, /*non_blocking=*/true);
}

model::TokenBatch tokensOf(const data::Batch& batch, const at::Device& device, bool labels) {
    model::TokenBatch out{batch.sequences, batch.length, upload(batch.inputs, device), upload(batch.targets, device), {}};
    if (labels && !batch.domains.empty()) out.domains = upload(inputDomains(batch), device);
    if (!batch.points.empty()) out.points = upload(batch.points, device).view({-1, 2});
    if (!batch.values.empty()) out.values = upload(batch.values, device).unsqueeze(1);
    return out;
}

std::vector<std::int32_t> inputDomains(const data::Batch& batch) {
    if (!batch.points.empty()) return batch.domains;
    std::vector<std::int32_t> out(batch.domains.size());
    const auto length = static_cast<std::size_t>(batch.length);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = batch.domains[i % length == 0 ? i : i - 1];
    return out;
}

}  // namespace moescope::training
