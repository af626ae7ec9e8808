// Groups of runs: pairs by seed, the common horizon, crossings and savings worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "core/config/run_config.hpp"
#include "core/statistics/comparison.hpp"

namespace moescope::statistics {
namespace {

Member member(const std::string& name, const std::string& seed, std::vector<double> y, double every = 10) {
    Member made{"ulid-" + name, name, seed, {}};
    for (std::size_t i = 0; i < y.size(); ++i) made.curve.x.push_back(every * static_cast<double>(i + 1));
    made.curve.y = std::move(y);
    return made;
}

Comparison compared(const std::vector<Group>& groups, const Question& question = {}) {
    auto answer = compare(groups, 0, question);
    EXPECT_TRUE(std::holds_alternative<Comparison>(answer));
    return std::get<Comparison>(std::move(answer));
}

std::string problem(const std::vector<Group>& groups, const Question& question = {}) {
    const auto answer = compare(groups, 0, question);
    const auto* problems = std::get_if<base::Problems>(&answer);
    return problems && !problems->empty() ? problems->front().text : std::string();
}

std::vector<Group> threeSeeds() {
    return {{"base", {member("b1", "1", {5, 4, 3, 2, 2}), member("b2", "2", {5, 4, 3, 2.5, 2.2}), member("b3", "3", {5, 4, 3, 3, 2.4})}},
            {"new", {member("n3", "3", {4, 2, 2, 2, 2}), member("n1", "1", {4, 2, 2, 2, 1.5}), member("n2", "2", {4, 3, 2, 2, 2})}}};
}

TEST(Curves, ACrossingMustStayForThreeEvaluationsUpToTheHorizon) {
    const Curve curve = member("", "", {5, 1, 5, 2, 2, 2, 9}).curve;
    EXPECT_EQ(firstCrossing(curve, 2, 70), 40.0);
    EXPECT_EQ(firstCrossing(curve, 2, 50), std::nullopt);  // only two of three seen
    EXPECT_EQ(firstCrossing(curve, 1.5, 70), std::nullopt);
    EXPECT_EQ(firstCrossing(curve, 5, 70), 10.0);
}

TEST(Curves, ValuesAreLinearBetweenEvaluationsAndMissingOutside) {
    const Curve curve = member("", "", {4, 2}).curve;
    EXPECT_EQ(valueAt(curve, 15), 3.0);
    EXPECT_EQ(valueAt(curve, 20), 2.0);
    EXPECT_EQ(valueAt(curve, 21), std::nullopt);
    EXPECT_EQ(valueAt(curve, 9), std::nullopt);
    EXPECT_EQ(finitePart(std::vector<double>{1, 2, NAN}, std::vector<double>{NAN, 5, 6}).x, std::vector<double>{2});
}

TEST(Curves, TheMovingAverageStartsWithoutBias) {
    const Curve smooth = smoothed(member("", "", {4, 2, 1}).curve, 0.5);
    EXPECT_DOUBLE_EQ(smooth.y[0], 4);
    EXPECT_DOUBLE_EQ(smooth.y[1], (4 * 0.25 + 2 * 0.5) / 0.75);
    EXPECT_DOUBLE_EQ(smooth.y[2], (4 * 0.125 + 2 * 0.25 + 1 * 0.5) / 0.875);
}

TEST(Comparison, DifferencesArePairedBySeedWhateverTheOrder) {
    const Comparison found = compared(threeSeeds());
    EXPECT_EQ(found.horizon, 50);
    ASSERT_EQ(found.pairs.size(), 1U);
    const Pair& pair = found.pairs.front();
    EXPECT_EQ(pair.seeds, (std::vector<std::string>{"1", "2", "3"}));
    const double wanted[] = {1.5 - 2, 2 - 2.2, 2 - 2.4};
    for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(pair.differences[i], wanted[i]);
    EXPECT_DOUBLE_EQ(pair.difference, (wanted[0] + wanted[1] + wanted[2]) / 3);
    EXPECT_DOUBLE_EQ(pair.effect, pair.difference / deviation(wanted));
    EXPECT_DOUBLE_EQ(pair.test.p, 0.25);
    EXPECT_DOUBLE_EQ(pair.test.smallest, 0.25);
    EXPECT_TRUE(pair.interval.rough());
    EXPECT_DOUBLE_EQ(found.groups[0].mean, (2 + 2.2 + 2.4) / 3);
    EXPECT_TRUE(std::isnan(pair.holm));
}

TEST(Comparison, SavingsAreWhatEachSeedNeedsForItsBaselinesLoss) {
    const auto savings = compared(threeSeeds()).pairs.front().savings;
    ASSERT_TRUE(savings);
    EXPECT_EQ(savings->own, (std::vector<double>{20, 30, 20}));          // 2, 2.2 and 2.4 are first kept there
    EXPECT_EQ(savings->baseline, (std::vector<double>{50, 50, 50}));
    EXPECT_EQ(savings->reached, 3U);
    EXPECT_DOUBLE_EQ(savings->share, 1 - 70.0 / 150);
    EXPECT_NEAR(savings->interval.low, 1 - 30.0 / 50, 1e-12);            // 27 resamples: each end is one seed three times
    EXPECT_NEAR(savings->interval.high, 1 - 20.0 / 50, 1e-12);
}

TEST(Comparison, ASeedThatNeverGetsThereIsCensoredAndNoShareIsInvented) {
    auto groups = threeSeeds();
    groups[1].members[1] = member("n1", "1", {4, 3, 3, 3, 2.1});
    const auto savings = compared(groups).pairs.front().savings;
    ASSERT_TRUE(savings);
    EXPECT_EQ(savings->reached, 2U);
    EXPECT_TRUE(std::isnan(savings->own[0]));
    EXPECT_TRUE(std::isnan(savings->share));
    EXPECT_FALSE(savings->interval.known());
    EXPECT_DOUBLE_EQ(savings->atMost, 1 - (50.0 + 30 + 20) / 150);
}

TEST(Comparison, UnequalLengthsAreComparedAtTheLastCommonStepAndSayWhoEnds) {
    auto groups = threeSeeds();
    groups[0].members[1] = member("short", "2", {5, 4, 3});
    const Comparison found = compared(groups);
    EXPECT_EQ(found.horizon, 30);
    EXPECT_EQ(found.shortest, std::vector<std::string>{"short"});
    EXPECT_EQ(found.groups[1].values, (std::vector<double>{2, 2, 2}));
}

TEST(Comparison, OtherAxesAreComparedWhereTheShortestEnds) {
    const std::vector<Group> groups{{"a", {member("a", "1", {4, 2}, 10)}}, {"b", {member("b", "1", {6, 3, 2}, 8)}}};
    EXPECT_NE(problem(groups).find("no step"), std::string::npos);
    const Comparison found = compared(groups, {.axis = Axis::flops});
    EXPECT_EQ(found.horizon, 20);
    EXPECT_EQ(found.groups[1].values, std::vector<double>{2.5});
}

TEST(Comparison, TheUntrainedStepIsNothingToCompareAtNorToSaveFrom) {
    Member odd = member("odd", "1", {4, 3, 2}, 7), even = member("even", "1", {4, 3, 2}, 9), risen = member("risen", "1", {4, 4, 4, 9}, 7);
    for (Member* each : {&odd, &even, &risen}) {
        each->curve.x.insert(each->curve.x.begin(), 0);
        each->curve.y.insert(each->curve.y.begin(), 4);
    }
    EXPECT_NE(problem({{"a", {odd}}, {"b", {even}}}).find("after step 0"), std::string::npos);
    EXPECT_FALSE(compared({{"a", {risen}}, {"b", {odd}}}).pairs.front().savings);
}

TEST(Comparison, OneSharedSeedHasADifferenceAndNoProof) {
    const Comparison found = compared({{"a", {member("a", "1", {4, 2})}}, {"b", {member("b", "1", {4, 1}), member("c", "9", {4, 1})}}});
    const Pair& pair = found.pairs.front();
    EXPECT_DOUBLE_EQ(pair.difference, -1);
    EXPECT_TRUE(std::isnan(pair.test.p));
    EXPECT_TRUE(std::isnan(pair.effect));
    EXPECT_FALSE(pair.interval.known());
    EXPECT_EQ(pair.unpaired, std::vector<std::string>{"9"});
}

TEST(Comparison, NoSharedSeedHasNoDifference) {
    const Comparison found = compared({{"a", {member("a", "1", {4, 2})}}, {"b", {member("b", "2", {4, 1})}}});
    EXPECT_TRUE(std::isnan(found.pairs.front().difference));
    EXPECT_FALSE(found.pairs.front().savings);
    EXPECT_EQ(found.pairs.front().unpaired.size(), 2U);
}

TEST(Comparison, SeveralPairsAreCorrectedTogether) {
    auto groups = threeSeeds();
    groups.push_back({"third", groups[1].members});
    const Comparison found = compared(groups);
    ASSERT_EQ(found.pairs.size(), 2U);
    EXPECT_DOUBLE_EQ(found.pairs[0].holm, 0.5);
    EXPECT_DOUBLE_EQ(found.pairs[1].holm, 0.5);
}

TEST(Comparison, OnlyLossesHaveSavings) {
    EXPECT_FALSE(compared(threeSeeds(), {.metric = "effective_experts"}).pairs.front().savings);
    EXPECT_TRUE(isLoss("domain_loss"));
}

TEST(Comparison, ASeedTwiceOrARunWithoutTheMetricIsNamed) {
    auto groups = threeSeeds();
    groups[0].members[1].seed = "1";
    EXPECT_NE(problem(groups).find("b1 and b2"), std::string::npos);
    groups = threeSeeds();
    groups[1].members[0].curve = {};
    EXPECT_NE(problem(groups).find("n3 has stored no finite val_loss"), std::string::npos);
}

TEST(Seeds, RunsThatDifferInSeedsAloneShareAKey) {
    config::RunConfig a, b;
    b.training.seed = 4;
    b.data.seed = 7;
    EXPECT_EQ(seedlessKey(a), seedlessKey(b));
    EXPECT_EQ(seedLabel(a), "0");
    EXPECT_EQ(seedLabel(b), "4, data 7");
    b.moe.experts = 3;
    EXPECT_NE(seedlessKey(a), seedlessKey(b));
}

}  // namespace
}  // namespace moescope::statistics
