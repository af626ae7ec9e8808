// Random numbers without state: every number is a function of (seed, purpose, layer, step, index).
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

namespace moescope::base {

// What a number is for. The values are part of every result: never renumber, only append.
enum class Purpose : std::uint32_t {
    init = 0, dropout = 1, routerNoise = 2, routerUniform = 3, dataOrder = 4, dataText = 5, probe = 6, sampling = 7, null = 8,
    routerJitter = 9, secondExpert = 10, hashRouter = 11, dataMixture = 12, dataSplit = 13, evaluation = 14, toy = 15, test = 16,
    oracle = 17, surgery = 18, expertOutput = 19, expertMask = 20, gatingDropout = 21, localExperts = 22,
    importanceSampling = 23, residualGate = 24,
};

// One stream of numbers. Use one kind of draw per stream: uniform, normal and below of the same key and index are related.
struct RandomKey {
    std::uint64_t seed = 0;
    Purpose purpose = Purpose::init;
    std::uint32_t layer = 0;
    std::uint64_t step = 0;
    bool operator==(const RandomKey&) const = default;
};

using RandomBlock = std::array<std::uint32_t, 4>;

// The bijection itself: ten rounds.
constexpr RandomBlock philox(RandomBlock counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = 0xD2511F53ull * counter[0];
        const std::uint64_t b = 0xCD9E8D57ull * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
    }
    return counter;
}

// A key made ready for many draws. The first Philox call maps (purpose, layer, step) under the seed to 128 bits, a bijection, so two streams of one
// seed never share a block; the second maps the index under them.
class RandomStream {
public:
    explicit constexpr RandomStream(const RandomKey& key)
        : m_base(philox({static_cast<std::uint32_t>(key.purpose), key.layer, low(key.step), high(key.step)},
                        {low(key.seed), high(key.seed)})) {}

    // The words under which blocks are drawn, for code that draws many at once: key [0], [1]; counter (index, [2], [3]).
    constexpr const RandomBlock& words() const { return m_base; }
    // 128 random bits for index in [0, 2^64).
    constexpr RandomBlock bits(std::uint64_t index) const {
        return philox({low(index), high(index), m_base[2], m_base[3]}, {m_base[0], m_base[1]});
    }
    // 64 random bits; two indices share a block.
    constexpr std::uint64_t word(std::uint64_t index) const {
        const RandomBlock block = bits(index / 2);
        return index % 2 == 0 ? join(block[0], block[1]) : join(block[2], block[3]);
    }
    // [0, 1), a multiple of 2^-53.
    constexpr double uniform(std::uint64_t index) const { return static_cast<double>(word(index) >> 11) * 0x1p-53; }
    // The same number cut (not rounded) to a float: [0, 1), a multiple of 2^-24.
    constexpr float uniformFloat(std::uint64_t index) const { return static_cast<float>(word(index) >> 40) * 0x1p-24f; }
    // (0, 1), both ends excluded.
    constexpr double openUniform(std::uint64_t index) const { return (static_cast<double>(word(index) >> 12) + 0.5) * 0x1p-52; }
    // Mean 0, variance 1 (Box, Muller 1958); |x| <= 8.6.
    double normal(std::uint64_t index) const {
        const RandomBlock block = bits(index / 2);
        const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(join(block[0], block[1]) >> 12) + 0.5) * 0x1p-52));
        const double angle = 2.0 * std::numbers::pi * (static_cast<double>(join(block[2], block[3]) >> 11) * 0x1p-53);
        return radius * (index % 2 == 0 ? std::cos(angle) : std::sin(angle));
    }
    // Mean 1, > 0.
    double exponential(std::uint64_t index) const { return -std::log(openUniform(index)); }
    // Standard Gumbel: argmax over i of (logit_i + gumbel_i) draws from softmax(logit).
    double gumbel(std::uint64_t index) const { return -std::log(exponential(index)); }
    // {0, ..., n-1}, n >= 1; no value is favoured by more than n / 2^128.
    constexpr std::uint64_t below(std::uint64_t index, std::uint64_t n) const {
        const RandomBlock block = bits(index);
        const auto upper = wide(join(block[0], block[1])) * n;
        const auto lower = wide(join(block[2], block[3])) * n;
        return static_cast<std::uint64_t>((upper + (lower >> 64)) >> 64);
    }

private:
    __extension__ using Wide = unsigned __int128;
    static constexpr Wide wide(std::uint64_t value) { return value; }
    static constexpr std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
    static constexpr std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }
    static constexpr std::uint64_t join(std::uint32_t first, std::uint32_t second) { return (std::uint64_t{second} << 32) | first; }

    RandomBlock m_base;
};

inline RandomBlock bits(const RandomKey& key, std::uint64_t index) { return RandomStream(key).bits(index); }
inline double uniform(const RandomKey& key, std::uint64_t index) { return RandomStream(key).uniform(index); }
inline float uniformFloat(const RandomKey& key, std::uint64_t index) { return RandomStream(key).uniformFloat(index); }
inline double normal(const RandomKey& key, std::uint64_t index) { return RandomStream(key).normal(index); }
inline double exponential(const RandomKey& key, std::uint64_t index) { return RandomStream(key).exponential(index); }
inline double gumbel(const RandomKey& key, std::uint64_t index) { return RandomStream(key).gumbel(index); }
inline std::uint64_t below(const RandomKey& key, std::uint64_t index, std::uint64_t n) { return RandomStream(key).below(index, n); }

// Element i of `out` is the single call at firstIndex + i, as a float: so any split over calls or threads gives the same bits.
void fillUniform(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex = 0);
void fillNormal(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex = 0);
void fillGumbel(std::span<float> out, const RandomKey& key, std::uint64_t firstIndex = 0);

}  // namespace moescope::base
