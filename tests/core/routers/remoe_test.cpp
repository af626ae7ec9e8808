// ReMoE: who works, what the loss costs, and where the controller ends.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/presets.hpp"
#include "core/routing/statistics.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec remoe(std::int64_t experts, std::int64_t k, double coefficient) {
    RouterSpec spec = plainSpec(experts, k);
    spec.score = Score::relu, spec.select = Select::reluThreshold, spec.weigh = Weigh::raw;
    spec.balance = {LossKind::controller, coefficient, Scope::batch};
    return spec;
}

RouterTensors held(double controller) {
    RouterTensors tensors;
    tensors.tensors["controller"] = at::full({1}, controller, at::kFloat);
    return tensors;
}

// lambda E / (k T^2) sum_e (sum_t w_te) count_e + task
double objective(const Table& z, const Table& task, std::size_t k, double lambda) {
    const std::size_t T = z.size(), E = z[0].size();
    double sum = 0;
    for (std::size_t e = 0; e < E; ++e) {
        double weight = 0, count = 0;
        for (std::size_t t = 0; t < T; ++t) weight += std::max(0.0, z[t][e]), count += z[t][e] > 0;
        sum += lambda * double(E) / (double(k) * double(T) * double(T)) * weight * count;
    }
    for (std::size_t t = 0; t < T; ++t) {
        const auto order = reference::ranking(z[t]);
        for (std::size_t j = 0; j < E; ++j) sum += task[t][j] * std::max(0.0, z[t][std::size_t(order[j])]);
    }
    return sum;
}

TEST(Remoe, EveryExpertWithAPositiveLogitWorksWithTheLogitAsWeight) {
    Table z = normalTable(30, 6, 2);
    z[7] = {-1, -2, -0.1, 0, -3, -1};
    RouterInput input;
    input.logits = tensorOf(z);
    const Routing r = route(remoe(6, 2, 1), held(1), input);
    const auto experts = integers(r.experts);
    for (std::size_t t = 0; t < 30; ++t) {
        const auto order = reference::ranking(z[t]);
        for (std::size_t j = 0; j < 6; ++j) {
            const double logit = z[t][std::size_t(order[j])];
            EXPECT_EQ(experts[t][j], logit > 0 ? order[j] : -1);
            EXPECT_EQ(r.weights[std::int64_t(t)][std::int64_t(j)].item<double>(), std::max(0.0, logit));
        }
    }
    EXPECT_EQ(r.kept[7].sum().item<std::int64_t>(), 0);
}

TEST(Remoe, LossAndGradientAreThoseOfTheFormula) {
    const Table z = normalTable(20, 5, 3), task = normalTable(20, 5, 4);
    const double lambda = 0.3 * 2.5;
    RouterInput input;
    input.logits = tensorOf(z).requires_grad_();
    const RouterSpec spec = remoe(5, 2, 0.3);
    const Routing r = route(spec, held(2.5), input);
    const AuxiliaryLosses auxiliary = losses({&spec, 1}, {&r, 1}, 1, nullptr);
    EXPECT_NEAR(auxiliary.terms[0].value.item<double>(), objective(z, Table(20, Row(5, 0)), 2, 1), 1e-12);
    const at::Tensor total = auxiliary.total + (r.weights * tensorOf(task)).sum();
    EXPECT_NEAR(total.item<double>(), objective(z, task, 2, lambda), 1e-7);  // the factor is kept in float32
    total.backward();
    const Table found = tableOf(input.logits.grad());
    for (std::size_t t = 0; t < 20; ++t)
        for (std::size_t e = 0; e < 5; ++e) {
            Table above = z, below = z;
            above[t][e] += 1e-6, below[t][e] -= 1e-6;
            EXPECT_NEAR(found[t][e], (objective(above, task, 2, lambda) - objective(below, task, 2, lambda)) / 2e-6, 1e-6);
        }
}

TEST(Remoe, TheControllerGoesUpWhileTheLayersTogetherHaveTooManyExpertsAtWork) {
    const RouterSpec spec = remoe(4, 1, 1e-8);
    const at::Tensor many = at::tensor({10, 10, 10, 10}, at::kLong), few = at::tensor({1, 1, 0, 0}, at::kLong);
    const std::vector<at::Tensor> above{many, few}, below{few, few};
    RouterTensors tensors = held(1);
    updateState(spec, tensors, StepSummary{few, 20, above, {}});  // (40 + 2) / (2 * 80) > 1/4
    EXPECT_FLOAT_EQ(tensors.at("controller").item<float>(), 1.2f);
    updateState(spec, tensors, StepSummary{few, 20, below, {}});
    updateState(spec, tensors, StepSummary{few, 20, below, {}});
    EXPECT_FLOAT_EQ(tensors.at("controller").item<float>(), 1 / 1.2f);
}

// Gates that want to fit 4 of 8 experts a token are held at 1.
TEST(Remoe, TheControllerHoldsTheMeanNumberOfExpertsWithinATenthOfK) {
    const RouterSpec spec = remoe(8, 1, 1e-8);
    RouterTensors tensors = held(1);
    const at::Tensor x = tensorOf(normalTable(256, 16, 5)), goal = at::mm(x, tensorOf(normalTable(16, 8, 6))).relu() + 0.5;
    at::Tensor weight = tensorOf(normalTable(8, 16, 7, 0.3)).requires_grad_(), bias = at::full({8}, 0.5, at::kDouble).requires_grad_();
    double first = 0, last = 0;
    for (int step = 0; step < 500; ++step) {
        RouterInput input;
        input.logits = at::linear(x, weight, bias);
        const Routing r = route(spec, tensors, input);
        StepCounts counts;
        const AuxiliaryLosses auxiliary = losses({&spec, 1}, {&r, 1}, 1, &counts);
        const at::Tensor wanted = goal.gather(1, r.experts.clamp_min(0)).masked_fill(r.experts.lt(0), 0);
        ((r.weights - wanted).square().sum() / 512 + auxiliary.total).backward();
        const at::NoGradGuard noGrad;
        for (at::Tensor* parameter : {&weight, &bias}) {
            parameter->sub_(parameter->grad(), 0.1);
            parameter->mutable_grad() = at::Tensor();
        }
        updateState(spec, tensors, counts.summary(0));
        const double active = r.counts.sum().item<double>() / 256;
        if (step == 0) first = active;
        if (step >= 400) last += active / 100;
    }
    EXPECT_GT(first, 2.5);
    EXPECT_NEAR(last, 1, 0.1);
}

TEST(Remoe, ReportsActiveExpertsAndTheWeightOfTheLossNow) {
    const RouterSpec spec = remoe(4, 1, 1e-3);
    const RouterTensors tensors = held(8);
    RouterInput input;
    input.logits = tensorOf({{1, 2, -1, 0}, {-1, -1, -1, 3}}, at::kFloat);
    RoutingStatistics statistics({spec}, 0, {0.5});
    statistics.accumulate(0, route(spec, tensors, input), 1);
    telemetry::StepTelemetry out;
    const RouterTensors* all = &tensors;
    statistics.finish(out, {&all, 1});
    EXPECT_FLOAT_EQ(out.activeExperts.at(0), 1.5f);
    EXPECT_FLOAT_EQ(out.controller.at(0), 0.008f);
}

TEST(Remoe, IsThreeWordsThatBelongTogether) {
    config::RunConfig config;
    ASSERT_TRUE(config::applyPreset(config, "remoe").empty());
    EXPECT_TRUE(problems(config).empty());
    config.router.score = "softmax_all";
    EXPECT_EQ(problems(config).at(0).key, "router.score");
    config.router.score = "relu", config.router.select = "topk";
    const base::Problems found = problems(config);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].key, "balance.kind");
    EXPECT_EQ(found[1].key, "router.select");
}

}  // namespace
}  // namespace moescope::routing::testing
