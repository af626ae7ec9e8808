// The best matching of hidden units: against every permutation there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/counter_random.hpp"
#include "core/training/matching.hpp"

namespace moescope::training {
namespace {

double total(const std::vector<double>& score, const std::vector<std::int64_t>& columns) {
    double sum = 0;
    for (std::size_t row = 0; row < columns.size(); ++row) sum += score[row * columns.size() + static_cast<std::size_t>(columns[row])];
    return sum;
}

TEST(BestMatching, IsAsGoodAsTheBestOfAllPermutations) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const std::int64_t n = 1 + static_cast<std::int64_t>(seed % 7);
        std::vector<double> score(static_cast<std::size_t>(n * n));
        for (std::size_t i = 0; i < score.size(); ++i) score[i] = base::normal({seed, base::Purpose::test}, i);
        std::vector<std::int64_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        double best = total(score, order);
        while (std::next_permutation(order.begin(), order.end())) best = std::max(best, total(score, order));
        std::vector<std::int64_t> found = bestMatching(score, n);
        EXPECT_NEAR(total(score, found), best, 1e-12) << "seed " << seed;
        std::ranges::sort(found);
        std::iota(order.begin(), order.end(), 0);
        EXPECT_EQ(found, order) << "not a permutation, seed " << seed;
    }
}

TEST(BestMatching, FindsAHiddenPermutationOfManyUnits) {
    const std::int64_t n = 200;
    std::vector<double> score(static_cast<std::size_t>(n * n));
    for (std::int64_t row = 0; row < n; ++row)
        for (std::int64_t column = 0; column < n; ++column)
            score[static_cast<std::size_t>(row * n + column)] =
                0.5 * base::uniform({1, base::Purpose::test}, static_cast<std::uint64_t>(row * n + column)) + (column == 77 * row % n ? 1 : 0);
    const std::vector<std::int64_t> found = bestMatching(score, n);
    for (std::int64_t row = 0; row < n; ++row) EXPECT_EQ(found[static_cast<std::size_t>(row)], 77 * row % n);
}

}  // namespace
}  // namespace moescope::training
