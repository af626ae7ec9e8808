// Dead and starving experts: how many reports in a row each has been below its share.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/routing/statistics.hpp"

namespace moescope::routing {

namespace {
constexpr double kDead = 0.05, kStarving = 0.5;
}

IdleWindow::IdleWindow(std::size_t moeLayers, std::size_t experts, std::int64_t window)
    : m_experts(experts), m_window(std::max<std::int64_t>(1, window)), m_below(moeLayers * experts * 2, 0) {}

void IdleWindow::update(telemetry::StepTelemetry& out) {
    const std::size_t layers = m_experts == 0 ? 0 : m_below.size() / (2 * m_experts);
    out.dead.assign(layers, 0);
    out.starving.assign(layers, 0);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        const auto load = std::span(out.load).subspan(layer * m_experts, m_experts);
        const auto gone = layer < m_gone.size() ? static_cast<double>(m_gone[layer].size()) : 0.0;
        const double present = static_cast<double>(std::ranges::count_if(load, [](float share) { return share == share; })) - gone;
        for (std::size_t expert = 0; expert < m_experts; ++expert) {
            std::int64_t* below = &m_below[(layer * m_experts + expert) * 2];
            if (isGone(layer, expert)) continue;
            const double ratio = present * static_cast<double>(load[expert]);  // NaN where there is no such expert: not below
            below[0] = ratio < kDead ? below[0] + 1 : 0;
            below[1] = ratio < kStarving ? below[1] + 1 : 0;
            out.dead[layer] += dead(layer, expert) ? 1.0f : 0.0f;
            out.starving[layer] += starving(layer, expert) ? 1.0f : 0.0f;
        }
    }
}

bool IdleWindow::dead(std::size_t moeLayer, std::size_t expert) const {
    return m_below[(moeLayer * m_experts + expert) * 2] >= m_window;
}

bool IdleWindow::isGone(std::size_t moeLayer, std::size_t expert) const {
    return moeLayer < m_gone.size() && std::ranges::binary_search(m_gone[moeLayer], static_cast<std::int64_t>(expert));
}

void IdleWindow::forget(std::size_t moeLayer, std::size_t expert) {
    std::int64_t* below = &m_below[(moeLayer * m_experts + expert) * 2];
    below[0] = below[1] = 0;
}

bool IdleWindow::starving(std::size_t moeLayer, std::size_t expert) const {
    return m_below[(moeLayer * m_experts + expert) * 2 + 1] >= m_window;
}

void IdleWindow::restore(std::vector<std::int64_t> state) {
    if (state.size() != m_below.size())
        throw base::Error(base::ExitCode::corrupt, "router.idle", "the saved idle counters do not fit this model", "checkpoint",
                          "take another checkpoint");
    m_below = std::move(state);
}

}  // namespace moescope::routing
