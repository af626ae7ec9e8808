// How fast training is on this machine, as a share of what its matrix products reach in the same run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::training {

struct BenchPart {
    std::string name;    ///< data, embedding, norm+attention, router, experts, head+loss, backward, optimizer, telemetry, other
    double seconds = 0;  ///< of one step
};

struct BenchResult {
    std::string kind;    ///< "train": whole steps with telemetry as configured; "moe": one mixture layer, forward and backward
    std::string device, environmentJson;
    std::int64_t threads = 0, tokensPerStep = 0, steps = 0;
    double stepSeconds = 0, fastestStep = 0, slowestStep = 0;  ///< median and extremes
    double cpuSeconds = 0;          ///< processor time of the median step, all threads: what holds while others use the machine too
    double tokensPerSecond = 0;     ///< of the median step
    double flopsPerToken = 0;       ///< counted, not measured: config::cost
    double gigaflops = 0;           ///< flopsPerToken * tokensPerSecond / 1e9
    double ceilingGigaflops = 0;    ///< best rate of a large matrix product in the type of the run's products
    double shareOfCeiling = 0;
    double peakMemoryBytes = 0;
    std::vector<BenchPart> parts;   ///< of "train"; "moe" gives forward and backward
};

/// Runs for about `seconds` after warm-up. `kind` other than train and moe, or a configuration that cannot run, is a problem.
BenchResult runBench(std::string_view kind, const config::RunConfig& config, double seconds, base::Problems& problems);

/// What a mixture layer costs with so many experts, experts per token and their width unchanged.
struct ExpertCost {
    std::int64_t experts = 0;
    double seconds = 0, fastest = 0;   ///< forward and backward: median, least
    double flopsPerToken = 0;
};

/// Layers of `config` with each of `counts` experts, timed in turns in one run for about `seconds` in all. A count that does not
/// hold is a problem.
std::vector<ExpertCost> benchExperts(const config::RunConfig& config, std::span<const std::int64_t> counts, double seconds, base::Problems& problems);

/// GFLOP/s of the best of several n x n x n products; `bf16` for the type of a GPU run's products.
double matrixCeiling(std::string_view device, bool bf16);

}  // namespace moescope::training
