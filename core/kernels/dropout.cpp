// The mask is drawn on the host, four elements a Philox block, and copied to where x is.
#include "core/kernels/dropout.hpp"

#include <ATen/Parallel.h>

#include "core/base/counter_random.hpp"

namespace moescope::kernels {

namespace {

// Kept elements have the value 1 / (1 - rate). Element i compares word i % 4 of block i / 4 with the threshold.
at::Tensor mask(at::IntArrayRef sizes, double rate, const DropoutKey& key) {
    at::Tensor out = at::empty(sizes, at::kFloat);
    float* data = out.mutable_data_ptr<float>();
    const std::int64_t count = out.numel();
    const base::RandomStream stream({key.seed, base::Purpose::dropout, key.site, key.draw});
    const auto threshold = static_cast<std::uint32_t>(rate * 4294967296.0);
    const auto value = static_cast<float>(1 / (1 - rate));
    at::parallel_for(0, (count + 3) / 4, 4096, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t block = from; block < to; ++block) {
            const base::RandomBlock words = stream.bits(static_cast<std::uint64_t>(block));
            for (std::int64_t i = 4 * block; i < std::min(4 * block + 4, count); ++i)
                data[i] = words[static_cast<std::size_t>(i % 4)] < threshold ? 0.0f : value;
        }
    });
    return out;
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, double rate, const DropoutKey& key) {
    if (rate <= 0) return x;
    return x * mask(x.sizes(), rate, key).to(x.options(), /*non_blocking=*/true);
}

}  // namespace moescope::kernels
