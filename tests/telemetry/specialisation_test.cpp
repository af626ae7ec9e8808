// Lifts of one expert and snapshots without domains, against counting by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/telemetry/specialisation.hpp"

namespace moescope::telemetry {
namespace {

const LabelLift* of(const std::vector<LabelLift>& all, std::int32_t label) {
    for (const LabelLift& each : all)
        if (each.label == label) return &each;
    return nullptr;
}

TEST(LabelLifts, AreTheExpertsShareOfALabelOverItsShareOfAll) {
    // Expert 1 has tokens 2, 3, 5, 6: labels 7, 7, 7, 8. One token (the last) was routed nowhere.
    const std::vector<std::int32_t> experts{0, 0, 1, 1, 0, 1, 1, -1}, labels{7, 8, 7, 7, 8, 7, 8, 9};
    const auto lifts = labelLifts(experts, labels, 1, 1);
    ASSERT_EQ(lifts.size(), 2U);
    EXPECT_EQ(of(lifts, 7)->count, 3);
    EXPECT_DOUBLE_EQ(of(lifts, 7)->share, 3.0 / 4);
    EXPECT_DOUBLE_EQ(of(lifts, 7)->lift, (3.0 / 4) / (4.0 / 7));
    EXPECT_DOUBLE_EQ(of(lifts, 8)->lift, (1.0 / 4) / (3.0 / 7));
}

/// Share of all ways to choose `drawn` of `all` tokens that hold at most `count` of the `marked` first ones, by listing them.
double shareAtMost(int all, int marked, int drawn, int count) {
    int ways = 0, small = 0;
    for (unsigned set = 0; set < 1U << all; ++set) {
        if (__builtin_popcount(set) != drawn) continue;
        ++ways;
        small += __builtin_popcount(set & ((1U << marked) - 1)) <= count;
    }
    return static_cast<double>(small) / ways;
}

TEST(LabelLifts, ChanceOfSingleTokensIsTheExactPercentile) {
    std::vector<std::int32_t> experts(12, 0), labels(12, 1);
    for (std::size_t i = 0; i < 5; ++i) experts[i] = 3;   // 5 of 12 tokens
    for (std::size_t i = 0; i < 7; ++i) labels[2 + i] = 4;  // 7 of 12 have label 4, three of them at expert 3
    const auto lifts = labelLifts(experts, labels, 3, 1);
    const double fair = 5.0 * 7 / 12;
    const int level = static_cast<int>(std::lround(of(lifts, 4)->null95 * fair));
    EXPECT_GE(shareAtMost(12, 7, 5, level), 0.95);
    EXPECT_LT(shareAtMost(12, 7, 5, level - 1), 0.95);
}

TEST(LabelLifts, ChanceOfBlocksIsWiderThanThatOfSingleTokens) {
    std::vector<std::int32_t> experts, labels;
    for (int sequence = 0; sequence < 12; ++sequence)
        for (int t = 0; t < 20; ++t) {
            experts.push_back(sequence % 3);
            labels.push_back(sequence % 4);
        }
    const auto blocks = labelLifts(experts, labels, 0, 20), single = labelLifts(experts, labels, 0, 1);
    EXPECT_DOUBLE_EQ(of(blocks, 0)->lift, of(single, 0)->lift);
    EXPECT_GT(of(blocks, 0)->null95, of(single, 0)->null95) << "whole sequences move together, so chance reaches further";
}

TEST(Specialise, WhereEveryTokenHasAllExpertsTheWeightsAreShared) {
    ProbeSnapshot probe;
    probe.layers = 1, probe.experts = 2, probe.slotsPerToken = 2, probe.tokens = 3, probe.sequenceLength = 3;
    probe.moeLayerIndex = {0};
    probe.tokenIds = {4, 5, 6}, probe.domains = {0, 0, 1};
    probe.expertIds = {0, 1, 1, 0, 1, 0};
    probe.weights = {0.75F, 0.25F, 0.5F, 0.5F, 0.875F, 0.125F};
    const Specialisation all = specialise(probe, 0, 2);
    EXPECT_TRUE(all.byWeight);
    EXPECT_EQ(all.expertsPerToken, 2);
    EXPECT_NEAR(all.share[0][0], 1.25 / 2, 1e-12);
    EXPECT_NEAR(all.share[0][1], 0.75 / 2, 1e-12);
    EXPECT_NEAR(all.share[1][1], 0.875, 1e-12);
    probe.expertIds[5] = -1;  // one token without a second expert: choices count again
    const Specialisation some = specialise(probe, 0, 2);
    EXPECT_FALSE(some.byWeight);
    EXPECT_NEAR(some.expertsPerToken, 5.0 / 3, 1e-12);
    EXPECT_EQ(some.share[0][0], 1);
    EXPECT_EQ(some.share[1][0], 0);
}

TEST(Specialise, ASnapshotOfATextHasNoDomainsAndSaysNothingOfThem) {
    ProbeSnapshot text;
    text.layers = 1;
    text.experts = 2;
    text.slotsPerToken = 1;
    text.tokens = 24;
    text.sequenceLength = 3;
    text.moeLayerIndex = {4};
    for (int t = 0; t < text.tokens; ++t) {
        text.tokenIds.push_back(t % 2);
        text.expertIds.push_back(static_cast<std::int16_t>(t % 2));
    }
    text.weights.assign(24, 1);
    text.kept.assign(24, 1);
    const Specialisation found = specialise(text, 0, 0);
    EXPECT_EQ(found.layer, 4);
    EXPECT_TRUE(std::isnan(found.domainInformation));
    EXPECT_TRUE(std::isnan(found.purity));
    EXPECT_TRUE(found.share.empty());
    EXPECT_GT(found.tokenInformation, found.tokenNull95) << "the expert follows the token";
}

}  // namespace
}  // namespace moescope::telemetry
