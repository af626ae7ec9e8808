// What regularisers by chance and tests of a router may and may not do: expectations, who stays open, nothing at all where they are off.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

#include "core/routers/router.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

constexpr std::int64_t kTokens = 64;

RouterSpec withOption(std::int64_t experts, std::int64_t k, const std::string& key, double value) {
    RouterSpec spec = plainSpec(experts, k);
    spec.options[key] = value;
    return spec;
}

RouterInput inputAt(std::uint64_t step, bool training = true, std::int64_t experts = 8) {
    RouterInput input;
    input.logits = tensorOf(normalTable(std::size_t(kTokens), std::size_t(experts), 11));
    input.training = training;
    input.draws = {5, step, 0};
    return input;
}

std::set<std::int64_t> chosen(const Routing& routing) {
    std::set<std::int64_t> out;
    for (const auto& row : integers(routing.experts)) out.insert(row.begin(), row.end());
    return out;
}

bool same(const Routing& a, const Routing& b) { return a.experts.equal(b.experts) && outputWeights(a).equal(outputWeights(b)); }

class Regulariser : public ::testing::TestWithParam<const char*> {};

TEST_P(Regulariser, ThatIsOffLeavesEveryBitAsItWas) {
    const RouterSpec spec = withOption(8, 2, GetParam(), 0);
    RouterTensors tensors;
    tensors.tensors["load_share"] = at::full({8}, 0.125);
    EXPECT_TRUE(same(route(spec, tensors, inputAt(3)), route(plainSpec(8, 2), {}, inputAt(3))));
}

TEST_P(Regulariser, SleepsAtEvaluationButForTheScaleOfMaskedOutputs) {
    const RouterSpec spec = withOption(8, 2, GetParam(), 0.4);
    RouterTensors tensors;
    tensors.tensors["load_share"] = at::arange(1, 9, at::kFloat).div(36);
    const Routing own = route(spec, tensors, inputAt(3, false)), plain = route(plainSpec(8, 2), {}, inputAt(3, false));
    EXPECT_TRUE(own.experts.equal(plain.experts));
    EXPECT_TRUE(own.weights.equal(plain.weights));
    const double scale = std::string(GetParam()) == "eom" ? 0.6 : 1;
    EXPECT_TRUE(at::allclose(outputWeights(own), plain.weights * scale, 1e-6, 0));
}

INSTANTIATE_TEST_SUITE_P(All, Regulariser, ::testing::Values("eom", "expert_mask", "gating_dropout", "importance_sampling"),
                         [](const auto& info) { return std::string(info.param); });

// ---- expert output masking -------------------------------------------------------------------------------------------------

TEST(OutputMasking, ZeroesOutputsByTheDrawOfTokenAndExpertAndRescalesNone) {
    const RouterSpec spec = withOption(8, 2, "eom", 0.3);
    RouterInput input = inputAt(0);
    const Table uniform = uniformTable(std::size_t(kTokens), 8, 2);
    input.uniform = tensorOf(uniform);
    const Routing routing = route(spec, {}, input);
    const Table weights = tableOf(routing.weights), factor = tableOf(routing.outputFactor), out = tableOf(outputWeights(routing));
    const auto experts = integers(routing.experts);
    for (std::size_t t = 0; t < weights.size(); ++t)
        for (std::size_t j = 0; j < 2; ++j) {
            EXPECT_EQ(factor[t][j], uniform[t][std::size_t(experts[t][j])] >= 0.3 ? 1 : 0);
            EXPECT_EQ(out[t][j], weights[t][j] * factor[t][j]);
        }
}

TEST(OutputMasking, HasTheOutputOfEvaluationAsItsExpectation) {
    const RouterSpec spec = withOption(8, 2, "eom", 0.2);
    const at::Tensor outputs = tensorOf(normalTable(std::size_t(kTokens), 2, 21));
    const auto layer = [&](std::uint64_t step, bool training) {
        return (outputWeights(route(spec, {}, inputAt(step, training))) * outputs).sum(1);
    };
    const int draws = 4000;
    at::Tensor sum = at::zeros({kTokens}, at::kDouble), squares = at::zeros({kTokens}, at::kDouble);
    for (int step = 0; step < draws; ++step) {
        const at::Tensor y = layer(std::uint64_t(step), true);
        sum += y;
        squares += y.square();
    }
    const at::Tensor mean = sum / draws, error = (squares / draws - mean.square()).clamp_min(0).div(draws).sqrt();
    EXPECT_LT(((mean - layer(0, false)) / error).abs().max().item<double>(), 4.5);
}

// ---- without the best ------------------------------------------------------------------------------------------------------

TEST(WithoutBest, TakesTheNextBestInTrainingAndAtEvaluationWithTheProbabilitiesOfAll) {
    RouterSpec spec = withOption(8, 2, "without_best", 0), plain = plainSpec(8, 5);
    spec.options["without_best"] = std::int64_t{3};
    spec.weigh = plain.weigh = Weigh::raw;
    for (const bool training : {true, false}) {
        const Routing own = route(spec, {}, inputAt(3, training)), all = route(plain, {}, inputAt(3, training));
        EXPECT_TRUE(own.experts.equal(all.experts.narrow(1, 3, 2)));
        EXPECT_TRUE(own.weights.equal(all.weights.narrow(1, 3, 2)));
        EXPECT_TRUE(own.probabilities.equal(all.probabilities));
    }
}

TEST(WithoutBest, NeedsEnoughExpertsThatAreLeft) {
    config::RunConfig config;
    config.moe.experts = 4, config.moe.top_k = 2;
    config.router.options["without_best"] = std::int64_t{2};
    EXPECT_TRUE(problems(config).empty());
    config.router.options["without_best"] = std::int64_t{3};
    ASSERT_EQ(problems(config).size(), 1u);
    EXPECT_EQ(problems(config).front().key, "router.options.without_best");
}

// ---- a router that sees the neurons ----------------------------------------------------------------------------------------

TEST(Foresight, ScoresAnExpertByTheSumOfWhatItsNeuronsAnswer) {
    constexpr std::size_t experts = 4, neurons = 3, width = 6;
    RouterSpec spec = plainSpec(experts, 2);
    spec.frozen = true;
    spec.options["neurons"] = std::int64_t(neurons);
    const Table rows = normalTable(experts * neurons, width, 41), x = normalTable(std::size_t(kTokens), width, 42);
    RouterTensors tensors;
    tensors.tensors["neurons"] = tensorOf(rows);
    RouterInput input;
    input.features = tensorOf(x);
    const Table z = tableOf(route(spec, tensors, input).logits);
    for (std::size_t t = 0; t < x.size(); ++t)
        for (std::size_t e = 0; e < experts; ++e) {
            double sum = 0;
            for (std::size_t n = 0; n < neurons; ++n) {
                double dot = 0;
                for (std::size_t i = 0; i < width; ++i) dot += rows[e * neurons + n][i] * x[t][i];
                sum += std::max(0.0, dot);
            }
            EXPECT_NEAR(z[t][e], sum, 1e-12);
        }
}

TEST(Foresight, IsRefusedWhereARouterWouldLearn) {
    config::RunConfig config;
    config.router.options["neurons"] = std::int64_t{4};
    ASSERT_EQ(problems(config).size(), 1u);
    EXPECT_EQ(problems(config).front().key, "router.options.neurons");
    config.router.frozen = true;
    EXPECT_TRUE(problems(config).empty());
}

// ---- a router in fewer bits ------------------------------------------------------------------------------------------------

/// To 8 significant bits, ties to even, by the bits of the float.
float nearestOf8Bits(float value) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    bits += 0x7fff + ((bits >> 16) & 1);
    return std::bit_cast<float>(bits & 0xffff0000u);
}

at::Tensor rounded(const at::Tensor& values) {
    at::Tensor out = values.detach().clone().contiguous();
    float* data = out.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < out.numel(); ++i) data[i] = nearestOf8Bits(data[i]);
    return out;
}

struct LinearCase {
    RouterSpec spec = plainSpec(8, 2);
    RouterTensors tensors;
    RouterInput input;
    explicit LinearCase(const char* precision) {
        spec.options["precision"] = std::string(precision);
        tensors.tensors["weight"] = tensorOf(normalTable(8, 6, 31), at::kFloat).requires_grad_(true);
        input.features = tensorOf(normalTable(std::size_t(kTokens), 6, 32), at::kFloat).requires_grad_(true);
    }
};

TEST(RouterPrecision, RoundsFeaturesMatrixAndLogitsToEightBits) {
    const LinearCase c("bf16");
    const at::Tensor expected = rounded(at::linear(rounded(c.input.features), rounded(c.tensors.at("weight"))));
    EXPECT_TRUE(route(c.spec, c.tensors, c.input).logits.equal(expected));
    EXPECT_FALSE(expected.equal(at::linear(c.input.features, c.tensors.at("weight")).detach()));
}

TEST(RouterPrecision, HasTheGradientOfThePlainProductAtTheRoundedNumbers) {
    const LinearCase c("bf16");
    const at::Tensor slope = tensorOf(normalTable(std::size_t(kTokens), 8, 33), at::kFloat);
    (route(c.spec, c.tensors, c.input).logits * slope).sum().backward();
    EXPECT_TRUE(at::allclose(c.tensors.at("weight").grad(), slope.t().matmul(rounded(c.input.features)), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(c.input.features.grad(), slope.matmul(rounded(c.tensors.at("weight"))), 1e-5, 1e-5));
}

TEST(RouterPrecision, InFloat32IsTheRouterAsItWas) {
    const LinearCase c("float32");
    EXPECT_TRUE(same(route(c.spec, c.tensors, c.input), route(plainSpec(8, 2), c.tensors, c.input)));
}

// ---- expert dropout, gating dropout ----------------------------------------------------------------------------------------

TEST(ExpertMask, KeepsAtLeastKOpenAndTheWeightsOfAllExpertsProbabilities) {
    RouterSpec spec = withOption(8, 3, "expert_mask", 1.0), plain = plainSpec(8, 3);
    spec.weigh = plain.weigh = Weigh::raw;
    std::set<std::int64_t> ever;
    for (std::uint64_t step = 0; step < 40; ++step) {
        const Routing routing = route(spec, {}, inputAt(step));
        const auto open = chosen(routing);
        EXPECT_EQ(open.size(), 3u);
        ever.insert(open.begin(), open.end());
        const Table p = tableOf(route(plain, {}, inputAt(step)).probabilities), w = tableOf(routing.weights);
        const auto experts = integers(routing.experts);
        for (std::size_t t = 0; t < w.size(); ++t)
            for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(w[t][j], p[t][std::size_t(experts[t][j])]);
    }
    EXPECT_EQ(ever.size(), 8u);
}

TEST(ExpertMask, ClosesEachExpertAsOftenAsItSays) {
    const RouterSpec spec = withOption(8, 1, "expert_mask", 0.25);
    const int steps = 3000;
    double closed = 0;
    for (int step = 0; step < steps; ++step) closed += route(spec, {}, inputAt(std::uint64_t(step))).noisy.select(0, 0).isinf().sum().item<double>();
    EXPECT_NEAR(closed / (8.0 * steps), 0.25, 4 * std::sqrt(0.25 * 0.75 / (8.0 * steps)));
}

TEST(ExpertMask, CountsMutedExpertsAsClosed) {
    const RouterSpec spec = withOption(8, 2, "expert_mask", 1.0);
    for (std::uint64_t step = 0; step < 20; ++step) {
        RouterInput input = inputAt(step);
        input.muted = at::zeros({8}, at::kBool);
        for (const std::int64_t e : {0, 2, 3, 7}) input.muted.select(0, e).fill_(true);
        const auto open = chosen(route(spec, {}, input));
        EXPECT_EQ(open.size(), 2u);
        for (const std::int64_t e : {0, 2, 3, 7}) EXPECT_FALSE(open.contains(e));
    }
}

TEST(ExpertMask, WithASelectionBiasClosesWhatTheBiasWouldChoose) {
    RouterSpec spec = withOption(4, 1, "expert_mask", 0.6);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign;
    RouterTensors tensors;
    tensors.tensors["selection_bias"] = at::tensor({5.0, 0.0, 0.0, 0.0}, at::kDouble);
    int elsewhere = 0;
    for (std::uint64_t step = 0; step < 60; ++step) {
        const Routing routing = route(spec, tensors, inputAt(step, true, 4));
        const bool shut = routing.noisy.select(0, 0).select(0, 0).isinf().item<bool>();
        EXPECT_EQ(chosen(routing).contains(0), !shut);
        elsewhere += shut ? 1 : 0;
    }
    EXPECT_GT(elsewhere, 10);
}

TEST(GatingDropout, RestrictsTheSameStepsInAllLayersToASubsetOfTheirOwn) {
    RouterSpec first = withOption(16, 2, "gating_dropout", 0.3);
    first.options["local_share"] = 0.25;
    RouterSpec second = first;
    second.layer = 1;
    const int steps = 1500;
    int dropped = 0, different = 0;
    for (int step = 0; step < steps; ++step) {
        const RouterInput input = inputAt(std::uint64_t(step), true, 16);
        const auto open = [&](const RouterSpec& spec) { return route(spec, {}, input).noisy.select(0, 0).isfinite(); };
        const at::Tensor a = open(first), b = open(second);
        const auto count = a.sum().item<std::int64_t>();
        EXPECT_TRUE(count == 16 || count == 4) << count;
        EXPECT_EQ(b.sum().item<std::int64_t>(), count);
        dropped += count == 4 ? 1 : 0;
        different += count == 4 && !a.equal(b) ? 1 : 0;
    }
    EXPECT_NEAR(double(dropped) / steps, 0.3, 4 * std::sqrt(0.3 * 0.7 / steps));
    EXPECT_GT(different, dropped * 9 / 10);
}

TEST(GatingDropout, LeavesKExpertsOpenHoweverSmallTheShare) {
    RouterSpec spec = withOption(8, 3, "gating_dropout", 1);
    spec.options["local_share"] = 0.0;
    EXPECT_EQ(chosen(route(spec, {}, inputAt(2))).size(), 3u);
}

// ---- importance sampling ---------------------------------------------------------------------------------------------------

TEST(ImportanceSampling, DrawsFromTheSoftmaxOfLogitsLessTheLogarithmOfTheLoad) {
    const double lambda = 0.7;
    const RouterSpec spec = withOption(4, 1, "importance_sampling", lambda);
    const Row z{0.5, -0.3, 0.1, 0.0}, load{0.6, 0.25, 0.149, 0.001};
    RouterTensors tensors;
    tensors.tensors["load_share"] = tensorOf({load}).squeeze(0);
    RouterInput input;
    input.logits = tensorOf(Table(40000, z));
    input.draws = {9, 1, 0};
    const auto counts = integers(route(spec, tensors, input).counts.unsqueeze(0))[0];
    Row p(4);
    double sum = 0;
    for (std::size_t e = 0; e < 4; ++e) sum += p[e] = std::exp(z[e]) * std::pow(std::max(4 * load[e], 0.01), -lambda);
    for (std::size_t e = 0; e < 4; ++e)
        EXPECT_NEAR(double(counts[e]) / 40000, p[e] / sum, 4 * std::sqrt(p[e] / sum * (1 - p[e] / sum) / 40000)) << e;
}

TEST(ImportanceSampling, RemembersTheLoadOfEarlierStepsByAMovingAverage) {
    const RouterSpec spec = withOption(4, 1, "importance_sampling", 1);
    RouterTensors tensors = createTensors(spec, 3, 0, 1);
    Row expected(4, 0.25);
    for (const Row& counts : {Row{10, 0, 0, 0}, Row{1, 2, 3, 4}, Row{0, 0, 0, 0}}) {
        updateState(spec, tensors, tensorOf({counts}, at::kLong).squeeze(0));
        const double all = std::max(1.0, reference::sumOf(counts));
        for (std::size_t e = 0; e < 4; ++e) expected[e] = 0.9 * expected[e] + 0.1 * counts[e] / all;
        EXPECT_LT(largestDifference(tableOf(tensors.at("load_share").unsqueeze(0)), {expected}), 1e-7);
    }
}

// ---- what is refused -------------------------------------------------------------------------------------------------------

TEST(Regularisers, AreRefusedWhereThereIsNoChoiceToChange) {
    const auto keys = [](config::RunConfig config) {
        std::set<std::string> out;
        for (const base::Problem& problem : problems(config)) out.insert(problem.key);
        return out;
    };
    for (const char* option : {"expert_mask", "gating_dropout", "importance_sampling"}) {
        config::RunConfig config;
        config.router.options[option] = 0.5;
        EXPECT_TRUE(keys(config).empty()) << option;
        config.router.group_rule = "per_group", config.router.groups = 2;
        EXPECT_TRUE(keys(config).contains(std::string("router.options.") + option));
        config.router.group_rule = "none", config.router.select = "sinkhorn_topk", config.balance.kind = "none";
        EXPECT_TRUE(keys(config).contains(std::string("router.options.") + option));
    }
    config::RunConfig config;
    config.router.options["eom"] = 0.5;
    EXPECT_TRUE(keys(config).empty());
    config.router.weigh = "input", config.moe.top_k = 1;
    EXPECT_EQ(keys(config), std::set<std::string>{"router.options.eom"});
    config.router.options["eom"] = 1.5;
    EXPECT_TRUE(keys(config).contains("router.options.eom"));
}

}  // namespace
}  // namespace moescope::routing::testing
