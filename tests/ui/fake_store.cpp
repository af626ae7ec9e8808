// The formulas and the writing.
#include "tests/ui/fake_store.hpp"

#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

#include <nlohmann/json.hpp>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "storage/run_writer.hpp"

namespace moescope::ui::testing {
namespace {

namespace fs = std::filesystem;

double ripple(std::int64_t step, double phase) { return std::sin(0.9 * static_cast<double>(step) + phase) * std::cos(0.37 * static_cast<double>(step) + 2 * phase); }

/// 0 = fair, 1 = all on expert 0.
double sickness(const FakeRun& run, std::int64_t step) {
    if (!run.collapses) return 0;
    const double in = std::clamp((static_cast<double>(step) - 30) / 60, 0.0, 1.0);
    const double out = run.cured ? std::clamp((static_cast<double>(step) - 150) / 110, 0.0, 1.0) : 0.0;
    return in * (1 - out);
}

storage::RunFacts factsOf(const FakeRun& run) {
    storage::RunFacts facts;
    for (const config::DomainConfig& domain : run.config.data.domains) {
        facts.domains.push_back(domain.name.empty() ? domain.family : domain.name);
        facts.domainFloors.push_back(0.4);
    }
    for (int i = 0; i < 95; ++i) facts.vocabulary.emplace_back(1, static_cast<char>(' ' + i));
    for (const std::int64_t layer : config::moeLayers(run.config)) facts.moeLayers.push_back(static_cast<std::int32_t>(layer));
    if (!facts.moeLayers.empty()) {
        const config::MoeShape shape = config::moeShape(run.config, facts.moeLayers.front());
        facts.experts = static_cast<std::int32_t>(shape.experts);
        facts.slotsPerToken = static_cast<std::int32_t>(shape.topK);
    }
    facts.quantiles = run.config.telemetry.quantiles;
    const config::Cost cost = config::cost(run.config, 95);
    facts.paramsTotal = cost.paramsTotal;
    facts.paramsActive = cost.paramsActive;
    facts.flopsToken = kFakeFlopsPerToken;
    facts.deviceName = "CPU, 2 threads";
    if (!run.curves.empty()) facts.moreJson = nlohmann::json{{"curves", run.curves}}.dump();
    return facts;
}

template <class Target>
void stamp(Target& target, std::int64_t step) {
    target.step = step;
    target.tokens = step * kFakeTokensPerStep;
    target.flops = static_cast<double>(target.tokens) * kFakeFlopsPerToken;
    target.seconds = static_cast<double>(step) * kFakeSecondsPerStep;
}

void addLayers(telemetry::StepTelemetry& report, const FakeRun& run, const storage::RunFacts& facts) {
    const std::int64_t step = report.step;
    const double sick = sickness(run, step), E = facts.experts, k = facts.slotsPerToken;
    for (std::int64_t layer = 0; layer < static_cast<std::int64_t>(facts.moeLayers.size()); ++layer) {
        std::vector<double> load;
        for (std::int64_t e = 0; e < facts.experts; ++e) load.push_back(fakeLoad(run, step, layer, e));
        for (std::size_t e = 0; e < load.size(); ++e) {
            report.load.push_back(static_cast<float>(load[e]));
            report.placedLoad.push_back(static_cast<float>(load[e]));
            report.importance.push_back(static_cast<float>(load[e]));
            report.meanProbability.push_back(static_cast<float>(load[e]));
            report.logitMean.push_back(static_cast<float>(e == 0 ? 6 * sick : 0.2 * std::sin(static_cast<double>(e))));
        }
        const double spread = 1 + 2 * sick;
        for (const double z : {-3.0, -1.64, -0.67, 0.0, 0.67, 1.64, 3.0}) report.logitQuantiles.push_back(static_cast<float>(z * spread + 0.1 * ripple(step, z)));
        const double most = *std::ranges::max_element(load);
        report.effectiveExperts.push_back(static_cast<float>(fakeEffective(run, step, layer)));
        report.imbalance.push_back(static_cast<float>(most * E));
        report.maxViolation.push_back(static_cast<float>(most * E - 1));
        report.top1Load.push_back(static_cast<float>(most));
        report.top1Weight.push_back(static_cast<float>(k == 1 ? 1 : 1 / k + (1 - 1 / k) * (0.3 + 0.6 * sick)));
        report.top1Probability.push_back(static_cast<float>(1 / E + (1 - 1 / E) * (0.35 + 0.6 * sick)));
        report.routerEntropy.push_back(static_cast<float>(std::log(E) * (0.6 - 0.5 * sick)));
        report.droppedAssignments.push_back(static_cast<float>(0.005 + 0.6 * sick));
        report.droppedTokens.push_back(static_cast<float>(0.3 * sick));
        const auto idle = static_cast<float>(std::ranges::count_if(load, [&](double share) { return share * E < 0.05; }));
        report.dead.push_back(idle);
        report.starving.push_back(static_cast<float>(std::ranges::count_if(load, [&](double share) { return share * E < 0.5; })));
    }
}

telemetry::StepTelemetry reportOf(const FakeRun& run, const storage::RunFacts& facts, std::int64_t step) {
    telemetry::StepTelemetry report;
    stamp(report, step);
    report.loss = fakeLoss(run, step);
    report.auxiliary = 0.01;
    report.balance = 1 + sickness(run, step);
    report.learningRate = config::learningRate(run.config.training, step - 1);
    report.gradientNorm = 0.6 + 2.5 * std::exp(-static_cast<double>(step) / 25) + 0.05 * ripple(step, 3);
    report.tokensPerSecond = static_cast<double>(kFakeTokensPerStep) / kFakeSecondsPerStep;
    report.memory = 3e8;
    if (facts.experts > 0) addLayers(report, run, facts);
    return report;
}

telemetry::Evaluation evaluationOf(const FakeRun& run, const storage::RunFacts& facts, std::int64_t step) {
    telemetry::Evaluation evaluation;
    stamp(evaluation, step);
    evaluation.loss = fakeValLoss(run, step);
    evaluation.bitsPerByte = evaluation.loss / std::numbers::ln2;
    for (std::size_t d = 0; d < facts.domains.size(); ++d) evaluation.domainLoss.push_back(fakeDomainLoss(run, step, d));
    return evaluation;
}

telemetry::GeneratedSample sampleOf(const storage::RunFacts& facts, std::int64_t step) {
    telemetry::GeneratedSample sample;
    sample.step = step;
    sample.prompt = "12+30=";
    const std::string text = "12+30=42;7+9=16;if (x < tmp) { x = tmp + 4; }bade fi";
    sample.layers = static_cast<std::int32_t>(facts.moeLayers.size());
    sample.slotsPerToken = facts.slotsPerToken;
    sample.experts = facts.experts;
    sample.promptTokens = 6;
    for (const char c : text) {
        sample.tokens.emplace_back(1, c);
        for (std::int32_t i = 0; i < sample.layers * sample.slotsPerToken; ++i) {
            sample.expertIds.push_back(static_cast<std::int16_t>((c / 5 + 3 * i) % std::max(1, facts.experts)));
            sample.weights.push_back(i % sample.slotsPerToken == 0 ? 0.7F : 0.3F);
        }
    }
    return sample;
}

void addEvents(storage::RunWriter& writer, const FakeRun& run) {
    using enum telemetry::Severity;
    if (!run.events || !run.collapses) return;
    writer.append(telemetry::Event{0, change, "command.rig", "Router rigged: E0 +6", R"({"command":"rig","layer":0,"expert":0,"bias":6})"});
    writer.append(telemetry::Event{96, warning, "router.collapse", "Layer 0: 7 of 8 experts idle", R"({"layer":0})"});
    if (!run.cured) return;
    writer.append(telemetry::Event{150, change, "command.set", "Balance 0 \xE2\x86\x92 0.05", R"({"command":"set","key":"balance.coefficient","value":0.05})"});
    writer.append(telemetry::Event{262, info, "router.recovered", "All experts active again", "{}"});
}

}  // namespace

config::RunConfig fakeConfig(std::int64_t experts, std::int64_t topK, std::int64_t layers) {
    config::RunConfig config;
    config.model.layers = layers;
    config.model.width = 64;
    config.model.context = 64;
    config.moe.experts = experts;
    config.moe.top_k = std::max<std::int64_t>(1, topK);
    config.moe.expert_width = 64;
    config.training.steps = 600;
    config.training.warmup = 30;
    config.preset = experts == 0 ? "eight_domains+dense" : "eight_domains";
    return config;
}

double fakeValLoss(const FakeRun& run, std::int64_t step) {
    return 1.2 + run.offset + 2.4 * std::exp(-static_cast<double>(step) / 60) + 0.08 * sickness(run, step) + 0.2 * std::exp(-static_cast<double>(step) / 400);
}

double fakeLoss(const FakeRun& run, std::int64_t step) { return fakeValLoss(run, step) - 0.02 + 0.06 * ripple(step, run.offset); }

double fakeDomainLoss(const FakeRun& run, std::int64_t step, std::size_t domain) { return fakeValLoss(run, step) + 0.12 * (static_cast<double>(domain % 8) - 3.5); }

double fakeLoad(const FakeRun& run, std::int64_t step, std::int64_t moeLayer, std::int64_t expert) {
    const config::MoeShape shape = config::moeShape(run.config, config::moeLayers(run.config).at(static_cast<std::size_t>(moeLayer)));
    const auto weight = [&](std::int64_t e) { return 1 + 0.25 * ripple(step / 8, 1.7 * static_cast<double>(e) + static_cast<double>(moeLayer) + run.offset); };
    double sum = 0;
    for (std::int64_t e = 0; e < shape.experts; ++e) sum += weight(e);
    const double sick = sickness(run, step);
    return (1 - sick) * weight(expert) / sum + (expert == 0 ? sick : 0);
}

double fakeEffective(const FakeRun& run, std::int64_t step, std::int64_t moeLayer) {
    double entropy = 0;
    const config::MoeShape shape = config::moeShape(run.config, config::moeLayers(run.config).at(static_cast<std::size_t>(moeLayer)));
    for (std::int64_t e = 0; e < shape.experts; ++e)
        if (const double share = fakeLoad(run, step, moeLayer, e); share > 0) entropy -= share * std::log(share);
    return std::exp(entropy);
}

struct FakeStore::Live {
    std::string ulid;
    storage::RunWriter writer;
};

FakeStore::FakeStore()
    : m_folder([] {
          std::string pattern = fs::temp_directory_path().string() + "/moescope-window-XXXXXX";
          return fs::path(::mkdtemp(pattern.data()));
      }()),
      m_store(m_folder / "store") {}

FakeStore::~FakeStore() {
    m_live.clear();
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

std::string FakeStore::add(const FakeRun& run) {
    storage::NewRun made;
    made.name = run.name;
    made.preset = run.config.preset;
    made.router = run.config.router.select;
    made.configJson = config::toJson(run.config);
    made.group = run.group;
    made.tags = run.tags;
    made.parent = run.parent;
    const std::string ulid = m_store.newRun(made);
    if (run.state == storage::RunState::created) return ulid;
    storage::RunWriter writer(storage::RunLock::acquire(m_store.runFolder(ulid), run.socketPath));
    writer.startAttempt(0);
    const storage::RunFacts facts = factsOf(run);
    writer.setFacts(facts);
    for (std::int64_t step = 1; step <= run.steps; ++step) {
        writer.append(reportOf(run, facts, step));
        if (run.evalEvery > 0 && step % run.evalEvery == 0) writer.append(evaluationOf(run, facts, step));
        if (run.samples && step % 100 == 0 && facts.experts > 0) writer.append(sampleOf(facts, step));
    }
    addEvents(writer, run);
    if (run.state != storage::RunState::interrupted) writer.setState(run.state, run.reason);
    writer.commit();
    if (run.state == storage::RunState::running || run.state == storage::RunState::paused)
        m_live.push_back({ulid, std::move(writer)});
    return ulid;
}

storage::RunWriter& FakeStore::writer(const std::string& ulid) { return std::ranges::find(m_live, ulid, &Live::ulid)->writer; }

void FakeStore::train(const std::string& ulid, const FakeRun& run, std::int64_t step) {
    writer(ulid).append(reportOf(run, factsOf(run), step));
    writer(ulid).commit();
}

void FakeStore::kill(const std::string& ulid) {
    std::erase_if(m_live, [&](const Live& live) { return live.ulid == ulid; });
}

void FakeStore::damage(const std::string& ulid) const {
    std::ofstream file(m_store.runFolder(ulid) / "run.db", std::ios::binary | std::ios::in | std::ios::out);
    file.write("this is no database", 19);
}

}  // namespace moescope::ui::testing
