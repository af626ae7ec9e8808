// Patience counts validations since the best one; a run without it never ends early.
#include "core/training/patience.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace moescope::training {
namespace {

Patience through(std::initializer_list<double> losses, double least) {
    Patience patience;
    for (const double loss : losses) patience = after(patience, loss, least);
    return patience;
}

TEST(Patience, CountsValidationsSinceTheBest) {
    EXPECT_EQ(through({3, 2, 2.5, 2.1}, 0), (Patience{2, 2}));
    EXPECT_EQ(through({3, 2, 2.5, 1.9}, 0), (Patience{1.9, 0}));
}

TEST(Patience, AsksForMoreThanTheLeastImprovementOverTheBestThatCounted) {
    EXPECT_EQ(through({3, 2.95, 2.9}, 0.1), (Patience{3, 2})) << "0.1 is not more than 0.1";
    EXPECT_EQ(through({3, 2.95, 2.85}, 0.1), (Patience{2.85, 0})) << "small steps add up";
}

TEST(Patience, TakesNoLossThatIsNotFiniteForAnImprovement) {
    EXPECT_EQ(through({std::numeric_limits<double>::quiet_NaN(), 2, -std::numeric_limits<double>::infinity()}, 0), (Patience{2, 1}));
}

TEST(Patience, IsOverAfterThatManyInARowAndNeverAtZero) {
    EXPECT_FALSE(isOver({2, 2}, 3));
    EXPECT_TRUE(isOver({2, 3}, 3));
    EXPECT_FALSE(isOver({2, 1000}, 0));
}

}  // namespace
}  // namespace moescope::training
