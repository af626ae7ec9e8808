// Which devices there are, which one a run takes, and the environment that makes CPU results repeatable. (contract)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"

namespace moescope::training {

struct DeviceInfo {
    std::string id;    ///< "cpu", "cuda:0"
    std::string name;  ///< as the driver says it
    double memoryBytes = 0, freeBytes = 0;
    std::int64_t threads = 0;
    std::string capability;  ///< AVX2, AVX512, sm_90 ...
};

/// Answers within a second, without starting a CUDA context where there is no GPU.
std::vector<DeviceInfo> listDevices();
/// "auto" -> the first GPU if the build and the machine have one, else "cpu". Unknown or absent devices are a problem.
std::string resolveDevice(std::string_view wanted, base::Problems& problems);
/// What keeps a device from computing in a precision of `training.precision`: bf16 needs a GPU.
base::Problems precisionProblems(std::string_view precision, std::string_view device);
/// Settings of LibTorch for a run: threads, determinism. Call once, before the first tensor, in each thread that computes.
void prepareThread(std::int64_t threads, bool deterministic);
/// Variables that must be in the environment before LibTorch loads ("OMP_NUM_THREADS=2", "MKL_CBWR=..." ...):
/// what results depend on, and how long idle threads spin.
std::vector<std::string> requiredEnvironment(std::int64_t threads);
/// Versions and settings that a bit-equal result depends on: LibTorch, BLAS, CPU capability, threads, build.
std::string environmentJson();
/// Most memory used so far: resident set of the process, or what LibTorch has taken of that GPU. 0 if unknown.
double peakMemoryBytes(std::string_view device);
/// Waits until the device has done all it was given; nothing to wait for on the CPU.
void waitForDevice(std::string_view device);
/// Speed of a 256x256x256 float32 matrix product in GFLOP/s, measured in about 50 ms.
double probeMatrixSpeed();

}  // namespace moescope::training
