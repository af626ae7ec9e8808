// Choices that are steered without a loss: thresholds by quantile, fines for full experts, several slots sent on.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/presets.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec quantileSpec(std::int64_t experts, std::int64_t k) {
    RouterSpec spec = plainSpec(experts, k);
    spec.score = Score::sigmoid;
    spec.offset = Offset::biasQuantile;
    return spec;
}

// Unit normal logits with a popularity spread evenly over [-1, 1].
Table popular(std::size_t tokens, std::size_t experts, std::uint64_t seed) {
    Table z = normalTable(tokens, experts, seed);
    for (Row& row : z)
        for (std::size_t e = 0; e < experts; ++e) row[e] += -1 + 2 * double(e) / double(experts - 1);
    return z;
}

double maxViolation(const at::Tensor& counts) {
    return counts.max().item<double>() / counts.to(at::kDouble).mean().item<double>() - 1;
}

// One step of training: route, count, update.
Routing stepOf(const RouterSpec& spec, RouterTensors& tensors, const Table& z) {
    RouterInput input;
    input.logits = tensorOf(z, at::kFloat);
    const Routing routing = route(spec, tensors, input);
    StepCounts counts;
    counts.add({&routing, 1});
    updateState(spec, tensors, counts.summary(0));
    return routing;
}

double sorted(Row values, std::size_t place) {
    std::sort(values.rbegin(), values.rend());
    return values[place];
}

// beta after one batch, by sorting in float64.
Row nextBeta(const Table& z, const Row& beta, std::size_t k, double ema) {
    const std::size_t T = z.size(), E = beta.size(), n = k * T / E;
    Table shifted(E, Row(T));
    for (std::size_t t = 0; t < T; ++t) {
        Row u = z[t];
        for (std::size_t e = 0; e < E; ++e) u[e] -= beta[e];
        for (std::size_t e = 0; e < E; ++e) shifted[e][t] = z[t][e] - sorted(u, k);
    }
    Row out(E);
    double mean = 0;
    for (std::size_t e = 0; e < E; ++e) mean += (out[e] = ema * beta[e] + (1 - ema) * sorted(shifted[e], n)) / double(E);
    for (double& value : out) value -= mean;
    return out;
}

TEST(Quantile, ChoosesByTheShiftedLogitAndWeighsByTheCleanScore) {
    Case c = makeCase(quantileSpec(8, 2), 64);
    const Routing r = run(c).routing;
    const auto experts = integers(r.experts);
    for (std::size_t t = 0; t < 64; ++t) {
        Row u = c.z[t];
        for (std::size_t e = 0; e < 8; ++e) u[e] += c.bias[e];
        const auto order = reference::ranking(u);
        ASSERT_EQ(experts[t], (std::vector<std::int64_t>{order[0], order[1]}));
        const Row s = reference::sigmoid(c.z[t]);
        const double a = s[std::size_t(order[0])], b = s[std::size_t(order[1])];
        EXPECT_NEAR(r.weights[std::int64_t(t)][0].item<double>(), a / (a + b), 1e-12);
    }
}

TEST(Quantile, OneStepMovesBetaToTheSortedQuantiles) {
    for (const double ema : {0.0, 0.7}) {
        Case c = makeCase(quantileSpec(8, 2), 100);  // 25 choices an expert
        c.spec.options["ema"] = ema;
        Engine engine = run(c);
        StepCounts counts;
        counts.add({&engine.routing, 1});
        updateState(c.spec, engine.tensors, counts.summary(0));
        Row beta = c.bias;
        for (double& value : beta) value = -value;
        const Row wanted = nextBeta(c.z, beta, 2, ema), found = tableOf(engine.tensors.at("selection_bias").unsqueeze(0))[0];
        for (std::size_t e = 0; e < 8; ++e) EXPECT_NEAR(-found[e], wanted[e], 1e-12) << e;
    }
}

TEST(Quantile, AStepTakesTheMeanOverItsMicroBatches) {
    Case a = makeCase(quantileSpec(4, 1), 40), b = makeCase(quantileSpec(4, 1), 40, 9);
    b.bias = a.bias;
    const Engine first = run(a), second = run(b);
    StepCounts counts;
    counts.add({&first.routing, 1});
    counts.add({&second.routing, 1});
    EXPECT_TRUE(counts.summary(0).observed.allclose((first.routing.observed + second.routing.observed) / 2));
    EXPECT_EQ(counts.summary(0).tokens, 80);
}

TEST(Quantile, BalancesFreshTokensWithinThreeSteps) {
    const RouterSpec spec = quantileSpec(16, 2);
    RouterTensors tensors = createTensors(spec, 4, 0, 1);
    double later = 0;
    for (std::uint64_t step = 0; step < 23; ++step) {
        const double violation = maxViolation(stepOf(spec, tensors, popular(2048, 16, 100 + step)).counts);
        if (step == 0) {
            EXPECT_GT(violation, 1.4);
        } else if (step >= 3) {
            later += violation / 20;
        }
    }
    EXPECT_LT(later, 0.2);  // the floor of a fair draw is 0.11
}

// The two quantiles are moved in turn, which stalls short of the optimum, how far depends on the batch.
TEST(Quantile, OnOneAndTheSameBatchMostlyComesWithinSixPerCentAndStaysWhereItIs) {
    const RouterSpec spec = quantileSpec(16, 2);
    int close = 0;
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
        RouterTensors tensors = createTensors(spec, 4, 0, 1);
        const Table z = popular(2048, 16, seed);
        double at20 = 0;
        for (int step = 0; step <= 30; ++step) {
            const double off = (stepOf(spec, tensors, z).counts - 256).abs().max().item<double>();
            if (step == 20) at20 = off;
            if (step > 20) {
                EXPECT_LE(off, at20 + 2) << seed;
            }
        }
        EXPECT_LT(at20, 0.1 * 256) << seed;
        close += at20 < 0.06 * 256;
    }
    EXPECT_GE(close, 3);
}

TEST(Quantile, EvaluationLearnsNothingAndMutedExpertsKeepTheirThreshold) {
    Case c = makeCase(quantileSpec(6, 2), 60);
    c.training = false;
    EXPECT_FALSE(run(c).routing.observed.defined());
    c.training = true;
    c.muted.assign(6, false);
    c.muted[2] = true;
    EXPECT_NEAR(run(c).routing.observed[2].item<double>(), -c.bias[2], 1e-12);
    c.muted = {true, true, true, true, false, false};  // nobody is left to compare with
    EXPECT_TRUE(run(c).routing.observed.isfinite().all().item<bool>());
}

TEST(Quantile, RefusesToChooseEveryone) {
    config::RunConfig config;
    ASSERT_TRUE(config::applyPreset(config, "quantile").empty());
    config.moe.experts = config.moe.top_k = 2;
    const base::Problems found = problems(config);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].key, "moe.top_k");
}

// ---- capacity-aware --------------------------------------------------------------------------------------------------------

RouterSpec awareSpec(std::int64_t experts, std::int64_t k, double factor) {
    RouterSpec spec = plainSpec(experts, k);
    spec.offset = Offset::loadPenalty;
    spec.offsetRate = 0.001;
    spec.weigh = Weigh::renormAfterDrop;
    spec.capacity.factor = spec.capacity.evalFactor = factor;
    spec.capacity.overflow = Overflow::rerouteNext;
    spec.capacity.priority = Priority::prob;
    spec.options["candidates"] = std::int64_t{1024};
    return spec;
}

RouterTensors awareTensors(const Row& bias, const Row& load) {
    RouterTensors tensors;
    tensors.tensors["selection_bias"] = tensorOf({bias}).squeeze(0);
    tensors.tensors["load_average"] = tensorOf({load}).squeeze(0);
    return tensors;
}

struct Placed {
    std::vector<reference::Ints> expert;  // [T][k], -1 if refused
    reference::Ints used;
};

// Slot by slot, round by round, as the method is told: who holds an expert does not ask it again.
Placed assign(const Table& u, const Table& p, std::size_t k, std::int64_t room) {
    const std::size_t T = u.size(), E = u[0].size();
    Placed out{std::vector<reference::Ints>(T, reference::Ints(k, -1)), reference::Ints(E, 0)};
    for (std::size_t slot = 0; slot < k; ++slot)
        for (std::size_t round = 0; round < E; ++round)
            for (std::size_t e = 0; e < E; ++e) {
                std::vector<std::size_t> asking;
                for (std::size_t t = 0; t < T; ++t) {
                    if (out.expert[t][slot] >= 0) continue;
                    reference::Ints list;
                    for (const auto candidate : reference::ranking(u[t]))
                        if (std::ranges::find(out.expert[t], candidate) == out.expert[t].end()) list.push_back(candidate);
                    if (round < list.size() && list[round] == std::int64_t(e)) asking.push_back(t);
                }
                std::stable_sort(asking.begin(), asking.end(), [&](auto a, auto b) { return p[a][e] > p[b][e]; });
                for (const std::size_t t : asking)
                    if (out.used[e] < room) out.expert[t][slot] = std::int64_t(e), ++out.used[e];
            }
    return out;
}

TEST(CapacityAware, PlacesEverySlotAsTheRoundsInPlainLoopsDo) {
    for (const double factor : {0.6, 1.0, 1.25})
        for (const std::size_t k : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            const RouterSpec spec = awareSpec(6, std::int64_t(k), factor);
            Table z = normalTable(60, 6, 11);
            for (Row& row : z) row[0] += 1.5, row[1] += 0.7;
            const Row bias{-0.02, 0.01, 0, 0.03, 0, -0.01}, load{0.9, 0.5, 0.3, 0.1, 0.1, 0.1};
            Table u, p;
            for (const Row& row : z) {
                p.push_back(reference::softmax(row));
                u.push_back(p.back());
                for (std::size_t e = 0; e < 6; ++e)
                    u.back()[e] += bias[e] - 0.1 * std::max(0.0, load[e] / (factor * double(k) / 6) - 0.9);
            }
            const Placed wanted = assign(u, p, k, std::int64_t(std::ceil(factor * double(k) * 10 - 1e-6)));
            RouterInput input;
            input.logits = tensorOf(z);
            const Routing r = route(spec, awareTensors(bias, load), input);
            const auto experts = integers(r.experts);
            for (std::size_t t = 0; t < 60; ++t) {
                double sum = 0;
                for (const auto e : wanted.expert[t]) sum += e >= 0 ? p[t][std::size_t(e)] : 0;
                for (std::size_t j = 0; j < k; ++j) {
                    const auto e = wanted.expert[t][j];
                    const auto row = std::int64_t(t), slot = std::int64_t(j);
                    ASSERT_EQ(r.kept[row][slot].item<bool>(), e >= 0) << factor << " " << k << " " << t << " " << j;
                    if (e >= 0) {
                        EXPECT_EQ(experts[t][j], e);
                    }
                    const double share = e < 0 ? 0 : k == 1 ? p[t][std::size_t(e)] : p[t][std::size_t(e)] / sum;
                    EXPECT_NEAR(r.weights[row][slot].item<double>(), share, 1e-12);
                }
            }
            EXPECT_EQ(integers(r.placed.unsqueeze(0))[0], wanted.used);
        }
}

TEST(CapacityAware, DropsNoSlotWhileAnExpertThatTheTokenLacksHasAPlace) {
    const RouterSpec spec = awareSpec(6, 2, 1.0);
    RouterInput input;
    input.logits = tensorOf(popular(90, 6, 3)) * 2;
    const Routing r = route(spec, awareTensors(Row(6, 0), Row(6, 0)), input);
    EXPECT_LE(r.placed.max().item<std::int64_t>(), 30);
    const auto experts = integers(r.experts);
    for (std::size_t t = 0; t < 90; ++t)
        for (std::int64_t j = 0; j < 2; ++j) {
            if (r.kept[std::int64_t(t)][j].item<bool>()) continue;
            for (std::int64_t e = 0; e < 6; ++e)
                if (r.placed[e].item<std::int64_t>() < 30) {
                    EXPECT_NE(std::ranges::find(experts[t], e), experts[t].end()) << t;
                }
        }
}

TEST(CapacityAware, WithoutLimitFineOrBiasIsPlainTopK) {
    RouterSpec spec = awareSpec(6, 2, 0);
    RouterInput input;
    input.logits = tensorOf(normalTable(40, 6, 3));
    const Routing a = route(spec, awareTensors(Row(6, 0), Row(6, 5.0)), input), b = route(plainSpec(6, 2), {}, input);
    EXPECT_TRUE(a.experts.equal(b.experts));
    EXPECT_TRUE(a.weights.equal(b.weights));
}

TEST(CapacityAware, StateFollowsTheFirstWishes) {
    const RouterSpec spec = awareSpec(4, 1, 1.0);
    RouterTensors tensors = awareTensors({0, 0, 0, 0}, {0.25, 0.25, 0.25, 0.25});
    const Routing r = stepOf(spec, tensors, Table(8, Row{3, 2, 1, 0}));  // all want expert 0, two may stay
    EXPECT_EQ(integers(r.counts.unsqueeze(0))[0], (std::vector<std::int64_t>{8, 0, 0, 0}));
    EXPECT_EQ(integers(r.placed.unsqueeze(0))[0], (std::vector<std::int64_t>{2, 2, 2, 2}));
    EXPECT_TRUE(tensors.at("load_average").allclose(at::tensor({0.325, 0.225, 0.225, 0.225}, at::kDouble)));
    EXPECT_TRUE(tensors.at("selection_bias").allclose(at::tensor({-0.001, 0.001, 0.001, 0.001}, at::kDouble)));
    EXPECT_NEAR(r.measured.front().value.item<double>(), 2.5, 1e-12);  // two each at rounds 1 to 4
}

TEST(CapacityAware, TheBiasLowersTheViolationOfFreshTokens) {
    RouterSpec spec = awareSpec(8, 2, 1.25);
    RouterTensors tensors = createTensors(spec, 4, 0, 1);
    double first = 0, last = 0;
    for (std::uint64_t step = 0; step < 300; ++step) {
        const double violation = maxViolation(stepOf(spec, tensors, popular(512, 8, 50 + step)).counts);
        if (step < 5) first += violation / 5;
        if (step >= 280) last += violation / 20;
    }
    EXPECT_GT(first, 0.6);
    EXPECT_LT(last, 0.3);
}

}  // namespace
}  // namespace moescope::routing::testing
