// bench store: how long a run may get: values written through the real writer, then read as the window reads them.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "app/engine/verbs/bench_store.hpp"
#include "core/base/clock.hpp"
#include "core/base/counter_random.hpp"
#include "core/base/ulid.hpp"
#include "core/config/config_json.hpp"
#include "storage/run_reader.hpp"
#include "storage/run_writer.hpp"
#include "storage/store.hpp"

namespace moescope::app {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLayers = 4, kPerCommit = 1000, kPoints = 2000;
constexpr int kRepeats = 15;

double secondsSince(std::int64_t start) { return static_cast<double>(base::monotonicNanoseconds() - start) * 1e-9; }

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

template <class Work>
double medianMilliseconds(Work&& work) {
    std::vector<double> times;
    for (int i = 0; i < kRepeats; ++i) {
        const std::int64_t start = base::monotonicNanoseconds();
        work();
        times.push_back(1e3 * secondsSince(start));
    }
    return median(times);
}

/// Numbers of a step and of each of four layers; noise, so that nothing packs better than real curves do.
class Curves {
public:
    telemetry::StepTelemetry at(std::int64_t step) {
        telemetry::StepTelemetry out;
        out.step = step;
        out.tokens = 1024 * step;
        out.flops = 1e6 * static_cast<double>(out.tokens);
        out.seconds = 1e-3 * static_cast<double>(step);
        m_draw = static_cast<std::uint64_t>(step) << 8;
        for (double* value : {&out.loss, &out.auxiliary, &out.balance, &out.z, &out.learningRate, &out.gradientNorm, &out.tokensPerSecond, &out.memory}) *value = 1 + draw();
        for (auto* layers : {&out.effectiveExperts, &out.imbalance, &out.maxViolation, &out.minOverMean, &out.loadCv, &out.top1Weight, &out.top1Probability, &out.top1Load,
                             &out.effectiveK, &out.gateRatio12, &out.routerConfidence, &out.routerEntropy, &out.marginalEntropy, &out.routingInformation})
            for (std::int64_t layer = 0; layer < kLayers; ++layer) layers->push_back(static_cast<float>(draw()));
        return out;
    }
    static constexpr std::int64_t kValues = 3 + 8 + 14 * kLayers;  ///< stored of a step, with the axes

private:
    double draw() { return base::uniform({1, base::Purpose::test}, m_draw++); }
    std::uint64_t m_draw = 0;
};

storage::RunFacts layered() {
    storage::RunFacts facts;
    for (std::int32_t layer = 0; layer < kLayers; ++layer) facts.moeLayers.push_back(layer);
    facts.experts = 8;
    facts.slotsPerToken = 2;
    return facts;
}

std::string write(const storage::Store& store, std::int64_t steps) {
    const std::string run = store.newRun({.name = "bench", .preset = {}, .router = "topk", .configJson = config::toJson(config::RunConfig{}), .parent = {}, .parentStep = 0, .group = {}, .tags = {}});
    storage::RunWriter writer(storage::RunLock::acquire(store.runFolder(run)));
    writer.setFacts(layered());
    writer.startAttempt(0);
    Curves curves;
    for (std::int64_t step = 1; step <= steps; ++step) {
        writer.append(curves.at(step));
        if (step % kPerCommit == 0) writer.commit();
    }
    writer.setState(storage::RunState::finished);
    writer.close();
    return run;
}

std::int64_t bytesOf(const fs::path& folder) {
    std::int64_t bytes = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) bytes += static_cast<std::int64_t>(entry.file_size());
    return bytes;
}

/// All curves of the run as a window asks for them; returns the number of points read.
std::size_t readAll(storage::RunReader& reader) {
    std::size_t points = 0;
    for (const storage::SeriesInfo& info : reader.listSeries()) points += reader.series(info.name, {.maxPoints = kPoints}).size();
    return points;
}

Json measure(const storage::Store& store, std::int64_t steps) {
    const std::int64_t start = base::monotonicNanoseconds();
    const fs::path folder = store.runFolder(write(store, steps));
    const double writing = secondsSince(start), values = static_cast<double>(steps * Curves::kValues);
    storage::RunReader reader(folder);
    readAll(reader);
    const double one = medianMilliseconds([&] { reader.series("loss", {.maxPoints = kPoints}); });
    const double window = medianMilliseconds([&] { reader.series("loss", {.maxPoints = kPoints, .fromStep = steps / 2, .toStep = steps / 2 + steps / 64}); });
    const double all = medianMilliseconds([&] { readAll(reader); });
    const double open = medianMilliseconds([&] {
        storage::RunReader fresh(folder);
        fresh.meta();
        fresh.summary();
        readAll(fresh);
    });
    return {{"kind", "store"}, {"values", steps * Curves::kValues}, {"steps", steps}, {"write_seconds", number(writing)}, {"values_per_second", number(values / writing)},
            {"bytes_per_value", number(static_cast<double>(bytesOf(folder)) / values)}, {"curve_ms", number(one)}, {"zoomed_curve_ms", number(window)}, {"all_curves_ms", number(all)}, {"open_ms", number(open)}};
}

std::string readable(const Json& r) {
    return shortNumber(r["values"].get<double>()) + " values of " + std::to_string(r["steps"].get<std::int64_t>()) + " steps written in " + fixed(r["write_seconds"].get<double>(), 1) + " s (" +
           shortNumber(r["values_per_second"].get<double>()) + " a second), " + fixed(r["bytes_per_value"].get<double>(), 2) + " bytes each\n" +
           table({{"read as " + std::to_string(kPoints) + " points", "ms"},
                  {"one curve, all of it", fixed(r["curve_ms"].get<double>(), 2)},
                  {"one curve, a 64th of it", fixed(r["zoomed_curve_ms"].get<double>(), 2)},
                  {"all curves", fixed(r["all_curves_ms"].get<double>(), 2)},
                  {"the run opened, all curves", fixed(r["open_ms"].get<double>(), 2)}});
}

}  // namespace

int benchStore(const Context& context, double values, bool keep) {
    const auto steps = std::max<std::int64_t>(1, std::llround(values / static_cast<double>(Curves::kValues)));
    const fs::path folder = fs::temp_directory_path() / ("moescope-bench-" + base::makeUlid());
    Json result;
    try {
        result = measure(storage::Store(folder), steps);
    } catch (...) {
        fs::remove_all(folder);
        throw;
    }
    if (keep) result["store"] = folder.string();
    else fs::remove_all(folder);
    context.result(result, readable(result) + (keep ? "kept in " + folder.string() + "\n" : std::string()));
    return 0;
}

}  // namespace moescope::app
