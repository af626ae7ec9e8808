// Measures whole steps, or one mixture layer; the ceiling is taken before and after and the better one counts.
#include "core/training/bench.hpp"

#include "core/tensor.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <numeric>

#include "core/base/clock.hpp"
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "core/training/devices.hpp"
#include "core/training/live_trainer.hpp"
#include "core/training/mixture_bench.hpp"

namespace moescope::training {

namespace {

constexpr int kWarmUp = 3, kLeastSteps = 10;

std::string& benchDevice() {
    static std::string device;
    return device;
}
void waitForBenchDevice() { waitForDevice(benchDevice()); }

struct Times {
    std::vector<double> wall, cpu;  // of each repetition
};

// Seconds this process has computed, all its threads together.
double cpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Times repeat(const std::string& device, double seconds, const std::function<void()>& work) {
    for (int i = 0; i < kWarmUp; ++i) work();
    Times times;
    double spent = 0;
    while (spent < seconds || times.wall.size() < kLeastSteps) {
        const double before = cpuSeconds();
        times.wall.push_back(secondsOf(device, work));
        times.cpu.push_back(cpuSeconds() - before);
        spent += times.wall.back();
    }
    return times;
}

double middle(std::vector<double>& values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void summarise(Times times, double flopsPerToken, BenchResult& out) {
    out.steps = static_cast<std::int64_t>(times.wall.size());
    out.stepSeconds = middle(times.wall);
    out.cpuSeconds = middle(times.cpu);
    out.fastestStep = times.wall.front();
    out.slowestStep = times.wall.back();
    out.tokensPerSecond = static_cast<double>(out.tokensPerStep) / out.stepSeconds;
    out.flopsPerToken = flopsPerToken;
    out.gigaflops = flopsPerToken * out.tokensPerSecond * 1e-9;
}

void benchTrain(LiveTrainer& trainer, double seconds, BenchResult& out) {
    const auto& config = trainer.config();
    out.tokensPerStep = config.training.batch * config.model.context * config.training.accumulate;
    const Times times = repeat(out.device, seconds, [&] { trainer.step(); });
    summarise(times, config::cost(config, trainer.vocabulary()).flopsToken, out);

    kernels::PartTimes parts;
    benchDevice() = out.device;
    if (out.device != "cpu") parts.wait = waitForBenchDevice;
    trainer.listen(&parts);
    const double total = secondsOf(out.device, [&] {
        for (int i = 0; i < kLeastSteps; ++i) trainer.step();
    });
    trainer.listen(nullptr);
    double known = 0;
    for (std::size_t i = 0; i < parts.seconds.size(); ++i) {
        out.parts.push_back({std::string(kernels::kPartNames[i]), parts.seconds[i] / kLeastSteps});
        known += parts.seconds[i];
    }
    out.parts.push_back({"other", std::max(0.0, total - known) / kLeastSteps});
}

void benchMixture(const config::RunConfig& config, double seconds, BenchResult& out) {
    MixtureBench block(config, out.device);
    out.tokensPerStep = block.tokens();
    double forward = 0;
    const Times times = repeat(out.device, seconds, [&] { forward = block.step(); });
    summarise(times, block.flopsPerToken(), out);
    out.parts = {{"forward", forward}, {"backward", std::max(0.0, out.stepSeconds - forward)}};
}

}  // namespace

double matrixCeiling(std::string_view device, bool bf16) {
    const at::NoGradGuard guard;
    const bool gpu = device != "cpu";
    const std::int64_t n = gpu ? 8192 : 1024;
    const auto options = at::TensorOptions().device(at::Device(std::string(device)));
    const at::Tensor a = at::randn({n, n}, options).to(bf16 ? at::kBFloat16 : at::kFloat), b = a.clone();
    at::Tensor c = at::empty_like(a);
    double best = 1e9;
    for (int i = 0; i < 8; ++i) best = std::min(best, secondsOf(std::string(device), [&] { at::mm_out(c, a, b); }));
    return 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) / best * 1e-9;
}

// The counts take turns, so that whatever else the machine does meets them alike.
std::vector<ExpertCost> benchExperts(const config::RunConfig& config, std::span<const std::int64_t> counts, double seconds, base::Problems& problems) {
    std::vector<config::RunConfig> variants(counts.size(), config);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        variants[i].moe.experts = counts[i];
        addMixtureProblems(variants[i], problems);
        for (base::Problem& problem : config::validate(variants[i])) problems.push_back({problem.key, std::to_string(counts[i]) + " experts: " + problem.text});
    }
    const std::string device = resolveDevice(config.training.device, problems);
    for (base::Problem& problem : precisionProblems(config.training.precision, device)) problems.push_back(std::move(problem));
    if (!problems.empty()) return {};
    prepareThread(config.training.threads, config.training.deterministic);
    std::vector<MixtureBench> blocks;
    for (const config::RunConfig& variant : variants) blocks.emplace_back(variant, device);
    std::vector<std::vector<double>> times(counts.size());
    const std::int64_t started = base::monotonicNanoseconds();
    for (int round = -kWarmUp; round < kLeastSteps || static_cast<double>(base::monotonicNanoseconds() - started) < seconds * 1e9; ++round)
        for (std::size_t i = 0; i < blocks.size(); ++i)
            if (const double time = secondsOf(device, [&] { blocks[i].step(); }); round >= 0) times[i].push_back(time);
    std::vector<ExpertCost> out;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double median = middle(times[i]);
        out.push_back({counts[i], median, times[i].front(), blocks[i].flopsPerToken()});
    }
    return out;
}

BenchResult runBench(std::string_view kind, const config::RunConfig& config, double seconds, base::Problems& problems) {
    BenchResult out;
    out.kind = kind;
    if (kind != "train" && kind != "moe") problems.push_back({"kind", "There is no benchmark \"" + std::string(kind) + "\" here; take train or moe."});
    if (kind == "moe") addMixtureProblems(config, problems);
    for (base::Problem& problem : config::validate(config)) problems.push_back(std::move(problem));
    out.device = resolveDevice(config.training.device, problems);
    for (base::Problem& problem : precisionProblems(config.training.precision, out.device)) problems.push_back(std::move(problem));
    if (!problems.empty()) return out;
    prepareThread(config.training.threads, config.training.deterministic);
    out.threads = at::get_num_threads();
    const bool bf16 = config.training.precision == "bf16";
    out.ceilingGigaflops = matrixCeiling(out.device, bf16);
    if (kind == "train") {
        const auto corpus = data::openCorpus(config, "", problems);
        if (!problems.empty()) return out;
        LiveTrainer trainer(config, corpus, out.device);
        benchTrain(trainer, seconds, out);
    } else {
        benchMixture(config, seconds, out);
    }
    out.ceilingGigaflops = std::max(out.ceilingGigaflops, matrixCeiling(out.device, bf16));
    out.shareOfCeiling = out.gigaflops / out.ceilingGigaflops;
    out.peakMemoryBytes = peakMemoryBytes(out.device);
    out.environmentJson = environmentJson();
    return out;
}

}  // namespace moescope::training
