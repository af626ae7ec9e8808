// A store in a folder that goes away, and telemetry made up by formula.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "core/base/error.hpp"
#include "storage/run_reader.hpp"
#include "storage/run_writer.hpp"
#include "storage/store.hpp"

namespace moescope::storage::testing {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = ::testing::TempDir() + "/moescope-store-XXXXXX";
        m_path = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

inline constexpr int kLayers = 2, kExperts = 4, kDomains = 3;

inline RunFacts facts() {
    RunFacts f;
    f.domains = {"code", "dates", "tom\xff"};
    f.domainFloors = {0.5, telemetry::kNone, 1.25};
    f.vocabulary = {"a", "b", "\xff"};
    f.moeLayers = {1, 3};
    f.experts = kExperts;
    f.slotsPerToken = 2;
    f.quantiles = {0.25, 0.5, 0.75};
    f.paramsTotal = 1234;
    f.paramsActive = 567;
    f.flopsToken = 1e6;
    f.deviceName = "cpu";
    f.moreJson = "{\"corpus\":7}";
    return f;
}

// Every metric filled with values that tell member, step and element apart.
inline telemetry::StepTelemetry fullReport(std::int64_t step) {
    telemetry::StepTelemetry t;
    t.step = step;
    t.tokens = step * 1000;
    t.flops = static_cast<double>(step) * 1.5e9;
    t.seconds = static_cast<double>(step) * 0.01;
    int member = 0;
    telemetry::visitMetrics(t, [&](const telemetry::Metric& metric, auto& value) {
        ++member;
        const auto at = [&](std::size_t i) { return std::sin(0.1 * static_cast<double>(step) + member + 0.3 * static_cast<double>(i)); };
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
            value = at(0);
        } else {
            using enum telemetry::Shape;
            const std::size_t per = metric.shape == layerExpert ? kExperts : metric.shape == layerQuantile ? 5 : metric.shape == layerPosition ? 64 : metric.shape == layerDomainExpert ? kDomains * kExperts : 1;
            for (std::size_t i = 0; i < kLayers * per; ++i) value.push_back(static_cast<float>(at(i)));
        }
    });
    return t;
}

// Loss and load only: for tests about many steps.
inline telemetry::StepTelemetry smallReport(std::int64_t step) {
    telemetry::StepTelemetry t;
    t.step = step;
    t.tokens = step * 64;
    t.flops = static_cast<double>(step) * 1e6;
    t.seconds = static_cast<double>(step) * 0.001;
    t.loss = 3.0 / (1.0 + 0.001 * static_cast<double>(step)) + 0.1 * std::sin(static_cast<double>(step));
    for (int i = 0; i < kLayers * kExperts; ++i) t.load.push_back(static_cast<float>(0.25 + 0.1 * std::sin(0.01 * static_cast<double>(step) + i)));
    return t;
}

inline telemetry::Evaluation evaluation(std::int64_t step) {
    telemetry::Evaluation e;
    e.step = step;
    e.loss = 2.0 - 0.001 * static_cast<double>(step);
    e.bitsPerByte = e.loss * 1.4;
    e.domainLoss = {e.loss - 0.1, telemetry::kNone, e.loss + 0.1};
    return e;
}

inline telemetry::ProbeSnapshot probeSnapshot(std::int64_t step) {
    telemetry::ProbeSnapshot p;
    p.step = step;
    p.layers = kLayers;
    p.experts = kExperts;
    p.slotsPerToken = 2;
    p.tokens = 6;
    p.sequenceLength = 3;
    p.moeLayerIndex = {1, 3};
    for (int i = 0; i < p.tokens; ++i) {
        p.tokenIds.push_back(i);
        p.domains.push_back(i % kDomains);
        p.tokenTexts.push_back(i == 4 ? std::string("\xff\0x", 3) : "t" + std::to_string(i));
        p.losses.push_back(i % 3 == 2 ? 0.5f : 0.25f * static_cast<float>(i));
    }
    for (int i = 0; i < kLayers * p.tokens * p.slotsPerToken; ++i) {
        p.expertIds.push_back(static_cast<std::int16_t>(i % 5 == 4 ? -1 : i % kExperts));
        p.weights.push_back(0.1f * static_cast<float>(i));
        p.kept.push_back(i % 2);
    }
    for (int i = 0; i < kLayers * p.tokens * p.experts; ++i) p.logits.push_back(static_cast<float>(step) + 0.01f * static_cast<float>(i));
    for (std::size_t i = 0; i < telemetry::kProbeLevels.size() * kLayers * kExperts; ++i) p.noisyLogits.push_back(0.5f * static_cast<float>(i));
    return p;
}

inline telemetry::GeneratedSample generatedSample(std::int64_t step) {
    telemetry::GeneratedSample s;
    s.step = step;
    s.prompt = "1+";
    s.layers = kLayers;
    s.slotsPerToken = 2;
    s.experts = kExperts;
    s.tokens = {"1", "+", "2", "=\xc3", "\xa9"};
    s.promptTokens = 2;
    for (int i = 0; i < 5 * kLayers * 2; ++i) {
        s.expertIds.push_back(static_cast<std::int16_t>(i % kExperts));
        s.weights.push_back(0.5f);
    }
    return s;
}

inline NewRun newRun(const std::string& preset = "xs") {
    NewRun run;
    run.preset = preset;
    run.router = "switch";
    run.configJson = R"({"moe":{"experts":4,"top_k":2},"balance":{"scope":"sequence"},"training":{"steps":100,"seed":7}})";
    return run;
}

struct TestRun {
    TestRun() : store(temporary.path() / "store"), ulid(store.newRun(newRun())), folder(store.runFolder(ulid)) {}
    RunWriter writer(WriterOptions options = {}) const { return RunWriter(RunLock::acquire(folder), options); }
    RunWriter started(WriterOptions options = {}) const {
        RunWriter w = writer(options);
        w.startAttempt(0);
        w.setFacts(facts());
        return w;
    }

    TemporaryFolder temporary;
    Store store;
    std::string ulid;
    std::filesystem::path folder;
};

// The exit code and code of the error that `work` throws.
inline std::string errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const base::Error& error) {
        return std::to_string(error.exitStatus()) + " " + error.code();
    }
    return "none";
}

inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

inline std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void spill(const std::filesystem::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

}  // namespace moescope::storage::testing
