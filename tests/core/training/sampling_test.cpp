// The choice of the next token.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/training/sampling.hpp"

namespace moescope::training {
namespace {

constexpr std::array<float, 4> kLogits = {0.0f, 2.0f, 1.0f, -1.0f};

TEST(ChooseToken, TakesTheMostLikelyAtTemperatureZeroAndTheFirstOfEquals) {
    EXPECT_EQ(chooseToken(kLogits, {0, 0, 1}, 0.999), 1);
    EXPECT_EQ(chooseToken(std::array{1.0f, 1.0f}, {0, 0, 1}, 0.7), 0);
}

TEST(ChooseToken, FollowsTheSoftmaxAtItsTemperature) {
    const double t = 0.7;
    std::array<double, 4> count{}, share{};
    double total = 0;
    for (std::size_t i = 0; i < 4; ++i) total += share[i] = std::exp(static_cast<double>(kLogits[i]) / t);
    constexpr int draws = 10000;
    for (int i = 0; i < draws; ++i) ++count[static_cast<std::size_t>(chooseToken(kLogits, {t, 0, 1}, (i + 0.5) / draws))];
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(count[i] / draws, share[i] / total, 2e-4);
}

TEST(ChooseToken, NeverLeavesTheTopKOrTheTopP) {
    for (int i = 0; i < 1000; ++i) {
        const double u = (i + 0.5) / 1000;
        const int k = chooseToken(kLogits, {5, 2, 1}, u), p = chooseToken(kLogits, {1, 0, 0.7}, u);
        EXPECT_TRUE(k == 1 || k == 2);
        EXPECT_TRUE(p == 1 || p == 2) << p;  // shares .64 and .24 reach .7
    }
}

TEST(LogProbability, IsTheLogarithmOfTheSoftmaxAlsoForHugeLogits) {
    const double total = 1 + std::exp(2.0) + std::exp(1.0) + std::exp(-1.0);
    EXPECT_NEAR(logProbability(kLogits, 1), 2 - std::log(total), 1e-12);
    EXPECT_NEAR(logProbability(std::array{1e30f, 1e30f}, 0), -std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace moescope::training
