// AdamW against its formula in float64, the clip, the guard.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/training/optimizer.hpp"

namespace moescope::training {
namespace {

std::vector<model::Parameter> parameters() {
    at::manual_seed(4);
    std::vector<model::Parameter> out;
    out.push_back({"matrix", at::randn({3, 4}).set_requires_grad(true), true, {}});
    out.push_back({"norm", at::randn({5}).set_requires_grad(true), false, {}});
    return out;
}

void giveGradients(std::vector<model::Parameter>& all, std::uint64_t seed, double size) {
    at::manual_seed(seed);
    for (model::Parameter& p : all) p.value.mutable_grad() = at::randn(p.value.sizes()) * size;
}

std::vector<double> numbers(const at::Tensor& tensor) {
    const at::Tensor wide = tensor.detach().to(at::kDouble).contiguous();
    return {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()};
}

// Three updates of one parameter by the published formula.
struct Formula {
    std::vector<double> value, m, v;
    void update(const std::vector<double>& gradient, double rate, const config::TrainingConfig& c, double decay, int step) {
        m.resize(value.size());
        v.resize(value.size());
        for (std::size_t i = 0; i < value.size(); ++i) {
            value[i] *= 1 - rate * decay;
            m[i] = c.beta1 * m[i] + (1 - c.beta1) * gradient[i];
            v[i] = c.beta2 * v[i] + (1 - c.beta2) * gradient[i] * gradient[i];
            const double mHat = m[i] / (1 - std::pow(c.beta1, step)), vHat = v[i] / (1 - std::pow(c.beta2, step));
            value[i] -= rate * mHat / (std::sqrt(vHat) + c.epsilon);
        }
    }
};

TEST(AdamWUpdate, FollowsTheFormulaWithDecayOnMatricesOnly) {
    config::TrainingConfig settings;
    settings.weight_decay = 0.3;
    settings.clip = 0;
    auto all = parameters();
    AdamW optimizer(all);
    std::vector<Formula> expected{{numbers(all[0].value), {}, {}}, {numbers(all[1].value), {}, {}}};
    for (int step = 1; step <= 3; ++step) {
        giveGradients(all, static_cast<std::uint64_t>(step), 0.7);
        for (std::size_t i = 0; i < 2; ++i) expected[i].update(numbers(all[i].value.grad()), 0.02, settings, i == 0 ? 0.3 : 0, step);
        optimizer.update(0.02, settings, optimizer.gradientNorm(), at::ones({}));
        optimizer.settle(true);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        const auto got = numbers(all[i].value);
        for (std::size_t j = 0; j < got.size(); ++j) EXPECT_NEAR(got[j], expected[i].value[j], 2e-6);
        EXPECT_EQ(optimizer.moments()[i].steps, 3);
    }
}

TEST(AdamWUpdate, DividesAllGradientsByTheirCommonNormWhenItIsTooLarge) {
    config::TrainingConfig settings;
    settings.clip = 1;
    auto clipped = parameters(), byHand = parameters();
    AdamW a(clipped), b(byHand);
    giveGradients(clipped, 1, 9);
    giveGradients(byHand, 1, 9);
    double square = 0;
    for (const model::Parameter& p : byHand)
        for (const double g : numbers(p.value.grad())) square += g * g;
    EXPECT_NEAR(a.gradientNorm().item<double>(), std::sqrt(square), 1e-4);
    for (model::Parameter& p : byHand) p.value.mutable_grad() = p.value.grad() / std::sqrt(square);
    a.update(0.01, settings, a.gradientNorm(), at::ones({}));
    settings.clip = 0;
    b.update(0.01, settings, b.gradientNorm(), at::ones({}));
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(at::allclose(clipped[i].value, byHand[i].value, 1e-6, 1e-7));
        EXPECT_TRUE(at::allclose(a.moments()[i].second, b.moments()[i].second, 1e-5, 1e-9));
    }
}

TEST(AdamWUpdate, LeavesSmallGradientsAsTheyAre) {
    config::TrainingConfig settings;
    auto clipped = parameters(), free = parameters();
    AdamW a(clipped), b(free);
    giveGradients(clipped, 1, 1e-3);
    giveGradients(free, 1, 1e-3);
    a.update(0.01, settings, a.gradientNorm(), at::ones({}));
    settings.clip = 0;
    b.update(0.01, settings, b.gradientNorm(), at::ones({}));
    EXPECT_TRUE(at::equal(clipped[0].value, free[0].value));
}

class BrokenNumbers : public testing::TestWithParam<double> {};

TEST_P(BrokenNumbers, InAGradientOrTheLossChangeNothing) {
    const config::TrainingConfig settings;
    for (const bool inLoss : {false, true}) {
        auto all = parameters();
        AdamW optimizer(all);
        giveGradients(all, 1, 1);
        if (!inLoss) all[1].value.mutable_grad().select(0, 2).fill_(GetParam());
        const auto before = numbers(all[0].value);
        optimizer.update(0.1, settings, optimizer.gradientNorm(), inLoss ? at::full({}, GetParam()) : at::ones({}));
        optimizer.settle(false);
        EXPECT_EQ(numbers(all[0].value), before);
        EXPECT_EQ(optimizer.moments()[0].first.abs().max().item<double>(), 0);
        EXPECT_EQ(optimizer.moments()[0].steps, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(NanAndInfinity, BrokenNumbers, testing::Values(std::nan(""), INFINITY, -INFINITY));

TEST(AdamWUpdate, LeavesAParameterWithoutGradientAlone) {
    const config::TrainingConfig settings;
    auto all = parameters();
    AdamW optimizer(all);
    giveGradients(all, 1, 1);
    all[0].value.mutable_grad() = at::Tensor();
    const auto before = numbers(all[0].value);
    optimizer.update(0.1, settings, optimizer.gradientNorm(), at::ones({}));
    optimizer.settle(true);
    EXPECT_EQ(numbers(all[0].value), before);
    EXPECT_EQ(optimizer.moments()[0].steps, 0);
    EXPECT_EQ(optimizer.moments()[1].steps, 1);
}

}  // namespace
}  // namespace moescope::training
