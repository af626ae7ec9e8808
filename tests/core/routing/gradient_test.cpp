// Gradients by closed form: the four standard cases, the estimators, and what must be exactly zero.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

constexpr std::size_t kTokens = 12;

struct Setting {
    Case c;
    Engine engine;
    Table task, gradient;
};

Setting settle(const RouterSpec& spec, std::uint64_t seed = 3) {
    Setting s;
    s.c = makeCase(spec, kTokens, seed);
    s.engine = run(s.c);
    s.task = normalTable(kTokens, std::size_t(s.engine.routing.weights.size(1)), 21);
    s.gradient = engineGradient(s.engine, s.task);
    return s;
}

// dL/dz_j = p_j (a_j [j in S] - sum_S p a)
Row gPre(const Row& p, const reference::Ints& chosen, const Row& a) {
    double sum = 0;
    for (std::size_t j = 0; j < chosen.size(); ++j) sum += p[std::size_t(chosen[j])] * a[j];
    Row out(p.size());
    for (std::size_t e = 0; e < p.size(); ++e) out[e] = -p[e] * sum;
    for (std::size_t j = 0; j < chosen.size(); ++j) out[std::size_t(chosen[j])] += p[std::size_t(chosen[j])] * a[j];
    return out;
}

double worstAgainst(const Setting& s, const std::function<Row(std::size_t, const reference::Ints&)>& formula) {
    const auto chosen = integers(s.engine.routing.experts);
    Table wanted;
    for (std::size_t t = 0; t < kTokens; ++t) wanted.push_back(formula(t, chosen[t]));
    return largestDifference(s.gradient, wanted);
}

TEST(Gradient, WithoutRenormalisationIsThatOfTheFullSoftmax) {
    RouterSpec spec = plainSpec(6, 2);
    spec.weigh = Weigh::raw;
    const Setting s = settle(spec);
    EXPECT_LT(worstAgainst(s, [&](std::size_t t, const auto& chosen) { return gPre(reference::softmax(s.c.z[t]), chosen, s.task[t]); }), 1e-12);
}

TEST(Gradient, OfSoftmaxAfterTheChoiceStaysAmongTheChosen) {
    RouterSpec spec = plainSpec(6, 3);
    spec.score = Score::softmaxSelected;
    const Setting s = settle(spec);
    const Table weights = tableOf(s.engine.routing.weights);
    EXPECT_LT(worstAgainst(s, [&](std::size_t t, const auto& chosen) {
        Row out(6, 0);
        double sum = 0;
        for (std::size_t j = 0; j < 3; ++j) sum += weights[t][j] * s.task[t][j];
        for (std::size_t j = 0; j < 3; ++j) out[std::size_t(chosen[j])] = weights[t][j] * (s.task[t][j] - sum);
        return out;
    }), 1e-12);
}

TEST(Gradient, OfTheSigmoidIsLocal) {
    RouterSpec spec = plainSpec(6, 2);
    spec.score = Score::sigmoid, spec.weigh = Weigh::raw;
    const Setting s = settle(spec);
    EXPECT_LT(worstAgainst(s, [&](std::size_t t, const auto& chosen) {
        Row out(6, 0);
        const Row score = reference::sigmoid(s.c.z[t]);
        for (std::size_t j = 0; j < 2; ++j) {
            const auto e = std::size_t(chosen[j]);
            out[e] = score[e] * (1 - score[e]) * s.task[t][j];
        }
        return out;
    }), 1e-12);
}

TEST(Gradient, OfTheNormalisedSigmoidIsThatOfDeepSeek) {
    RouterSpec spec = plainSpec(8, 3);
    spec.score = Score::sigmoid, spec.scale = 2.5;
    const Setting s = settle(spec);
    EXPECT_LT(worstAgainst(s, [&](std::size_t t, const auto& chosen) {
        Row out(8, 0);
        const Row score = reference::sigmoid(s.c.z[t]);
        double total = 0, mean = 0;
        for (const auto e : chosen) total += score[std::size_t(e)];
        for (std::size_t j = 0; j < 3; ++j) mean += score[std::size_t(chosen[j])] / total * s.task[t][j];
        for (std::size_t j = 0; j < 3; ++j) {
            const auto e = std::size_t(chosen[j]);
            out[e] = 2.5 * score[e] * (1 - score[e]) / total * (s.task[t][j] - mean);
        }
        return out;
    }), 1e-12);
}

TEST(Gradient, OfOneExpertWithSoftmaxAfterTheChoiceIsExactlyZero) {
    RouterSpec spec = plainSpec(6, 1);
    spec.score = Score::softmaxSelected;
    const Setting s = settle(spec);
    EXPECT_EQ(largestDifference(s.gradient, Table(kTokens, Row(6, 0))), 0);
    EXPECT_TRUE(s.engine.routing.weights.eq(1).all().item<bool>());
}

TEST(Gradient, OfExpertsThatWereNotChosenIsExactlyZeroWithSoftmaxAfterTheChoice) {
    RouterSpec spec = plainSpec(6, 2);
    spec.score = Score::softmaxSelected;
    const Setting s = settle(spec);
    const auto chosen = integers(s.engine.routing.experts);
    for (std::size_t t = 0; t < kTokens; ++t)
        for (std::int64_t e = 0; e < 6; ++e)
            if (std::find(chosen[t].begin(), chosen[t].end(), e) == chosen[t].end()) {
                EXPECT_EQ(s.gradient[t][std::size_t(e)], 0);
            }
}

TEST(Gradient, StraightThroughKeepsTheWeightAndSendsTheFullSoftmaxsGradient) {
    for (const auto& change : std::vector<std::function<void(RouterSpec&)>>{
             [](RouterSpec& s) { s.topK = 1, s.score = Score::softmaxSelected; }, [](RouterSpec& s) { s.weigh = Weigh::one; },
             [](RouterSpec& s) { s.score = Score::sigmoid; }, [](RouterSpec& s) { s.weigh = Weigh::renorm, s.scale = 2; }}) {
        RouterSpec spec = plainSpec(6, 2), plain = spec;
        change(spec);
        plain = spec;
        spec.estimator = Estimator::straightThrough;
        const Setting s = settle(spec);
        EXPECT_LT(largestDifference(tableOf(s.engine.routing.weights), tableOf(run(makeCase(plain, kTokens, 3)).routing.weights)), 1e-12);
        EXPECT_LT(worstAgainst(s, [&](std::size_t t, const auto& chosen) { return gPre(reference::softmax(s.c.z[t]), chosen, s.task[t]); }), 1e-12);
    }
}

TEST(Gradient, OfTheEstimatorNoneIsZeroWhileLossesStillTeach) {
    RouterSpec spec = plainSpec(6, 2);
    spec.estimator = Estimator::none;
    EXPECT_EQ(largestDifference(settle(spec).gradient, Table(kTokens, Row(6, 0))), 0);
    spec.balance = {LossKind::topkMean, 0.1, Scope::batch};
    EXPECT_GT(largestDifference(settle(spec).gradient, Table(kTokens, Row(6, 0))), 0);
}

TEST(Gradient, OfTheBalanceLossIsThatOfItsFormula) {
    RouterSpec spec = plainSpec(5, 1);
    spec.balance = {LossKind::switchTop1, 1, Scope::batch};
    const Case c = makeCase(spec, kTokens);
    const Engine engine = run(c);
    const Table gradient = engineGradient(engine, {});
    const auto f = tableOf(engine.routing.counts.to(at::kDouble).div(double(kTokens)).unsqueeze(0))[0];
    Table wanted(kTokens, Row(5));
    for (std::size_t t = 0; t < kTokens; ++t) {
        const Row p = reference::softmax(c.z[t]);
        double mean = 0;
        for (std::size_t e = 0; e < 5; ++e) mean += p[e] * f[e];
        for (std::size_t j = 0; j < 5; ++j) wanted[t][j] = 5.0 / double(kTokens) * p[j] * (f[j] - mean);
    }
    EXPECT_LT(largestDifference(gradient, wanted), 1e-13);
}

TEST(Gradient, OfTheZLossIsThatOfItsFormula) {
    RouterSpec spec = plainSpec(5, 2);
    spec.zCoefficient = 1;
    const Case c = makeCase(spec, kTokens);
    const Table gradient = engineGradient(run(c), {});
    Table wanted(kTokens, Row(5));
    for (std::size_t t = 0; t < kTokens; ++t) {
        const Row p = reference::softmax(c.z[t]);
        const double lse = c.z[t][0] - std::log(p[0]);
        for (std::size_t j = 0; j < 5; ++j) wanted[t][j] = 2.0 / double(kTokens) * lse * p[j];
    }
    EXPECT_LT(largestDifference(gradient, wanted), 1e-13);
}

TEST(Gradient, OfTheNoisyLoadReachesTheNoiseAsFiniteDifferencesSay) {
    RouterSpec spec = plainSpec(5, 2);
    spec.score = Score::softmaxSelected, spec.noise = Noise::logitGaussLearned, spec.noiseScale = 1, spec.noiseReachesWeights = true;
    spec.more = {{LossKind::load, 1, Scope::batch}};
    Case c = makeCase(spec, kTokens);
    Engine engine;
    engine.input.logits = tensorOf(c.z);
    engine.input.noise = tensorOf(c.noise);
    engine.input.noiseLogits = tensorOf(c.noiseLogits).requires_grad_();
    engine.routing = route(spec, {}, engine.input);
    losses({&spec, 1}, {&engine.routing, 1}, 1, nullptr).total.backward();
    Table wanted = c.noiseLogits;
    for (std::size_t t = 0; t < kTokens; ++t)
        for (std::size_t e = 0; e < 5; ++e) {
            const double at = c.noiseLogits[t][e];
            c.noiseLogits[t][e] = at + 1e-6;
            const double above = reference::objective(c, {});
            c.noiseLogits[t][e] = at - 1e-6;
            wanted[t][e] = (above - reference::objective(c, {})) / 2e-6;
            c.noiseLogits[t][e] = at;
        }
    EXPECT_LT(largestDifference(tableOf(engine.input.noiseLogits.grad()), wanted), 1e-7);
}

TEST(Gradient, ADroppedSlotTeachesNothingAndChangesTheKeptWeightAfterDrop) {
    RouterSpec spec = plainSpec(3, 2);
    spec.weigh = Weigh::renormAfterDrop, spec.capacity.factor = 0.5, spec.capacity.evalFactor = 0.5;
    Case c = makeCase(spec, 6);
    c.z.assign(6, {2, 1, 0});  // everybody wants 0, then 1: C = 2
    const Engine engine = run(c);
    const Table weights = tableOf(engine.routing.weights);
    EXPECT_NEAR(weights[0][0] + weights[0][1], 1, 1e-12);
    for (std::size_t t = 2; t < 6; ++t) EXPECT_EQ(weights[t], (Row{0, 0}));
    const Table gradient = engineGradient(engine, Table(6, {1, -1}));
    for (std::size_t t = 2; t < 6; ++t)
        for (const double g : gradient[t]) EXPECT_EQ(g, 0);  // zero and finite
    for (const Row& row : gradient)
        for (const double g : row) EXPECT_TRUE(std::isfinite(g));
}

TEST(Gradient, StaysFiniteWhereSigmoidsAreTiny) {
    RouterSpec spec = plainSpec(3, 2);
    spec.score = Score::sigmoid, spec.weigh = Weigh::renormAfterDrop;
    Case c = makeCase(spec, 2);
    c.z = {{-20, -21, -30}, {-80, -81, -82}};
    const Engine engine = run(c, at::kFloat);
    for (const Row& row : tableOf(engine.routing.weights)) EXPECT_NEAR(row[0] + row[1], 1, 1e-6);
    for (const Row& row : engineGradient(engine, {{1, -1}, {1, -1}}))
        for (const double g : row) EXPECT_TRUE(std::isfinite(g));
}

TEST(Gradient, ReachesWeightsAndFeaturesThroughTheLinearRouter) {
    RouterSpec spec = plainSpec(4, 2);
    spec.weigh = Weigh::raw, spec.bias = true;
    RouterTensors tensors;
    tensors.tensors["weight"] = tensorOf(normalTable(4, 3, 5)).requires_grad_();
    tensors.tensors["bias"] = tensorOf(normalTable(1, 4, 6)).squeeze(0).requires_grad_();
    RouterInput input;
    input.features = tensorOf(normalTable(6, 3, 7)).requires_grad_();
    const Routing routing = route(spec, tensors, input);
    const at::Tensor task = tensorOf(normalTable(6, 2, 8));
    routing.logits.retain_grad();
    (routing.weights * task).sum().backward();
    const at::Tensor dz = routing.logits.grad();
    EXPECT_TRUE(input.features.grad().allclose(dz.matmul(tensors.at("weight").detach()), 1e-10, 1e-12));
    EXPECT_TRUE(tensors.at("weight").grad().allclose(dz.t().matmul(input.features.detach()), 1e-10, 1e-12));
    EXPECT_TRUE(tensors.at("bias").grad().allclose(dz.sum(0), 1e-10, 1e-12));
}

}  // namespace
}  // namespace moescope::routing::testing
