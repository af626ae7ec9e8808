// Counter-based draws in bulk: block b of a stream gives elements 4b .. 4b+3.
#include "core/tensor.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "core/routing/draws.hpp"

namespace moescope::routing {

namespace {

constexpr std::int64_t kGrain = 256;  // times eight blocks

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

// Eight blocks side by side, so that the compiler can use vector registers; the same bits as RandomStream::bits.
constexpr std::size_t kLanes = 8;
using Word = std::array<std::uint32_t, kLanes>;
using Lanes = std::array<Word, 4>;

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx2", "default")))
#endif
void philoxLanes(Lanes& counter, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < kLanes; ++i) {
            const std::uint64_t a = 0xD2511F53ull * counter[0][i], b = 0xCD9E8D57ull * counter[2][i];
            counter[0][i] = static_cast<std::uint32_t>(b >> 32) ^ counter[1][i] ^ key0;
            counter[2][i] = static_cast<std::uint32_t>(a >> 32) ^ counter[3][i] ^ key1;
            counter[1][i] = static_cast<std::uint32_t>(b);
            counter[3][i] = static_cast<std::uint32_t>(a);
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

Lanes blocksFrom(const base::RandomBlock& stream, std::uint64_t index) {
    Lanes lanes;
    for (std::size_t i = 0; i < kLanes; ++i) {
        lanes[0][i] = static_cast<std::uint32_t>(index + i);
        lanes[1][i] = static_cast<std::uint32_t>((index + i) >> 32);
        lanes[2][i] = stream[2];
        lanes[3][i] = stream[3];
    }
    philoxLanes(lanes, stream[0], stream[1]);
    return lanes;
}

template <class Draw>
void fillBlocks(const base::RandomBlock& stream, std::uint64_t index, std::span<float> out, Draw draw) {
    const Lanes lanes = blocksFrom(stream, index);
    for (std::size_t i = 0; i < kLanes && 4 * i < out.size(); ++i) {
        const Four four = draw({lanes[0][i], lanes[1][i], lanes[2][i], lanes[3][i]});
        std::copy_n(four.begin(), std::min<std::size_t>(4, out.size() - 4 * i), out.begin() + static_cast<std::ptrdiff_t>(4 * i));
    }
}

template <class Draw>
at::Tensor fill(const base::RandomKey& key, std::uint64_t micro, at::IntArrayRef shape, at::TensorOptions options, Draw draw) {
    constexpr std::int64_t step = 4 * kLanes;
    at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    float* data = out.mutable_data_ptr<float>();
    const std::int64_t count = out.numel();
    const base::RandomBlock stream = base::RandomStream(key).words();
    const std::uint64_t first = micro << 40;  // blocks of a micro-batch never reach the next one's
    at::parallel_for(0, (count + step - 1) / step, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            fillBlocks(stream, first + static_cast<std::uint64_t>(i) * kLanes,
                       {data + i * step, static_cast<std::size_t>(std::min(step, count - i * step))}, draw);
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
