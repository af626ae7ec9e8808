// A trainer that was saved and restored goes on with the bits of one that was not.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/config/derived.hpp"
#include "core/config/distillation.hpp"
#include "core/config/presets.hpp"
#include "core/routing/mechanisms.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

constexpr int kSteps = 10;

struct Mix {
    const char* name;
    void (*change)(config::RunConfig&);
};

// Everything a report says but time and memory, which no run repeats.
telemetry::StepTelemetry repeatable(telemetry::StepTelemetry r) {
    r.seconds = r.tokensPerSecond = r.memory = r.dataWait = r.storeWait = 0;
    return r;
}

bool same(const telemetry::StepTelemetry& a, const telemetry::StepTelemetry& b) {
    bool equal = a.step == b.step && a.tokens == b.tokens && a.flops == b.flops;
    std::vector<std::string> numbers[2];
    const auto bits = [](const auto& member) {
        using T = std::decay_t<decltype(member)>;
        if constexpr (std::is_same_v<T, double>)
            return std::string(reinterpret_cast<const char*>(&member), sizeof member);
        else
            return std::string(reinterpret_cast<const char*>(member.data()), member.size() * sizeof(member[0]));
    };
    telemetry::visitMetrics(a, [&](const telemetry::Metric&, const auto& member) { numbers[0].push_back(bits(member)); });
    telemetry::visitMetrics(b, [&](const telemetry::Metric&, const auto& member) { numbers[1].push_back(bits(member)); });
    return equal && numbers[0] == numbers[1];
}

// Commands of a scripted life: the same at the same steps, resumed or not.
void act(training::LiveTrainer& trainer, std::int64_t step) {
    telemetry::Event event;
    const auto apply = [&](config::Command c) {
        for (const base::Problem& problem : trainer.apply(c, event)) ADD_FAILURE() << c.verb << ": " << problem.text;
    };
    if (step == 3) apply({"set", {{"key", std::string("balance.coefficient")}, {"value", 0.2}}});
    if (step == 4) apply({"rig", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{2}}, {"bias", 2.5}}});
    if (step == 5) apply({"mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{1}}}});
    if (step == 7) apply({"set", {{"key", std::string("training.lr")}, {"value", 0.001}}});
    if (step == 6) apply({"reinitialise", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{3}}, {"from", std::string("hottest")}, {"noise", 0.1}}});
    if (step == 6) apply({"freeze", {{"layer", std::int64_t{1}}, {"part", std::string("router")}}});
    if (step == 7) apply({"duplicate", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{0}}, {"to", std::int64_t{1}}, {"noise", 0.05}}});
    if (step == 7) apply({"freeze", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{0}}}});
    if (step == 8) apply({"kill", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{3}}}});
    if (step == 8) apply({"swap", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{0}}, {"with", std::int64_t{1}}}});
    if (step == 8) apply({"unmute", {}});
    if (step == 9) apply({"split", {{"layer", std::int64_t{1}}, {"expert", std::int64_t{1}}, {"to", std::int64_t{3}}}});
    if (step == 9) apply({"merge", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{0}}, {"with", std::int64_t{2}}}});
}

class ResumeMatrix : public testing::TestWithParam<Mix> {};

TEST_P(ResumeMatrix, FromEveryStepGivesTheBitsOfTheUninterruptedRun) {
    config::RunConfig c = lettersConfig();
    c.training.warmup = 6;
    GetParam().change(c);
    const Folder folder;
    auto whole = makeTrainer(c);
    std::vector<checkpoint::LoadedCheckpoint> saved;
    std::vector<telemetry::StepTelemetry> reports;
    std::vector<double> evaluations;
    for (int step = 0; step < kSteps; ++step) {
        saved.push_back(throughDisk(*whole, folder));
        act(*whole, step);
        const auto result = whole->step();
        reports.push_back(result.report ? repeatable(*result.report) : telemetry::StepTelemetry{});
        evaluations.push_back(whole->evaluate().loss);
    }
    const Bits expected = bitsOf(*whole);
    for (int from = 0; from < kSteps; ++from) {
        auto resumed = makeTrainer(c);
        resumed->restore(saved[static_cast<std::size_t>(from)]);
        ASSERT_EQ(resumed->stepsDone(), from);
        for (int step = from; step < kSteps; ++step) {
            act(*resumed, step);
            const auto result = resumed->step();
            const auto at = static_cast<std::size_t>(step);
            ASSERT_TRUE(same(result.report ? repeatable(*result.report) : telemetry::StepTelemetry{}, reports[at])) << from << " -> " << step;
            ASSERT_EQ(resumed->evaluate().loss, evaluations[at]) << from << " -> " << step;
        }
        EXPECT_EQ(bitsOf(*resumed), expected) << "resumed from " << from;
        EXPECT_EQ(resumed->tokensDone(), whole->tokensDone());
        EXPECT_EQ(resumed->flopsDone(), whole->flopsDone());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Features, ResumeMatrix,
    testing::Values(Mix{"Plain", [](config::RunConfig&) {}}, Mix{"Dropout", [](config::RunConfig& c) { c.model.dropout = 0.2; }},
                    Mix{"RouterNoise", [](config::RunConfig& c) { c.router.noise = "logit_gauss_fixed", c.router.noise_scale = 2; }},
                    Mix{"AccumulateThree", [](config::RunConfig& c) { c.training.accumulate = 3, c.balance.scope = "global"; }},
                    Mix{"LossFreeBias",
                        [](config::RunConfig& c) {
                            c.router.offset = "bias_sign";
                            c.router.offset_rate = 0.02;
                            c.router.score = "sigmoid";
                        }},
                    Mix{"Quantile", [](config::RunConfig& c) { c.router.offset = "bias_quantile", c.training.accumulate = 2; }},
                    Mix{"CapacityAware",
                        [](config::RunConfig& c) {
                            c.router.offset = "load_penalty", c.router.offset_rate = 0.02;
                            c.capacity.factor = 1, c.capacity.overflow = "reroute_next", c.capacity.priority = "prob";
                        }},
                    Mix{"Remoe",
                        [](config::RunConfig& c) {
                            c.router.score = "relu", c.router.select = "relu_threshold", c.router.weigh = "raw";
                            c.balance.kind = "controller", c.balance.coefficient = 1e-3;
                        }},
                    Mix{"Capacity", [](config::RunConfig& c) { c.capacity.factor = 0.9, c.capacity.priority = "random"; }},
                    Mix{"ConditionalRouting", [](config::RunConfig& c) { c.moe.residual = "cmr", c.router.options["eom"] = 0.2; }},
                    Mix{"ZeroComputation",
                        [](config::RunConfig& c) {
                            c.moe.zero_experts = c.moe.copy_experts = c.moe.constant_experts = 1;
                            c.router.net = "mlp2", c.router.transform = "gating_residual";
                            c.balance.kind = "heterogeneous", c.capacity.factor = 1.1;
                        }},
                    Mix{"Regularisers",
                        [](config::RunConfig& c) {
                            c.moe.residual = "softmax2";
                            c.router.options["expert_mask"] = 0.3;
                            c.router.options["gating_dropout"] = 0.5;
                            c.router.options["importance_sampling"] = 0.5;
                        }},
                    Mix{"SparseReports", [](config::RunConfig& c) { c.telemetry.report_every = 4; }},
                    Mix{"AllTogether",
                        [](config::RunConfig& c) {
                            c.model.dropout = 0.1;
                            c.router.noise = "input_jitter";
                            c.router.noise_scale = 0.1;
                            c.training.accumulate = 3;
                            c.balance.z_coefficient = 0.01;
                            c.model.qk_norm = true;
                            c.moe.shared_experts = 1;
                        }}),
    [](const auto& info) { return info.param.name; });

TEST(Resume, OfExpertsByDomainGivesTheBitsOfTheUninterruptedRun) {
    config::RunConfig c = lettersConfig();
    c.moe.top_k = 1;
    c.router.net = "domain_hash", c.router.select = "fixed", c.router.weigh = "one";
    c.balance.kind = "none", c.balance.coefficient = 0;
    const Folder folder;
    auto whole = makeTrainer(c);
    for (int step = 0; step < 3; ++step) whole->step();
    auto resumed = makeTrainer(c);
    resumed->restore(throughDisk(*whole, folder));
    for (int step = 3; step < 6; ++step) {
        const auto a = whole->step(), b = resumed->step();
        ASSERT_TRUE(same(repeatable(*a.report), repeatable(*b.report)));
    }
    EXPECT_EQ(bitsOf(*resumed), bitsOf(*whole));
    const auto report = whole->step().report;
    const auto& use = report->domainExperts;  // [layer][domain][expert]: two groups of two, no exchange
    ASSERT_EQ(use.size(), 2u * 2 * 4);
    for (std::size_t row = 0; row < 4; ++row) {  // of each layer, each domain
        const std::size_t own = 4 * row + 2 * (row % 2), other = 4 * row + 2 * (1 - row % 2);
        EXPECT_GT(use[own] + use[own + 1], 0) << row;
        EXPECT_EQ(use[other] + use[other + 1], 0) << row;
    }
}

std::vector<std::string> routerPresets() {
    std::vector<std::string> out;
    for (const config::Preset& preset : config::listPresets())
        if (preset.kind == config::PresetKind::router && preset.base != "plane") out.push_back(preset.id);
    return out;
}

class EveryRouter : public testing::TestWithParam<std::string> {};

std::vector<std::string> stored(const telemetry::StepTelemetry& report) {
    std::vector<std::string> names;
    telemetry::visitMetrics(report, [&](const telemetry::Metric& metric, const auto& member) {
        if constexpr (std::is_same_v<std::decay_t<decltype(member)>, double>) {
            if (std::isfinite(member)) names.emplace_back(metric.name);
        } else if (std::ranges::any_of(member, [](float value) { return std::isfinite(value); })) {
            names.emplace_back(metric.name);
        }
    });
    return names;
}

void expectItsOwnCurves(const config::RunConfig& c, const telemetry::StepTelemetry& report) {
    const std::vector<std::string> own = routing::ownCurves(c), names = stored(report);
    EXPECT_TRUE(!own.empty() || config::moeLayers(c).empty());
    for (const std::string& name : own) EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
}

TEST_P(EveryRouter, TrainsThirtyStepsAndResumesToTheSameBits) {
    config::RunConfig c = lettersConfig();
    c.preset = "letters";
    ASSERT_TRUE(config::applyPreset(c, GetParam()).empty());
    const Folder folder, teachers;
    auto whole = makeTrainer(c), resumed = makeTrainer(c);
    if (config::hasTeacher(c)) {
        auto teacher = makeTrainer(lettersConfig());
        const auto saved = throughDisk(*teacher, teachers);
        for (training::LiveTrainer* student : {whole.get(), resumed.get()}) student->teach(teacher->config(), saved);
    }
    for (int step = 0; step < 30; ++step) {
        if (step == 11) resumed->restore(throughDisk(*whole, folder));
        const auto result = whole->step();
        ASSERT_TRUE(result.finite) << step;
        if (step == 10 && result.report) expectItsOwnCurves(c, *result.report);
        EXPECT_TRUE(step != 10 || result.report);
    }
    while (resumed->stepsDone() < 30) ASSERT_TRUE(resumed->step().finite);
    EXPECT_EQ(bitsOf(*resumed), bitsOf(*whole));
    EXPECT_EQ(resumed->evaluate().loss, whole->evaluate().loss);
}

INSTANTIATE_TEST_SUITE_P(Presets, EveryRouter, testing::ValuesIn(routerPresets()), [](const auto& info) { return info.param; });

TEST(Restore, RefusesTheCheckpointOfAnotherModelNamingTheTensor) {
    const Folder folder;
    auto small = makeTrainer(lettersConfig());
    const auto saved = throughDisk(*small, folder);
    config::RunConfig wider = lettersConfig();
    wider.model.width = 32;
    auto other = makeTrainer(wider);
    try {
        other->restore(saved);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::badInput);
        EXPECT_NE(error.line().find("model.embed_tokens.weight"), std::string::npos);
    }
}

TEST(Restore, RefusesOtherData) {
    const Folder folder;
    auto trainer = makeTrainer(lettersConfig());
    const auto saved = throughDisk(*trainer, folder);
    training::LiveTrainer other(lettersConfig(), std::make_shared<Letters>(2), "cpu");
    EXPECT_THROW(other.restore(saved), base::Error);
}

TEST(SavedNames, AreThoseOfHuggingFaceCheckpoints) {
    auto trainer = makeTrainer(lettersConfig());
    const Bits bits = bitsOf(*trainer);
    for (const char* name : {"model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight",
                             "model.layers.1.self_attn.v_proj.weight", "model.layers.1.self_attn.o_proj.weight", "model.layers.0.input_layernorm.weight",
                             "model.layers.0.post_attention_layernorm.weight", "model.layers.0.mlp.gate.weight", "model.layers.0.mlp.experts.3.gate_proj.weight",
                             "model.layers.0.mlp.experts.3.up_proj.weight", "model.layers.1.mlp.experts.0.down_proj.weight", "model.norm.weight",
                             "exp_avg.model.layers.0.mlp.experts.3.up_proj.weight", "exp_avg_sq.model.norm.weight", "generator.cpu"})
        EXPECT_TRUE(bits.contains(name)) << name;
    EXPECT_EQ(bits.at("generator.cpu").size(), 5056u);
}

}  // namespace
}  // namespace moescope::test
