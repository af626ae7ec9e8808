// Experiments: every declaration can run, and the judge says of given numbers what its rule says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/experiments/experiment.hpp"
#include "core/routing/spec.hpp"

namespace moescope::experiments {
namespace {

using Numbers = std::vector<double>;

Claim claimOf(Form form, double bound = 0) { return {"", form, 0, 1, {"number", {"val_loss"}, {}}, bound}; }
Verdict verdict(const Claim& claim, const Numbers& values, const Numbers& others = {}) { return judge(claim, values, others).verdict; }

std::vector<config::StudyRun> runs(const Experiment& experiment, std::int64_t steps = 0) {
    auto made = runsOf(experiment, std::vector<std::int64_t>{0, 1, 2}, steps);
    if (const auto* problems = std::get_if<base::Problems>(&made)) {
        ADD_FAILURE() << experiment.id << ": " << problems->front().key << ": " << problems->front().text;
        return {};
    }
    return std::get<std::vector<config::StudyRun>>(made);
}

TEST(Experiments, AllCanRunAndNameTheirArmsOnce) {
    std::set<std::string> ids;
    for (const Experiment& each : all()) {
        EXPECT_TRUE(ids.insert(each.id).second) << each.id;
        const auto made = runs(each);
        EXPECT_EQ(made.size(), 3 * each.arms.size()) << each.id;
        for (const config::StudyRun& run : made)
            for (const base::Problem& problem : routing::problems(run.config)) ADD_FAILURE() << run.name << ": " << problem.key << ": " << problem.text;
        std::set<std::string> names;
        for (const Arm& arm : each.arms) EXPECT_TRUE(names.insert(arm.name).second) << each.id << " " << arm.name;
        for (const Claim& claim : each.claims) {
            EXPECT_LT(claim.arm, each.arms.size()) << each.id;
            EXPECT_LT(claim.other, each.arms.size()) << each.id;
        }
        EXPECT_TRUE(!each.exact.empty() || std::ranges::any_of(each.claims, &Claim::decides)) << each.id << " decides nothing";
        EXPECT_FALSE(each.expected.empty() || each.source.empty()) << each.id;
    }
}

TEST(Experiments, ArmsDifferInNothingButWhatTheyVaryAndShareTheirSeeds) {
    const auto made = runs(*find("x2"), 50);
    ASSERT_EQ(made.size(), 6u);
    EXPECT_EQ(made[0].seed, made[1].seed);
    std::set<std::string> keys;
    for (const auto& each : config::differences({made[0].config, made[1].config})) keys.insert(each.key);
    EXPECT_EQ(keys, (std::set<std::string>{"balance.kind", "balance.coefficient", "router.offset"}));
    EXPECT_EQ(made[0].config.training.steps, 50);
    EXPECT_EQ(made[2].config.training.seed, 1);
    EXPECT_EQ(made[2].config.data.seed, 1);
}

TEST(Experiments, AnArmThatComesFromAnotherHasTheSettingsOfTheConversionAndItsSeed) {
    const Experiment& experiment = *find("X18");
    const auto made = runs(experiment, 50);
    ASSERT_EQ(made.size(), 9u);
    const std::size_t second = 3;   // the dense run of seed 1
    config::RunConfig expected;
    ASSERT_TRUE(conversion::convertedConfig(made[second].config, experiment.arms[1].from->order, expected).empty());
    expected.preset = "eight_domains+upcycle";
    EXPECT_EQ(config::toJson(made[second + 1].config, -1), config::toJson(expected, -1));
    EXPECT_EQ(config::toJson(made[second + 2].config, -1), config::toJson(expected, -1));   // from scratch: the same settings
    EXPECT_EQ(made[second + 1].config.training.seed, 1);
    EXPECT_EQ(made[second + 1].config.preset, "eight_domains+upcycle");
    EXPECT_TRUE(experiment.arms[2].from->fresh && !experiment.arms[1].from->fresh);
    for (const Experiment& each : all())
        for (std::size_t arm = 0; arm < each.arms.size(); ++arm)
            if (each.arms[arm].from) {
                EXPECT_LT(each.arms[arm].from->arm, arm) << each.id;
            }
}

TEST(Experiments, MeasureWhatIsListedAndAskForStepsThatThereAre) {
    const auto check = [](const Experiment& each, const Claim& claim, const Term& term) {
        const bool measured = std::ranges::count(measuredTerms(), term.metric) > 0;
        EXPECT_TRUE(term.sets.empty() || measured) << each.id << " " << term.metric;
        EXPECT_FALSE(measured && term.under) << each.id;
        if (term.under && claim.form == Form::atMost) {
            EXPECT_LT(claim.bound, static_cast<double>(each.steps)) << each.id << ": never would look like soon";
        }
    };
    for (const Experiment& each : all())
        for (const Claim& claim : each.claims) {
            check(each, claim, claim.reading.term);
            if (claim.reading.minus) check(each, claim, *claim.reading.minus);
            if (claim.otherReading) check(each, claim, claim.otherReading->term);
        }
}

TEST(Experiments, TheOrderingComparesModelsOfEqualActiveFlops) {
    const auto made = runs(*find("X10"));
    const double reference = config::cost(made[2].config, 110).flopsTokenForward;
    for (std::size_t arm = 0; arm < 5; ++arm) EXPECT_NEAR(config::cost(made[arm].config, 110).flopsTokenForward / reference, 1, 0.02) << made[arm].group;
}

TEST(Experiments, GranularityIsComparedAtEqualActiveFlops) {
    const auto made = runs(*find("X6"));
    for (std::size_t arm = 1; arm < 4; ++arm) EXPECT_NEAR(config::cost(made[arm].config, 110).flopsTokenForward / config::cost(made[0].config, 110).flopsTokenForward, 1, 0.02) << made[arm].group;
}

TEST(Experiments, WhatIsCalculatedHolds) {
    int count = 0;
    for (const Experiment& each : all())
        for (const Exact& exact : each.exact) {
            EXPECT_LE(exact.measure(), exact.tolerance) << each.id << ": " << exact.text;
            ++count;
        }
    EXPECT_GE(count, 2);
}

TEST(Judge, ConfirmsADirectionBeyondTwicePooledDeviation) {
    EXPECT_EQ(verdict(claimOf(Form::below), {1.00, 1.01, 1.02}, {1.10, 1.11, 1.12}), Verdict::confirmed);
    EXPECT_EQ(verdict(claimOf(Form::below), {1.10, 1.11, 1.12}, {1.00, 1.01, 1.02}), Verdict::contrary);
    EXPECT_EQ(verdict(claimOf(Form::below), {1.00, 1.01, 1.02}, {1.01, 1.02, 1.03}), Verdict::notSeen);
}

TEST(Judge, ReckonsWithThePooledDeviationOfBothArms) {
    const Finding finding = judge(claimOf(Form::below), Numbers{1, 2, 3}, Numbers{10, 14, 18});
    EXPECT_DOUBLE_EQ(finding.pooled, std::sqrt((1.0 + 16.0) / 2));
    EXPECT_DOUBLE_EQ(finding.difference, -12);
    EXPECT_DOUBLE_EQ(finding.test.smallest, 0.25);
}

TEST(Judge, LeavesOutPairsThatAreNotBothThere) {
    const Finding finding = judge(claimOf(Form::below), Numbers{1, statistics::kUnknown, 3, 4}, Numbers{2, 3, statistics::kUnknown, 6});
    EXPECT_EQ(finding.values, (Numbers{1, 4}));
    EXPECT_EQ(finding.others, (Numbers{2, 6}));
    EXPECT_DOUBLE_EQ(finding.difference, -1.5);
}

TEST(Judge, HoldsABoundOnlyWhenEverySeedKeepsIt) {
    EXPECT_EQ(verdict(claimOf(Form::atMost, 0.2), {0.1, 0.2}), Verdict::confirmed);
    EXPECT_EQ(verdict(claimOf(Form::atMost, 0.2), {0.1, 0.21}), Verdict::notSeen);
    EXPECT_EQ(verdict(claimOf(Form::atLeast, 1), {1, 3}), Verdict::confirmed);
    EXPECT_EQ(verdict(claimOf(Form::atLeast, 1), {0.9, 3}), Verdict::notSeen);
    EXPECT_EQ(verdict(claimOf(Form::atMostTimes, 0.2), {0.1, 0.2}, {1, 1}), Verdict::confirmed);
    EXPECT_EQ(verdict(claimOf(Form::atMostTimes, 0.2), {0.5, 0.6}, {1, 1.1}), Verdict::notSeen);
    EXPECT_EQ(verdict(claimOf(Form::atMostTimes, 0.2), {5, 5.1}, {1, 1.1}), Verdict::contrary);
}

TEST(Judge, SeesNothingInOneSeed) {
    EXPECT_EQ(verdict(claimOf(Form::below), {1}, {2}), Verdict::notSeen);
    EXPECT_EQ(verdict(claimOf(Form::atMost, 2), {1}), Verdict::notSeen);
}

TEST(Verdicts, AreContraryIfOneDecidingPartIsAndIgnoreWhatIsOnlyTold) {
    Experiment experiment;
    experiment.claims = {claimOf(Form::below), claimOf(Form::below), claimOf(Form::below)};
    experiment.claims[2].decides = false;
    const auto of = [](Verdict one, Verdict two, Verdict told) {
        std::vector<Finding> findings(3);
        findings[0].verdict = one, findings[1].verdict = two, findings[2].verdict = told;
        return findings;
    };
    EXPECT_EQ(verdictOf(experiment, of(Verdict::confirmed, Verdict::confirmed, Verdict::contrary), {}), Verdict::confirmed);
    EXPECT_EQ(verdictOf(experiment, of(Verdict::confirmed, Verdict::contrary, Verdict::confirmed), {}), Verdict::contrary);
    EXPECT_EQ(verdictOf(experiment, of(Verdict::confirmed, Verdict::notSeen, Verdict::confirmed), {}), Verdict::notSeen);
    experiment.exact = {{"", nullptr, 1e-6}};
    EXPECT_EQ(verdictOf(experiment, of(Verdict::confirmed, Verdict::confirmed, Verdict::confirmed), {1e-3}), Verdict::contrary);
}

}  // namespace
}  // namespace moescope::experiments
