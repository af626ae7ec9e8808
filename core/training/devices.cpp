// Devices, threads and the settings that make a CPU run repeat itself bit for bit.
#include "core/tensor.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <malloc.h>
#include <torch/headeronly/version.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#ifdef MOESCOPE_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#endif

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "core/base/numbers.hpp"
#include "core/base/version.hpp"
#include "core/training/devices.hpp"

namespace moescope::training {

namespace {

std::int64_t cores() { return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency())); }
std::int64_t threadsMeant(std::int64_t threads) { return threads > 0 ? threads : cores(); }

std::string cpuName() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
    return "CPU";
}

DeviceInfo cpu() {
    struct sysinfo memory {};
    DeviceInfo info{"cpu", cpuName(), 0, 0, cores(), at::get_cpu_capability()};
    if (sysinfo(&memory) == 0) {
        info.memoryBytes = static_cast<double>(memory.totalram) * memory.mem_unit;
        info.freeBytes = static_cast<double>(memory.freeram + memory.bufferram) * memory.mem_unit;
    }
    return info;
}

std::vector<DeviceInfo> gpus() {
    std::vector<DeviceInfo> out;
#ifdef MOESCOPE_WITH_CUDA
    if (!std::filesystem::exists("/dev/nvidiactl") && !std::filesystem::exists("/dev/dxg")) return out;
    for (int i = 0; i < static_cast<int>(c10::cuda::device_count()); ++i) {
        const cudaDeviceProp* properties = at::cuda::getDeviceProperties(i);
        out.push_back({"cuda:" + std::to_string(i), properties->name, static_cast<double>(properties->totalGlobalMem),
                       static_cast<double>(properties->totalGlobalMem), properties->multiProcessorCount,
                       "sm_" + std::to_string(properties->major) + std::to_string(properties->minor)});
    }
#endif
    return out;
}

std::string cudaVersion() {
#ifdef MOESCOPE_WITH_CUDA
    return std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
#else
    return "none";
#endif
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

std::vector<DeviceInfo> listDevices() {
    std::vector<DeviceInfo> out{cpu()};
    for (DeviceInfo& gpu : gpus()) out.push_back(std::move(gpu));
    return out;
}

std::string resolveDevice(std::string_view wanted, base::Problems& problems) {
    const std::vector<DeviceInfo> devices = listDevices();
    if (wanted == "auto") return devices.size() > 1 ? devices[1].id : "cpu";
    const std::string id = wanted == "cuda" ? "cuda:0" : std::string(wanted);
    std::string known;
    for (const DeviceInfo& device : devices) {
        if (device.id == id) return id;
        known += (known.empty() ? "" : ", ") + device.id;
    }
#ifdef MOESCOPE_WITH_CUDA
    const std::string why = "";
#else
    const std::string why = id.starts_with("cuda") ? " This build has no CUDA; configure with -DMOESCOPE_CUDA=ON." : "";
#endif
    problems.push_back({"training.device", "There is no device \"" + std::string(wanted) + "\" here; there are: auto, " + known + "." + why});
    return {};
}

base::Problems precisionProblems(std::string_view precision, std::string_view device) {
    if (precision != "bf16" || device != "cpu") return {};
    return {{"training.precision", "bf16 needs an NVIDIA GPU and this run would train on the CPU; take --set training.precision=float32 "
                                   "(a run that began in bf16 can be forked with it), or a machine and a build with a GPU."}};
}

// A step frees and takes the same few hundred megabytes: kept, they cost no page faults (8 % of a step of tiny).
static void keepFreedMemory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc takes on 64 bits
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void prepareThread(std::int64_t threads, bool deterministic) {
    static std::once_flag once;
    std::call_once(once, [] {
        keepFreedMemory();
        at::set_num_interop_threads(1);
    });
    at::set_num_threads(static_cast<int>(threadsMeant(threads)));
    at::Context& context = at::globalContext();
    context.setDeterministicAlgorithms(deterministic, false);
    context.setDeterministicFillUninitializedMemory(false);
    if (!deterministic) return;
    context.setDeterministicCuDNN(true);
    context.setBenchmarkCuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setAllowTF32CuDNN(false);
}

std::vector<std::string> requiredEnvironment(std::int64_t threads) {
    const std::string count = std::to_string(threadsMeant(threads));
    return {"OMP_NUM_THREADS=" + count, "MKL_NUM_THREADS=" + count, "OMP_DYNAMIC=FALSE", "MKL_DYNAMIC=FALSE",
            "MKL_CBWR=AUTO,STRICT", "CUBLAS_WORKSPACE_CONFIG=:4096:8",
            // Threads spin for microseconds, then sleep: without it a machine that does anything else trains many times slower.
            "GOMP_SPINCOUNT=2000"};
}

std::string environmentJson() {
    return nlohmann::json{{"build", std::string(base::version())},
                          {"commit", std::string(base::commit())},
                          {"libtorch", TORCH_VERSION},
                          {"cuda", cudaVersion()},
                          {"blas", at::hasMKL() ? "mkl" : "other"},
                          {"cpu", cpuName()},
                          {"cpu_capability", at::get_cpu_capability()},
                          {"threads", at::get_num_threads()},
                          {"deterministic", at::globalContext().deterministicAlgorithms()},
                          {"omp_num_threads", variable("OMP_NUM_THREADS")},
                          {"mkl_num_threads", variable("MKL_NUM_THREADS")},
                          {"mkl_cbwr", variable("MKL_CBWR")},
                          {"aten_cpu_capability", variable("ATEN_CPU_CAPABILITY")}}
        .dump();
}

double peakMemoryBytes(std::string_view device) {
#ifdef MOESCOPE_WITH_CUDA
    if (device.starts_with("cuda")) {
        const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(at::Device(std::string(device)).index());
        return static_cast<double>(stats.allocated_bytes[0].peak);
    }
#endif
    (void)device;
    rusage usage{};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<double>(usage.ru_maxrss) * 1024 : 0;
}

void waitForDevice(std::string_view device) {
#ifdef MOESCOPE_WITH_CUDA
    if (device.starts_with("cuda")) at::cuda::getCurrentCUDAStream(at::Device(std::string(device)).index()).synchronize();
#endif
    (void)device;
}

double probeMatrixSpeed() {
    const at::NoGradGuard guard;
    constexpr std::int64_t n = 256;
    const at::Tensor a = at::ones({n, n}), b = at::ones({n, n});
    at::Tensor c = at::empty({n, n});
    at::mm_out(c, a, b);
    std::int64_t products = 0;
    const std::int64_t started = base::monotonicNanoseconds();
    std::int64_t spent = 0;
    for (; spent < 50'000'000; spent = base::monotonicNanoseconds() - started, ++products) at::mm_out(c, a, b);
    return 2.0 * n * n * n * static_cast<double>(products) / static_cast<double>(spent);
}

}  // namespace moescope::training
