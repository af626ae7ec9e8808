// What else leaves the trainer: events, probe snapshots, generated samples; and the sink that takes everything. (contract)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/telemetry/step_telemetry.hpp"

namespace moescope::telemetry {

enum class Severity { info = 0, change = 1, warning = 2, error = 3 };

/// Something that happened: a command, an alarm, a checkpoint. `code` is a stable word ("command.set", "router.idle",
/// "router.collapse", "checkpoint.saved", "loss.nan" ...), `text` one sentence for people, `detailJson` an object.
struct Event {
    std::int64_t step = 0;
    Severity severity = Severity::info;
    std::string code;
    std::string text;
    std::string detailJson = "{}";
    bool operator==(const Event&) const = default;
};

/// The routing of every probe token at one step. Arrays are [moeLayer][token][slot] (k wide, -1 / 0 where unused),
/// logits [moeLayer][token][expert], losses [token] nats (NaN for the last token of a sequence).
struct ProbeSnapshot {
    std::int64_t step = 0;
    std::int32_t layers = 0, experts = 0, slotsPerToken = 0, tokens = 0, sequenceLength = 0;
    std::vector<std::int32_t> moeLayerIndex;  ///< model layer of each MoE layer
    std::vector<std::int32_t> tokenIds, domains;
    std::vector<std::string> tokenTexts;
    std::vector<std::int16_t> expertIds;
    std::vector<float> weights;
    std::vector<std::uint8_t> kept;
    std::vector<float> logits;
    std::vector<float> losses;
    bool operator==(const ProbeSnapshot&) const = default;
};

/// A short text the model wrote, with the experts of each token: [token][moeLayer][slot].
struct GeneratedSample {
    std::int64_t step = 0;
    std::string prompt;
    std::int32_t layers = 0, slotsPerToken = 0, experts = 0;
    std::vector<std::string> tokens;  ///< prompt tokens first, then generated ones
    std::int32_t promptTokens = 0;
    std::vector<std::int16_t> expertIds;
    std::vector<float> weights;
    bool operator==(const GeneratedSample&) const = default;
};

/// Takes what the trainer says. Calls come from the trainer's thread and must not block longer than a queue needs.
class TelemetrySink {
public:
    virtual ~TelemetrySink() = default;
    virtual void report(const StepTelemetry&) = 0;
    virtual void evaluated(const Evaluation&) = 0;
    virtual void event(const Event&) = 0;
    virtual void probe(const ProbeSnapshot&) = 0;
    virtual void sample(const GeneratedSample&) = 0;
};

}  // namespace moescope::telemetry
