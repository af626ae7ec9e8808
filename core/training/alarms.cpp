// The rules of the alarms.
#include "core/training/alarms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/numbers.hpp"

namespace moescope::training {

namespace {

using telemetry::Event;
using telemetry::Severity;

constexpr std::size_t kWindow = 128, kLeast = 32;
constexpr double kSpike = 6, kCalm = 3, kBusiest = 0.9, kDead = 0.05;

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double at(const std::vector<float>& values, std::size_t index, double otherwise) {
    return index < values.size() && std::isfinite(values[index]) ? static_cast<double>(values[index]) : otherwise;
}

std::string pair(const char* name, const std::string& value) { return std::string("\"") + name + "\":" + value; }

std::string head(const LayerShape& shape) { return "Layer " + base::toText(shape.layer) + ": "; }

bool isCollapsed(const LayerShape& shape, double busiest, double effective) {
    if (shape.experts <= shape.topK) return false;
    const double least = std::min(static_cast<double>(shape.topK + 1), static_cast<double>(shape.experts + shape.topK) / 2);
    return busiest > kBusiest || effective < least;
}

/// Experts that got less than the bound of the dead in this one report; places without an expert hold NaN.
std::int64_t belowBound(const std::vector<float>& load, std::size_t layers, std::size_t layer, const LayerShape& shape) {
    const std::size_t width = load.size() / layers;
    std::int64_t below = 0;
    for (std::size_t e = 0; e < width; ++e) {
        if (std::ranges::binary_search(shape.killed, static_cast<std::int64_t>(e))) continue;
        if (static_cast<double>(load[layer * width + e]) * static_cast<double>(shape.experts) < kDead) ++below;
    }
    return below;
}

}  // namespace

double robustScore(std::vector<double> values, double value) {
    if (values.size() < kLeast) return 0;
    const double centre = median(values);
    for (double& v : values) v = std::abs(v - centre);
    const double spread = 1.4826 * median(values);
    if (spread > 0) return (value - centre) / spread;
    return value > centre ? std::numeric_limits<double>::infinity() : 0;
}

Alarms::Alarms(std::vector<LayerShape> layers) : m_layers(std::move(layers)) {
    m_state.idleAnnounced.assign(m_layers.size(), 0);
    m_state.collapsed.assign(m_layers.size(), 0);
    m_state.healthy.assign(m_layers.size(), 0);
}

void Alarms::layerReport(std::size_t index, const telemetry::StepTelemetry& report, std::vector<Event>& out) {
    const LayerShape& shape = m_layers[index];
    std::int64_t& announced = m_state.idleAnnounced[index];
    std::int64_t& collapsed = m_state.collapsed[index];
    const auto dead = static_cast<std::int64_t>(at(report.dead, index, 0));
    const double busiest = at(report.top1Load, index, 0);
    const double effective = at(report.effectiveExperts, index, static_cast<double>(shape.experts));
    const bool nowCollapsed = isCollapsed(shape, busiest, effective);

    const std::string layer = std::string(1, '{').append(pair("layer", base::toText(shape.layer)));
    const std::string all = base::toText(shape.experts);
    if (nowCollapsed && !collapsed) {
        collapsed = 1;
        out.push_back({report.step, Severity::warning, "router.collapse",
                       head(shape) + "the router collapsed, " + base::toFixed(effective, 1) + " of " + all + " experts in use",
                       layer + "," + pair("effective_experts", base::toText(effective)) + "," + pair("top1_load", base::toText(busiest)) + "}"});
    }
    if (dead > 0 && (announced == 0 || dead >= 2 * announced)) {
        announced = dead;
        out.push_back({report.step, Severity::warning, "router.idle", head(shape) + base::toText(dead) + " of " + all + " experts idle",
                       layer + "," + pair("idle", base::toText(dead)) + "," + pair("experts", all) + "}"});
    }
    if (announced == 0 && !collapsed) return;
    const bool active = dead == 0 && belowBound(report.load, m_layers.size(), index, shape) == 0;
    const bool healthy = active && !nowCollapsed && (!collapsed || effective >= static_cast<double>(shape.experts) / 2);
    std::int64_t& inARow = m_state.healthy[index];
    inARow = healthy ? inARow + 1 : 0;
    if (inARow >= shape.calm) {
        announced = collapsed = inARow = 0;
        out.push_back({report.step, Severity::info, "router.recovered", head(shape) + "all experts active again", layer + "}"});
    }
}

void Alarms::onReport(const telemetry::StepTelemetry& report, std::vector<Event>& out) {
    for (std::size_t i = 0; i < m_layers.size(); ++i) layerReport(i, report, out);
}

void Alarms::onLoss(std::int64_t step, double loss, std::vector<Event>& out) {
    const double score = robustScore(m_state.losses, loss);
    if (score > kSpike && !m_state.spiking) {
        m_state.spiking = 1;
        out.push_back({step, Severity::warning, "loss.spike", "Loss jumped to " + base::toFixed(loss, 3),
                       std::string(1, '{').append(pair("loss", base::toText(loss))).append(1, '}')});
    } else if (score < kCalm) {
        m_state.spiking = 0;
    }
    m_state.losses.push_back(loss);
    if (m_state.losses.size() > kWindow) m_state.losses.erase(m_state.losses.begin());
}

}  // namespace moescope::training
