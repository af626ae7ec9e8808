// Counter-based random numbers: the published vectors, the promised distributions, independence of streams.
#include "core/base/counter_random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>
#include <vector>

namespace {

using namespace moescope::base;

constexpr std::size_t kMany = 200'000;

RandomKey testKey(std::uint64_t seed = 7) { return {seed, Purpose::test, 3, 11}; }

std::vector<double> draw(const std::function<double(std::uint64_t)>& one, std::size_t count = kMany) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = one(i);
    return values;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

double moment(const std::vector<double>& values, double centre, int power) {
    double sum = 0;
    for (const double value : values) sum += std::pow(value - centre, power);
    return sum / static_cast<double>(values.size());
}

// Largest distance between the empirical distribution and `cdf`, times sqrt(n) (Kolmogorov, Smirnov): above 1.95 once in a thousand samples.
double kolmogorov(std::vector<double> values, const std::function<double(double)>& cdf) {
    std::sort(values.begin(), values.end());
    const auto n = static_cast<double>(values.size());
    double distance = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double expected = cdf(values[i]);
        distance = std::max({distance, std::abs(expected - static_cast<double>(i) / n), std::abs(expected - static_cast<double>(i + 1) / n)});
    }
    return distance * std::sqrt(n);
}

// Normalised to about N(0, 1) (Wilson, Hilferty 1931).
double chiSquareScore(const std::vector<std::size_t>& counts) {
    double total = 0;
    for (const std::size_t count : counts) total += static_cast<double>(count);
    const double expected = total / static_cast<double>(counts.size());
    double sum = 0;
    for (const std::size_t count : counts) sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
    const double freedom = static_cast<double>(counts.size()) - 1;
    return (std::cbrt(sum / freedom) - (1 - 2 / (9 * freedom))) / std::sqrt(2 / (9 * freedom));
}

// Known answers published with Random123 (Salmon et al.), philox4x32 with ten rounds.
TEST(CounterRandom, GivesThePublishedPhiloxAnswers) {
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (RandomBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    constexpr std::uint32_t ones = 0xffffffff;
    EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), (RandomBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}), (RandomBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandom, MapsAKeyToAStreamByTwoPhiloxCalls) {
    const RandomKey key{0x0123456789abcdef, Purpose::routerNoise, 5, 0xfedcba9876543210};
    const RandomBlock base = philox({2, 5, 0x76543210, 0xfedcba98}, {0x89abcdef, 0x01234567});
    const RandomBlock expected = philox({0xddccbbaa, 0x11223344, base[2], base[3]}, {base[0], base[1]});
    EXPECT_EQ(bits(key, 0x11223344ddccbbaa), expected);
}

TEST(CounterRandom, ChangesWithEveryPartOfTheKey) {
    const RandomKey key = testKey();
    std::set<RandomBlock> seen{bits(key, 0), bits(key, 1), bits(key, std::uint64_t{1} << 32), bits(key, ~std::uint64_t{0})};
    for (int bit = 0; bit < 64; ++bit) {
        RandomKey other = key;
        other.seed ^= std::uint64_t{1} << bit;
        seen.insert(bits(other, 0));
        other = key;
        other.step ^= std::uint64_t{1} << bit;
        seen.insert(bits(other, 0));
        if (bit >= 32) continue;
        other = key;
        other.layer ^= std::uint32_t{1} << bit;
        seen.insert(bits(other, 0));
        other = key;
        other.purpose = static_cast<Purpose>(static_cast<std::uint32_t>(key.purpose) ^ (std::uint32_t{1} << bit));
        seen.insert(bits(other, 0));
    }
    EXPECT_EQ(seen.size(), 4u + 64 + 64 + 32 + 32);
}

TEST(CounterRandom, FillsAreTheSingleCallsWhateverTheSplit) {
    const RandomKey key = testKey();
    const std::uint64_t first = (std::uint64_t{1} << 40) + 3;
    std::vector<float> uniforms(1001), normals(1001), gumbels(1001);
    fillUniform(uniforms, key, first);
    fillNormal(normals, key, first);
    fillGumbel(std::span(gumbels).first(500), key, first);
    fillGumbel(std::span(gumbels).subspan(500), key, first + 500);
    for (std::size_t i = 0; i < uniforms.size(); ++i) {
        ASSERT_EQ(uniforms[i], uniformFloat(key, first + i));
        ASSERT_EQ(normals[i], static_cast<float>(normal(key, first + i)));
        ASSERT_EQ(gumbels[i], static_cast<float>(gumbel(key, first + i)));
        const double exact = uniform(key, first + i);
        ASSERT_LE(static_cast<double>(uniforms[i]), exact);
        ASSERT_LT(exact - static_cast<double>(uniforms[i]), 0x1p-24);
    }
}

TEST(CounterRandom, UniformIsFlatAndStaysBelowOne) {
    const RandomStream stream(testKey());
    const auto values = draw([&](std::uint64_t i) { return stream.uniform(i); });
    EXPECT_GE(*std::min_element(values.begin(), values.end()), 0.0);
    EXPECT_LT(*std::max_element(values.begin(), values.end()), 1.0);
    EXPECT_LT(kolmogorov(values, [](double x) { return x; }), 1.95);
    std::vector<std::size_t> cells(1000);
    for (const double value : values) ++cells[static_cast<std::size_t>(value * 1000)];
    EXPECT_LT(std::abs(chiSquareScore(cells)), 3.3);
}

TEST(CounterRandom, PairsOfNeighboursFillTheSquare) {
    const RandomStream stream(testKey(8));
    std::vector<std::size_t> cells(32 * 32);
    for (std::uint64_t i = 0; i < kMany; ++i)
        ++cells[static_cast<std::size_t>(stream.uniform(i) * 32) * 32 + static_cast<std::size_t>(stream.uniform(i + 1) * 32)];
    EXPECT_LT(std::abs(chiSquareScore(cells)), 3.3);
}

TEST(CounterRandom, NeighbouringSeedsStepsAndLayersAreUncorrelated) {
    RandomKey other[] = {testKey(), testKey(), testKey()};
    other[0].seed += 1;
    other[1].step += 1;
    other[2].layer += 1;
    const RandomStream stream(testKey());
    for (const RandomKey& key : other) {
        const RandomStream neighbour(key);
        const auto products = draw([&](std::uint64_t i) { return stream.normal(i) * neighbour.normal(i); });
        EXPECT_LT(std::abs(mean(products)) * std::sqrt(static_cast<double>(kMany)), 3.5);
    }
}

TEST(CounterRandom, EveryBitIsSetHalfOfTheTime) {
    const RandomStream stream(testKey(9));
    std::vector<int> ones(128);
    for (std::uint64_t i = 0; i < 50'000; ++i) {
        const RandomBlock block = stream.bits(i);
        for (std::size_t bit = 0; bit < 128; ++bit) ones[bit] += static_cast<int>((block[bit / 32] >> (bit % 32)) & 1);
    }
    for (const int count : ones) EXPECT_LT(std::abs(count - 25'000), 4.5 * std::sqrt(50'000 * 0.25));
}

TEST(CounterRandom, NormalHasTheMomentsAndTheDistribution) {
    const RandomStream stream(testKey(10));
    const auto values = draw([&](std::uint64_t i) { return stream.normal(i); });
    EXPECT_NEAR(mean(values), 0.0, 3.5 / std::sqrt(kMany));
    EXPECT_NEAR(moment(values, 0, 2), 1.0, 3.5 * std::sqrt(2.0 / kMany));
    EXPECT_NEAR(moment(values, 0, 3), 0.0, 3.5 * std::sqrt(15.0 / kMany));
    EXPECT_NEAR(moment(values, 0, 4), 3.0, 3.5 * std::sqrt(96.0 / kMany));
    EXPECT_LT(kolmogorov(values, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }), 1.95);
}

TEST(CounterRandom, ExponentialAndGumbelFollowTheirFormulas) {
    const RandomStream stream(testKey(12));
    const auto exponentials = draw([&](std::uint64_t i) { return stream.exponential(i); });
    EXPECT_GT(*std::min_element(exponentials.begin(), exponentials.end()), 0.0);
    EXPECT_LT(kolmogorov(exponentials, [](double x) { return -std::expm1(-x); }), 1.95);
    const auto gumbels = draw([&](std::uint64_t i) { return stream.gumbel(i); });
    EXPECT_TRUE(std::all_of(gumbels.begin(), gumbels.end(), [](double x) { return std::isfinite(x); }));
    EXPECT_LT(kolmogorov(gumbels, [](double x) { return std::exp(-std::exp(-x)); }), 1.95);
}

TEST(CounterRandom, BelowIsFairAlsoForHugeRanges) {
    const RandomStream stream(testKey(13));
    std::vector<std::size_t> faces(7);
    for (std::uint64_t i = 0; i < kMany; ++i) ++faces.at(stream.below(i, 7));
    EXPECT_LT(std::abs(chiSquareScore(faces)), 3.3);
    // 3 * 2^62: taking 64 bits modulo this would favour the lowest quarter-range twofold.
    const std::uint64_t huge = std::uint64_t{3} << 62;
    std::vector<std::size_t> thirds(3);
    for (std::uint64_t i = 0; i < kMany; ++i) ++thirds.at(stream.below(i, huge) >> 62);
    EXPECT_LT(std::abs(chiSquareScore(thirds)), 3.3);
    EXPECT_EQ(stream.below(5, 1), 0u);
}

}  // namespace
