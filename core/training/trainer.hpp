// Trainer: a model, its router, its optimizer and its data, advanced one step at a time. (contract)
//
// No LibTorch type appears here, so programs and tests include it cheaply. Not thread-safe: one thread calls it. What it
// computes depends only on the configuration, the corpus, the device, the number of threads and the commands applied.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/config/run_config.hpp"
#include "core/data/corpus.hpp"
#include "core/telemetry/records.hpp"
#include "core/telemetry/step_telemetry.hpp"

namespace moescope::training {

/// What one optimizer step brought. If `finite` is false the step was not applied: weights, moments and buffers are as
/// before, `offender` names the first module with a non-finite value, and the same step is tried again if called again.
struct StepResult {
    bool finite = true;
    std::string offender;
    std::optional<telemetry::StepTelemetry> report;  ///< present every `report_every` steps
    std::vector<telemetry::Event> alarms;            ///< collapse, idle experts, recovery, loss spike
};

/// The mute table of one layer: what each domain's loss becomes when one expert is switched off.
struct MuteTable {
    std::int64_t layer = 0;
    std::vector<double> baseline;            ///< [domains] nats
    std::vector<std::vector<double>> delta;  ///< [experts][domains] nats
};

/// One expert switched on and off while all other mutes stay: validation loss of all tokens and of each domain, nats.
struct MuteEffect {
    double lossWith = 0, lossWithout = 0;
    std::vector<double> with, without;  ///< [domains]
};

struct TextEvaluation {
    double loss = 0;
    double bitsPerByte = 0;
    std::int64_t tokens = 0;
    std::vector<double> domainLoss;
};

struct GenerationOptions {
    std::int64_t tokens = 64;
    double temperature = 1.0;  ///< 0 = greedy
    std::int64_t topK = 0;     ///< 0 = all
    double topP = 1.0;
    std::uint64_t seed = 0;
};

/// A text the model wrote. `ids` are those of `sample.tokens`, prompt first; `logprobs` [generated tokens]: nats, ln of the
/// model's own probability (temperature 1, all tokens allowed) of each. Seconds include the routing of the last token.
struct Generation {
    telemetry::GeneratedSample sample;
    std::vector<std::int32_t> ids;
    std::vector<double> logprobs;
    double prefillSeconds = 0, decodeSeconds = 0;
};

class Trainer {
public:
    /// Builds and initialises the model on `device` ("cpu", "cuda:0"). `config` must be valid; problems that need the
    /// corpus (vocabulary, domain labels, window longer than the data, router options) or the device (bf16 on a CPU) are
    /// returned instead.
    static std::unique_ptr<Trainer> create(const config::RunConfig& config, std::shared_ptr<const data::Corpus> corpus,
                                           std::string_view device, base::Problems& problems);
    virtual ~Trainer() = default;

    virtual const config::RunConfig& config() const = 0;  ///< with the live changes so far
    virtual std::int64_t stepsDone() const = 0;
    virtual std::int64_t tokensDone() const = 0;
    virtual double flopsDone() const = 0;
    virtual double secondsDone() const = 0;  ///< time inside step(), kept over a resume
    virtual std::int64_t vocabulary() const = 0;
    virtual std::int64_t parametersTotal() const = 0;  ///< counted from the tensors
    virtual std::string device() const = 0;

    virtual StepResult step() = 0;
    virtual telemetry::Evaluation evaluate() = 0;
    virtual telemetry::ProbeSnapshot probe() = 0;
    virtual std::optional<telemetry::PlaneSnapshot> plane() = 0;  ///< only of a mixture on the plane
    virtual telemetry::ProbeSnapshot probeText(std::string_view text) = 0;
    virtual Generation generate(std::string_view prompt, const GenerationOptions&) = 0;
    telemetry::GeneratedSample sample(std::string_view prompt, const GenerationOptions& options) { return generate(prompt, options).sample; }
    virtual MuteTable muteTable(std::int64_t layer) = 0;
    /// Two evaluations. Throws (usage) when the layer has no such expert or too few others for k.
    virtual MuteEffect muteEffect(std::int64_t layer, std::int64_t expert) = 0;
    virtual TextEvaluation evaluateText(std::string_view text) = 0;
    /// Loss of given token rows [sequences][tokens]; `logits` (if not null) gets [sequences, tokens, vocabulary] float32.
    virtual TextEvaluation evaluateTokens(const std::vector<std::vector<std::int32_t>>& rows, std::vector<float>* logits) = 0;

    /// Why apply() would refuse the command now; empty = it would do it. Nothing changes.
    virtual base::Problems refusal(const config::Command& command) const = 0;
    /// Applies a knob or an intervention (core/config/commands.hpp) before the next step. Returns problems and changes nothing
    /// if it cannot be; otherwise the event that says what changed ("balance.coefficient 0 -> 0.05").
    virtual base::Problems apply(const config::Command& command, telemetry::Event& event) = 0;

    /// Gives a run that distils its teacher: the model that `config` and the weights, router buffers and interventions of `saved` make. It is frozen
    /// and evaluated on each training batch, without dropout and noise, while steps < config::distillationEnd(). Before restore(); again
    /// for another one. Throws base::Error for a tensor (exit 3) or a state (exit 5) that does not fit.
    virtual void teach(const config::RunConfig& config, const checkpoint::LoadedCheckpoint& saved) = 0;

    /// Everything that must travel, copied to host memory; restore() brings a trainer of the same configuration to it.
    virtual checkpoint::CheckpointContents state() = 0;
    virtual void restore(const checkpoint::LoadedCheckpoint& saved) = 0;
};

}  // namespace moescope::training
