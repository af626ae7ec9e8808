// Alarms: what a person should hear about without looking. Each is said once per episode; plain values, no LibTorch.
//
// router.idle       experts of a layer are dead by the rule of the idle window (again only when twice as many are)
// router.collapse   the busiest expert has more than 0.9 of the load, or fewer than min(k + 1, (E + k) / 2) experts are in use
// router.recovered  a layer that was idle or collapsed has all its experts active again, and has had them for as many reports in a
//                   row as make an expert dead: an expert at the border is not called idle and back in turns
// loss.spike        the loss lies more than 6 robust deviations above the median of the last 128 steps
#pragma once

#include <cstdint>
#include <vector>

#include "core/telemetry/records.hpp"

namespace moescope::training {

/// What the rules need to know of a layer with experts.
struct LayerShape {
    std::int64_t layer = 0, experts = 0, topK = 1;  ///< experts that are not killed
    std::int64_t calm = 1;  ///< healthy reports in a row that end an episode (telemetry.idle_window)
    std::vector<std::int64_t> killed{};  ///< ascending
};

/// Where the episodes stand; part of a checkpoint.
struct AlarmState {
    std::vector<std::int64_t> idleAnnounced;  ///< per layer: experts said to be idle in this episode
    std::vector<std::int64_t> collapsed;      ///< per layer: 1 in a collapse
    std::vector<std::int64_t> healthy;        ///< per layer: healthy reports in a row in this episode
    std::vector<double> losses;               ///< of the last steps, oldest first
    std::int64_t spiking = 0;
    bool operator==(const AlarmState&) const = default;
};

class Alarms {
public:
    explicit Alarms(std::vector<LayerShape> layers);
    /// After a report; `report.dead` must be filled.
    void onReport(const telemetry::StepTelemetry& report, std::vector<telemetry::Event>& out);
    /// After each step that was applied.
    void onLoss(std::int64_t step, double loss, std::vector<telemetry::Event>& out);

    /// After k or the experts changed.
    void setLayers(std::vector<LayerShape> layers) { m_layers = std::move(layers); }
    AlarmState& state() { return m_state; }

private:
    void layerReport(std::size_t index, const telemetry::StepTelemetry& report, std::vector<telemetry::Event>& out);

    std::vector<LayerShape> m_layers;
    AlarmState m_state;
};

/// (value - median) / (1.4826 * median absolute deviation); 0 with fewer than 32 values, infinite if all are equal.
double robustScore(std::vector<double> values, double value);

}  // namespace moescope::training
