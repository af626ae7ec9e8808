// What else leaves the trainer: events, probe snapshots, generated samples; and the sink that takes everything. (contract)
#pragma once

#include <array>
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
    /// [moeLayer][expert][kProbeLevels] quantiles over the tokens of the logits as a training choice of this step would meet them,
    /// with their noise; NaN in a layer without noise on its logits, empty where no layer has any and in older snapshots.
    std::vector<float> noisyLogits;
    bool operator==(const ProbeSnapshot&) const = default;
};

/// Levels of the quantiles kept for each expert.
inline constexpr std::array<double, 7> kProbeLevels{0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95};

/// What a mixture on the plane does at one step, on a grid and at fixed points. Cells are [row][column], row 0 lowest; cell
/// (c, r) is centred on (left + (c + 0.5) (right - left) / columns, bottom + (r + 0.5) (top - bottom) / rows). Values are
/// probabilities of the classes where `classes`, else in the units of the target. Numbers keep 12 bits after the point of
/// their mantissa (relative error below 2^-12), so that they pack well.
struct PlaneSnapshot {
    std::int64_t step = 0;
    std::int32_t columns = 0, rows = 0, experts = 0, outputs = 0, points = 0;
    bool classes = false;
    float left = 0, right = 0, bottom = 0, top = 0;
    std::vector<float> probabilities;  ///< [cell][expert] of the gate
    std::vector<float> weights;        ///< [cell][expert] combine weight, 0 where the expert is not chosen
    std::vector<float> output;         ///< [cell][output] of the mixture
    std::vector<float> expertOutputs;  ///< [cell][expert][output] of each expert alone
    std::vector<float> x, y, targets;  ///< [point]; a target is a value, or the number of a class
    std::vector<std::int32_t> domains; ///< [point]
    std::vector<float> losses;         ///< [point] nats, by the criterion of training
    bool operator==(const PlaneSnapshot&) const = default;
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
    virtual void plane(const PlaneSnapshot&) = 0;
    virtual void sample(const GeneratedSample&) = 0;
};

}  // namespace moescope::telemetry
