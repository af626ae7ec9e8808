// Soft MoE: what slots read, what tokens get back, that it sees the future, and what follows for weights, metrics and cost.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/derived.hpp"
#include "core/config/layer_cost.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "core/kernels/slots.hpp"
#include "core/routing/statistics.hpp"
#include "tests/core/routing/helpers.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::routing::testing {
namespace {

constexpr std::size_t kWidth = 5, kHidden = 3;

// A layer in float64: router, experts with ReLU, and tokens of some sequences.
struct Layer {
    RouterSpec spec;
    Table x, phi;  // [T][d], [E s][d]
    double scale = 1.7;
    std::int64_t sequences;
    at::Tensor up, down, muted;

    Layer(std::int64_t experts, std::int64_t slots, std::size_t length, std::int64_t sequenceCount = 1) : sequences(sequenceCount) {
        spec.experts = experts, spec.slotsPerExpert = slots;
        spec.select = Select::slots, spec.score = Score::softmaxTokens, spec.weigh = Weigh::raw;
        x = normalTable(length * std::size_t(sequences), kWidth, 1);
        phi = normalTable(std::size_t(experts * slots), kWidth, 2);
        up = tensorOf(normalTable(std::size_t(experts) * kHidden, kWidth, 3)).reshape({experts, std::int64_t(kHidden), std::int64_t(kWidth)});
        down = tensorOf(normalTable(std::size_t(experts) * kWidth, kHidden, 4)).reshape({experts, std::int64_t(kWidth), std::int64_t(kHidden)});
    }
    std::size_t slotCount() const { return phi.size(); }
    std::size_t length() const { return x.size() / std::size_t(sequences); }
    Table sequence(std::size_t i) const { return {x.begin() + long(i * length()), x.begin() + long((i + 1) * length())}; }
};

struct Ran {
    at::Tensor x, phi, scale, up, down, y;
    Routing routing;
};

Ran run(const Layer& layer) {
    Ran out;
    out.x = tensorOf(layer.x).requires_grad_();
    out.phi = tensorOf(layer.phi).reshape({layer.spec.experts, layer.spec.slotsPerExpert, -1}).requires_grad_();
    out.scale = at::full({1}, layer.scale, at::kDouble).requires_grad_();
    out.up = layer.up.clone().requires_grad_();
    out.down = layer.down.clone().requires_grad_();
    RouterTensors tensors;
    tensors.tensors = {{"phi", out.phi}, {"slot_scale", out.scale}};
    RouterInput input;
    input.features = out.x;
    input.sequences = layer.sequences;
    input.muted = layer.muted;
    out.routing = route(layer.spec, tensors, input);
    out.y = kernels::runSlots(out.x, out.routing, {out.up, out.down}, kernels::Activation::relu);
    return out;
}

// y in plain loops.
Table byLoops(const Layer& layer, const std::vector<bool>& muted = {}) {
    Table out;
    const auto s = std::size_t(layer.spec.slotsPerExpert);
    const Table up = tableOf(layer.up.flatten(0, 1)), down = tableOf(layer.down.flatten(0, 1));
    for (std::size_t i = 0; i < std::size_t(layer.sequences); ++i) {
        const Table x = layer.sequence(i);
        const reference::SlotShares shares = reference::slotShares(x, layer.phi, layer.scale, s, muted, layer.spec.rig);
        Table said(layer.slotCount(), Row(kWidth, 0));
        for (std::size_t j = 0; j < layer.slotCount(); ++j) {
            Row slot(kWidth, 0), hidden(kHidden, 0);
            for (std::size_t t = 0; t < x.size(); ++t)
                for (std::size_t d = 0; d < kWidth; ++d) slot[d] += shares.dispatch[t][j] * x[t][d];
            for (std::size_t h = 0; h < kHidden; ++h) {
                for (std::size_t d = 0; d < kWidth; ++d) hidden[h] += up[j / s * kHidden + h][d] * slot[d];
                hidden[h] = std::max(0.0, hidden[h]);
            }
            for (std::size_t d = 0; d < kWidth; ++d)
                for (std::size_t h = 0; h < kHidden; ++h) said[j][d] += down[j / s * kWidth + d][h] * hidden[h];
        }
        for (std::size_t t = 0; t < x.size(); ++t) {
            out.emplace_back(kWidth, 0.0);
            for (std::size_t j = 0; j < layer.slotCount(); ++j)
                for (std::size_t d = 0; d < kWidth; ++d) out.back()[d] += shares.combine[t][j] * said[j][d];
        }
    }
    return out;
}

TEST(SoftMoe, MixesTokensIntoSlotsAndAnswersBackAsTheFormulasSay) {
    for (const std::int64_t slots : {1, 3}) {
        const Layer layer(4, slots, 6, 3);
        EXPECT_LT(largestDifference(tableOf(run(layer).y), byLoops(layer)), 1e-12);
    }
}

TEST(SoftMoe, SharesOfASlotSumToOneOverTokensAndSharesOfATokenOverSlots) {
    const Layer layer(4, 2, 7, 2);
    const Routing routing = run(layer).routing;
    EXPECT_TRUE(routing.dispatch.sum(1).allclose(at::ones({2, 8}, at::kDouble), 0, 1e-12));
    EXPECT_TRUE(routing.combine.sum(2).allclose(at::ones({2, 7}, at::kDouble), 0, 1e-12));
    const reference::SlotShares wanted = reference::slotShares(layer.sequence(1), layer.phi, layer.scale, 2);
    EXPECT_LT(largestDifference(tableOf(routing.dispatch[1]), wanted.dispatch), 1e-12);
    EXPECT_LT(largestDifference(tableOf(routing.combine[1]), wanted.combine), 1e-12);
}

TEST(SoftMoe, IsEquivariantUnderPermutationsOfTheTokens) {
    const Layer layer(3, 2, 6);
    Layer turned = layer;
    const std::vector<std::size_t> order{4, 0, 5, 2, 1, 3};
    for (std::size_t t = 0; t < 6; ++t) turned.x[t] = layer.x[order[t]];
    const Table one = tableOf(run(layer).y), other = tableOf(run(turned).y);
    for (std::size_t t = 0; t < 6; ++t) EXPECT_LT(largestDifference({other[t]}, {one[order[t]]}), 1e-12);
}

TEST(SoftMoe, WithOneSlotAndEvenSharesIsTheExpertOfTheMeanToken) {
    Layer layer(1, 1, 6);
    layer.scale = 0;
    const at::Tensor mean = tensorOf(layer.x).mean(0);
    const at::Tensor wanted = layer.down[0].mv(layer.up[0].mv(mean).relu());
    EXPECT_TRUE(run(layer).y.detach().allclose(wanted.expand({6, std::int64_t(kWidth)}), 0, 1e-12));
}

TEST(SoftMoe, LeaksALaterTokenIntoEarlierOnesButNotIntoOtherSequences) {
    const Layer layer(3, 1, 5, 2);
    Layer changed = layer;
    changed.x[4][0] += 1;  // the last token of the first sequence
    const Table before = tableOf(run(layer).y), after = tableOf(run(changed).y);
    EXPECT_GT(largestDifference({before[0]}, {after[0]}), 1e-3);
    for (std::size_t t = 5; t < 10; ++t) EXPECT_EQ(before[t], after[t]);
}

TEST(SoftMoe, GradientsAreThoseOfFiniteDifferences) {
    Layer layer(3, 2, 4, 2);
    const Table task = normalTable(8, kWidth, 9);
    const Ran ran = run(layer);
    (ran.y * tensorOf(task)).sum().backward();
    const auto objective = [&] {
        const Table y = byLoops(layer);
        double sum = 0;
        for (std::size_t t = 0; t < y.size(); ++t)
            for (std::size_t d = 0; d < kWidth; ++d) sum += task[t][d] * y[t][d];
        return sum;
    };
    const auto slope = [&](double& value) {
        const double kept = value, step = 1e-6;
        value = kept + step;
        const double above = objective();
        value = kept - step;
        const double below = objective();
        value = kept;
        return (above - below) / (2 * step);
    };
    const Table x = tableOf(ran.x.grad()), phi = tableOf(ran.phi.grad().flatten(0, 1));
    for (std::size_t t = 0; t < x.size(); ++t)
        for (std::size_t d = 0; d < kWidth; ++d) EXPECT_NEAR(x[t][d], slope(layer.x[t][d]), 1e-7);
    for (std::size_t j = 0; j < phi.size(); ++j)
        for (std::size_t d = 0; d < kWidth; ++d) EXPECT_NEAR(phi[j][d], slope(layer.phi[j][d]), 1e-7);
    EXPECT_NEAR(ran.scale.grad().item<double>(), slope(layer.scale), 1e-7);
    for (const std::int64_t i : {0, 7, 20}) {
        EXPECT_NEAR(ran.up.grad().flatten()[i].item<double>(), slope(layer.up.mutable_data_ptr<double>()[i]), 1e-7);
        EXPECT_NEAR(ran.down.grad().flatten()[i].item<double>(), slope(layer.down.mutable_data_ptr<double>()[i]), 1e-7);
    }
}

TEST(SoftMoe, TheWeightOfAnExpertIsTheSumOfItsSlotsSharesAndAllExpertsWork) {
    const Layer layer(4, 3, 6);
    const Routing routing = run(layer).routing;
    const reference::SlotShares shares = reference::slotShares(layer.x, layer.phi, layer.scale, 3);
    const auto experts = integers(routing.experts);
    const Table weights = tableOf(routing.weights);
    for (std::size_t t = 0; t < 6; ++t)
        for (std::size_t j = 0; j < 4; ++j) {
            const auto first = shares.combine[t].begin() + experts[t][j] * 3;
            EXPECT_NEAR(weights[t][j], std::accumulate(first, first + 3, 0.0), 1e-12);
            if (j > 0) {
                EXPECT_GE(weights[t][j - 1], weights[t][j]);
            }
        }
    EXPECT_EQ(integers(routing.counts.unsqueeze(0))[0], (std::vector<std::int64_t>(4, 6)));
}

TEST(SoftMoe, LeavesTheSlotsOfAMutedExpertOutAndSharesItsWeightAmongTheOthers) {
    Layer layer(4, 2, 6);
    const std::vector<bool> muted{false, true, false, false};
    layer.muted = at::tensor({0, 1, 0, 0}, at::kInt).to(at::kBool);
    layer.spec.rig = {0.5, 3, 0, -1};
    const Ran ran = run(layer);
    EXPECT_LT(largestDifference(tableOf(ran.y), byLoops(layer, muted)), 1e-12);
    EXPECT_TRUE(ran.routing.weights.sum(1).allclose(at::ones({6}, at::kDouble), 0, 1e-12));
    EXPECT_EQ(ran.routing.counts[1].item<std::int64_t>(), 0);
}

TEST(SoftMoe, HasItsOwnMetricsAndNoneOfRoomAndDrops) {
    const Layer layer(4, 2, 6, 2);
    const Ran ran = run(layer);
    RoutingStatistics statistics({layer.spec}, 0, {0.5});
    statistics.accumulate(0, ran.routing, 2);
    telemetry::StepTelemetry out;
    statistics.finish(out);
    double dispatch = 0, combine = 0, cosine = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        const Table x = layer.sequence(i);
        const reference::SlotShares shares = reference::slotShares(x, layer.phi, layer.scale, 2);
        Table slots(8, Row(kWidth, 0));
        for (std::size_t j = 0; j < 8; ++j) {
            double most = 0;
            for (std::size_t t = 0; t < 6; ++t) {
                most = std::max(most, shares.dispatch[t][j]);
                for (std::size_t d = 0; d < kWidth; ++d) slots[j][d] += shares.dispatch[t][j] * x[t][d];
            }
            dispatch += most / 16;
        }
        for (std::size_t t = 0; t < 6; ++t) combine += *std::max_element(shares.combine[t].begin(), shares.combine[t].end()) / 12;
        const auto product = [&](std::size_t a, std::size_t b) { return std::inner_product(slots[a].begin(), slots[a].end(), slots[b].begin(), 0.0); };
        for (std::size_t a = 0; a < 8; ++a)
            for (std::size_t b = 0; b < 8; ++b)
                if (a != b) cosine += product(a, b) / std::sqrt(product(a, a) * product(b, b)) / 112;
    }
    const auto measured = [&](const char* name) { return out.measured.at(telemetry::measureIndex(name)); };
    ASSERT_EQ(measured("slot_dispatch").size(), 1u);
    EXPECT_NEAR(measured("slot_dispatch")[0], dispatch, 1e-6);
    EXPECT_NEAR(measured("slot_combine")[0], combine, 1e-6);
    EXPECT_NEAR(measured("slot_similarity")[0], cosine, 1e-5);
    EXPECT_TRUE(out.droppedAssignments.empty() && out.droppedTokens.empty() && out.capacityUtilisation.empty() && out.dropByPosition.empty());
    ASSERT_EQ(out.top1Weight.size(), 1u);
    EXPECT_GE(out.top1Weight[0], 0.25f);
    EXPECT_LE(out.top1Weight[0], 1.0f);
    EXPECT_GT(out.effectiveK[0], 1.0f);
}

config::RunConfig softConfig() {
    config::RunConfig c;
    EXPECT_TRUE(config::applyPreset(c, "soft_moe").empty());
    return c;
}

TEST(SoftMoe, TakesContextOverExpertsSlotsUnlessToldAndAtLeastOne) {
    config::RunConfig c = softConfig();
    c.model.context = 100, c.moe.experts = 8;
    EXPECT_EQ(makeSpec(c, 0).slotsPerExpert, 13);
    c.model.context = 2;
    EXPECT_EQ(makeSpec(c, 0).slotsPerExpert, 1);
    c.router.options["slots"] = std::int64_t{5};
    EXPECT_EQ(makeSpec(c, 0).slotsPerExpert, 5);
}

TEST(SoftMoe, CostsItsSlotsAndTheWayIntoThemAndBack) {
    config::RunConfig c = softConfig();
    c.model.layers = 1, c.model.context = 64, c.model.width = 32, c.moe.experts = 4, c.moe.expert_width = 16;
    c.router.options["slots"] = std::int64_t{8};
    config::RunConfig all = c;
    all.router = {}, all.router.select = "all";
    const double expert = static_cast<double>(config::expertMatrices(c.model)) * 32 * 16, slots = 4 * 8;
    const double dense = config::layerCost(all, 0).flopsTokenForward - 2 * (4 * expert + 4 * 32);  // what both have: attention
    const double wanted = dense + 2 * (slots / 64 * expert) + 2 * (3 * slots * 32);                // logits, into slots, back
    EXPECT_NEAR(config::layerCost(c, 0).flopsTokenForward, wanted, 1e-6);
    EXPECT_NEAR(config::cost(c, 50).flopsTokenForward - config::cost(all, 50).flopsTokenForward, wanted - config::layerCost(all, 0).flopsTokenForward, 1);
    EXPECT_EQ(config::layerCost(c, 0).paramsTotal - config::layerCost(all, 0).paramsTotal, 32 * 32 + 1 - 4 * 32);
}

TEST(SoftMoe, IsMarkedAndSaysWhatItCannotBeCombinedWith) {
    EXPECT_TRUE(config::couplingMark(softConfig()).starts_with("not causal"));
    const auto refused = [](auto change) {
        config::RunConfig c = softConfig();
        EXPECT_TRUE(config::validate(c).empty() && problems(c).empty());
        change(c);
        base::Problems found = config::validate(c);
        if (found.empty()) found = problems(c);
        return found.empty() ? std::string() : found.front().key;
    };
    EXPECT_EQ(refused([](auto& c) { c.router.score = "softmax_all"; }), "router.score");
    EXPECT_EQ(refused([](auto& c) { c.router.select = "topk"; }), "router.score");
    EXPECT_EQ(refused([](auto& c) { c.router.net = "cosine"; }), "router.net");
    EXPECT_EQ(refused([](auto& c) { c.router.bias = true; }), "router.bias");
    EXPECT_EQ(refused([](auto& c) { c.router.noise = "gumbel_all"; }), "router.noise");
    EXPECT_EQ(refused([](auto& c) { c.router.weigh = "renorm"; }), "router.weigh");
    EXPECT_EQ(refused([](auto& c) { c.router.scale = 2; }), "router.scale");
    EXPECT_EQ(refused([](auto& c) { c.capacity.factor = 1; }), "capacity.factor");
    EXPECT_EQ(refused([](auto& c) { c.balance.kind = "switch", c.balance.coefficient = 0.01; }), "balance.kind");
    EXPECT_EQ(refused([](auto& c) { c.router.options["eom"] = 0.2; }), "router.options.eom");
    EXPECT_EQ(refused([](auto& c) { c.router.group_rule = "limit_max", c.router.groups = 2; }), "router.group_rule");
    config::RunConfig plane;
    EXPECT_TRUE(config::applyPreset(plane, "plane").empty() && config::applyPreset(plane, "soft_moe").empty());
    EXPECT_EQ(config::validate(plane).at(0).key, "router.select");
}

TEST(SoftMoe, IsMutedCopiedProbedAndWritesText) {
    config::RunConfig c = test::lettersConfig();
    c.preset = "letters";
    ASSERT_TRUE(config::applyPreset(c, "soft_moe").empty());
    const auto trainer = test::makeTrainer(c);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(trainer->step().finite);
    const auto apply = [&](const std::string& verb, config::Values arguments) {
        config::Command command;
        command.verb = verb;
        command.arguments = std::move(arguments);
        telemetry::Event event;
        for (const auto& problem : trainer->apply(command, event)) ADD_FAILURE() << verb << ": " << problem.text;
    };
    using Place = std::int64_t;
    const double whole = trainer->evaluate().loss;
    apply("mute", {{"layer", Place{0}}, {"expert", Place{1}}});
    EXPECT_NE(trainer->evaluate().loss, whole);
    apply("duplicate", {{"layer", Place{0}}, {"expert", Place{0}}, {"to", Place{1}}, {"noise", 0.0}});
    ASSERT_TRUE(trainer->step().finite);
    const auto snapshot = trainer->probe();
    EXPECT_EQ(snapshot.slotsPerToken, 4);
    EXPECT_EQ(trainer->probeText("abcab").tokens, 5);
    EXPECT_EQ(trainer->muteTable(0).delta.size(), 4u);
    EXPECT_EQ(trainer->generate("abc", {.tokens = 6}).ids.size(), 9u);
}

}  // namespace
}  // namespace moescope::routing::testing
