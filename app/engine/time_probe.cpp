// Trains a few steps against the clock.
#include "app/engine/time_probe.hpp"

#include "app/engine/teacher.hpp"
#include "core/base/clock.hpp"
#include "core/config/distillation.hpp"
#include "core/telemetry/step_telemetry.hpp"
#include "core/training/devices.hpp"
#include "core/training/trainer.hpp"

namespace moescope::app {
namespace {

constexpr int kProbeSteps = 5;

}  // namespace

double secondsPerStep(const Context& context, const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus, const std::string& device, base::Problems& problems) {
    if (!problems.empty()) return telemetry::kNone;
    training::prepareThread(config.training.threads, config.training.deterministic);
    const auto trainer = training::Trainer::create(config, corpus, device, problems);
    if (trainer && config::hasTeacher(config))
        if (const auto teacher = findTeacher(context, storage::Store(context.storeFolder()), config, {}, problems)) problems = teach(*teacher, *corpus, *trainer);
    if (!problems.empty()) return telemetry::kNone;
    trainer->step();
    const std::int64_t start = base::monotonicNanoseconds();
    for (int i = 0; i < kProbeSteps; ++i) trainer->step();
    return static_cast<double>(base::monotonicNanoseconds() - start) * 1e-9 / kProbeSteps;
}

}  // namespace moescope::app
