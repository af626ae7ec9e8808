// Router telemetry: accumulated on the device over the micro-batches of a report, copied to the host once. (contract)
//
// Formulas, ranges and units are those of core/telemetry/step_telemetry.hpp. Nothing here carries gradient or changes a
// routing, so losses have the same bits with telemetry on and off. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/routing/routing.hpp"
#include "core/telemetry/step_telemetry.hpp"

namespace moescope::routing {

class RoutingStatistics {
public:
    /// `specs`: the layers with experts, ascending. `domains` = 0: no domain x expert counts. Quantiles in [0, 1], ascending.
    RoutingStatistics(std::vector<RouterSpec> specs, std::int64_t domains, std::vector<double> quantiles);
    ~RoutingStatistics();
    RoutingStatistics(RoutingStatistics&&) noexcept;

    /// Adds one micro-batch of layer `moeLayer` (index among the layers with experts). `domainIds` [T] int64 or undefined.
    void accumulate(std::size_t moeLayer, const Routing& routing, std::int64_t sequences, const at::Tensor& domainIds = {});

    /// Writes the routing metrics (and nothing else) of everything accumulated into `out` and starts anew. `tensors`, one a
    /// layer, give selection_bias. Logit quantiles are exact for up to 65,536 logits of a layer and micro-batch, above that those
    /// of every n-th token; minimum and maximum are always exact. Vectors are [moeLayer][width], E = that of the widest layer, NaN where there is no value.
    void finish(telemetry::StepTelemetry& out, std::span<const RouterTensors* const> tensors = {});

private:
    struct Layer;
    std::vector<Layer> m_layers;
    std::vector<RouterSpec> m_specs;
    std::int64_t m_domains;
    std::vector<double> m_quantiles;
};

/// Dead: load ratio below 0.05 in each of the last `window` reports; starving: below 0.5. Nobody is before `window` reports.
class IdleWindow {
public:
    IdleWindow(std::size_t moeLayers, std::size_t experts, std::int64_t window);
    /// Takes out.load and writes out.dead and out.starving.
    void update(telemetry::StepTelemetry& out);
    bool dead(std::size_t moeLayer, std::size_t expert) const;
    /// Experts that are gone, [moeLayer] ascending: neither dead nor starving. Not part of the state.
    void leaveOut(std::vector<std::vector<std::int64_t>> gone) { m_gone = std::move(gone); }
    /// Begins anew for one expert.
    void forget(std::size_t moeLayer, std::size_t expert);
    bool starving(std::size_t moeLayer, std::size_t expert) const;
    /// Reports in a row below 0.05 and 0.5, [moeLayer][E][2]: part of a checkpoint.
    const std::vector<std::int64_t>& state() const { return m_below; }
    void restore(std::vector<std::int64_t> state);

private:
    bool isGone(std::size_t moeLayer, std::size_t expert) const;

    std::size_t m_experts;
    std::int64_t m_window;
    std::vector<std::int64_t> m_below;
    std::vector<std::vector<std::int64_t>> m_gone;
};

}  // namespace moescope::routing
