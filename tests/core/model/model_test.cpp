// The model against plain float64 loops, its gradients against finite differences, its size against the counts.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/base/counter_random.hpp"
#include "core/config/derived.hpp"
#include "core/model/model.hpp"
#include "core/routing/losses.hpp"
#include "tests/core/model/loop_model.hpp"

namespace moescope::test {
namespace {

constexpr std::int64_t kVocabulary = 11;

config::RunConfig tinyConfig() {
    config::RunConfig c;
    c.model.layers = 2;
    c.model.width = 12;
    c.model.heads = 2;
    c.model.context = 7;
    c.model.init_std = 0.4;
    c.moe.experts = 4;
    c.moe.top_k = 2;
    c.moe.expert_width = 6;
    c.router.init_std = 0.6;
    c.training.seed = 3;
    return c;
}

struct Case {
    const char* name;
    void (*change)(config::RunConfig&);
};

model::Model makeModel(const config::RunConfig& c) {
    return model::Model(c, kVocabulary, at::TensorOptions().dtype(at::kDouble), at::kDouble);
}

std::vector<int> randomIds(std::size_t count, std::uint64_t seed) {
    std::vector<int> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(static_cast<int>(base::below({seed, base::Purpose::test, 0, 0}, i, kVocabulary)));
    return ids;
}

at::Tensor tensorOf(const std::vector<int>& ids) {
    at::Tensor out = at::empty({static_cast<std::int64_t>(ids.size())}, at::kLong);
    for (std::size_t i = 0; i < ids.size(); ++i) out.mutable_data_ptr<std::int64_t>()[i] = ids[i];
    return out;
}

model::Pass passOf(const std::vector<routing::RouterSpec>& specs, bool training = false) {
    model::Pass pass;
    pass.training = training;
    pass.specs = specs;
    return pass;
}

std::vector<routing::RouterSpec> specsOf(const config::RunConfig& c) {
    return c.moe.experts > 0 ? routing::makeSpecs(c) : std::vector<routing::RouterSpec>{};
}

// Half of the experts are networks, the rest one constant, one copy and two zero experts.
void zeroComputation(config::RunConfig& c) {
    c.moe.zero_experts = 2;
    c.moe.copy_experts = c.moe.constant_experts = 1;
    c.router.net = "mlp2";
    c.router.transform = "gating_residual";
    c.balance.kind = "heterogeneous";
}

void conditionalRouting(config::RunConfig& c) {
    c.moe.residual = "cmr";
    c.moe.residual_coefficient = 0.7;
    c.moe.residual_dropout = 0.3;
}

class ModelEqualsLoops : public testing::TestWithParam<Case> {};

TEST_P(ModelEqualsLoops, LogitsAndLossAgreeWithPlainFloat64Loops) {
    config::RunConfig c = tinyConfig();
    GetParam().change(c);
    model::Model model = makeModel(c);
    const LoopModel loops(c, model);
    const auto specs = specsOf(c);
    const std::vector<int> first = randomIds(7, 1), second = randomIds(7, 2), targets = randomIds(14, 3);
    std::vector<int> both = first;
    both.insert(both.end(), second.begin(), second.end());

    Rows expected = loops.logits(first);
    for (Vector& row : loops.logits(second)) expected.push_back(row);
    const at::NoGradGuard guard;
    const at::Tensor logits = model.forward({2, 7, tensorOf(both), {}, {}}, passOf(specs)).logits;
    ASSERT_EQ(logits.size(0), 14);
    for (std::int64_t t = 0; t < 14; ++t)
        for (std::int64_t v = 0; v < kVocabulary; ++v)
            ASSERT_NEAR(logits.const_data_ptr<double>()[t * kVocabulary + v], expected[static_cast<std::size_t>(t)][static_cast<std::size_t>(v)], 1e-9)
                << "token " << t << ", id " << v;
    const auto result = model.forward({2, 7, tensorOf(both), tensorOf(targets), {}}, passOf(specs));
    EXPECT_NEAR(result.loss.item<double>(), crossEntropy(expected, targets), 1e-10);
    EXPECT_NEAR(result.tokenLoss.mean().item<double>(), crossEntropy(expected, targets), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Variants, ModelEqualsLoops,
                         testing::Values(Case{"Default", [](config::RunConfig&) {}},
                                         Case{"WeightOnTheInput", [](config::RunConfig& c) { c.moe.top_k = 1, c.router.weigh = "input"; }},
                                         Case{"GroupedQueries", [](config::RunConfig& c) { c.model.heads = 4, c.model.kv_heads = 2, c.model.head_width = 4; }},
                                         Case{"QkNorm", [](config::RunConfig& c) { c.model.qk_norm = true; }},
                                         Case{"LayerNorm", [](config::RunConfig& c) { c.model.norm = "layernorm"; }},
                                         Case{"UntiedHead", [](config::RunConfig& c) { c.model.tied_head = false; }},
                                         Case{"Relu", [](config::RunConfig& c) { c.model.activation = "relu"; }},
                                         Case{"Gelu", [](config::RunConfig& c) { c.model.activation = "gelu"; }},
                                         Case{"Geglu", [](config::RunConfig& c) { c.model.activation = "geglu"; }},
                                         Case{"ClampedSwiglu", [](config::RunConfig& c) { c.model.activation = "clamped_swiglu", c.model.init_std = 3; }},
                                         Case{"TopOne", [](config::RunConfig& c) { c.moe.top_k = 1; }},
                                         Case{"FineGrained", [](config::RunConfig& c) { c.moe.granularity = 2; }},
                                         Case{"SharedExperts", [](config::RunConfig& c) { c.moe.shared_experts = 2; }},
                                         Case{"GatedSharedExpert", [](config::RunConfig& c) { c.moe.shared_experts = 1, c.moe.shared_gate = true; }},
                                         Case{"ResidualExpert", [](config::RunConfig& c) { c.moe.residual = "sum"; }},
                                         Case{"ResidualExpertWeighedBySoftmax", [](config::RunConfig& c) { c.moe.residual = "softmax2", c.moe.top_k = 1; }},
                                         Case{"ResidualExpertWeighedBySigmoid", [](config::RunConfig& c) { c.moe.residual = "cmr"; }},
                                         Case{"Pyramid", [](config::RunConfig& c) { c.moe.pyramid = 2; }},
                                         Case{"ZeroComputation", zeroComputation},
                                         Case{"ZeroComputationOfTopOne", [](config::RunConfig& c) { zeroComputation(c), c.moe.top_k = 1; }},
                                         Case{"EverySecondLayer", [](config::RunConfig& c) { c.moe.every = 2; }},
                                         Case{"Pattern", [](config::RunConfig& c) { c.moe.pattern = {3, 5}; }},
                                         Case{"Dense", [](config::RunConfig& c) { c.moe.experts = 0, c.model.ffn_width = 10; }}),
                         [](const auto& info) { return info.param.name; });

class CountedSize : public testing::TestWithParam<Case> {};

TEST_P(CountedSize, EqualsTheCostFunction) {
    config::RunConfig c = tinyConfig();
    GetParam().change(c);
    EXPECT_EQ(makeModel(c).parametersTotal(), config::cost(c, kVocabulary).paramsTotal);
}

INSTANTIATE_TEST_SUITE_P(Variants, CountedSize,
                         testing::Values(Case{"Default", [](config::RunConfig&) {}}, Case{"LayerNorm", [](config::RunConfig& c) { c.model.norm = "layernorm"; }},
                                         Case{"Untied", [](config::RunConfig& c) { c.model.tied_head = false; }},
                                         Case{"Grouped", [](config::RunConfig& c) { c.model.heads = 4, c.model.kv_heads = 2, c.model.head_width = 4; }},
                                         Case{"QkNorm", [](config::RunConfig& c) { c.model.qk_norm = true; }},
                                         Case{"Shared", [](config::RunConfig& c) { c.moe.shared_experts = 3, c.moe.shared_gate = true; }},
                                         Case{"Residual", [](config::RunConfig& c) { c.moe.residual = "sum"; }},
                                         Case{"ResidualSoftmax", [](config::RunConfig& c) { c.moe.residual = "softmax2"; }},
                                         Case{"ResidualSigmoid", [](config::RunConfig& c) { c.moe.residual = "cmr"; }},
                                         Case{"Pyramid", [](config::RunConfig& c) { c.moe.pyramid = 3; }},
                                         Case{"ZeroComputation", [](config::RunConfig& c) { c.moe.zero_experts = 1, c.moe.copy_experts = 1, c.moe.constant_experts = 2; }},
                                         Case{"TwoLayerRouterAndGatingResidual", [](config::RunConfig& c) { c.router.net = "mlp2", c.router.transform = "gating_residual"; }},
                                         Case{"RouterBias", [](config::RunConfig& c) { c.router.bias = true; }},
                                         Case{"Relu", [](config::RunConfig& c) { c.model.activation = "relu"; }},
                                         Case{"Dense", [](config::RunConfig& c) { c.moe.experts = 0; }}),
                         [](const auto& info) { return info.param.name; });

double objective(model::Model& model, const std::vector<routing::RouterSpec>& specs, const model::TokenBatch& batch) {
    const at::NoGradGuard guard;
    const auto result = model.forward(batch, passOf(specs, true));
    routing::StepCounts counts;
    return (result.loss + routing::losses(specs, result.routings, batch.sequences, &counts).total).item<double>();
}

class ModelGradient : public testing::TestWithParam<Case> {};

TEST_P(ModelGradient, AgreesWithCentralFiniteDifferencesInEveryParameter) {
    config::RunConfig c = tinyConfig();
    GetParam().change(c);
    c.balance.coefficient = 0.3;
    c.balance.z_coefficient = 0.05;
    model::Model model = makeModel(c);
    const auto specs = specsOf(c);
    const model::TokenBatch batch{2, 7, tensorOf(randomIds(14, 5)), tensorOf(randomIds(14, 6)), {}};
    const auto result = model.forward(batch, passOf(specs, true));
    routing::StepCounts counts;
    (result.loss + routing::losses(specs, result.routings, 2, &counts).total).backward();
    for (const model::Parameter& parameter : model.parameters()) {
        ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
        double* value = parameter.value.mutable_data_ptr<double>();
        for (std::uint64_t n = 0; n < 3; ++n) {
            const auto i = base::below({9, base::Purpose::test, 1, 0}, n, static_cast<std::uint64_t>(parameter.value.numel()));
            const double kept = value[i], h = 1e-5;
            value[i] = kept + h;
            const double up = objective(model, specs, batch);
            value[i] = kept - h;
            const double down = objective(model, specs, batch);
            value[i] = kept;
            EXPECT_NEAR(parameter.value.grad().const_data_ptr<double>()[i], (up - down) / (2 * h), 1e-7) << parameter.name << "[" << i << "]";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Variants, ModelGradient,
                         testing::Values(Case{"SharedGatedExpert", [](config::RunConfig& c) { c.moe.shared_experts = 1, c.moe.shared_gate = true, c.model.qk_norm = true; }},
                                         Case{"ResidualSoftmax", [](config::RunConfig& c) { c.moe.residual = "softmax2"; }},
                                         Case{"ConditionalRouting", conditionalRouting}, Case{"ZeroComputation", zeroComputation}),
                         [](const auto& info) { return info.param.name; });

double logitDifference(model::Model& a, model::Model& b, const config::RunConfig& ofA, const config::RunConfig& ofB) {
    const at::NoGradGuard guard;
    const model::TokenBatch batch{1, 7, tensorOf(randomIds(7, 4)), {}, {}};
    return (a.forward(batch, passOf(specsOf(ofA))).logits - b.forward(batch, passOf(specsOf(ofB))).logits).abs().max().item<double>();
}

// The weights of the same names agree, whatever else a model has.
TEST(ResidualGate, ShutLeavesTheDenseExpertAloneAndWideOpenTheMixture) {
    config::RunConfig mixture = tinyConfig(), dense = tinyConfig();
    mixture.moe.top_k = dense.moe.top_k = 1;
    dense.moe.experts = 0, dense.model.ffn_width = dense.moe.expert_width;
    for (const char* kind : {"softmax2", "cmr"}) {
        config::RunConfig gated = mixture;
        gated.moe.residual = kind;
        model::Model model = makeModel(gated), alone = makeModel(mixture), plain = makeModel(dense);
        const auto set = [&](double share) {
            const at::NoGradGuard guard;
            for (model::Parameter& p : model.parameters()) {
                if (!p.name.ends_with("residual_gate.bias")) continue;
                p.value.zero_();
                p.value.select(0, 0).fill_(share > 0 ? 2000.0 : -2000.0);
            }
        };
        {
            const at::NoGradGuard guard;  // the residual experts get the dense model's weights
            for (model::Parameter& from : plain.parameters())
                for (model::Parameter& to : model.parameters()) {
                    std::string name = to.name;
                    if (const auto at = name.find("mlp.residual_expert."); at != std::string::npos) name.replace(at, 20, "mlp.");
                    if (name == from.name && to.name != from.name) to.value.copy_(from.value);
                }
        }
        set(1);
        EXPECT_EQ(logitDifference(model, alone, gated, mixture), 0) << kind;
        set(0);
        EXPECT_EQ(logitDifference(model, plain, gated, dense), 0) << kind;
    }
}

TEST(ResidualGate, BudgetLossIsTheDistanceOfTheMeanGateOverAllLayers) {
    config::RunConfig c = tinyConfig();
    conditionalRouting(c);
    c.balance.kind = "none", c.balance.coefficient = 0;
    model::Model model = makeModel(c);
    const auto specs = specsOf(c);
    const auto result = model.forward({2, 7, tensorOf(randomIds(14, 5)), tensorOf(randomIds(14, 6)), {}}, passOf(specs, true));
    const routing::AuxiliaryLosses losses = routing::losses(specs, result.routings, 2, nullptr);
    double mean = 0;
    for (const routing::Routing& routing : result.routings)
        for (std::int64_t t = 0; t < 14; ++t) mean += routing.mixture.const_data_ptr<double>()[t] / 28;
    ASSERT_EQ(losses.terms.front().name, "cmr");
    EXPECT_NEAR(losses.terms.front().value.item<double>(), std::abs(mean - 0.8), 1e-12);
    EXPECT_NEAR(losses.total.item<double>(), 0.7 * std::abs(mean - 0.8), 1e-12);
}

TEST(ExpertsByDomain, OfOneDomainAreAModelOfTheirOwn) {
    config::RunConfig c = tinyConfig();
    c.moe.top_k = 1;
    c.router.net = "domain_hash", c.router.select = "fixed", c.router.weigh = "one", c.router.groups = 2;
    model::Model model = makeModel(c);
    const auto specs = specsOf(c);
    const at::NoGradGuard guard;
    model::TokenBatch batch{2, 7, tensorOf(randomIds(14, 4)), {}, {}};
    batch.domains = at::ones({14}, at::kLong);
    const at::Tensor whole = model.forward(batch, passOf(specs)).logits;
    for (model::Parameter& p : model.parameters())
        if (p.name.ends_with("experts.up") || p.name.ends_with("experts.down")) p.value.narrow(0, 0, 2).fill_(std::nan(""));  // those of domain 0
    EXPECT_TRUE(model.forward(batch, passOf(specs)).logits.equal(whole));
    batch.domains.zero_();
    EXPECT_TRUE(model.forward(batch, passOf(specs)).logits.isnan().any().item<bool>());
}

TEST(ModelInit, DrawsTheSameWeightsForTheSamePartWhateverElseDiffers) {
    const config::RunConfig sparse = tinyConfig();
    config::RunConfig dense = sparse;
    dense.moe.experts = 0;
    const model::Model a = makeModel(sparse), b = makeModel(dense);
    std::map<std::string, at::Tensor> of;
    for (const model::Parameter& p : a.parameters()) of[p.name] = p.value;
    std::size_t shared = 0;
    for (const model::Parameter& p : b.parameters()) {
        if (!of.contains(p.name)) continue;
        EXPECT_TRUE(at::equal(of[p.name], p.value)) << p.name;
        ++shared;
    }
    EXPECT_GE(shared, 9u);
}

TEST(ModelInit, OutwardMatricesAreSmallerByTheRootOfTwiceTheLayers) {
    config::RunConfig c = tinyConfig();
    c.model.width = 96;
    c.moe.expert_width = 64;
    const model::Model model = makeModel(c);
    for (const model::Parameter& p : model.parameters()) {
        const double std = p.value.std().item<double>();
        if (p.name == "model.layers.0.mlp.experts.up") {
            EXPECT_NEAR(std, 0.4, 0.01) << p.name;
        }
        if (p.name == "model.layers.0.mlp.experts.down") {
            EXPECT_NEAR(std, 0.2, 0.005) << p.name;
        }
    }
}

TEST(ModelCache, ContinuingATextTokenByTokenGivesTheLogitsOfOnePass) {
    config::RunConfig c = tinyConfig();
    c.model.heads = 4;
    c.model.kv_heads = 2;
    c.model.head_width = 4;
    model::Model model = makeModel(c);
    const auto specs = specsOf(c);
    const std::vector<int> ids = randomIds(7, 8);
    const at::NoGradGuard guard;
    const at::Tensor whole = model.forward({1, 7, tensorOf(ids), {}, {}}, passOf(specs)).logits;
    model::Cache cache;
    model::Pass pass = passOf(specs);
    pass.cache = &cache;
    std::vector<at::Tensor> parts{model.forward({1, 3, tensorOf({ids.begin(), ids.begin() + 3}), {}, {}}, pass).logits};
    for (std::size_t t = 3; t < 7; ++t) parts.push_back(model.forward({1, 1, tensorOf({ids[t]}), {}, {}}, pass).logits);
    EXPECT_TRUE(at::allclose(at::cat(parts), whole, 1e-10, 1e-11));
}

}  // namespace
}  // namespace moescope::test
