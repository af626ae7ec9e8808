// Points on the plane: functions of (seed, number), with targets and domains that follow from where they lie.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "core/base/error.hpp"
#include "core/data/plane_corpus.hpp"

namespace moescope::data {
namespace {

std::shared_ptr<const Corpus> open(const char* problem, double noise = 0, std::int64_t points = 0, std::int64_t seed = 0) {
    config::RunConfig c;
    c.model.family = "plane";
    c.plane.problem = problem;
    c.plane.noise = noise;
    c.plane.points = points;
    c.data.seed = seed;
    base::Problems problems;
    auto corpus = openCorpus(c, "", problems);
    EXPECT_TRUE(problems.empty());
    return corpus;
}

TEST(PlaneCorpus, GivesTheSamePointsWhateverWasAskedBefore) {
    const auto a = open("quadrants", 0.1), b = open("quadrants", 0.1), other = open("quadrants", 0.1, 0, 1);
    a->training(7, 0, 8, 1);
    EXPECT_EQ(a->training(3, 0, 64, 1), b->training(3, 0, 64, 1));
    EXPECT_NE(a->training(3, 0, 64, 1).points, a->training(4, 0, 64, 1).points);
    EXPECT_NE(a->training(0, 0, 64, 1).points, other->training(0, 0, 64, 1).points);
    EXPECT_NE(a->training(0, 0, 64, 1).points, a->validation(0, 64, 1).points);
    // Two batches of 32 are one of 64.
    const Batch whole = a->validation(0, 64, 1), second = a->validation(1, 32, 1);
    EXPECT_TRUE(std::equal(second.points.begin(), second.points.end(), whole.points.begin() + 64));
}

TEST(PlaneCorpus, RepeatsItsPointsWhereTheyAreCounted) {
    const auto corpus = open("quadrants", 0.1, 48);
    const Batch a = corpus->training(0, 0, 48, 1), b = corpus->training(5, 0, 48, 1);
    EXPECT_EQ(a.points, b.points);
    EXPECT_EQ(a.values, b.values);
}

TEST(PlaneCorpus, FollowsTheRuleOfEachQuadrant) {
    const auto corpus = open("quadrants");
    const Batch batch = corpus->training(0, 0, 400, 1);
    std::set<std::int32_t> seen;
    for (std::size_t i = 0; i < 400; ++i) {
        const double x = batch.points[2 * i], y = batch.points[2 * i + 1];
        const std::string name = corpus->domains()[static_cast<std::size_t>(batch.domains[i])];
        EXPECT_EQ(name, std::string(y >= 0 ? "upper " : "lower ") + (x >= 0 ? "right" : "left"));
        EXPECT_NEAR(batch.values[i], planeValue("quadrants", x, y), 1e-6);
        seen.insert(batch.domains[i]);
    }
    EXPECT_EQ(seen.size(), 4u);
    // Linear inside a quadrant, another rule beyond its border.
    EXPECT_NEAR(planeValue("quadrants", 0.2, 0.4) + planeValue("quadrants", 0.6, 0.2), 2 * planeValue("quadrants", 0.4, 0.3), 1e-12);
    EXPECT_GT(std::abs(planeValue("quadrants", 0.01, 0.5) - planeValue("quadrants", -0.01, 0.5)), 0.5);
}

TEST(PlaneCorpus, PutsAsMuchNoiseOnValuesAsItSays) {
    const Batch batch = open("stripes", 0.2)->training(0, 0, 4000, 1);
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 4000; ++i) {
        const double off = batch.values[i] - planeValue("stripes", batch.points[2 * i], batch.points[2 * i + 1]);
        sum += off;
        squares += off * off;
    }
    EXPECT_NEAR(sum / 4000, 0, 0.02);
    EXPECT_NEAR(std::sqrt(squares / 4000), 0.2, 0.01);
}

TEST(PlaneCorpus, LaysEachSpiralAThirdOfATurnFromTheNext) {
    const auto corpus = open("spirals");
    EXPECT_EQ(corpus->vocabulary(), 3);
    const Batch batch = corpus->training(0, 0, 300, 1);
    EXPECT_TRUE(batch.values.empty());
    for (std::size_t i = 0; i < 300; ++i) {
        EXPECT_EQ(batch.targets[i], batch.domains[i]);
        const double radius = std::hypot(batch.points[2 * i], batch.points[2 * i + 1]), along = (radius - 0.08) / 0.87;
        const double angle = std::atan2(batch.points[2 * i + 1], batch.points[2 * i]) - 2 * std::numbers::pi * (0.75 * along + batch.targets[i] / 3.0);
        EXPECT_NEAR(std::remainder(angle, 2 * std::numbers::pi), 0, 1e-5);
    }
}

TEST(PlaneCorpus, GivesOppositeQuadrantsOneClass) {
    const Batch batch = open("xor")->training(0, 0, 100, 1);
    for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(batch.targets[i], batch.points[2 * i] * batch.points[2 * i + 1] < 0);
}

TEST(PlaneCorpus, ReadsNoText) {
    try {
        open("xor")->encode("a");
        FAIL() << "it took a text";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::usage);
        EXPECT_NE(error.happened().find("plane"), std::string::npos);
    }
}

}  // namespace
}  // namespace moescope::data
