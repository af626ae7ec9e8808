// The gate between a mixture and its residual expert, and the experts that are no networks: formulas, gradients, chance.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/kernels/residual_gate.hpp"
#include "core/kernels/zero_computation.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::kernels {
namespace {

using routing::testing::normalTable;
using routing::testing::tableOf;
using routing::testing::tensorOf;

TEST(ResidualGate, SharesTheLayerByASoftmaxOfTwoOrASigmoid) {
    const auto x = normalTable(9, 4, 1), gate = normalTable(2, 4, 2), bias = normalTable(1, 2, 3);
    const at::Tensor two = mixtureShare(tensorOf(x), tensorOf(gate), tensorOf(bias).squeeze(0));
    const at::Tensor one = mixtureShare(tensorOf(x), tensorOf(gate).narrow(0, 0, 1), tensorOf(bias).squeeze(0).narrow(0, 0, 1));
    for (std::size_t t = 0; t < x.size(); ++t) {
        double z[2] = {bias[0][0], bias[0][1]};
        for (std::size_t r = 0; r < 2; ++r)
            for (std::size_t i = 0; i < 4; ++i) z[r] += gate[r][i] * x[t][i];
        EXPECT_NEAR(two[static_cast<std::int64_t>(t)].item<double>(), std::exp(z[0]) / (std::exp(z[0]) + std::exp(z[1])), 1e-12);
        EXPECT_NEAR(one[static_cast<std::int64_t>(t)].item<double>(), 1 / (1 + std::exp(-z[0])), 1e-12);
    }
}

TEST(ResidualGate, LeavesAShareOfTheTokensToTheDenseExpertWithoutRescalingTheOthers) {
    const std::int64_t tokens = 20000;
    const at::Tensor mixture = at::full({tokens, 1}, 10.0, at::kDouble), dense = at::full({tokens, 1}, 1.0, at::kDouble);
    const at::Tensor c = at::full({tokens}, 0.5, at::kDouble);
    const at::Tensor y = shareLayer(mixture, dense, c, 0.2, {7, 3, 1});
    const double alone = y.eq(1.0).sum().item<double>(), both = y.eq(5.5).sum().item<double>();
    EXPECT_EQ(alone + both, static_cast<double>(tokens));
    EXPECT_NEAR(alone / static_cast<double>(tokens), 0.2, 4 * std::sqrt(0.2 * 0.8 / static_cast<double>(tokens)));
    EXPECT_TRUE(shareLayer(mixture, dense, c, 0, {7, 3, 1}).eq(5.5).all().item<bool>());
    EXPECT_TRUE(shareLayer(mixture, dense, at::ones_like(c), 0, {7, 3, 1}).equal(mixture));
    EXPECT_TRUE(shareLayer(mixture, dense, at::zeros_like(c), 0, {7, 3, 1}).equal(dense));
}

// Two networks, then two constant, one copy and one zero expert; three slots.
struct Mixed {
    routing::RouterSpec spec = routing::testing::plainSpec(6, 3);
    at::Tensor x = tensorOf(normalTable(8, 5, 4)), gate = tensorOf(normalTable(4, 5, 5)).reshape({2, 2, 5}), value = tensorOf(normalTable(2, 5, 6));
    at::Tensor weights = tensorOf(normalTable(8, 3, 7)).abs(), experts;
    Mixed() {
        spec.constantExperts = 2, spec.copyExperts = 1, spec.zeroExperts = 1;
        std::vector<std::int64_t> chosen;
        for (std::int64_t t = 0; t < 8; ++t)
            for (std::int64_t j = 0; j < 3; ++j) chosen.push_back(t == 7 && j == 2 ? -1 : (t + 2 * j + 1) % 6);
        experts = at::tensor(chosen, at::kLong).reshape({8, 3});
    }
};

TEST(ZeroComputation, AddsCopiesAndBlendsWithLearnedVectorsAndNothingForTheRest) {
    const Mixed m;
    const auto x = tableOf(m.x), w = tableOf(m.weights), gate = tableOf(m.gate.reshape({4, 5})), value = tableOf(m.value);
    const auto y = tableOf(zeroComputation(m.x, m.weights, m.experts, m.spec, m.gate, m.value));
    const auto experts = routing::testing::integers(m.experts);
    for (std::size_t t = 0; t < 8; ++t) {
        std::vector<double> expected(5, 0);
        for (std::size_t j = 0; j < 3; ++j) {
            const std::int64_t e = experts[t][j];
            for (std::size_t i = 0; i < 5; ++i) {
                if (e == 4) expected[i] += w[t][j] * x[t][i];
                if (e != 2 && e != 3) continue;
                const auto n = static_cast<std::size_t>(e - 2);
                double own = 0, other = 0;
                for (std::size_t k = 0; k < 5; ++k) own += gate[2 * n][k] * x[t][k], other += gate[2 * n + 1][k] * x[t][k];
                const double a = std::exp(own) / (std::exp(own) + std::exp(other));
                expected[i] += w[t][j] * (a * x[t][i] + (1 - a) * value[n][i]);
            }
        }
        for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(y[t][i], expected[i], 1e-12) << t << " " << i;
    }
}

TEST(ZeroComputation, HasTheGradientsOfFiniteDifferences) {
    const Mixed m;
    const at::Tensor towards = tensorOf(normalTable(8, 5, 9));
    const auto objective = [&] { return (zeroComputation(m.x, m.weights, m.experts, m.spec, m.gate, m.value) * towards).sum(); };
    for (const at::Tensor& leaf : {m.x, m.weights, m.gate, m.value}) {
        leaf.requires_grad_();
        objective().backward();
        const at::Tensor gradient = leaf.grad().contiguous();
        leaf.requires_grad_(false);
        double* at = leaf.mutable_data_ptr<double>();
        for (std::int64_t i = 0; i < leaf.numel(); ++i) {
            const double kept = at[i];
            at[i] = kept + 1e-6;
            const double up = objective().item<double>();
            at[i] = kept - 1e-6;
            const double down = objective().item<double>();
            at[i] = kept;
            EXPECT_NEAR(gradient.const_data_ptr<double>()[i], (up - down) / 2e-6, 1e-7);
        }
    }
}

}  // namespace
}  // namespace moescope::kernels
