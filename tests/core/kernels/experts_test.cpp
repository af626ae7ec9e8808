// Dispatch and the experts' node: against plain autograd and against loops over tokens, in float64.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/kernels/experts.hpp"

namespace moescope::kernels {
namespace {

constexpr std::int64_t kTokens = 13, kWidth = 5, kHidden = 4, kExperts = 4, kSlots = 2;

struct Layout {
    at::Tensor x, weights, experts, kept;
    ExpertWeights matrices;
    Activation kind;
};

// Expert 3 is nobody's choice; with `drops`, some assignments are not kept, token 0 loses both.
Layout makeLayout(Activation kind, bool drops) {
    at::manual_seed(1);
    const auto wide = at::TensorOptions().dtype(at::kDouble);
    Layout s;
    s.kind = kind;
    s.x = at::randn({kTokens, kWidth}, wide).set_requires_grad(true);
    s.weights = at::rand({kTokens, kSlots}, wide).set_requires_grad(true);
    s.experts = at::empty({kTokens, kSlots}, at::kLong);
    s.kept = at::ones({kTokens, kSlots}, at::kBool);
    for (std::int64_t t = 0; t < kTokens; ++t) {
        s.experts.mutable_data_ptr<std::int64_t>()[2 * t] = t % 3;
        s.experts.mutable_data_ptr<std::int64_t>()[2 * t + 1] = (t + 1) % 3;
    }
    if (drops)
        for (const std::int64_t pair : {0, 1, 6, 9, 25}) s.kept.mutable_data_ptr<bool>()[pair] = false;
    const std::int64_t inward = gated(kind) ? 2 * kHidden : kHidden;
    s.matrices.up = at::randn({kExperts, inward, kWidth}, wide).set_requires_grad(true);
    s.matrices.down = at::randn({kExperts, kWidth, kHidden}, wide).set_requires_grad(true);
    return s;
}

// y[t] = sum_j w[t,j] down act(up x[t]), one token at a time.
at::Tensor byToken(const Layout& s) {
    const at::NoGradGuard guard;
    at::Tensor out = at::zeros({kTokens, kWidth}, s.x.options());
    for (std::int64_t t = 0; t < kTokens; ++t)
        for (std::int64_t j = 0; j < s.experts.size(1); ++j) {
            const auto pair = t * s.experts.size(1) + j;
            if (!s.kept.const_data_ptr<bool>()[pair]) continue;
            const std::int64_t e = s.experts.const_data_ptr<std::int64_t>()[pair];
            const at::Tensor hidden = at::matmul(s.matrices.up.select(0, e), s.x.select(0, t)).unsqueeze(0);
            const at::Tensor y = at::matmul(s.matrices.down.select(0, e), activate(hidden, s.kind).squeeze(0));
            out.select(0, t).add_(y * s.weights.select(0, t).select(0, j));
        }
    return out;
}

std::vector<at::Tensor> leaves(const Layout& s) { return {s.x, s.weights, s.matrices.up, s.matrices.down}; }

std::vector<at::Tensor> gradients(const Layout& s, const at::Tensor& y, const at::Tensor& towards) {
    for (at::Tensor leaf : leaves(s)) leaf.mutable_grad() = at::Tensor();
    (y * towards).sum().backward();
    std::vector<at::Tensor> out;
    for (const at::Tensor& leaf : leaves(s)) out.push_back(leaf.grad().clone());
    return out;
}

class ExpertsNode : public testing::TestWithParam<std::tuple<Activation, bool>> {};

TEST_P(ExpertsNode, GivesWhatEachTokenWouldGetAlone) {
    const Layout s = makeLayout(std::get<0>(GetParam()), std::get<1>(GetParam()));
    const DispatchPlan plan = planDispatch(s.experts, s.kept, kExperts, !std::get<1>(GetParam()));
    EXPECT_TRUE(at::allclose(runExperts(s.x, s.weights, s.matrices, plan, s.kind), byToken(s), 1e-12, 1e-12));
}

TEST_P(ExpertsNode, HasTheGradientsOfPlainAutograd) {
    const Layout s = makeLayout(std::get<0>(GetParam()), std::get<1>(GetParam()));
    const DispatchPlan plan = planDispatch(s.experts, s.kept, kExperts, !std::get<1>(GetParam()));
    const at::Tensor towards = at::randn({kTokens, kWidth}, s.x.options());
    const auto node = gradients(s, runExperts(s.x, s.weights, s.matrices, plan, s.kind), towards);
    const auto plain = gradients(s, runExpertsByAutograd(s.x, s.weights, s.matrices, plan, s.kind), towards);
    for (std::size_t i = 0; i < node.size(); ++i) EXPECT_TRUE(at::allclose(node[i], plain[i], 1e-11, 1e-12)) << "input " << i;
}

INSTANTIATE_TEST_SUITE_P(Activations, ExpertsNode,
                         testing::Combine(testing::Values(Activation::swiglu, Activation::geglu, Activation::relu, Activation::gelu,
                                                          Activation::clampedSwiglu),
                                          testing::Bool()));

TEST(ExpertsNodeDrops, ATokenThatLostAllItsSlotsGetsExactlyZero) {
    const Layout s = makeLayout(Activation::swiglu, true);
    const DispatchPlan plan = planDispatch(s.experts, s.kept, kExperts, false);
    const at::Tensor y = runExperts(s.x, s.weights, s.matrices, plan, s.kind);
    EXPECT_EQ(y.select(0, 0).abs().max().item<double>(), 0);
    const auto g = gradients(s, y, at::ones_like(y).detach());
    EXPECT_EQ(g[0].select(0, 0).abs().max().item<double>(), 0);
    EXPECT_EQ(g[1].select(0, 0).abs().max().item<double>(), 0);
}

TEST(ExpertsNodeDrops, AnExpertWithoutTokensGetsExactlyZeroGradient) {
    const Layout s = makeLayout(Activation::swiglu, false);
    const DispatchPlan plan = planDispatch(s.experts, s.kept, kExperts, true);
    const at::Tensor y = runExperts(s.x, s.weights, s.matrices, plan, s.kind);
    const auto g = gradients(s, y, at::ones_like(y).detach());
    EXPECT_EQ(g[2].select(0, 3).abs().max().item<double>(), 0);
    EXPECT_EQ(g[3].select(0, 3).abs().max().item<double>(), 0);
    EXPECT_GT(g[2].select(0, 0).abs().max().item<double>(), 0);
}

TEST(ExpertsNodeDrops, NothingKeptAtAllGivesZeroAndFiniteGradients) {
    Layout s = makeLayout(Activation::swiglu, false);
    s.kept = at::zeros_like(s.kept);
    const DispatchPlan plan = planDispatch(s.experts, s.kept, kExperts, false);
    const at::Tensor y = runExperts(s.x, s.weights, s.matrices, plan, s.kind);
    EXPECT_EQ(y.abs().max().item<double>(), 0);
    for (const at::Tensor& g : gradients(s, y, at::ones_like(y).detach())) EXPECT_EQ(g.abs().max().item<double>(), 0);
}

TEST(ExpertsNodeEverywhere, EqualsTheSortedPathWhenEveryTokenTakesEveryExpert) {
    Layout s = makeLayout(Activation::swiglu, false);
    const auto wide = at::TensorOptions().dtype(at::kDouble);
    s.weights = at::rand({kTokens, kExperts}, wide).set_requires_grad(true);
    s.experts = at::randperm(kExperts, at::kLong).repeat({kTokens, 1});
    s.kept = at::ones({kTokens, kExperts}, at::kBool);
    const at::Tensor towards = at::randn({kTokens, kWidth}, wide);
    const DispatchPlan sorted = planDispatch(s.experts, s.kept, kExperts, true), everywhere = planEverywhere(s.experts, kExperts);
    const at::Tensor a = runExperts(s.x, s.weights, s.matrices, sorted, s.kind);
    const at::Tensor b = runExperts(s.x, s.weights, s.matrices, everywhere, s.kind);
    EXPECT_TRUE(at::allclose(a, b, 1e-12, 1e-12));
    const auto ga = gradients(s, a, towards), gb = gradients(s, b, towards);
    for (std::size_t i = 0; i < ga.size(); ++i) EXPECT_TRUE(at::allclose(ga[i], gb[i], 1e-11, 1e-12)) << "input " << i;
}

TEST(Dispatch, SortsAssignmentsByExpertThenTokenThenSlot) {
    const at::Tensor experts = at::tensor(std::vector<std::int64_t>{2, 0, 1, 2, 0, 2}).view({3, 2});
    const DispatchPlan plan = planDispatch(experts, at::ones({3, 2}, at::kBool), 3, true);
    EXPECT_EQ(plan.begin, (std::vector<std::int64_t>{0, 2, 3, 6}));
    EXPECT_TRUE(at::equal(plan.tokenOfRow, at::tensor(std::vector<std::int64_t>{0, 2, 1, 0, 1, 2})));
    EXPECT_TRUE(at::equal(plan.rowOfPair, at::tensor(std::vector<std::int64_t>{3, 0, 2, 4, 1, 5})));
}

// float32 on the CPU has a loop of its own; float64 takes LibTorch's operations.
TEST(Activation, SwigluBackwardInFloat32IsThatOfFloat64) {
    at::manual_seed(7);
    const at::Tensor hidden = at::randn({131, 2 * 37}) * 4, gradient = at::randn({131, 37});
    at::Tensor activated, wideActivated;
    const at::Tensor narrow = activateBackward(hidden, gradient, Activation::swiglu, &activated);
    const at::Tensor wide = activateBackward(hidden.to(at::kDouble), gradient.to(at::kDouble), Activation::swiglu, &wideActivated);
    EXPECT_TRUE(at::allclose(narrow.to(at::kDouble), wide, 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(activated.to(at::kDouble), wideActivated, 1e-5, 1e-5));
    EXPECT_GT(activated.abs().max().item<float>(), 5);
}

}  // namespace
}  // namespace moescope::kernels
