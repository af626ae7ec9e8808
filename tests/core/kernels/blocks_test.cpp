// Norms, rotation, head with loss, dropout: each against its formula in float64.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/base/counter_random.hpp"
#include "core/kernels/dropout.hpp"
#include "core/kernels/head_loss.hpp"
#include "core/kernels/norm.hpp"
#include "core/kernels/rotary.hpp"

namespace moescope::kernels {
namespace {

at::TensorOptions wide() { return at::TensorOptions().dtype(at::kDouble); }

at::Tensor leaf(at::IntArrayRef shape) { return at::randn(shape, wide()).set_requires_grad(true); }

// Gradient of sum(f() * towards) at `x` by central differences.
template <class F>
at::Tensor finiteDifference(at::Tensor x, const at::Tensor& towards, F f) {
    const at::NoGradGuard guard;
    at::Tensor out = at::empty_like(x);
    double* value = x.mutable_data_ptr<double>();
    const auto objective = [&] { return (f() * towards).sum().template item<double>(); };
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        const double kept = value[i], h = 1e-6;
        value[i] = kept + h;
        const double up = objective();
        value[i] = kept - h;
        out.mutable_data_ptr<double>()[i] = (up - objective()) / (2 * h);
        value[i] = kept;
    }
    return out;
}

TEST(RmsNorm, DividesByTheRootOfTheMeanSquare) {
    at::manual_seed(2);
    const at::Tensor x = leaf({3, 4}), weight = leaf({4});
    const at::Tensor y = normalise(x, {weight, 1e-3, false}, at::kDouble).detach();
    for (std::int64_t r = 0; r < 3; ++r) {
        const double* row = x.const_data_ptr<double>() + 4 * r;
        double square = 0;
        for (int i = 0; i < 4; ++i) square += row[i] * row[i] / 4;
        for (int i = 0; i < 4; ++i)
            EXPECT_NEAR(y.const_data_ptr<double>()[4 * r + i], row[i] / std::sqrt(square + 1e-3) * weight.const_data_ptr<double>()[i], 1e-14);
    }
}

TEST(RmsNorm, HasTheGradientsOfFiniteDifferences) {
    at::manual_seed(3);
    const at::Tensor x = leaf({5, 6}), weight = leaf({6}), towards = at::randn({5, 6}, wide());
    const auto f = [&] { return normalise(x, {weight, 1e-5, false}, at::kDouble); };
    (f() * towards).sum().backward();
    EXPECT_TRUE(at::allclose(x.grad(), finiteDifference(x, towards, f), 1e-6, 1e-8));
    EXPECT_TRUE(at::allclose(weight.grad(), finiteDifference(weight, towards, f), 1e-6, 1e-8));
}

TEST(Rotary, TurnsEachPairByPositionTimesFrequency) {
    const at::Tensor x = at::randn({2, 3, 2, 4}, wide());
    const at::Tensor y = rotate(x, rotaryTable(5, 3, 4, 100.0, wide()));
    for (std::int64_t b = 0; b < 2; ++b)
        for (std::int64_t t = 0; t < 3; ++t)
            for (std::int64_t i = 0; i < 2; ++i) {
                const double angle = static_cast<double>(t + 5) * std::pow(100.0, -static_cast<double>(i) / 2);
                const auto at = [&](const at::Tensor& z, std::int64_t j) { return z.select(0, b).select(0, t).select(0, 1).select(0, j).item<double>(); };
                EXPECT_NEAR(at(y, i), at(x, i) * std::cos(angle) - at(x, i + 2) * std::sin(angle), 1e-12);
                EXPECT_NEAR(at(y, i + 2), at(x, i + 2) * std::cos(angle) + at(x, i) * std::sin(angle), 1e-12);
            }
}

TEST(Rotary, HasTheGradientOfFiniteDifferences) {
    const at::Tensor x = leaf({1, 3, 2, 4}), towards = at::randn({1, 3, 2, 4}, wide());
    const RotaryTable table = rotaryTable(0, 3, 4, 100.0, wide());
    const auto f = [&] { return rotate(x, table); };
    (f() * towards).sum().backward();
    EXPECT_TRUE(at::allclose(x.grad(), finiteDifference(x, towards, f), 1e-7, 1e-9));
}

TEST(HeadLoss, IsTheMeanCrossEntropyAndHasItsGradients) {
    at::manual_seed(5);
    const at::Tensor x = leaf({7, 3}), weight = leaf({5, 3});
    const at::Tensor targets = at::tensor(std::vector<std::int64_t>{0, 4, 2, 2, 1, 3, 0});
    const HeadLoss loss = headLoss(x, weight, targets);
    const auto plain = [&] {
        const at::Tensor logits = at::mm(x, weight.t());
        return (at::logsumexp(logits, 1) - logits.gather(1, targets.unsqueeze(1)).squeeze(1)).mean();
    };
    EXPECT_NEAR(loss.mean.item<double>(), plain().item<double>(), 1e-13);
    (loss.mean * 3).backward();
    const at::Tensor three = at::full({}, 3.0, wide());
    EXPECT_TRUE(at::allclose(x.grad(), finiteDifference(x, three, plain), 1e-6, 1e-9));
    EXPECT_TRUE(at::allclose(weight.grad(), finiteDifference(weight, three, plain), 1e-6, 1e-9));
}

TEST(HeadLoss, IsTheSameWithAndWithoutGradients) {
    const at::Tensor x = leaf({9, 3}), weight = leaf({5, 3}), targets = at::zeros({9}, at::kLong);
    const at::Tensor with = headLoss(x, weight, targets).perToken;
    const at::NoGradGuard guard;
    EXPECT_TRUE(at::equal(with, headLoss(x, weight, targets).perToken));
}

TEST(HeadLoss, StaysFiniteForHugeLogits) {
    const at::Tensor x = at::full({1, 1}, 1e4, wide()), weight = at::tensor(std::vector<double>{1, -1}).view({2, 1});
    EXPECT_NEAR(headLoss(x, weight, at::ones({1}, at::kLong)).mean.item<double>(), 2e4, 1e-6);
}

TEST(Dropout, KeepsTheShareAndTheMean) {
    const at::Tensor x = at::ones({200, 300});
    const at::Tensor y = dropout(x, 0.3, {7, 2, 1});
    const double dropped = (y == 0).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(dropped, 0.3, 4 * std::sqrt(0.3 * 0.7 / 60000));
    EXPECT_NEAR(y.max().item<float>(), 1 / 0.7f, 1e-6);
}

TEST(Dropout, IsAFunctionOfItsKeyAlone) {
    const at::Tensor x = at::ones({40, 11});
    const at::Tensor before = at::globalContext().defaultGenerator(at::kCPU).get_state().clone();
    const at::Tensor first = dropout(x, 0.5, {7, 2, 1});
    EXPECT_TRUE(at::equal(first, dropout(x, 0.5, {7, 2, 1})));
    EXPECT_FALSE(at::equal(first, dropout(x, 0.5, {7, 3, 1})));
    EXPECT_FALSE(at::equal(first, dropout(x, 0.5, {7, 2, 2})));
    EXPECT_TRUE(at::equal(before, at::globalContext().defaultGenerator(at::kCPU).get_state()));
}

}  // namespace
}  // namespace moescope::kernels
