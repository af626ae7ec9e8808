// Clustering against merges worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/statistics/clustering.hpp"

namespace moescope::statistics {
namespace {

TEST(Clustering, MergesTheMostAlikeFirstAndAveragesOverPairs) {
    const std::vector<std::vector<double>> similarity{{1, 0.1, 0.9, 0.2}, {0.1, 1, 0.3, 0.8}, {0.9, 0.3, 1, 0.4}, {0.2, 0.8, 0.4, 1}};
    const std::vector<Merge> merges = cluster(similarity);
    ASSERT_EQ(merges.size(), 3U);
    EXPECT_EQ(merges[0].left, 0);
    EXPECT_EQ(merges[0].right, 2);
    EXPECT_DOUBLE_EQ(merges[0].similarity, 0.9);
    EXPECT_EQ(merges[1].left, 1);
    EXPECT_EQ(merges[1].right, 3);
    EXPECT_DOUBLE_EQ(merges[1].similarity, 0.8);
    EXPECT_EQ(merges[2].left, 4);
    EXPECT_EQ(merges[2].right, 5);
    EXPECT_NEAR(merges[2].similarity, (0.1 + 0.2 + 0.3 + 0.4) / 4, 1e-15);
    EXPECT_EQ(leafOrder(merges), (std::vector<int>{0, 2, 1, 3}));
}

TEST(Clustering, AveragesBySizeWhereSidesDiffer) {
    const std::vector<std::vector<double>> similarity{{1, 0.9, 0.8, 0.1}, {0.9, 1, 0.6, 0.2}, {0.8, 0.6, 1, 0.3}, {0.1, 0.2, 0.3, 1}};
    const std::vector<Merge> merges = cluster(similarity);
    EXPECT_NEAR(merges[1].similarity, 0.7, 1e-15);
    EXPECT_NEAR(merges[2].similarity, 0.2, 1e-15) << "three pairs of equal weight";
}

TEST(Clustering, OneThingHasNoMergeAndNothingIsLostToNaN) {
    EXPECT_TRUE(cluster({{1}}).empty());
    EXPECT_EQ(leafOrder({}), std::vector<int>{0});
    const double nan = std::nan("");
    const std::vector<Merge> merges = cluster({{nan, nan, nan}, {nan, 1, 0.5}, {nan, 0.5, 1}});
    EXPECT_EQ(merges[0].left, 1);
    EXPECT_EQ(leafOrder(merges).size(), 3U);
}

}  // namespace
}  // namespace moescope::statistics
