// Who is chosen: ties, exactness, groups, mutes, chance; and the loops against the tensor forms.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/routing/choice.hpp"
#include "core/routing/draws.hpp"
#include "core/routing/logistic.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

using Rows = std::vector<std::vector<std::int64_t>>;

Case caseWith(RouterSpec spec, Table z) {
    Case c = makeCase(std::move(spec), z.size());
    c.z = std::move(z);
    return c;
}

TEST(Selection, ATieGoesToTheLowestExpert) {
    EXPECT_EQ(integers(run(caseWith(plainSpec(5, 3), {{1, 2, 2, 2, 1}, {0, 0, 0, 0, 0}})).routing.experts), (Rows{{1, 2, 3}, {0, 1, 2}}));
}

TEST(Selection, RanksLogitsWhereProbabilitiesUnderflow) {
    const Engine engine = run(caseWith(plainSpec(4, 2), {{0, -120, -110, -130}}), at::kFloat);
    EXPECT_EQ(integers(engine.routing.experts), (Rows{{0, 2}}));
}

TEST(Selection, RanksLogitsWhereTheSigmoidSaturates) {
    RouterSpec spec = plainSpec(4, 2);
    spec.score = Score::sigmoid;
    EXPECT_EQ(integers(run(caseWith(spec, {{18, 19, 20, 1}}), at::kFloat).routing.experts), (Rows{{2, 1}}));
}

TEST(Selection, EqualLogitsHaveEqualSigmoidsWhereverTheyStand) {
    for (const std::int64_t count : {1, 3, 8, 17, 1000, 70001}) {
        const at::Tensor s = logistic(at::full({count}, 0.3f)), wanted = logistic(at::full({1}, 0.3f));
        EXPECT_TRUE(s.eq(wanted).all().item<bool>());
    }
    const at::Tensor z = tensorOf(normalTable(50, 7, 3));
    EXPECT_TRUE(logistic(z).allclose(z.sigmoid(), 1e-14, 1e-15));
}

TEST(Selection, MasksOtherGroupsEvenWhenBiasedScoresAreNegative) {
    RouterSpec spec = plainSpec(8, 3);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign;
    spec.groupRule = GroupRule::limitTop2Sum, spec.groups = 4, spec.groupsKept = 2;
    Case c = makeCase(spec, 64, 11);
    c.bias.assign(8, -1.5);
    for (const auto& row : integers(run(c).routing.experts)) {
        std::vector<std::int64_t> groups;
        for (const auto e : row) groups.push_back(e / 2);
        std::sort(groups.begin(), groups.end());
        EXPECT_LE(std::unique(groups.begin(), groups.end()) - groups.begin(), 2);
    }
}

TEST(Selection, OneGroupIsThePlainChoice) {
    RouterSpec plain = plainSpec(8, 3), grouped = plain;
    grouped.groupRule = GroupRule::limitTop2Sum;
    EXPECT_TRUE(run(makeCase(plain, 32)).routing.experts.equal(run(makeCase(grouped, 32)).routing.experts));
}

TEST(Selection, PerGroupTakesEquallyManyFromEachGroup) {
    RouterSpec spec = plainSpec(8, 4);
    spec.groupRule = GroupRule::perGroup, spec.groups = 4;
    for (auto row : integers(run(makeCase(spec, 32)).routing.experts)) {
        for (auto& e : row) e /= 2;
        std::sort(row.begin(), row.end());
        EXPECT_EQ(row, (std::vector<std::int64_t>{0, 1, 2, 3}));
    }
}

TEST(Selection, AMutedExpertIsNeverChosenAndHasNoProbability) {
    for (const Select select : {Select::topk, Select::all, Select::expertTopC}) {
        RouterSpec spec = plainSpec(4, 2);
        spec.select = select, spec.weigh = Weigh::raw;
        Case c = makeCase(spec, 16);
        c.muted = {false, false, true, false};
        const Routing routing = run(c).routing;
        EXPECT_EQ(routing.counts[2].item<std::int64_t>(), 0);
        EXPECT_EQ(routing.probabilities.select(1, 2).abs().max().item<double>(), 0);
    }
}

TEST(Selection, LogitsGivenAreNeverChanged) {
    for (const Noise noise : {Noise::logitGaussLearned, Noise::logitMulJitter, Noise::gumbelAll}) {
        RouterSpec spec = plainSpec(4, 2);
        spec.noise = noise, spec.noiseScale = 1, spec.noiseReachesWeights = true;
        const Case c = makeCase(spec, 8);
        const Engine engine = run(c);
        EXPECT_TRUE(engine.input.logits.equal(tensorOf(c.z)));
        EXPECT_TRUE(engine.routing.logits.detach().equal(tensorOf(c.z)));
    }
}

TEST(Selection, ANearlyZeroThresholdKeepsEverySecondExpert) {
    RouterSpec all = plainSpec(6, 2), chance = all;
    chance.second = Second::random, chance.secondScale = 1e-6;
    EXPECT_TRUE(run(makeCase(all, 64)).routing.experts.equal(run(makeCase(chance, 64)).routing.experts));
}

TEST(Selection, KeepsTheSecondExpertAsOftenAsItsGateSays) {
    for (const auto& [tau, weigh] : std::vector<std::pair<double, Weigh>>{{0.5, Weigh::renorm}, {0.2, Weigh::renorm}, {0.5, Weigh::renormAfterDrop}}) {
        RouterSpec spec = plainSpec(3, 2);
        spec.second = Second::random, spec.secondScale = tau, spec.weigh = weigh;
        RouterInput input;
        const std::int64_t draws = 20000;
        input.logits = at::tensor({0.3, 1.9, -0.4}).unsqueeze(0).expand({draws, 3}).contiguous();
        const Routing routing = route(spec, {}, input);
        const auto p = reference::softmax({0.3, 1.9, -0.4});
        const double g2 = weigh == Weigh::renorm ? p[0] / (p[0] + p[1]) : p[0];
        const double expected = std::min(1.0, g2 / tau), seen = routing.secondTaken.to(at::kDouble).mean().item<double>();
        EXPECT_NEAR(seen, expected, 3 * std::sqrt(expected * (1 - expected) / double(draws)) + 1e-12);
    }
}

TEST(Selection, FirstWeightStaysBelowOneBeforeDropAndIsOneAfterDropWhenTheSecondIsRefused) {
    for (const Weigh weigh : {Weigh::renorm, Weigh::renormAfterDrop}) {
        RouterSpec spec = plainSpec(4, 2);
        spec.second = Second::random, spec.secondScale = 0.9, spec.weigh = weigh;
        Case c = makeCase(spec, 8);
        for (Row& row : c.uniform) row.assign(4, 0.999);
        const Routing routing = run(c).routing;
        ASSERT_EQ(routing.secondTaken.sum().item<std::int64_t>(), 0);
        const auto first = tableOf(routing.weights);
        for (const Row& row : first) {
            if (weigh == Weigh::renorm) {
                EXPECT_LT(row[0], 1);
            } else {
                EXPECT_DOUBLE_EQ(row[0], 1);
            }
        }
    }
}

TEST(Selection, GumbelNoiseSamplesFromTheSoftmax) {
    RouterSpec spec = plainSpec(4, 1);
    spec.noise = Noise::gumbelAll, spec.noiseScale = 1;
    RouterInput input;
    const std::int64_t draws = 40000;
    const Row z = {0.5, -0.2, 1.0, 0.1};
    input.logits = tensorOf({z}).expand({draws, 4}).contiguous();
    const auto counts = integers(route(spec, {}, input).counts.unsqueeze(0))[0];
    const Row p = reference::softmax(z);
    double chiSquare = 0;
    for (std::size_t e = 0; e < 4; ++e) chiSquare += std::pow(double(counts[e]) - double(draws) * p[e], 2) / (double(draws) * p[e]);
    EXPECT_LT(chiSquare, 16.3);  // 0.1 % of the chi-square distribution with three degrees of freedom
}

TEST(Selection, TheSecondExpertOfGumbelSecondFollowsTheSoftmaxOfTheOthers) {
    RouterSpec spec = plainSpec(4, 2);
    spec.second = Second::gumbel, spec.secondScale = 1;
    RouterInput input;
    const std::int64_t draws = 40000;
    input.logits = tensorOf({{0.5, -0.2, 1.0, 0.1}}).expand({draws, 4}).contiguous();
    const at::Tensor experts = route(spec, {}, input).experts;
    EXPECT_TRUE(experts.select(1, 0).eq(2).all().item<bool>());
    const Row p = reference::softmax({0.5, -0.2, 0.1});
    const std::vector<std::int64_t> others = {0, 1, 3};
    for (std::size_t i = 0; i < 3; ++i) {
        const double seen = experts.select(1, 1).eq(others[i]).to(at::kDouble).mean().item<double>();
        EXPECT_NEAR(seen, p[i], 3.3 * std::sqrt(p[i] * (1 - p[i]) / double(draws)));
    }
}

TEST(Selection, ExpertChoiceGivesEachExpertExactlyItsTokens) {
    for (const auto& [experts, tokens, factor] : std::vector<std::tuple<std::int64_t, std::size_t, double>>{{8, 64, 2}, {4, 10, 1.5}, {16, 4, 2}}) {
        RouterSpec spec = plainSpec(experts, 2);
        spec.select = Select::expertTopC, spec.weigh = Weigh::raw, spec.capacity.factor = factor;
        const Routing routing = run(makeCase(spec, tokens)).routing;
        const std::int64_t rows = std::min<std::int64_t>(std::int64_t(tokens), std::max<std::int64_t>(1, std::int64_t(factor * double(tokens) / double(experts) + 1e-6)));
        EXPECT_TRUE(routing.counts.eq(rows).all().item<bool>());
        EXPECT_EQ(routing.kept.sum().item<std::int64_t>(), experts * rows);
    }
}

TEST(Selection, ExpertChoiceIsEquivariantUnderPermutationOfTokens) {
    RouterSpec spec = plainSpec(4, 2);
    spec.select = Select::expertTopC, spec.weigh = Weigh::raw, spec.capacity.factor = 2;
    Case c = makeCase(spec, 16);
    const auto before = integers(run(c).routing.experts);
    std::reverse(c.z.begin(), c.z.end());
    auto after = integers(run(c).routing.experts);
    std::reverse(after.begin(), after.end());
    EXPECT_EQ(before, after);
}

TEST(Selection, ExpertChoiceLeaksTheFuture) {
    RouterSpec spec = plainSpec(2, 1);
    spec.select = Select::expertTopC, spec.weigh = Weigh::raw, spec.capacity.factor = 1;
    const Case c = caseWith(spec, {{2, 0}, {1, 0}, {-1, 0}, {-2, 0}});
    Case changed = c;
    changed.z[3] = {9, 0};  // a later token takes expert 0 away from token 1
    EXPECT_NE(integers(run(c).routing.experts)[1], integers(run(changed).routing.experts)[1]);
}

TEST(Selection, TopKLooksAtNoOtherToken) {
    Case c = makeCase(plainSpec(4, 2), 8);
    const auto before = tableOf(run(c).routing.weights);
    c.z[7] = {9, -9, 3, 1};
    const auto after = tableOf(run(c).routing.weights);
    for (std::size_t t = 0; t < 7; ++t) EXPECT_EQ(before[t], after[t]);
}

TEST(Selection, ShareOfTokensNobodyPicksIsThatOfTheLiterature) {
    RouterSpec spec = plainSpec(64, 2);
    spec.select = Select::expertTopC, spec.weigh = Weigh::raw, spec.capacity.factor = 2;
    double unpicked = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Case c;
        c.spec = spec, c.z = normalTable(1024, 64, seed);
        RouterInput input;
        input.logits = tensorOf(c.z, at::kFloat);
        unpicked += 1 - route(spec, {}, input).kept.any(1).to(at::kDouble).mean().item<double>();
    }
    EXPECT_NEAR(unpicked / 20, 0.0545, 0.004);
}

// ---- loops and tensor forms ------------------------------------------------------------------------------------------------

TEST(Choice, LoopAndTensorFormPickTheSame) {
    for (const auto& [tokens, experts, k] : std::vector<std::array<std::int64_t, 3>>{{1, 1, 1}, {7, 5, 3}, {64, 16, 16}, {3000, 8, 2}}) {
        at::Tensor scores = tensorOf(normalTable(std::size_t(tokens), std::size_t(experts), 3), at::kFloat).mul(2).round();
        scores = scores.masked_fill(scores.lt(-2), -reference::kInf);
        for (const bool skip : {false, true}) EXPECT_TRUE(largest(scores, k, skip).equal(largestByTensors(scores, k, skip)));
    }
}

TEST(Choice, NotANumberIsTheLargestInBothForms) {
    const at::Tensor scores = at::tensor({1.0, std::nan(""), 3.0, std::nan("")}).unsqueeze(0);
    EXPECT_EQ(integers(largest(scores, 3, true)), (Rows{{1, 3, 2}}));
    EXPECT_TRUE(largest(scores, 3, true).equal(largestByTensors(scores, 3, true)));
}

TEST(Choice, QueuesAreTheSameInBothForms) {
    for (const std::int64_t group : {0, 1, 5, 16, 100}) {
        at::Tensor experts = largest(tensorOf(normalTable(37, 6, 4)), 3, false);
        experts = experts.masked_fill(experts.eq(4), -1);
        const at::Tensor order = descendingOrder(tensorOf(normalTable(37, 1, 5)).squeeze(1), group);
        EXPECT_TRUE(queuePositions(experts, 6, group, {}).equal(queuePositionsByTensors(experts, 6, group, {})));
        EXPECT_TRUE(queuePositions(experts, 6, group, order).equal(queuePositionsByTensors(experts, 6, group, order)));
    }
}

TEST(Choice, RanksAreTheSameInBothForms) {
    for (const std::int64_t group : {0, 1, 5, 100}) {
        at::Tensor scores = tensorOf(normalTable(37, 6, 4), at::kFloat).mul(2).round();  // with ties, and both zeros
        scores = scores.masked_fill(scores.lt(-2), -reference::kInf);
        scores.select(0, 7).fill_(std::nan(""));
        EXPECT_TRUE(columnRanks(scores, group).equal(columnRanksByTensors(scores, group)));
    }
}

TEST(Choice, CountsAreTheSameInBothForms) {
    at::Tensor experts = largest(tensorOf(normalTable(40, 6, 4)), 3, false);
    experts = experts.masked_fill(experts.eq(4), -1).reshape({4, -1});
    EXPECT_TRUE(countExperts(experts, 6).equal(countExpertsByTensors(experts, 6)));
}

// ---- draws -----------------------------------------------------------------------------------------------------------------

base::RandomKey keyOf(std::uint64_t step) { return {7, base::Purpose::routerNoise, 3, step}; }

TEST(Draws, AreAFunctionOfTheKeyAlone) {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    const at::Tensor all = drawNormal(keyOf(5), 0, {100, 8}, options);
    EXPECT_TRUE(all.equal(drawNormal(keyOf(5), 0, {100, 8}, options)));
    EXPECT_TRUE(all.narrow(0, 0, 10).equal(drawNormal(keyOf(5), 0, {10, 8}, options)));
    EXPECT_FALSE(all.equal(drawNormal(keyOf(6), 0, {100, 8}, options)));
    EXPECT_FALSE(all.equal(drawNormal(keyOf(5), 1, {100, 8}, options)));
}

TEST(Draws, AreTheBlocksOfTheCounterBasedStream) {
    const at::Tensor drawn = drawUniform(keyOf(5), 3, {1003}, at::TensorOptions().dtype(at::kFloat));
    const base::RandomStream stream(keyOf(5));
    for (std::uint64_t i = 0; i < 1003; ++i) {
        const std::uint32_t bits = stream.bits((std::uint64_t{3} << 40) + i / 4)[i % 4];
        EXPECT_EQ(drawn.const_data_ptr<float>()[i], static_cast<float>(bits >> 8) * 0x1p-24f);
    }
}

TEST(Draws, HaveTheMomentsOfTheirDistributions) {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    const double n = 400000;
    const at::Tensor normal = drawNormal(keyOf(1), 0, {std::int64_t(n)}, options).to(at::kDouble);
    EXPECT_NEAR(normal.mean().item<double>(), 0, 4 / std::sqrt(n));
    EXPECT_NEAR(normal.square().mean().item<double>(), 1, 4 * std::sqrt(2 / n));
    EXPECT_NEAR(normal.pow(4).mean().item<double>(), 3, 4 * std::sqrt(96 / n));
    const at::Tensor uniform = drawUniform(keyOf(2), 0, {std::int64_t(n)}, options).to(at::kDouble);
    EXPECT_NEAR(uniform.mean().item<double>(), 0.5, 4 * std::sqrt(1 / 12.0 / n));
    EXPECT_GE(uniform.min().item<double>(), 0);
    EXPECT_LT(uniform.max().item<double>(), 1);
    const at::Tensor gumbel = drawGumbel(keyOf(3), 0, {std::int64_t(n)}, options).to(at::kDouble);
    EXPECT_NEAR(gumbel.mean().item<double>(), 0.5772156649, 4 * std::sqrt(1.6449 / n));
    EXPECT_NEAR(gumbel.var().item<double>(), 1.6449340668, 0.03);
}

TEST(Draws, AStepLeavesLibTorchsGeneratorAlone) {
    const at::Tensor before = at::globalContext().defaultGenerator(at::kCPU).get_state();
    for (const Noise noise : {Noise::logitGaussFixed, Noise::gumbelAll, Noise::logitMulJitter}) {
        RouterSpec spec = plainSpec(4, 2);
        spec.noise = noise, spec.noiseScale = 1, spec.capacity = {1, 1, 0, 1, true, Priority::random, Overflow::drop, 0};
        RouterInput input;
        input.logits = tensorOf(normalTable(8, 4, 1));
        route(spec, {}, input);
    }
    EXPECT_TRUE(before.equal(at::globalContext().defaultGenerator(at::kCPU).get_state()));
}

TEST(Draws, InputJitterReachesTheRoutersCopyWithinItsBounds) {
    RouterSpec spec = plainSpec(3, 1);
    spec.noise = Noise::inputJitter, spec.noiseScale = 0.25;
    RouterTensors tensors;
    tensors.tensors["weight"] = at::eye(3, at::kFloat);
    RouterInput input;
    input.features = at::ones({4000, 3});
    const at::Tensor z = route(spec, tensors, input).logits;
    EXPECT_GE(z.min().item<double>(), 0.75);
    EXPECT_LE(z.max().item<double>(), 1.25);
    EXPECT_NEAR(z.mean().item<double>(), 1, 4 * 0.25 / std::sqrt(3.0 * 12000));
    EXPECT_TRUE(input.features.eq(1).all().item<bool>());
    input.training = false;
    EXPECT_TRUE(route(spec, tensors, input).logits.eq(1).all().item<bool>());
}

TEST(Draws, InputDropoutKeepsTheMean) {
    RouterSpec spec = plainSpec(3, 1);
    spec.noise = Noise::inputDropout, spec.noiseScale = 0.2;
    RouterTensors tensors;
    tensors.tensors["weight"] = at::eye(3, at::kFloat);
    RouterInput input;
    input.features = at::ones({20000, 3});
    const at::Tensor z = route(spec, tensors, input).logits;
    EXPECT_NEAR(z.eq(0).to(at::kDouble).mean().item<double>(), 0.2, 4 * 0.4 / std::sqrt(60000.0));
    EXPECT_NEAR(z.max().item<double>(), 1.25, 1e-6);
}

}  // namespace
}  // namespace moescope::routing::testing
