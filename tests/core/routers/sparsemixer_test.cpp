// SparseMixer-v2 by enumeration: every draw and every coin, against the analytic gradient of its objective.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec mixer(std::int64_t experts, std::int64_t k, Estimator estimator, double range) {
    RouterSpec spec = plainSpec(experts, k);
    spec.select = Select::sampleMasked, spec.estimator = estimator, spec.weigh = Weigh::raw;
    spec.options["mask_range"] = range;
    return spec;
}

// Cubic, so that three nodes are exact.
double f(double x) { return 0.3 * x * x * x - 1.1 * x * x + 0.7 * x + 2; }
double slope(double x) { return 0.9 * x * x - 2.2 * x + 0.7; }

// One token, one draw: expert `drawn` is forced by the Gumbel numbers, the coin by the uniform one.
struct Draw {
    double weight;
    Row gradient;  // d weight / d z
    std::int64_t expert;
};

Draw draw(const RouterSpec& spec, const Row& z, std::size_t drawn, double coin) {
    RouterInput input;
    input.logits = tensorOf({z}).requires_grad_();
    Row gumbel(z.size(), 0.0);
    gumbel[drawn] = 1e6;
    input.gumbel = tensorOf({gumbel});
    input.uniform = tensorOf({Row(z.size(), coin)});
    const Routing r = route(spec, {}, input);
    r.weights.sum().backward();
    return {r.weights.item<double>(), tableOf(input.logits.grad())[0], r.experts.item<std::int64_t>()};
}

// d p_D / d z_j with p the softmax of z / tau.
double jacobian(const Row& p, std::size_t D, std::size_t j, double tau) { return p[D] * ((D == j) - p[j]) / tau; }

struct Family {
    Estimator estimator;
    double chance, tau;
    bool weightMoves;  // eq. 4: the weight inside f moves too
};

const std::array kFamilies = {Family{Estimator::sparsemixerV2, 0.25, 1, false}, Family{Estimator::sparsemixerV2star, 0.625, 1, true},
                              Family{Estimator::sparsemixerV2star, 0.625, 2, true}};

TEST(SparseMixer, EnumeratedEstimateIsTheGradientOfTheObjectiveForACubicLoss) {
    const Row z{1.1, 0.9, -0.4, 0.3}, h{0.8, -1.3, 2.1, 0.6};
    for (const Family& family : kFamilies) {
        RouterSpec spec = mixer(4, 1, family.estimator, 100);  // all are candidates
        spec.transform = Transform::temperature;
        spec.options["temperature"] = family.tau;
        Row scaled = z;
        for (double& value : scaled) value /= family.tau;
        const Row p = reference::softmax(scaled);
        Row estimate(4, 0.0), wanted(4, 0.0);
        for (std::size_t D = 0; D < 4; ++D) {
            for (const bool whole : {true, false}) {
                Draw d = draw(spec, z, D, whole ? 0.0 : 0.99);
                ASSERT_EQ(d.expert, std::int64_t(D));
                if (D == 0) {  // the best candidate always takes the whole node: the rule is left out by hand
                    EXPECT_NEAR(d.weight, p[0], 1e-15);
                    if (!whole) d.weight /= 3;
                }
                EXPECT_NEAR(d.weight, whole ? p[D] : p[D] / 3, 1e-15);
                const double chance = p[D] * (whole ? family.chance : 1 - family.chance);
                for (std::size_t j = 0; j < 4; ++j) estimate[j] += chance * slope(d.weight * h[D]) * h[D] * d.gradient[j];
            }
            // objective: sum_D p_D f(x_D), x_D = p_D h_D; in eq. 7 x_D is held
            const double x = p[D] * h[D];
            for (std::size_t j = 0; j < 4; ++j)
                wanted[j] += jacobian(p, D, j, family.tau) * (f(x) - f(0) + (family.weightMoves ? x * slope(x) : 0));
        }
        for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(estimate[j], wanted[j], 1e-12) << j;
    }
}

// v1: the midpoint rule is exact for a quadratic loss; the best candidate's coin is left out by hand as above.
TEST(SparseMixer, TheFirstVersionIsTheGradientOfTheObjectiveForAQuadraticLoss) {
    const Row z{1.1, 0.9, -0.4, 0.3}, h{0.8, -1.3, 2.1, 0.6}, p = reference::softmax(z);
    const RouterSpec spec = mixer(4, 1, Estimator::sparsemixerV1, 100);
    const auto loss = [](double x) { return -1.1 * x * x + 0.7 * x + 2; };
    const auto rise = [](double x) { return -2.2 * x + 0.7; };
    Row estimate(4, 0.0), wanted(4, 0.0);
    for (std::size_t D = 0; D < 4; ++D) {
        for (const bool whole : {true, false}) {
            Draw d = draw(spec, z, D, whole ? 0.49 : 0.51);
            ASSERT_EQ(d.expert, std::int64_t(D));
            if (D == 0 && !whole) d.weight /= 2;
            EXPECT_NEAR(d.weight, whole ? p[D] : p[D] / 2, 1e-15);
            for (std::size_t j = 0; j < 4; ++j) estimate[j] += p[D] / 2 * rise(d.weight * h[D]) * h[D] * d.gradient[j];
        }
        const double x = p[D] * h[D];
        for (std::size_t j = 0; j < 4; ++j) wanted[j] += jacobian(p, D, j, 1) * (loss(x) - loss(0) + x * rise(x));
    }
    for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(estimate[j], wanted[j], 1e-12) << j;
}

TEST(SparseMixer, ReportsHowManyExpertsCouldHaveBeenSampled) {
    RouterInput input;
    input.logits = tensorOf({{1.0, 0.95, 0.2, -1.0}, {1.0, 0.1, 0.2, -1.0}});
    EXPECT_EQ(route(mixer(4, 1, Estimator::sparsemixerV2, 0.1), {}, input).measured.front().value.item<double>(), 1.5);
}

TEST(SparseMixer, GradientHasNoOmegaAndMaskedExpertsGetNone) {
    const Row z{1.0, 0.95, 0.2, -1.0};  // range 0.1: two candidates
    const RouterSpec spec = mixer(4, 1, Estimator::sparsemixerV2, 0.1);
    const Row p = reference::softmax({1.0, 0.95});
    const Draw d = draw(spec, z, 1, 0.99);
    EXPECT_NEAR(d.weight, p[1] / 3, 1e-15);
    EXPECT_NEAR(d.gradient[0], -p[1] * p[0], 1e-15);
    EXPECT_NEAR(d.gradient[1], p[1] * p[0], 1e-15);
    EXPECT_EQ(d.gradient[2], 0);
    EXPECT_EQ(d.gradient[3], 0);
    EXPECT_NE(draw(spec, z, 2, 0.0).expert, 2);  // masked: never drawn
}

// The two forms of the mask, in plain loops.
Row masked(const Row& z, double r, bool paper, std::int64_t gone = -1) {
    double best = -reference::kInf;
    for (std::size_t e = 0; e < z.size(); ++e)
        if (std::int64_t(e) != gone) best = std::max(best, z[e]);
    Row out(z.size(), -reference::kInf);
    for (std::size_t e = 0; e < z.size(); ++e) {
        if (std::int64_t(e) == gone) continue;
        const bool far = paper ? best - z[e] > r * (std::abs(z[e]) + std::abs(best)) : (best - z[e]) / std::max(std::abs(z[e]), best) > 2 * r;
        if (!far) out[e] = z[e];
    }
    return out;
}

TEST(SparseMixer, TwoSlotsAreSampledOneAfterTheOtherEachWithAMaskOfItsOwn) {
    for (const bool paper : {false, true}) {
        Case c = makeCase(mixer(6, 2, Estimator::sparsemixerV2, 0.3), 400);
        c.spec.options["mask_form"] = std::string(paper ? "paper" : "code");
        c.gumbel = gumbelTable(400, 12, 5);
        const Routing r = run(c).routing;
        const auto experts = integers(r.experts);
        for (std::size_t t = 0; t < 400; ++t) {
            std::int64_t gone = -1;
            for (std::size_t slot = 0; slot < 2; ++slot) {
                const Row open = masked(c.z[t], 0.3, paper, gone);
                Row perturbed = open;
                for (std::size_t e = 0; e < 6; ++e) perturbed[e] += c.gumbel[t][slot * 6 + e];
                const std::int64_t D = reference::ranking(perturbed)[0];
                ASSERT_EQ(experts[t][slot], D) << t;
                const bool whole = D == reference::ranking(open)[0] || c.uniform[t][slot] < 0.25;
                const double p = reference::softmax(open)[std::size_t(D)];
                EXPECT_NEAR(r.weights[std::int64_t(t)][std::int64_t(slot)].item<double>(), whole ? p : p / 3, 1e-12);
                gone = D;
            }
        }
    }
}

TEST(SparseMixer, SamplesAsOftenAsTheMaskedSoftmaxSays) {
    RouterSpec spec = mixer(4, 1, Estimator::sparsemixerV2, 0.6);
    RouterInput input;
    input.logits = at::tensor({1.0, 0.6, -2.0, 0.1}, at::kDouble).repeat({20000, 1});
    const Row p = reference::softmax(masked({1.0, 0.6, -2.0, 0.1}, 0.6, false));
    input.draws = {3, 1, 0};
    const auto counts = integers(route(spec, {}, input).counts.unsqueeze(0))[0];
    for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(double(counts[e]), 20000 * p[e], 4.5 * std::sqrt(20000 * p[e] * (1 - p[e])) + 1e-9);
}

TEST(SparseMixer, EvaluationTakesTheBestWithTheMaskStillOn) {
    Case c = makeCase(mixer(6, 2, Estimator::sparsemixerV2, 0.3), 50);
    c.gumbel = gumbelTable(50, 12, 5);
    c.training = false;
    const Routing r = run(c).routing;
    const auto experts = integers(r.experts);
    for (std::size_t t = 0; t < 50; ++t) {
        const auto order = reference::ranking(c.z[t]);
        EXPECT_EQ(experts[t], (std::vector<std::int64_t>{order[0], order[1]}));
        EXPECT_NEAR(r.weights[std::int64_t(t)][1].item<double>(), reference::softmax(masked(c.z[t], 0.3, false, order[0]))[std::size_t(order[1])], 1e-12);
    }
}

TEST(SparseMixer, EqualLogitsAreAllCandidates) {
    RouterSpec spec = mixer(4, 1, Estimator::sparsemixerV2, 0.1);
    RouterInput input;
    input.logits = at::zeros({400, 4}, at::kDouble);
    const Routing r = route(spec, {}, input);
    EXPECT_GT(r.counts.min().item<std::int64_t>(), 60);
    EXPECT_TRUE(r.weights.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace moescope::routing::testing
