// The trainer: steps, telemetry, evaluation, probe, commands, sentinel.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/fault.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

using training::LiveTrainer;

config::Command command(std::string verb, config::Values arguments) { return {std::move(verb), std::move(arguments)}; }

config::Command setCommand(const std::string& key, config::Value value) {
    return command("set", {{"key", key}, {"value", std::move(value)}});
}

std::string applied(LiveTrainer& trainer, const config::Command& c) {
    telemetry::Event event;
    const base::Problems problems = trainer.apply(c, event);
    EXPECT_TRUE(problems.empty()) << problems.front().text;
    return event.text;
}

void run(LiveTrainer& trainer, int steps) {
    for (int i = 0; i < steps; ++i) ASSERT_TRUE(trainer.step().finite);
}

TEST(TrainerStep, LearnsTheTestLanguages) {
    auto trainer = makeTrainer(lettersConfig());
    const double before = trainer->evaluate().loss;
    run(*trainer, 120);
    const auto after = trainer->evaluate();
    EXPECT_NEAR(before, std::log(10.0), 0.1);
    EXPECT_LT(after.loss, 1.0);  // the source has about 0.5 nats
    EXPECT_NEAR(after.bitsPerByte, after.loss / std::log(2.0), 1e-12);
    EXPECT_EQ(trainer->stepsDone(), 120);
    EXPECT_EQ(trainer->tokensDone(), 120 * 48);
    EXPECT_NEAR(trainer->flopsDone(), 120 * 48 * config::cost(trainer->config(), 10).flopsToken, 1);
}

TEST(TrainerStep, ReportsWhatItComputed) {
    auto trainer = makeTrainer(lettersConfig());
    const auto result = trainer->step();
    ASSERT_TRUE(result.report);
    const auto& r = *result.report;
    EXPECT_EQ(r.step, 1);
    EXPECT_EQ(r.tokens, 48);
    EXPECT_NEAR(r.loss, std::log(10.0), 0.1);
    EXPECT_DOUBLE_EQ(r.learningRate, config::learningRate(trainer->config().training, 0));
    EXPECT_NEAR(r.auxiliary, 0.01 * r.balance, 1e-6);
    EXPECT_GT(r.gradientNorm, 0);
    EXPECT_GT(r.tokensPerSecond, 0);
    ASSERT_EQ(r.load.size(), 8u);
    for (int layer = 0; layer < 2; ++layer) {
        float sum = 0;
        for (int e = 0; e < 4; ++e) sum += r.load[static_cast<std::size_t>(4 * layer + e)];
        EXPECT_NEAR(sum, 1, 1e-5);
    }
    float assignments = 0;
    for (const float n : r.domainExperts) assignments += n;
    EXPECT_EQ(assignments, 2 * 2 * 48);
}

TEST(TrainerStep, ReportsOnlyAsOftenAsAsked) {
    auto c = lettersConfig();
    c.telemetry.report_every = 3;
    auto trainer = makeTrainer(c);
    for (int step = 1; step <= 7; ++step) EXPECT_EQ(trainer->step().report.has_value(), step % 3 == 0) << step;
}

TEST(TrainerStep, HasTheSameBitsWithTelemetryOnAndOff) {
    auto on = lettersConfig(), off = lettersConfig();
    off.telemetry.report_every = 0;
    auto a = makeTrainer(on), b = makeTrainer(off);
    run(*a, 12);
    run(*b, 12);
    EXPECT_EQ(bitsOf(*a), bitsOf(*b));
    EXPECT_EQ(a->evaluate().loss, b->evaluate().loss);
}

TEST(TrainerStep, RepeatsItselfBitForBitWithTwoThreads) {
    auto c = lettersConfig();
    c.training.threads = 2;
    c.model.width = 64;
    c.moe.expert_width = 96;
    c.model.context = 64;
    c.model.dropout = 0.1;
    c.router.noise = "logit_gauss_fixed";
    c.router.noise_scale = 1;
    Bits first;
    for (int repeat = 0; repeat < 5; ++repeat) {
        auto trainer = makeTrainer(c);
        run(*trainer, 5);
        if (repeat == 0) first = bitsOf(*trainer);
        EXPECT_EQ(bitsOf(*trainer), first);
    }
}

TEST(TrainerStep, DoesNotTouchLibTorchsGenerators) {
    auto c = lettersConfig();
    c.model.dropout = 0.2;
    c.router.noise = "logit_gauss_fixed";
    c.router.noise_scale = 1;
    auto trainer = makeTrainer(c);
    const auto state = [] { return at::globalContext().defaultGenerator(at::kCPU).get_state().clone(); };
    const at::Tensor before = state();
    run(*trainer, 3);
    trainer->evaluate();
    trainer->probe();
    trainer->sample("abc", {});
    EXPECT_TRUE(at::equal(before, state()));
}

// Four micro-batches of one sequence must act as one batch of the same four sequences.
class Joined final : public data::Corpus {
public:
    std::int64_t vocabulary() const override { return m_inner.vocabulary(); }
    const std::vector<std::string>& domains() const override { return m_inner.domains(); }
    const std::vector<std::string>& kinds() const override { return m_inner.kinds(); }
    data::Batch training(std::int64_t step, std::int64_t micro, std::int64_t sequences, std::int64_t length) const override {
        data::Batch all{sequences, length, {}, {}, {}, {}, {}, {}};
        for (std::int64_t s = 0; s < sequences; ++s) {
            const data::Batch one = m_inner.training(step, micro * sequences + s, 1, length);
            all.inputs.insert(all.inputs.end(), one.inputs.begin(), one.inputs.end());
            all.targets.insert(all.targets.end(), one.targets.begin(), one.targets.end());
            all.domains.insert(all.domains.end(), one.domains.begin(), one.domains.end());
        }
        return all;
    }
    data::Batch validation(std::int64_t i, std::int64_t s, std::int64_t l) const override { return m_inner.validation(i, s, l); }
    std::vector<std::int32_t> encode(std::string_view text) const override { return m_inner.encode(text); }
    std::string decode(std::int32_t token) const override { return m_inner.decode(token); }
    double bytesPerToken() const override { return 1; }
    data::CorpusFacts facts() const override { return {}; }
    std::string fingerprint() const override { return "joined"; }

private:
    Letters m_inner;
};

TEST(TrainerStep, AccumulatedMicroBatchesActAsOneBigBatch) {
    auto big = lettersConfig(), small = lettersConfig();
    big.balance.kind = small.balance.kind = "none";
    small.training.batch = 1;
    small.training.accumulate = 4;
    LiveTrainer a(big, std::make_shared<Joined>(), "cpu"), b(small, std::make_shared<Joined>(), "cpu");
    for (int step = 0; step < 3; ++step) {
        const auto ra = a.step(), rb = b.step();
        EXPECT_NEAR(ra.report->loss, rb.report->loss, 1e-5);
        EXPECT_NEAR(ra.report->gradientNorm, rb.report->gradientNorm, 1e-5 * ra.report->gradientNorm);
        EXPECT_EQ(ra.report->load, rb.report->load);
    }
    EXPECT_EQ(a.tokensDone(), b.tokensDone());
}

TEST(TrainerStep, WithRoomForEveryTokenCapacityChangesNothing) {
    auto dropless = lettersConfig(), roomy = lettersConfig();
    roomy.capacity.factor = 1000;
    auto a = makeTrainer(dropless), b = makeTrainer(roomy);
    for (int step = 0; step < 4; ++step) {
        const auto ra = a->step(), rb = b->step();
        EXPECT_NEAR(ra.report->loss, rb.report->loss, 1e-6);
        EXPECT_EQ(rb.report->droppedAssignments[0], 0);
    }
}

TEST(TrainerStep, CountsOnlyTheFlopsOfKeptAssignments) {
    auto c = lettersConfig();
    c.capacity.factor = 0.5;
    auto trainer = makeTrainer(c);
    const auto r = *trainer->step().report;
    const double dropped = (r.droppedAssignments[0] + r.droppedAssignments[1]) / 2;
    EXPECT_GT(dropped, 0.3);
    EXPECT_NEAR(trainer->flopsDone(), 48 * config::cost(c, 10, 2 * (1 - dropped)).flopsToken, 1e-4 * trainer->flopsDone());
}

TEST(TrainerEvaluation, LeavesEveryBitOfTheStateAsItWas) {
    auto c = lettersConfig();
    c.router.offset = "bias_sign";
    c.router.score = "sigmoid";
    c.balance.kind = "none";
    auto trainer = makeTrainer(c);
    run(*trainer, 5);
    const Bits before = bitsOf(*trainer);
    EXPECT_TRUE(before.contains("model.layers.0.mlp.gate.selection_bias"));
    const double first = trainer->evaluate().loss;
    trainer->probe();
    trainer->probeText("abcdefghij");
    trainer->muteTable(1);
    trainer->evaluateText("abcabcabc");
    trainer->sample("fgh", {});
    EXPECT_EQ(trainer->evaluate().loss, first);
    EXPECT_EQ(bitsOf(*trainer), before);
}

TEST(TrainerEvaluation, SplitsTheLossByDomain) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 10);
    const auto e = trainer->evaluate();
    ASSERT_EQ(e.domainLoss.size(), 2u);
    const Letters letters;
    double count[2] = {0, 0};
    for (int i = 0; i < 2; ++i)
        for (const std::int32_t d : letters.validation(i, 4, 12).domains) ++count[d];
    EXPECT_NEAR(e.loss, (e.domainLoss[0] * count[0] + e.domainLoss[1] * count[1]) / (count[0] + count[1]), 1e-9);
}

TEST(TrainerEvaluation, GivesLogitsWhoseCrossEntropyIsTheLoss) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 5);
    const std::vector<std::vector<std::int32_t>> rows{{0, 1, 2, 3}, {5, 6, 7, 9}, {1, 1, 1, 1}, {9, 8, 7, 6}, {2, 3, 4, 0}};
    std::vector<float> logits;
    const auto e = trainer->evaluateTokens(rows, &logits);
    ASSERT_EQ(logits.size(), 5u * 4 * 10);
    EXPECT_EQ(e.tokens, 15);
    double sum = 0;
    for (std::size_t s = 0; s < 5; ++s)
        for (std::size_t t = 0; t < 3; ++t) {
            const float* z = &logits[(s * 4 + t) * 10];
            double total = 0;
            for (int v = 0; v < 10; ++v) total += std::exp(static_cast<double>(z[v]));
            sum += std::log(total) - static_cast<double>(z[rows[s][t + 1]]);
        }
    EXPECT_NEAR(e.loss, sum / 15, 1e-6);
}

TEST(TrainerEvaluation, RefusesTokensOutsideTheVocabulary) {
    auto trainer = makeTrainer(lettersConfig());
    for (const std::int32_t id : {-1, 10, 1 << 30}) {
        try {
            trainer->evaluateTokens({{0, 1}, {2, id}}, nullptr);
            FAIL();
        } catch (const base::Error& error) {
            EXPECT_EQ(error.exit(), base::ExitCode::badInput);
            EXPECT_NE(error.line().find("row 1"), std::string::npos);
        }
    }
}

TEST(TrainerProbe, HoldsTheWholeRoutingOfItsTokens) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 3);
    auto p = trainer->probe();
    EXPECT_EQ(p.tokens, 24);
    EXPECT_EQ(p.sequenceLength, 12);
    EXPECT_EQ(p.layers, 2);
    EXPECT_EQ(p.slotsPerToken, 2);
    ASSERT_EQ(p.logits.size(), 2u * 24 * 4);
    for (std::size_t token = 0; token < 48; ++token) {
        const float* z = &p.logits[token * 4];
        const auto first = p.expertIds[token * 2], second = p.expertIds[token * 2 + 1];
        for (int e = 0; e < 4; ++e) {
            if (e != first) {
                EXPECT_LE(z[e], z[first]);
            }
            if (e != first && e != second) {
                EXPECT_LE(z[e], z[second]);
            }
        }
        EXPECT_NEAR(p.weights[token * 2] + p.weights[token * 2 + 1], 1, 1e-6);
        EXPECT_NEAR(p.weights[token * 2] / p.weights[token * 2 + 1], std::exp(z[first] - z[second]), 1e-4);
    }
    for (std::size_t t = 0; t < 24; ++t) EXPECT_EQ(std::isnan(p.losses[t]), t % 12 == 11);
    auto again = trainer->probe();
    p.losses.clear();  // NaN is not equal to itself
    again.losses.clear();
    EXPECT_EQ(again, p);
}

/// Values of one expert over the probe's tokens, ascending.
std::vector<double> sortedLogits(const telemetry::ProbeSnapshot& probe, std::size_t layer, std::size_t expert) {
    std::vector<double> values;
    const auto tokens = static_cast<std::size_t>(probe.tokens), experts = static_cast<std::size_t>(probe.experts);
    for (std::size_t t = 0; t < tokens; ++t) values.push_back(probe.logits[(layer * tokens + t) * experts + expert]);
    std::sort(values.begin(), values.end());
    return values;
}

double quantile(const std::vector<double>& sorted, double level) {
    const double at = level * static_cast<double>(sorted.size() - 1), below = std::floor(at);
    const auto i = static_cast<std::size_t>(below);
    return sorted[i] + (at - below) * (sorted[std::min(i + 1, sorted.size() - 1)] - sorted[i]);
}

TEST(TrainerProbe, HoldsWhatNoiseMakesOfTheLogitsOfEachExpert) {
    auto plain = lettersConfig(), noisy = plain;
    noisy.router.noise = "logit_add_uniform";
    noisy.router.noise_scale = 0.25;
    EXPECT_TRUE(makeTrainer(plain)->probe().noisyLogits.empty());
    auto trainer = makeTrainer(noisy);
    run(*trainer, 5);
    const telemetry::ProbeSnapshot probe = trainer->probe();
    const std::size_t levels = telemetry::kProbeLevels.size();
    ASSERT_EQ(probe.noisyLogits.size(), static_cast<std::size_t>(probe.layers * probe.experts) * levels);
    for (std::size_t e = 0; e < 4; ++e)  // of the first layer: what it reads does not depend on earlier choices
        for (std::size_t level = 0; level < levels; ++level) {
            // the noise is uniform in 0.75 .. 1.25, so no order statistic can move further
            const double clean = quantile(sortedLogits(probe, 0, e), telemetry::kProbeLevels[level]);
            EXPECT_GE(probe.noisyLogits[e * levels + level], clean + 0.75 - 1e-5);
            EXPECT_LE(probe.noisyLogits[e * levels + level], clean + 1.25 + 1e-5);
        }
    EXPECT_EQ(trainer->probe().noisyLogits, probe.noisyLogits) << "the draws belong to the step";
}

TEST(TrainerProbe, ThatDrawsNoiseLeavesTheTrainingAsItIs) {
    auto c = lettersConfig();
    c.router.noise = "gumbel_all";
    c.model.dropout = 0.1;
    auto watched = makeTrainer(c), alone = makeTrainer(c);
    for (int i = 0; i < 4; ++i) {
        watched->probe();
        ASSERT_TRUE(watched->step().finite);
        ASSERT_TRUE(alone->step().finite);
    }
    EXPECT_EQ(bitsOf(*watched), bitsOf(*alone));
}

TEST(TrainerProbe, ReadsATextLongerThanTheContext) {
    auto trainer = makeTrainer(lettersConfig());
    const auto p = trainer->probeText("abcdefghijabcde");
    EXPECT_EQ(p.tokens, 15);
    EXPECT_EQ(p.sequenceLength, 12);
    EXPECT_EQ(p.tokenTexts[14], "e");
    EXPECT_FALSE(std::isnan(p.losses[12]));
    EXPECT_TRUE(std::isnan(p.losses[14]));
    for (const auto id : p.expertIds) EXPECT_GE(id, 0);
}

TEST(TrainerSample, IsTheSameForTheSameSeedAndFollowsTheCacheBeyondTheContext) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 120);
    training::GenerationOptions options;
    options.tokens = 30;
    options.seed = 4;
    const auto a = trainer->sample("abc", options), b = trainer->sample("abc", options);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.tokens.size(), 33u);
    EXPECT_EQ(a.promptTokens, 3);
    EXPECT_EQ(a.expertIds.size(), 33u * 2 * 2);
    options.seed = 5;
    EXPECT_NE(trainer->sample("abc", options).tokens, a.tokens);
    options.temperature = 0;
    options.tokens = 5;
    std::string greedy;
    for (const std::string& token : trainer->sample("abc", options).tokens) greedy += token;
    EXPECT_EQ(greedy, "abcdeabc");
}

TEST(TrainerSample, SaysHowLikelyEachTokenWasAsAnUncachedPassDoes) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 20);
    training::GenerationOptions options;
    options.tokens = 5;
    const training::Generation made = trainer->generate("abc", options);
    ASSERT_EQ(made.ids.size(), 8u);
    ASSERT_EQ(made.logprobs.size(), 5u);
    std::vector<float> logits;
    trainer->evaluateTokens({made.ids}, &logits);
    const auto width = static_cast<std::size_t>(trainer->vocabulary());
    for (std::size_t i = 0; i < 5; ++i) {
        const float* row = logits.data() + (i + 2) * width;
        double total = 0;
        for (std::size_t v = 0; v < width; ++v) total += std::exp(static_cast<double>(row[v]));
        EXPECT_NEAR(made.logprobs[i], static_cast<double>(row[made.ids[i + 3]]) - std::log(total), 1e-4) << i;
    }
    EXPECT_GT(made.prefillSeconds, 0);
    EXPECT_GT(made.decodeSeconds, 0);
}

TEST(TrainerCommands, ChangeSettingsFromTheNextStepAndSaySo) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 2);
    EXPECT_EQ(applied(*trainer, setCommand("balance.coefficient", 0.05)), "balance.coefficient 0.01 -> 0.05");
    const auto r = *trainer->step().report;
    EXPECT_NEAR(r.auxiliary, 0.05 * r.balance, 1e-6);
    EXPECT_EQ(trainer->config().balance.coefficient, 0.05);
}

TEST(TrainerCommands, RefuseWhatCannotBeAndChangeNothing) {
    auto trainer = makeTrainer(lettersConfig());
    telemetry::Event event;
    const auto before = trainer->config();
    for (const auto& c : {setCommand("model.width", std::int64_t{32}), setCommand("moe.top_k", std::int64_t{9}), setCommand("training.lr", -1.0),
                          command("mute", {{"layer", std::int64_t{5}}, {"expert", std::int64_t{0}}}),
                          command("mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{4}}}), command("pause", {}), command("dance", {})})
        EXPECT_FALSE(trainer->apply(c, event).empty()) << c.verb;
    EXPECT_EQ(trainer->config(), before);
}

TEST(TrainerCommands, AMutedExpertIsNeverChosenAndGetsNoGradient) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 2);
    EXPECT_EQ(applied(*trainer, command("mute", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{2}}})), "Layer 1: expert E2 muted");
    const auto r = *trainer->step().report;
    EXPECT_EQ(r.load[4 + 2], 0);
    EXPECT_GT(r.load[2], 0);
    for (const model::Parameter& p : trainer->model().parameters())
        if (p.name == "model.layers.1.mlp.experts.up") {
            EXPECT_EQ(p.value.grad().select(0, 2).abs().max().item<float>(), 0);
        }
    EXPECT_EQ(applied(*trainer, command("unmute", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{2}}})), "Layer 1: expert E2 unmuted");
    EXPECT_GT(trainer->step().report->load[4 + 2], 0);
}

TEST(TrainerCommands, AsManyExpertsStayAsATokenNeeds) {
    auto trainer = makeTrainer(lettersConfig());
    const auto mute = [](std::int64_t e) { return command("mute", {{"layer", std::int64_t{0}}, {"expert", e}}); };
    applied(*trainer, mute(0));
    applied(*trainer, mute(3));
    telemetry::Event event;
    EXPECT_FALSE(trainer->apply(mute(1), event).empty());
    EXPECT_TRUE(trainer->step().finite);
}

TEST(TrainerCommands, MutingEqualsALogitOfMinusInfinity) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 8);
    const auto table = trainer->muteTable(0);
    ASSERT_EQ(table.delta.size(), 4u);
    applied(*trainer, command("mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{1}}}));
    const auto muted = trainer->evaluate();
    applied(*trainer, command("unmute", {}));
    applied(*trainer, command("rig", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{1}}, {"bias", -500.0}}));
    const auto rigged = trainer->evaluate();
    for (std::size_t d = 0; d < 2; ++d) {
        EXPECT_NEAR(muted.domainLoss[d], rigged.domainLoss[d], 1e-6);
        EXPECT_NEAR(table.baseline[d] + table.delta[1][d], muted.domainLoss[d], 1e-9);
    }
}

TEST(TrainerCommands, TheEffectOfAMuteIsThatOfMutingWhateverElseIsMuted) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 8);
    const auto mute = [](std::int64_t e) { return command("mute", {{"layer", std::int64_t{0}}, {"expert", e}}); };
    applied(*trainer, mute(3));
    const auto with = trainer->evaluate().domainLoss;
    const auto before = trainer->muteEffect(0, 1);
    applied(*trainer, mute(1));
    const auto without = trainer->evaluate().domainLoss;
    const auto after = trainer->muteEffect(0, 1);
    EXPECT_EQ(before.with, with);
    EXPECT_EQ(after.lossWithout, trainer->evaluate().loss);
    EXPECT_EQ(before.without, without);
    EXPECT_EQ(after.with, with) << "an expert that is muted already is switched on to compare";
    EXPECT_EQ(after.without, without);
    EXPECT_NE(with, without);
    EXPECT_EQ(trainer->evaluate().domainLoss, without) << "asking changes nothing";
}

TEST(TrainerCommands, TheEffectOfAMuteNeedsEnoughOtherExperts) {
    auto trainer = makeTrainer(lettersConfig());
    applied(*trainer, command("mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{0}}}));
    applied(*trainer, command("mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{3}}}));
    EXPECT_THROW(trainer->muteEffect(0, 1), base::Error);
    EXPECT_THROW(trainer->muteEffect(0, 4), base::Error);
    EXPECT_THROW(trainer->muteEffect(7, 0), base::Error);
    EXPECT_NO_THROW(trainer->muteEffect(0, 3)) << "it is muted already";
}

TEST(TrainerCommands, ARigPullsTheRouterInTheLayersItNames) {
    auto trainer = makeTrainer(lettersConfig());
    EXPECT_EQ(applied(*trainer, command("rig", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{3}}, {"bias", 50.0}})),
              "Layer 0: router rigged by 50 towards E3");
    const auto r = *trainer->step().report;
    EXPECT_NEAR(r.load[3], 0.5, 1e-6);
    EXPECT_LT(r.load[4 + 3], 0.45);
}

TEST(TrainerCommands, TopKAndCapacityCanChangeWhileItTrains) {
    auto trainer = makeTrainer(lettersConfig());
    run(*trainer, 2);
    applied(*trainer, setCommand("moe.top_k", std::int64_t{3}));
    const auto r = *trainer->step().report;
    float assignments = 0;
    for (const float n : r.domainExperts) assignments += n;
    EXPECT_EQ(assignments, 2 * 3 * 48);
    applied(*trainer, setCommand("capacity.factor", 0.5));
    EXPECT_GT(trainer->step().report->droppedAssignments[0], 0.3);
}

struct Armed {
    explicit Armed(const std::string& text) { EXPECT_TRUE(base::fault::configure(text).empty()); }
    ~Armed() { base::fault::configure(""); }
};

class Sentinel : public testing::TestWithParam<const char*> {};

TEST_P(Sentinel, ABrokenStepIsNotAppliedAndCanBeTriedAgain) {
    auto disturbed = makeTrainer(lettersConfig()), calm = makeTrainer(lettersConfig());
    run(*calm, 6);
    {
        const Armed armed(std::string(GetParam()) + ":4:nan");
        run(*disturbed, 3);
        const Bits before = bitsOf(*disturbed);
        const auto result = disturbed->step();
        EXPECT_FALSE(result.finite);
        EXPECT_FALSE(result.offender.empty());
        EXPECT_FALSE(result.report);
        EXPECT_EQ(disturbed->stepsDone(), 3);
        EXPECT_EQ(bitsOf(*disturbed), before);
    }
    run(*disturbed, 3);
    EXPECT_EQ(bitsOf(*disturbed), bitsOf(*calm));
}

TEST_P(Sentinel, AStepThatThrewIsNotApplied) {
    auto disturbed = makeTrainer(lettersConfig()), calm = makeTrainer(lettersConfig());
    run(*calm, 4);
    {
        const Armed armed(std::string(GetParam()) + ":3:throw");
        run(*disturbed, 2);
        EXPECT_THROW(disturbed->step(), base::Error);
    }
    run(*disturbed, 2);
    EXPECT_EQ(bitsOf(*disturbed), bitsOf(*calm));
}

INSTANTIATE_TEST_SUITE_P(Sites, Sentinel, testing::Values("step.fwd", "step.bwd", "step.opt"));

TEST(SentinelNames, TheFirstModuleWithABrokenValue) {
    auto trainer = makeTrainer(lettersConfig());
    const at::NoGradGuard guard;
    for (model::Parameter& p : trainer->model().parameters())
        if (p.name == "model.layers.1.mlp.experts.down") p.value.fill_(std::nanf(""));
    at::GradMode::set_enabled(true);
    const auto result = trainer->step();
    EXPECT_FALSE(result.finite);
    EXPECT_EQ(result.offender, "model.layers.1");
}

TEST(SentinelNames, AnAbsurdLearningRateEndsInANamedStopNotInACrash) {
    auto c = lettersConfig();
    c.training.lr = 1e30;
    c.training.warmup = 0;
    auto trainer = makeTrainer(c);
    bool stopped = false;
    for (int step = 0; step < 10 && !stopped; ++step) {
        const auto result = trainer->step();
        stopped = !result.finite;
        if (stopped) {
            EXPECT_FALSE(result.offender.empty());
        }
    }
    EXPECT_TRUE(stopped);
}

TEST(TrainerAlarms, AForcedCollapseIsToldAndItsCureToo) {
    auto c = lettersConfig();
    c.moe.top_k = 1;
    c.router.rig = {50, 0, 0, 0};
    auto trainer = makeTrainer(c);
    std::vector<telemetry::Event> events;
    const auto steps = [&](int n) {
        for (int i = 0; i < n; ++i)
            for (auto& event : trainer->step().alarms) events.push_back(event);
    };
    steps(8);
    applied(*trainer, command("rig", {{"expert", std::int64_t{0}}, {"bias", 0.0}}));
    applied(*trainer, setCommand("balance.coefficient", 1.0));
    steps(60);
    std::vector<std::string> codes;
    for (const auto& event : events)
        if (event.text.starts_with("Layer 0")) codes.push_back(event.code);
    ASSERT_GE(codes.size(), 3u);
    EXPECT_EQ(codes[0], "router.collapse");
    EXPECT_EQ(codes[1], "router.idle");
    EXPECT_EQ(codes.back(), "router.recovered");
}

TEST(DenseTwin, SpendsTheFlopsOfItsMixture) {
    auto c = lettersConfig();
    c.model.width = 64;
    c.moe.expert_width = 64;
    auto mixture = makeTrainer(c), twin = makeTrainer(config::denseTwin(c));
    run(*mixture, 1);
    run(*twin, 1);
    EXPECT_NEAR(twin->flopsDone() / mixture->flopsDone(), 1, 0.01);
    EXPECT_TRUE(twin->evaluate().loss > 0);
}

}  // namespace
}  // namespace moescope::test
