// The matching against all permutations; savings over horizons against a comparison of runs that really are shorter.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/statistics/assignment.hpp"
#include "core/statistics/horizons.hpp"

namespace moescope::statistics {
namespace {

double made(int i) { return std::sin(12.9898 * i + 1) * 43.7 - std::floor(std::sin(12.9898 * i + 1) * 43.7); }

/// The greatest sum over all ways to give each of the fewer side one of the other.
double bestByTrying(const std::vector<double>& gain, std::size_t rows, std::size_t columns) {
    std::vector<std::size_t> order(std::max(rows, columns));
    std::iota(order.begin(), order.end(), 0U);
    double best = -1e300;
    do {
        double sum = 0;
        for (std::size_t i = 0; i < std::min(rows, columns); ++i) sum += rows <= columns ? gain[i * columns + order[i]] : gain[order[i] * columns + i];
        best = std::max(best, sum);
    } while (std::ranges::next_permutation(order).found);
    return best;
}

TEST(Assignment, IsTheBestOfAllPermutations) {
    int seed = 0;
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 3}, {6, 6}, {4, 6}, {6, 4}, {7, 7}})
        for (int repeat = 0; repeat < 20; ++repeat) {
            std::vector<double> gain;
            for (std::size_t i = 0; i < rows * columns; ++i) gain.push_back(repeat % 4 == 3 ? std::floor(made(++seed) * 3) : made(++seed) - 0.5);
            const std::vector<int> columnOf = bestAssignment(gain, rows, columns);
            double sum = 0;
            std::vector<int> used;
            for (std::size_t row = 0; row < rows; ++row)
                if (columnOf[row] >= 0) {
                    sum += gain[row * columns + static_cast<std::size_t>(columnOf[row])];
                    used.push_back(columnOf[row]);
                }
            std::ranges::sort(used);
            EXPECT_EQ(std::ranges::adjacent_find(used), used.end());
            EXPECT_EQ(used.size(), std::min(rows, columns));
            EXPECT_NEAR(sum, bestByTrying(gain, rows, columns), 1e-12) << rows << " x " << columns;
        }
}

TEST(Assignment, FindsAPermutationOfAHundred) {
    constexpr std::size_t n = 100;
    std::vector<double> gain(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) gain[i * n + (i * 37 + 11) % n] = 1 + made(static_cast<int>(i));
    const std::vector<int> columnOf = bestAssignment(gain, n, n);
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(columnOf[i], static_cast<int>((i * 37 + 11) % n));
}

Curve falling(double from, double rate, int points) {
    Curve curve;
    for (int i = 1; i <= points; ++i) {
        curve.x.push_back(10 * i);
        curve.y.push_back(from * std::exp(-rate * i));
    }
    return curve;
}

std::vector<Group> slowAndFast(int points) {
    std::vector<Group> groups{{"slow", {}}, {"fast", {}}};
    for (int seed = 0; seed < 3; ++seed) {
        groups[0].members.push_back({"s", "s", std::to_string(seed), falling(4 + 0.1 * seed, 0.02, points)});
        groups[1].members.push_back({"f", "f", std::to_string(seed), falling(4 + 0.1 * seed, 0.03, points)});
    }
    return groups;
}

TEST(Horizons, EachShareIsTheComparisonOfShorterRuns) {
    const auto groups = slowAndFast(40);
    const auto whole = std::get<Comparison>(compare(groups, 0, {}));
    const auto over = savingsOverHorizons(groups, whole, kHorizonShares);
    ASSERT_EQ(over.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto shorter = std::get<Comparison>(compare(slowAndFast(static_cast<int>(10 * (i + 1))), 0, {}));
        EXPECT_DOUBLE_EQ(over[i].horizon, 100.0 * static_cast<double>(i + 1));
        EXPECT_DOUBLE_EQ(over[i].pairs[0].share, shorter.pairs[0].savings->share);
        EXPECT_DOUBLE_EQ(over[i].pairs[0].interval.low, shorter.pairs[0].savings->interval.low);
    }
    EXPECT_DOUBLE_EQ(over[3].pairs[0].share, whole.pairs[0].savings->share);
}

TEST(Horizons, AShareWithoutAnEvaluationIsLeftOut) {
    const auto groups = slowAndFast(2);
    const auto whole = std::get<Comparison>(compare(groups, 0, {}));
    const auto over = savingsOverHorizons(groups, whole, kHorizonShares);
    ASSERT_FALSE(over.empty());
    EXPECT_GE(over.front().share, 0.5);
}

}  // namespace
}  // namespace moescope::statistics
