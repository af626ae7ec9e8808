// Values of the losses where they are known: at balance, at collapse, under shifts, in each scope.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

double real(std::int64_t value) { return static_cast<double>(value); }

double lossOf(RouterSpec spec, const Table& z, LossKind kind, Scope scope = Scope::batch, std::int64_t sequences = 1) {
    spec.balance = {kind, 1, scope};
    Case c = makeCase(spec, z.size());
    c.z = z, c.sequences = sequences;
    return run(c).auxiliary.terms[0].value.item<double>();
}

// Token t prefers expert t, t + 1, ... by so little that p is uniform to 1e-9.
Table cyclic(std::size_t tokens, std::size_t experts) {
    Table z(tokens, Row(experts));
    for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t e = 0; e < experts; ++e) z[t][(t + e) % experts] = -1e-9 * double(e);
    return z;
}

Table collapsed(std::size_t tokens, std::size_t experts, std::size_t k) {
    Table z(tokens, Row(experts, -60));
    for (Row& row : z)
        for (std::size_t e = 0; e < k; ++e) row[e] = -1e-9 * double(e);
    return z;
}

TEST(BalanceLoss, IsOneOrKAtPerfectBalance) {
    for (const std::int64_t k : {1, 2, 4}) {
        const RouterSpec spec = plainSpec(8, k);
        const Table z = cyclic(64, 8);
        EXPECT_NEAR(lossOf(spec, z, LossKind::switchTop1), 1, 1e-8);
        EXPECT_NEAR(lossOf(spec, z, LossKind::gshardTop1), 1, 1e-8);
        EXPECT_NEAR(lossOf(spec, z, LossKind::topkMean), 1, 1e-8);
        EXPECT_NEAR(lossOf(spec, z, LossKind::topkMean, Scope::sequence, 8), 1, 1e-8);
        EXPECT_NEAR(lossOf(spec, z, LossKind::topkSum), real(k), 1e-7);
        EXPECT_NEAR(lossOf(spec, z, LossKind::importance), 0, 1e-12);
    }
}

TEST(BalanceLoss, AtCollapseIsEOrEOverK) {
    for (const std::int64_t k : {1, 2}) {
        const RouterSpec spec = plainSpec(8, k);
        const Table z = collapsed(16, 8, std::size_t(k));
        EXPECT_NEAR(lossOf(spec, z, LossKind::topkSum), 8, 1e-7);
        EXPECT_NEAR(lossOf(spec, z, LossKind::topkMean), 8.0 / real(k), 1e-7);
        EXPECT_NEAR(lossOf(spec, z, LossKind::switchTop1), 8.0 / real(k), 1e-7);  // p is shared by the k
    }
}

// The columns of `z` that are not killed.
Table withoutColumns(const Table& z, const std::vector<std::int64_t>& killed) {
    Table out;
    for (const Row& row : z) {
        Row rest;
        for (std::size_t e = 0; e < row.size(); ++e)
            if (std::ranges::find(killed, std::int64_t(e)) == killed.end()) rest.push_back(row[e]);
        out.push_back(rest);
    }
    return out;
}

TEST(BalanceLoss, WithKilledExpertsIsThatOfTheRouterWithoutThem) {
    const std::vector<std::int64_t> killed{1, 6};
    for (const LossKind kind : {LossKind::switchTop1, LossKind::topkSum, LossKind::topkMean, LossKind::importance, LossKind::load})
        for (const Scope scope : {Scope::batch, Scope::sequence, Scope::layers}) {
            RouterSpec whole = plainSpec(8, 2), rest = plainSpec(6, 2);
            whole.balance = rest.balance = {kind, 1, scope};
            whole.zCoefficient = rest.zCoefficient = 1;
            whole.killed = killed;
            Case a = makeCase(whole, 24), b = makeCase(rest, 24);
            a.sequences = b.sequences = 4;
            b.z = withoutColumns(a.z, killed);
            a.muted.assign(8, false);
            for (const std::int64_t e : killed) a.muted[std::size_t(e)] = true;
            const Engine one = run(a), other = run(b);
            for (std::size_t i = 0; i < 2; ++i)
                EXPECT_NEAR(one.auxiliary.terms[i].value.item<double>(), other.auxiliary.terms[i].value.item<double>(), 1e-12)
                    << one.auxiliary.terms[i].name << " " << int(kind) << " " << int(scope);
            const Table gradient = engineGradient(one, {});
            EXPECT_LT(largestDifference(withoutColumns(gradient, killed), engineGradient(other, {})), 1e-12);
            for (const Row& row : gradient) EXPECT_EQ(row[1], 0);
        }
}

TEST(BalanceLoss, MayFallBelowOne) {
    // f = (.7,.1,.1,.1) and P = (.1,.3,.3,.3) give 0.64: expert 0 wins seven tokens by a hair of p near .1 ... as shares.
    Routing routing;
    routing.experts = at::tensor({0, 0, 0, 0, 0, 0, 0, 1, 2, 3}, at::kLong).unsqueeze(1);
    routing.shares = at::tensor({0.1, 0.3, 0.3, 0.3}, at::kDouble).expand({10, 4});
    routing.counts = at::tensor({7, 1, 1, 1}, at::kLong);
    routing.logits = at::zeros({10, 4}, at::kDouble);
    RouterSpec spec = plainSpec(4, 1);
    spec.balance = {LossKind::switchTop1, 1, Scope::batch};
    EXPECT_NEAR(losses({&spec, 1}, {&routing, 1}, 1, nullptr).terms[0].value.item<double>(), 0.64, 1e-12);
}

TEST(BalanceLoss, OfSequencesSeesImbalanceThatTheBatchHides) {
    Table z;
    for (const std::size_t expert : {0, 1})
        for (int t = 0; t < 8; ++t) {
            z.push_back(Row(2, 0));
            z.back()[expert] = 40;
        }
    const RouterSpec spec = plainSpec(2, 1);
    EXPECT_NEAR(lossOf(spec, z, LossKind::topkMean), 1, 1e-9);
    EXPECT_NEAR(lossOf(spec, z, LossKind::topkMean, Scope::sequence, 2), 2, 1e-9);
}

std::vector<Routing> layersOf(const std::vector<Table>& tables, const RouterSpec& spec, std::vector<at::Tensor>* leaves = nullptr) {
    std::vector<Routing> out;
    for (const Table& z : tables) {
        RouterInput input;
        input.logits = tensorOf(z).requires_grad_();
        if (leaves) leaves->push_back(input.logits);
        out.push_back(route(spec, {}, input));
    }
    return out;
}

TEST(BalanceLoss, OverLayersBalancesTheAverageLayerLikeAConcatenation) {
    RouterSpec spec = plainSpec(4, 2);
    spec.balance = {LossKind::topkSum, 1, Scope::layers};
    const std::vector<Table> tables = {normalTable(10, 4, 1), normalTable(10, 4, 2), normalTable(10, 4, 3)};
    Table together;
    for (const Table& table : tables) together.insert(together.end(), table.begin(), table.end());
    const std::vector<Routing> layers = layersOf(tables, spec);
    const std::vector<RouterSpec> specs(3, spec);
    EXPECT_NEAR(losses(specs, layers, 1, nullptr).terms[0].value.item<double>(), lossOf(plainSpec(4, 2), together, LossKind::topkSum), 1e-12);
}

TEST(BalanceLoss, OfSeveralLayersIsTheirMeanInEveryOtherScope) {
    for (const LossKind kind : {LossKind::topkMean, LossKind::switchTop1, LossKind::importance})
        for (const Scope scope : {Scope::batch, Scope::sequence}) {
            RouterSpec spec = plainSpec(4, 2);
            spec.balance = {kind, 1, scope};
            const std::vector<Table> tables = {normalTable(10, 4, 1), normalTable(10, 4, 2)};
            const std::vector<RouterSpec> specs(2, spec);
            const double mean = (lossOf(plainSpec(4, 2), tables[0], kind, scope, 2) + lossOf(plainSpec(4, 2), tables[1], kind, scope, 2)) / 2;
            EXPECT_NEAR(losses(specs, layersOf(tables, spec), 2, nullptr).terms[0].value.item<double>(), mean, 1e-12);
        }
}

TEST(BalanceLoss, GlobalUsesTheCountsOfTheStepSoFar) {
    RouterSpec spec = plainSpec(3, 1);
    spec.balance = {LossKind::topkMean, 1, Scope::global};
    StepCounts step;
    const std::vector<Routing> first = layersOf({{{9, 0, 0}, {9, 0, 0}}}, spec), second = layersOf({normalTable(4, 3, 8)}, spec);
    losses({&spec, 1}, first, 1, &step);
    const double value = losses({&spec, 1}, second, 1, &step).terms[0].value.item<double>();
    const Table p = tableOf(second[0].probabilities);
    double wanted = 0;
    for (std::size_t e = 0; e < 3; ++e) {
        const double count = second[0].counts[std::int64_t(e)].item<double>() + (e == 0 ? 2 : 0);
        double mean = 0;
        for (const Row& row : p) mean += row[e] / 4;
        wanted += 3 * (count / 6) * mean;
    }
    EXPECT_NEAR(value, wanted, 1e-12);
    EXPECT_EQ(step.tokens(), 6);
    EXPECT_EQ(step.chosen(0).sum().item<std::int64_t>(), 6);
}

TEST(BalanceLoss, GlobalOfOneMicroBatchIsTheBatch) {
    RouterSpec spec = plainSpec(4, 2);
    const Table z = normalTable(12, 4, 4);
    for (const LossKind kind : {LossKind::topkMean, LossKind::switchTop1}) {
        spec.balance = {kind, 1, Scope::global};
        StepCounts step;
        EXPECT_NEAR(losses({&spec, 1}, layersOf({z}, spec), 1, &step).terms[0].value.item<double>(), lossOf(plainSpec(4, 2), z, kind), 1e-12);
    }
}

TEST(BalanceLoss, WithCoefficientZeroIsPlottedButTeachesNothing) {
    RouterSpec spec = plainSpec(4, 2);
    spec.balance = {LossKind::topkMean, 0, Scope::batch};
    const Engine engine = run(makeCase(spec, 12));
    EXPECT_FALSE(engine.auxiliary.total.defined());
    EXPECT_FALSE(engine.auxiliary.terms[0].value.requires_grad());
    EXPECT_GT(engine.auxiliary.terms[0].value.item<double>(), 0);
}

TEST(BalanceLoss, TotalIsTheWeightedSumOfTheTerms) {
    RouterSpec spec = plainSpec(4, 2);
    spec.balance = {LossKind::topkMean, 0.3, Scope::batch}, spec.zCoefficient = 0.05;
    spec.more = {{LossKind::importance, 0.2, Scope::batch}};
    const AuxiliaryLosses auxiliary = run(makeCase(spec, 12)).auxiliary;
    double sum = 0;
    for (const AuxiliaryLoss& loss : auxiliary.terms) sum += loss.coefficient * loss.value.item<double>();
    EXPECT_NEAR(auxiliary.total.item<double>(), sum, 1e-12);
}

TEST(ZLoss, OfZeroLogitsIsTheSquareOfLnE) {
    for (const auto& [experts, value] : std::vector<std::pair<std::int64_t, double>>{{4, 1.922}, {8, 4.324}, {16, 7.687}, {64, 17.296}}) {
        Case c = makeCase(plainSpec(experts, 1), 3);
        c.z.assign(3, Row(std::size_t(experts), 0));
        EXPECT_NEAR(run(c).auxiliary.terms.back().value.item<double>(), value, 5e-4);
    }
}

TEST(ZLoss, ShiftsWithTheLogitsWhileChoiceAndBalanceStay) {
    RouterSpec spec = plainSpec(6, 2);
    spec.balance = {LossKind::topkMean, 1, Scope::batch};
    Case c = makeCase(spec, 20);
    const Engine before = run(c);
    double wanted = 0;
    for (Row& row : c.z) {
        const double lse = row[0] - std::log(reference::softmax(row)[0]);
        wanted += (lse + 3) * (lse + 3) / 20;
        for (double& v : row) v += 3;
    }
    const Engine after = run(c);
    EXPECT_TRUE(before.routing.experts.equal(after.routing.experts));
    EXPECT_TRUE(before.routing.weights.allclose(after.routing.weights, 1e-12, 1e-12));
    EXPECT_NEAR(before.auxiliary.terms[0].value.item<double>(), after.auxiliary.terms[0].value.item<double>(), 1e-12);
    EXPECT_NEAR(after.auxiliary.terms[1].value.item<double>(), wanted, 1e-10);
}

TEST(ZLoss, SeesTheCleanLogitsWhateverTheNoise) {
    RouterSpec spec = plainSpec(6, 2), noisy = spec;
    noisy.noise = Noise::logitAddUniform, noisy.noiseScale = 0.4, noisy.noiseReachesWeights = true;
    EXPECT_DOUBLE_EQ(run(makeCase(spec, 20)).auxiliary.terms.back().value.item<double>(),
                     run(makeCase(noisy, 20)).auxiliary.terms.back().value.item<double>());
}

TEST(Identity, SoftmaxChooseRenormaliseIsChooseSoftmaxForMoreThanOneExpert) {
    for (const std::int64_t k : {2, 3, 8}) {
        RouterSpec before = plainSpec(8, k), after = before;
        after.score = Score::softmaxSelected;
        EXPECT_LT(largestDifference(tableOf(run(makeCase(before, 50), at::kFloat).routing.weights), tableOf(run(makeCase(after, 50), at::kFloat).routing.weights)), 1e-6);
    }
}

TEST(Identity, ZeroLogitsGiveTheReferenceValuesOfAStart) {
    Case c = makeCase(plainSpec(8, 2), 5);
    c.z.assign(5, Row(8, 0));
    const Routing routing = run(c).routing;
    EXPECT_TRUE(routing.probabilities.allclose(at::full({5, 8}, 0.125, at::kDouble)));
    EXPECT_TRUE(routing.weights.allclose(at::full({5, 2}, 0.5, at::kDouble)));
}

TEST(NoisyLoad, IsTheProbabilityOfBeingChosenUnderFreshNoise) {
    RouterSpec spec = plainSpec(6, 2);
    spec.noise = Noise::logitGaussLearned, spec.noiseScale = 1, spec.more = {{LossKind::load, 1, Scope::batch}};
    const Case c = makeCase(spec, 4, 17);
    const Table load = tableOf(run(c).routing.loadEstimate);
    const reference::Result r = reference::route(c);
    const base::RandomStream stream({5, base::Purpose::test, 9});
    const std::size_t draws = 40000;
    for (std::size_t t = 0; t < 4; ++t)
        for (std::size_t e = 0; e < 6; ++e) {
            double hits = 0;  // fresh noise on expert e only, the others' noise fixed
            for (std::size_t i = 0; i < draws; ++i) {
                Row noisy = r.noisy[t];
                noisy[e] = c.z[t][e] + r.std[t][e] * stream.normal((t * 6 + e) * draws + i);
                const auto order = reference::ranking(noisy);
                hits += order[0] == std::int64_t(e) || order[1] == std::int64_t(e) ? 1 : 0;
            }
            EXPECT_NEAR(load[t][e], hits / double(draws), 0.01);
        }
}

TEST(NoisyLoad, WithoutNoiseOrWithAllExpertsIsTheHardCount) {
    RouterSpec spec = plainSpec(4, 2);
    spec.score = Score::softmaxSelected, spec.noise = Noise::logitGaussLearned, spec.noiseScale = 1;
    spec.balance = {LossKind::load, 1, Scope::batch};
    Case c = makeCase(spec, 10);
    c.training = false;
    const Engine engine = run(c);
    EXPECT_FALSE(engine.routing.loadEstimate.defined());
    const auto counts = tableOf(engine.routing.counts.to(at::kDouble).unsqueeze(0))[0];
    EXPECT_NEAR(engine.auxiliary.terms[0].value.item<double>(), reference::variation(counts, true), 1e-9);
}

TEST(SquaredVariation, UsesTheSampleForGatesAndThePopulationForFullSoftmax) {
    const Table z = normalTable(10, 4, 3);
    RouterSpec vmoe = plainSpec(4, 2), shazeer = vmoe;
    shazeer.score = Score::softmaxSelected;
    Row full(4, 0), gates(4, 0);
    for (const Row& row : z) {
        const Row p = reference::softmax(row);
        const auto order = reference::ranking(row);
        const auto a = std::size_t(order[0]), b = std::size_t(order[1]);
        for (std::size_t e = 0; e < 4; ++e) full[e] += p[e];
        gates[a] += p[a] / (p[a] + p[b]);
        gates[b] += p[b] / (p[a] + p[b]);
    }
    EXPECT_NEAR(lossOf(vmoe, z, LossKind::importance), reference::variation(full, false), 1e-10);
    EXPECT_NEAR(lossOf(shazeer, z, LossKind::importance), reference::variation(gates, true), 1e-10);
    EXPECT_EQ(lossOf(plainSpec(1, 1), {{0.3}, {2}}, LossKind::importance), 0);
}

// ---- loss-free balancing ---------------------------------------------------------------------------------------------------

TEST(LossFree, TheSignRuleMovesEveryBiasByExactlyTheRate) {
    RouterSpec spec = plainSpec(4, 1);
    spec.offset = Offset::biasSign, spec.offsetRate = 0.25;
    RouterTensors tensors;
    tensors.tensors["selection_bias"] = at::zeros({4}, at::kFloat);
    updateState(spec, tensors, at::tensor({10, 2, 5, 3}, at::kLong));  // mean 5
    EXPECT_TRUE(tensors.at("selection_bias").equal(at::tensor({-0.25f, 0.25f, 0.0f, 0.25f})));
    spec.offset = Offset::biasProp;
    updateState(spec, tensors, at::tensor({10, 2, 5, 3}, at::kLong));
    EXPECT_TRUE(tensors.at("selection_bias").allclose(at::tensor({-1.5f, 1.0f, 0.0f, 0.75f})));
}

TEST(LossFree, WeightsDoNotDependOnTheBiasGivenTheChoice) {
    RouterSpec spec = plainSpec(6, 2);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign;
    Case c = makeCase(spec, 30);
    const Table with = tableOf(run(c).routing.weights);
    const auto experts = integers(run(c).routing.experts);
    for (std::size_t t = 0; t < 30; ++t) {
        const Row s = reference::sigmoid(c.z[t]);
        const double a = s[std::size_t(experts[t][0])], b = s[std::size_t(experts[t][1])];
        EXPECT_NEAR(with[t][0], a / (a + b), 1e-12);
    }
}

TEST(LossFree, TheBiasGetsNoGradient) {
    RouterSpec spec = plainSpec(4, 2);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign;
    RouterTensors tensors;
    tensors.tensors["selection_bias"] = at::zeros({4}, at::kDouble).requires_grad_();
    RouterInput input;
    input.logits = tensorOf(normalTable(6, 4, 2)).requires_grad_();
    route(spec, tensors, input).weights.square().sum().backward();
    EXPECT_FALSE(tensors.at("selection_bias").grad().defined());
    EXPECT_FALSE(declareTensors(spec, 8, 0).back().trainable);
}

TEST(LossFree, EvaluationLeavesTheBiasAsItIs) {
    RouterSpec spec = plainSpec(4, 2);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign;
    Case c = makeCase(spec, 10);
    c.training = false;
    EXPECT_TRUE(run(c).tensors.at("selection_bias").equal(tensorOf({c.bias}).squeeze(0)));
}

// Popularity evenly spaced in [-1, 1], fresh normal tokens each step; mean MaxVio of twenty steps.
double violation(double rate, int steps, int average) {
    RouterSpec spec = plainSpec(16, 2);
    spec.score = Score::sigmoid, spec.offset = Offset::biasSign, spec.offsetRate = rate;
    RouterTensors tensors;
    tensors.tensors["selection_bias"] = at::zeros({16}, at::kFloat);
    const at::Tensor popularity = at::linspace(-1, 1, 16, at::kFloat);
    double sum = 0;
    for (int step = 0; step < steps; ++step) {
        RouterInput input;
        const base::RandomKey key{1, base::Purpose::test, 0, std::uint64_t(step)};
        at::Tensor z = at::empty({2048, 16}, at::kFloat);
        base::fillNormal({z.mutable_data_ptr<float>(), 2048 * 16}, key);
        input.logits = z + popularity;
        const at::Tensor counts = route(spec, tensors, input).counts;
        if (step >= steps - average) sum += counts.max().item<double>() / 256 - 1;
        updateState(spec, tensors, counts);
    }
    return sum / average;
}

TEST(LossFree, BalancesAtTheSpeedOfTheReferenceSimulation) {
    EXPECT_NEAR(violation(1e-3, 1, 1), 1.8, 0.25);
    EXPECT_NEAR(violation(1e-3, 110, 20), 0.72, 0.15);
    EXPECT_NEAR(violation(1e-3, 500, 20), 0.10, 0.04);
    EXPECT_NEAR(violation(1e-4, 500, 20), 1.3, 0.2);
    EXPECT_NEAR(violation(1e-2, 120, 20), 0.2, 0.08);
}

}  // namespace
}  // namespace moescope::routing::testing
