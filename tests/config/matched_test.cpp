// Matched runs: the counter by hand, the solver by trying every width.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/config/matched.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"

namespace moescope::config {
namespace {

constexpr std::int64_t kVocabulary = 96;

RunConfig preset(const char* id) {
    RunConfig config;
    EXPECT_TRUE(applyPreset(config, id).empty());
    return config;
}

double of(const RunConfig& config, MatchBy by) {
    const Cost counted = cost(config, kVocabulary);
    return by == MatchBy::flops ? counted.flopsTokenForward : static_cast<double>(counted.paramsTotal);
}

/// The least mismatch of all widths that are multiples of `multiple`, tried one by one.
double leastMismatch(RunConfig config, const RunConfig& reference, MatchBy by, std::int64_t multiple) {
    double least = INFINITY;
    for (std::int64_t width = multiple; width <= 8192; width += multiple) {
        if (config.moe.experts == 0) config.model.ffn_width = width;
        else config.moe.expert_width = width * config.moe.granularity;
        least = std::min(least, std::abs(of(config, by) / of(reference, by) - 1));
    }
    return least;
}

// Config S: 2 layers, d 64, context 64, E 8, k 1, two matrices of hidden 128, vocabulary 96, tied.
TEST(MatchedCount, OfEightDomainsIsTheHandCount) {
    const RunConfig config = preset("eight_domains");
    const double attention = 4 * 64 * 64, expert = 2 * 64 * 128, router = 64 * 8, head = 96 * 64;
    const double scores = 2 * 64 * 64 * 2;  // 2 T d for each of 2 layers
    EXPECT_DOUBLE_EQ(cost(config, kVocabulary).flopsTokenForward, 2 * (2 * (attention + expert + router) + head) + scores);
    EXPECT_EQ(cost(config, kVocabulary).paramsTotal, 2 * (attention + 8 * expert + router) + head + (2 * 2 + 1) * 64);
}

// G 4 of the same with one gated shared expert and three matrices: 32 experts of hidden 32, 4 at work.
TEST(MatchedCount, OfAFineGrainedMixtureWithASharedExpertIsTheHandCount) {
    RunConfig config = preset("eight_domains");
    config.model.activation = "swiglu";
    config.moe.granularity = 4;
    config.moe.shared_experts = 1;
    config.moe.shared_gate = true;
    const double attention = 4 * 64 * 64, expert = 3 * 64 * 32, router = 64 * 32, gate = 64, head = 96 * 64;
    const double scores = 2 * 64 * 64 * 2;
    EXPECT_DOUBLE_EQ(cost(config, kVocabulary).flopsTokenForward, 2 * (2 * (attention + (4 + 1) * expert + router + gate) + head) + scores);
    EXPECT_EQ(cost(config, kVocabulary).paramsTotal, 2 * (attention + (32 + 1) * expert + router + gate) + head + (2 * 2 + 1) * 64);
}

TEST(Matched, FindsTheBestWidthOfAllThatAreTried) {
    for (const char* id : {"eight_domains", "four_alphabets", "small_experts", "tiny", "dense_chars"})
        for (const MatchBy by : {MatchBy::flops, MatchBy::parameters})
            for (const MatchCandidate& candidate : {MatchCandidate{}, MatchCandidate{8, 1, 1, 0}, MatchCandidate{8, 1, 2, 0}, MatchCandidate{8, 1, 4, 0}, MatchCandidate{8, 2, 8, 0}, MatchCandidate{16, 2, 2, 1}}) {
                const RunConfig reference = preset(id);
                const MatchedRun run = matchTo(reference, candidate, by, kVocabulary);
                SCOPED_TRACE(std::string(id) + " " + run.name);
                EXPECT_NEAR(run.mismatch, of(run.config, by) / of(reference, by) - 1, 1e-12);
                if (run.isReference) continue;
                const double eights = leastMismatch(run.config, reference, by, 8), all = leastMismatch(run.config, reference, by, 1);
                if (eights <= kMatchAim) {
                    EXPECT_EQ(run.width % 8, 0);
                    EXPECT_NEAR(std::abs(run.mismatch), eights, 1e-12);
                } else if (all <= kMatchAim) {
                    EXPECT_LE(std::abs(run.mismatch), kMatchAim);
                } else {
                    EXPECT_NEAR(std::abs(run.mismatch), all, 1e-12);
                }
            }
}

TEST(Matched, TheSetOfTheLessonLiesWithinTwoPercentAndValidates) {
    const RunConfig reference = preset("eight_domains");
    const auto set = matchAll(reference, {{}, {8, 1, 1, 0}, {8, 1, 2, 0}, {8, 1, 4, 0}, {8, 1, 8, 0}}, MatchBy::flops, kVocabulary);
    std::vector<std::string> names;
    for (const MatchedRun& run : set) {
        names.push_back(run.name);
        EXPECT_FALSE(isTooFar(run)) << run.name << " " << run.mismatch;
        EXPECT_TRUE(validate(run.config).empty()) << run.name;
        EXPECT_TRUE(run.problems.empty());
        EXPECT_EQ(run.config.training, reference.training);
        EXPECT_EQ(run.config.data, reference.data);
        EXPECT_EQ(run.width, run.candidate.experts == 0 ? denseWidth(run.config) : moeShape(run.config, 0).expertWidth);
    }
    EXPECT_THAT(names, ::testing::ElementsAre("G1", "dense", "G2", "G4", "G8")) << "the reference once, and first";
    EXPECT_TRUE(set[0].isReference);
    EXPECT_EQ(set[0].config, reference);
    EXPECT_EQ(set[0].mismatch, 0);
}

TEST(Matched, ADenseReferenceGetsMixturesOfItsOwnCompute) {
    RunConfig dense = preset("dense_chars");
    const MatchedRun run = matchTo(dense, {8, 2, 1, 0}, MatchBy::flops, kVocabulary);
    EXPECT_EQ(run.name, "E8 k2 G1");
    EXPECT_EQ(run.config.moe.experts, 8);
    EXPECT_LE(std::abs(run.mismatch), kMatchAim);
    EXPECT_GT(run.cost.paramsTotal, cost(dense, kVocabulary).paramsTotal);
}

TEST(Matched, DenseLayersOfTheReferenceKeepTheirWidth) {
    RunConfig mixed = preset("tiny");
    mixed.moe.first_dense = 1;
    const MatchedRun fine = matchTo(mixed, {mixed.moe.experts, mixed.moe.top_k, 4, 0}, MatchBy::flops, kVocabulary);
    EXPECT_EQ(denseWidth(fine.config), denseWidth(mixed));
    EXPECT_LE(std::abs(fine.mismatch), kMatchMost);
}

TEST(Matched, SaysHowFarOffAShapeIsThatCannotBeMatched) {
    RunConfig small = preset("eight_domains");
    const MatchedRun many = matchTo(small, {256, 1, 8, 0}, MatchBy::flops, kVocabulary);  // the router alone costs more
    EXPECT_EQ(many.width, 1);
    EXPECT_TRUE(isTooFar(many));
    EXPECT_GT(many.mismatch, kMatchMost);
    EXPECT_FALSE(matchTo(small, {4, 8, 1, 0}, MatchBy::flops, kVocabulary).problems.empty()) << "k above E";
}

TEST(Matched, OtherRoutersOnTheSameDataComeWithinTwoPercentOfEachOther) {
    const RunConfig reference = preset("eight_domains");
    for (const char* router : {"gshard", "deepseek_moe", "hunyuan", "moepp", "fg_g8", "dense", "switch"}) {
        RunConfig other = reference;
        ASSERT_TRUE(applyPreset(other, router).empty());
        const MatchedRun run = matchWidth(router, other, reference, MatchBy::flops, kVocabulary);
        EXPECT_TRUE(run.problems.empty()) << router;
        EXPECT_FALSE(isTooFar(run)) << router << " " << run.mismatch;
        EXPECT_NEAR(of(run.config, MatchBy::flops) / of(reference, MatchBy::flops) - 1, run.mismatch, 1e-12) << router;
        EXPECT_EQ(run.config.router, other.router) << router;
    }
}

TEST(Matched, EqualTimeScalesTheSteps) {
    EXPECT_EQ(stepsInEqualTime(400, 0.05, 0.1), 200);
    EXPECT_EQ(stepsInEqualTime(400, 0.05, 0.02), 1000);
    EXPECT_EQ(stepsInEqualTime(1, 0.001, 10), 1);
    EXPECT_EQ(stepsInEqualTime(400, 0.05, 0), 400) << "no time measured changes nothing";
}

}  // namespace
}  // namespace moescope::config
