// Interventions on experts: what stays the same to the bit, what is preserved to rounding, what is refused and why.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

using training::LiveTrainer;
using Number = std::int64_t;

config::Command command(std::string verb, config::Values arguments) { return {std::move(verb), std::move(arguments)}; }
config::Command on(std::string verb, Number layer, Number expert, config::Values more = {}) {
    more.insert({{"layer", layer}, {"expert", expert}});
    return {std::move(verb), std::move(more)};
}

std::string applied(LiveTrainer& trainer, const config::Command& c) {
    telemetry::Event event;
    const base::Problems problems = trainer.apply(c, event);
    EXPECT_TRUE(problems.empty()) << c.verb << ": " << problems.front().text;
    EXPECT_EQ(event.code, "command." + c.verb);
    return event.text;
}

// The refusal's text; the trainer must be as it was.
std::string refused(LiveTrainer& trainer, const config::Command& c) {
    const Bits before = bitsOf(trainer);
    telemetry::Event event;
    const base::Problems problems = trainer.apply(c, event);
    EXPECT_EQ(problems.size(), 1u) << c.verb;
    EXPECT_EQ(trainer.refusal(c), problems);
    EXPECT_EQ(bitsOf(trainer), before);
    return problems.empty() ? "" : problems.front().text;
}

void run(LiveTrainer& trainer, int steps) {
    for (int i = 0; i < steps; ++i) ASSERT_TRUE(trainer.step().finite);
}

std::string expertPart(int layer, int expert, const char* matrix) {
    return "model.layers." + std::to_string(layer) + ".mlp.experts." + std::to_string(expert) + "." + matrix + ".weight";
}

// Names of everything that belongs to one expert's weights and moments.
std::vector<std::string> expertParts(int layer, int expert) {
    std::vector<std::string> names;
    for (const char* matrix : {"gate_proj", "up_proj", "down_proj"})
        for (const char* kind : {"", "exp_avg.", "exp_avg_sq."}) names.push_back(kind + expertPart(layer, expert, matrix));
    return names;
}

/// All experts of a layer work on every token, weighed by the softmax: what a function-preserving change must not move at all.
config::RunConfig denseMixture() {
    config::RunConfig c = lettersConfig();
    c.router.select = "all";
    c.router.weigh = "raw";
    c.balance.kind = "none";
    return c;
}

TEST(Kill, SilencesTheExpertForGoodAndZeroesItsMoments) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 6);
    const Bits before = bitsOf(*trainer);
    EXPECT_NE(applied(*trainer, on("kill", 1, 2)).find("E2 killed"), std::string::npos);
    const Bits after = bitsOf(*trainer);
    for (const auto& [name, bytes] : after) {
        const bool moment = name.starts_with("exp_avg") && name.find("layers.1.mlp.experts.2.") != std::string::npos;
        const bool rowMoments = name == "exp_avg.model.layers.1.mlp.gate.weight" || name == "exp_avg_sq.model.layers.1.mlp.gate.weight";
        if (rowMoments) continue;
        EXPECT_EQ(bytes, moment ? std::string(bytes.size(), '\0') : before.at(name)) << name;
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ(trainer->step().report->load[4 + 2], 0.0f);
    EXPECT_NE(refused(*trainer, on("unmute", 1, 2)).find("only a rewind"), std::string::npos);
    applied(*trainer, command("unmute", {}));
    EXPECT_EQ(trainer->step().report->load[4 + 2], 0.0f);
}

TEST(Kill, LeavesTheExpertOutOfTheBalanceLoss) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 4);
    applied(*trainer, on("kill", 0, 3));
    for (int i = 0; i < 3; ++i) {
        const auto r = *trainer->step().report;
        double expected = 0;  // mean over layers of E sum_e f_e P_e, E = the living
        for (std::size_t layer = 0; layer < 2; ++layer)
            for (std::size_t e = 0; e < 4; ++e) {
                if (layer == 0 && e == 3) continue;
                expected += (layer == 0 ? 3.0 : 4.0) / 2 * double(r.load[4 * layer + e]) * double(r.meanProbability[4 * layer + e]);
            }
        EXPECT_NEAR(r.balance, expected, 1e-6);
    }
}

TEST(Kill, IsRefusedWhereATokenWouldFindTooFewExperts) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, on("kill", 0, 3));
    applied(*trainer, on("mute", 0, 2));
    const std::string why = refused(*trainer, on("kill", 0, 1));
    EXPECT_NE(why.find("2 experts left"), std::string::npos) << why;
    EXPECT_NE(refused(*trainer, on("kill", 0, 3)).find("already"), std::string::npos);
    EXPECT_NE(refused(*trainer, on("mute", 0, 3)).find("killed"), std::string::npos);
    const std::string k = refused(*trainer, command("set", {{"key", std::string("moe.top_k")}, {"value", Number{3}}}));
    EXPECT_NE(k.find("Layer 0 has 2 experts at work"), std::string::npos) << k;
    applied(*trainer, on("kill", 0, 2));  // it is muted: nobody loses anything
}

TEST(Kill, IsNoIdleExpertToTheAlarms) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, on("kill", 0, 3));
    for (int i = 0; i < 6; ++i) {
        const auto result = trainer->step();
        EXPECT_EQ(result.report->dead[0], 0.0f);
        for (const telemetry::Event& alarm : result.alarms) EXPECT_NE(alarm.code, "router.idle") << alarm.text;
    }
}

TEST(Freeze, KeepsAnExpertAndItsMomentsBitForBitAndTrainsTheRest) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 5);
    applied(*trainer, on("freeze", 1, 2));
    const Bits before = bitsOf(*trainer);
    run(*trainer, 5);
    const Bits after = bitsOf(*trainer);
    for (const std::string& name : expertParts(1, 2)) EXPECT_EQ(after.at(name), before.at(name)) << name;
    for (const std::string& name : expertParts(1, 1)) EXPECT_NE(after.at(name), before.at(name)) << name;
    EXPECT_NE(after.at("model.layers.1.mlp.gate.weight"), before.at("model.layers.1.mlp.gate.weight"));
    EXPECT_NE(refused(*trainer, on("freeze", 1, 2)).find("already"), std::string::npos);
    applied(*trainer, on("unfreeze", 1, 2));
    run(*trainer, 1);
    EXPECT_NE(bitsOf(*trainer).at(expertPart(1, 2, "up_proj")), before.at(expertPart(1, 2, "up_proj")));
    EXPECT_NE(refused(*trainer, on("unfreeze", 1, 2)).find("not frozen"), std::string::npos);
}

TEST(Freeze, KeepsARouterAndItsBalancingBiasBitForBit) {
    config::RunConfig c = lettersConfig();
    c.router.offset = "bias_sign";
    c.router.score = "sigmoid";
    c.router.offset_rate = 0.05;
    auto trainer = makeTrainer(c);
    run(*trainer, 4);
    applied(*trainer, command("freeze", {{"layer", Number{0}}, {"part", std::string("router")}}));
    const Bits before = bitsOf(*trainer);
    run(*trainer, 3);  // an odd number: steps of one size up and down cannot cancel
    const Bits after = bitsOf(*trainer);
    for (const char* name : {"model.layers.0.mlp.gate.weight", "exp_avg.model.layers.0.mlp.gate.weight", "exp_avg_sq.model.layers.0.mlp.gate.weight",
                             "model.layers.0.mlp.gate.selection_bias"})
        EXPECT_EQ(after.at(name), before.at(name)) << name;
    EXPECT_NE(after.at("model.layers.1.mlp.gate.weight"), before.at("model.layers.1.mlp.gate.weight"));
    EXPECT_NE(after.at("model.layers.1.mlp.gate.selection_bias"), before.at("model.layers.1.mlp.gate.selection_bias"));
}

TEST(Freeze, TakesTheGradientOutOfTheNormThatIsClipped) {
    config::RunConfig c = lettersConfig();
    auto whole = makeTrainer(c), part = makeTrainer(c);
    for (Number e = 0; e < 4; ++e) applied(*part, on("freeze", 0, e));
    const double all = whole->step().report->gradientNorm, rest = part->step().report->gradientNorm;
    double frozen = 0;  // the frozen experts' gradients, from the trainer that has them
    for (const model::Parameter& p : whole->model().parameters())
        if (p.name.starts_with("model.layers.0.mlp.experts.")) frozen += p.value.grad().to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(rest, std::sqrt(all * all - frozen), 1e-5 * all);
    EXPECT_LT(rest, all);
}

TEST(Reinitialise, DrawsWeightsAndRouterRowAsAtTheStartOfARun) {
    config::RunConfig c = lettersConfig();
    c.model.width = 64;
    c.moe.expert_width = 96;
    auto trainer = makeTrainer(c), twin = makeTrainer(c);
    for (LiveTrainer* t : {trainer.get(), twin.get()}) {
        run(*t, 6);
        applied(*t, on("reinitialise", 0, 1));
    }
    EXPECT_EQ(bitsOf(*trainer), bitsOf(*twin));
    for (const model::Parameter& p : trainer->model().parameters()) {
        const bool up = p.name == "model.layers.0.mlp.experts.up", down = p.name == "model.layers.0.mlp.experts.down", gate = p.name == "model.layers.0.mlp.gate.weight";
        if (!up && !down && !gate) continue;
        const at::Tensor piece = p.value.detach().select(0, 1).to(at::kDouble);
        const double n = double(piece.numel()), std = down ? 0.02 / std::sqrt(4.0) : 0.02;
        EXPECT_NEAR(piece.mean().item<double>(), 0, 5 * std / std::sqrt(n)) << p.name;
        EXPECT_NEAR(piece.std().item<double>(), std, 5 * std / std::sqrt(2 * n)) << p.name;
    }
    const Bits bits = bitsOf(*trainer);
    for (const char* matrix : {"gate_proj", "up_proj", "down_proj"}) {
        const std::string& moment = bits.at("exp_avg." + expertPart(0, 1, matrix));
        EXPECT_EQ(moment, std::string(moment.size(), '\0'));
    }
    run(*trainer, 1);
    applied(*trainer, on("reinitialise", 0, 1));
    EXPECT_NE(bitsOf(*trainer).at(expertPart(0, 1, "up_proj")), bits.at(expertPart(0, 1, "up_proj")));  // another step, other numbers
}

TEST(Reinitialise, CopiesTheBusiestExpertOfTheLastStepWithNoise) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, command("rig", {{"expert", Number{3}}, {"bias", 8.0}}));
    EXPECT_NE(refused(*trainer, on("reinitialise", 0, 1, {{"from", std::string("hottest")}})).find("before a step"), std::string::npos);
    run(*trainer, 3);
    EXPECT_NE(applied(*trainer, on("reinitialise", 0, 1, {{"from", std::string("hottest")}, {"noise", 0.0}})).find("copy of E3"), std::string::npos);
    Bits bits = bitsOf(*trainer);
    for (const char* matrix : {"gate_proj", "up_proj", "down_proj"}) EXPECT_EQ(bits.at(expertPart(0, 1, matrix)), bits.at(expertPart(0, 3, matrix)));
    applied(*trainer, on("reinitialise", 0, 2, {{"from", std::string("hottest")}, {"noise", 0.5}}));
    for (const model::Parameter& p : trainer->model().parameters()) {
        if (p.name != "model.layers.0.mlp.experts.up") continue;
        const at::Tensor source = p.value.detach().select(0, 3).to(at::kDouble), added = p.value.detach().select(0, 2).to(at::kDouble) - source;
        EXPECT_NEAR(added.std().item<double>(), 0.5 * source.std().item<double>(), 0.2 * 0.5 * source.std().item<double>());
    }
}

// Softmax of the snapshot's logits over the experts that are not silent, in float64: [tokens][E].
std::vector<std::vector<double>> probabilities(const telemetry::ProbeSnapshot& s, int layer, const std::vector<int>& silent) {
    std::vector<std::vector<double>> out;
    for (int t = 0; t < s.tokens; ++t) {
        std::vector<double> row;
        double sum = 0;
        for (int e = 0; e < s.experts; ++e) {
            const bool gone = std::ranges::find(silent, e) != silent.end();
            row.push_back(gone ? 0 : std::exp(double(s.logits[std::size_t((layer * s.tokens + t) * s.experts + e)])));
            sum += row.back();
        }
        for (double& p : row) p /= sum;
        out.push_back(row);
    }
    return out;
}

TEST(Duplicate, KeepsTheJointProbabilityOfSoftmaxScores) {
    config::RunConfig c = lettersConfig();
    c.moe.top_k = 1;
    c.balance.kind = "switch";
    auto trainer = makeTrainer(c);
    applied(*trainer, command("rig", {{"layer", Number{0}}, {"expert", Number{1}}, {"bias", 1.5}}));
    run(*trainer, 8);
    applied(*trainer, on("kill", 0, 3));
    const auto before = probabilities(trainer->probe(), 0, {3});
    const std::string said = applied(*trainer, on("duplicate", 0, 1, {{"to", Number{3}}, {"noise", 0.0}}));
    EXPECT_NE(said.find("together they have the probability of the one"), std::string::npos) << said;
    const auto after = probabilities(trainer->probe(), 0, {});
    for (std::size_t t = 0; t < before.size(); ++t) {
        EXPECT_NEAR(after[t][1], before[t][1] / 2, 1e-6);
        EXPECT_NEAR(after[t][3], before[t][1] / 2, 1e-6);
        EXPECT_NEAR(after[t][0], before[t][0], 1e-6);
        EXPECT_NEAR(after[t][2], before[t][2], 1e-6);
    }
    run(*trainer, 2);
}

TEST(Duplicate, LeavesTheFunctionOfADenseMixtureAsItIs) {
    auto trainer = makeTrainer(denseMixture());
    run(*trainer, 8);
    applied(*trainer, on("kill", 1, 0));
    const double before = trainer->evaluate().loss;
    applied(*trainer, on("duplicate", 1, 2, {{"to", Number{0}}, {"noise", 0.0}}));
    EXPECT_NEAR(trainer->evaluate().loss, before, 1e-6);
    applied(*trainer, on("kill", 1, 3));
    const double changed = trainer->evaluate().loss;
    EXPECT_GT(std::abs(changed - before), 1e-5);  // the loss does see an expert
    applied(*trainer, on("duplicate", 1, 1, {{"to", Number{3}}, {"noise", 0.3}}));
    EXPECT_GT(std::abs(trainer->evaluate().loss - changed), 1e-6);  // and it does see the noise
}

TEST(Duplicate, TakesOnlyASlotThatNobodyUses) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, command("rig", {{"layer", Number{0}}, {"expert", Number{1}}, {"bias", 4.0}}));
    run(*trainer, 3);
    const std::string busy = refused(*trainer, on("duplicate", 0, 1, {{"to", Number{2}}}));
    EXPECT_NE(busy.find("E2 is at work"), std::string::npos) << busy;
    EXPECT_NE(busy.find("no expert of the layer is idle"), std::string::npos) << busy;
    applied(*trainer, on("mute", 0, 3));
    EXPECT_NE(refused(*trainer, on("duplicate", 0, 1, {{"to", Number{2}}})).find("take an idle one (E3)"), std::string::npos);
    EXPECT_NE(refused(*trainer, on("duplicate", 0, 3, {{"to", Number{2}}})).find("is muted"), std::string::npos);
    applied(*trainer, on("duplicate", 0, 1, {{"to", Number{3}}}));
    EXPECT_GT(trainer->step().report->load[3], 0.0f);  // it is at work now
}

TEST(Duplicate, SaysThatSigmoidsDoNotAddUp) {
    config::RunConfig c = lettersConfig();
    c.router.score = "sigmoid";
    auto trainer = makeTrainer(c);
    applied(*trainer, on("mute", 0, 3));
    EXPECT_NE(applied(*trainer, on("duplicate", 0, 1, {{"to", Number{3}}})).find("sigmoids do not add up"), std::string::npos);
}

TEST(Split, LeavesTheFunctionOfADenseMixtureAsItIsAndHalvesTheExpert) {
    for (const char* activation : {"swiglu", "relu"}) {
        config::RunConfig c = denseMixture();
        c.model.activation = activation;
        c.moe.expert_width = 9;
        auto trainer = makeTrainer(c);
        run(*trainer, 8);
        applied(*trainer, on("kill", 0, 1));
        const double before = trainer->evaluate().loss;
        const Bits bits = bitsOf(*trainer);
        applied(*trainer, on("split", 0, 2, {{"to", Number{1}}}));
        EXPECT_NEAR(trainer->evaluate().loss, before, 1e-6) << activation;
        const auto down = [&](int expert) {
            for (const model::Parameter& p : trainer->model().parameters())
                if (p.name == "model.layers.0.mlp.experts.down") return p.value.detach().select(0, expert);
            return at::Tensor();
        };
        EXPECT_EQ(down(2).narrow(1, 4, 5).count_nonzero().item<Number>(), 0);
        EXPECT_EQ(down(1).narrow(1, 0, 4).count_nonzero().item<Number>(), 0);
        const double kept = trainer->evaluate().loss;
        applied(*trainer, on("mute", 0, 1));
        EXPECT_GT(std::abs(trainer->evaluate().loss - kept), 1e-5);  // one half is not the whole
        applied(*trainer, command("unmute", {}));
        run(*trainer, 2);
        EXPECT_GT(down(1).narrow(1, 0, 4).count_nonzero().item<Number>(), 0);  // the free units learn
    }
}

TEST(Merge, OfACopyWithShuffledHiddenUnitsGivesTheOriginalBack) {
    auto trainer = makeTrainer(denseMixture());
    run(*trainer, 8);
    applied(*trainer, on("kill", 0, 3));
    const double before = trainer->evaluate().loss;
    applied(*trainer, on("duplicate", 0, 1, {{"to", Number{3}}, {"noise", 0.0}}));
    const at::Tensor order = at::tensor({5, 2, 7, 0, 3, 6, 1, 4}, at::kLong);
    for (model::Parameter& p : trainer->model().parameters()) {
        const at::NoGradGuard guard;
        if (p.name == "model.layers.0.mlp.experts.down") p.value.detach().select(0, 3).copy_(p.value.detach().select(0, 3).index_select(1, order).clone());
        if (p.name == "model.layers.0.mlp.experts.up")
            p.value.detach().select(0, 3).copy_(p.value.detach().select(0, 3).view({2, 8, -1}).index_select(1, order).reshape({16, -1}).clone());
    }
    EXPECT_NEAR(trainer->evaluate().loss, before, 1e-6);
    applied(*trainer, on("merge", 0, 1, {{"with", Number{3}}}));
    EXPECT_NEAR(trainer->evaluate().loss, before, 1e-6);
    EXPECT_NE(refused(*trainer, on("merge", 0, 1, {{"with", Number{3}}})).find("killed"), std::string::npos);
}

TEST(Merge, WeighsByLoadAndKeepsTheBusierRow) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, command("rig", {{"layer", Number{0}}, {"expert", Number{2}}, {"bias", 1.0}}));
    run(*trainer, 3);
    const auto report = *trainer->step().report;
    const double a = double(report.load[0]), b = double(report.load[2]);
    ASSERT_GT(b, a);
    const auto gate = [&] { return trainer->model().routers()[0].at("weight").detach().clone(); };
    const at::Tensor rows = gate();
    const std::string said = applied(*trainer, on("merge", 0, 0, {{"with", Number{2}}}));
    EXPECT_NE(said.find("router row of E2"), std::string::npos) << said;
    EXPECT_TRUE(at::equal(gate().select(0, 0), rows.select(0, 2)));
    EXPECT_NEAR(trainer->progress().offsets[0][0], 1.0 + std::log((a + b) / b), 1e-5);  // its rig and the other's load
    EXPECT_EQ(trainer->progress().killed[0], std::vector<Number>{2});
}

TEST(Swap, SendsTheTokensOfTheOneToTheOther) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 10);
    const auto before = trainer->probe();
    const Bits bits = bitsOf(*trainer);
    applied(*trainer, on("swap", 0, 1, {{"with", Number{3}}}));
    const auto after = trainer->probe();
    const auto exchanged = [](int e) { return e == 1 ? 3 : e == 3 ? 1 : e; };
    for (int i = 0; i < before.tokens * before.slotsPerToken; ++i)  // layer 0 comes first
        EXPECT_EQ(after.expertIds[std::size_t(i)], exchanged(before.expertIds[std::size_t(i)]));
    applied(*trainer, on("swap", 0, 1, {{"with", Number{3}}}));
    EXPECT_EQ(bitsOf(*trainer), bits);
}

TEST(Oracle, DealsTokensOutInTurnAmongThoseAtWorkAndEndsOnRequest) {
    config::RunConfig c = lettersConfig();
    auto trainer = makeTrainer(c);
    applied(*trainer, command("rig", {{"layer", Number{0}}, {"expert", Number{0}}, {"bias", 8.0}}));
    applied(*trainer, on("kill", 0, 3));
    EXPECT_GT(trainer->step().report->load[0], 0.45f);
    applied(*trainer, command("oracle", {{"kind", std::string("round_robin")}, {"layer", Number{0}}}));
    const auto dealt = *trainer->step().report;
    for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(dealt.load[e], 1.0f / 3, 1e-6);
    EXPECT_EQ(dealt.load[3], 0.0f);
    applied(*trainer, command("oracle", {{"kind", std::string("random")}, {"layer", Number{0}}}));
    const auto drawn = *trainer->step().report;
    for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(drawn.load[e], 1.0f / 3, 0.15f);
    applied(*trainer, command("oracle", {{"kind", std::string("none")}}));
    EXPECT_GT(trainer->step().report->load[0], 0.45f);
}

TEST(Pin, SendsEveryTokenOfADomainToItsExpertFirst) {
    config::RunConfig c = lettersConfig();
    c.telemetry.probe_tokens = 120;  // ten sequences, of both domains
    auto trainer = makeTrainer(c);
    run(*trainer, 4);
    applied(*trainer, command("pin", {{"domain", std::string("high")}, {"expert", Number{2}}, {"layer", Number{1}}}));
    const auto probe = trainer->probe();
    int others = 0;
    for (int t = 0; t < probe.tokens; ++t) {
        const std::int32_t first = probe.expertIds[std::size_t((probe.tokens + t) * probe.slotsPerToken)];
        if (probe.domains[std::size_t(t)] == 1) EXPECT_EQ(first, 2) << t;
        else others += first != 2;
    }
    EXPECT_GT(others, 0);
    const auto r = *trainer->step().report;  // domain x expert counts: [layer][domain][expert]
    const std::size_t high = (1 * 2 + 1) * 4;
    EXPECT_NEAR(r.domainExperts[high + 2], (r.domainExperts[high] + r.domainExperts[high + 1] + r.domainExperts[high + 2] + r.domainExperts[high + 3]) / 2, 0.5);
    EXPECT_NE(refused(*trainer, on("kill", 1, 2)).find("domain high pinned"), std::string::npos);
    EXPECT_NE(refused(*trainer, command("pin", {{"domain", std::string("middle")}, {"expert", Number{2}}})).find("low, high"), std::string::npos);
    EXPECT_NE(refused(*trainer, command("unpin", {{"domain", std::string("low")}})).find("not pinned"), std::string::npos);
    applied(*trainer, command("unpin", {{"domain", std::string("high")}}));
    applied(*trainer, on("kill", 1, 2));
}

TEST(Pin, IsPartOfWhatAResumeRestores) {
    const Folder folder;
    auto whole = makeTrainer(lettersConfig()), resumed = makeTrainer(lettersConfig());
    run(*whole, 3);
    applied(*whole, command("pin", {{"domain", std::string("low")}, {"expert", Number{1}}}));
    applied(*whole, command("oracle", {{"kind", std::string("random")}, {"layer", Number{0}}}));
    resumed->restore(throughDisk(*whole, folder));
    run(*whole, 4);
    run(*resumed, 4);
    EXPECT_EQ(bitsOf(*resumed), bitsOf(*whole));
}

TEST(Interventions, AreRefusedWhereTheRouterHasNoRows) {
    config::RunConfig c = lettersConfig();
    c.router.net = "hash";
    c.router.select = "fixed";
    c.router.weigh = "uniform";
    c.balance.kind = "none";
    auto trainer = makeTrainer(c);
    EXPECT_NE(refused(*trainer, on("swap", 0, 0, {{"with", Number{1}}})).find("router row"), std::string::npos);
    EXPECT_NE(refused(*trainer, command("freeze", {{"layer", Number{0}}, {"part", std::string("router")}})).find("nothing that trains"), std::string::npos);
    applied(*trainer, on("reinitialise", 0, 1));
    applied(*trainer, on("kill", 0, 1));
    run(*trainer, 2);
}

TEST(Interventions, OfAStateThatDoesNotFitAreRefused) {
    const Folder folder;
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 1);
    auto good = throughDisk(*trainer, folder);
    for (const auto& [from, to] : {std::pair{R"("killed":[[],[]])", R"("killed":[[4],[]])"}, std::pair{R"("muted":[[],[]])", R"("muted":[[],[-1]])"},
                                   std::pair{R"("offsets":[[],[]])", R"("offsets":[[1],[]])"}, std::pair{R"("pins":[[],[]])", R"("pins":[[9],[]])"}}) {
        std::string state = good.stateJson;
        const std::size_t at = state.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        state.replace(at, std::string(from).size(), to);
        std::swap(state, good.stateJson);
        auto other = makeTrainer(lettersConfig());
        EXPECT_ANY_THROW(other->restore(good)) << to;
        std::swap(state, good.stateJson);
    }
}

TEST(ZeroComputationExperts, AreMutedAndKilledLikeOthersButHaveNoWeightsToChange) {
    config::RunConfig c = lettersConfig();
    c.moe.zero_experts = c.moe.copy_experts = 1;
    c.router.noise = "logit_gauss_fixed", c.router.noise_scale = 12;  // tokens choose apart from the start
    auto trainer = makeTrainer(c);
    run(*trainer, 2);
    applied(*trainer, on("mute", 0, 4));
    for (const auto& refusedOne : {on("freeze", 0, 5), on("reinitialise", 0, 5), on("duplicate", 0, 0, {{"to", Number{4}}}), on("split", 0, 0, {{"to", Number{4}}}),
                                   on("merge", 0, 0, {{"with", Number{5}}})})
        EXPECT_NE(refused(*trainer, refusedOne).find("has no weights of its own"), std::string::npos) << refusedOne.verb;
    applied(*trainer, on("kill", 0, 5));
    run(*trainer, 2);
    const auto report = trainer->step().report;
    EXPECT_EQ(report->load[4] + report->load[5], 0);
    EXPECT_NEAR(static_cast<double>(report->ffnExperts[0]), 2, 1e-6);  // layer 0 has only networks left
    const double elsewhere = static_cast<double>(report->load[6 + 4] + report->load[6 + 5]);
    EXPECT_GT(elsewhere, 0);
    EXPECT_NEAR(static_cast<double>(report->ffnExperts[1]), 2 * (1 - elsewhere), 1e-6);
}

}  // namespace
}  // namespace moescope::test
