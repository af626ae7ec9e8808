// Counter-based draws in bulk: block b of a stream gives elements 4b .. 4b+3.
#include "core/tensor.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/routing/draws.hpp"

namespace moescope::routing {

namespace {

constexpr std::int64_t kGrain = 4096;  // blocks

using Four = std::array<float, 4>;

double openUnit(std::uint32_t bits) { return (static_cast<double>(bits) + 0.5) * 0x1p-32; }

Four uniformFour(const base::RandomBlock& bits) {
    Four out;
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<float>(bits[i] >> 8) * 0x1p-24f;
    return out;
}

Four gumbelFour(const base::RandomBlock& bits) {
    Four out;
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<float>(-std::log(-std::log(openUnit(bits[i]))));
    return out;
}

// Box and Muller: two uniforms make two independent normals.
Four normalFour(const base::RandomBlock& bits) {
    Four out;
    for (std::size_t i = 0; i < 4; i += 2) {
        const double radius = std::sqrt(-2.0 * std::log(openUnit(bits[i])));
        const double angle = 2.0 * std::numbers::pi * openUnit(bits[i + 1]);
        out[i] = static_cast<float>(radius * std::cos(angle));
        out[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
    return out;
}

template <class Draw>
at::Tensor fill(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options, Draw draw) {
    at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    float* data = out.mutable_data_ptr<float>();
    const std::int64_t count = out.numel();
    const base::RandomStream stream(key);
    const std::uint64_t first = micro << 40;  // blocks of a micro-batch never reach the next one's
    at::parallel_for(0, (count + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) {
            const Four four = draw(stream.bits(first + static_cast<std::uint64_t>(block)));
            const auto size = static_cast<std::size_t>(std::min<std::int64_t>(4, count - 4 * block));
            std::copy_n(four.begin(), size, data + 4 * block);
        }
    });
    return out.to(options);
}

}  // namespace

base::RandomKey drawKey(const RouterSpec& spec, const Draws& draws, base::Purpose purpose) {
    return {draws.seed, purpose, static_cast<std::uint32_t>(spec.layer), draws.step};
}

at::Tensor drawUniform(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options) {
    return fill(key, micro, shape, options, uniformFour);
}

at::Tensor drawNormal(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options) {
    return fill(key, micro, shape, options, normalFour);
}

at::Tensor drawGumbel(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options) {
    return fill(key, micro, shape, options, gumbelFour);
}

}  // namespace moescope::routing
