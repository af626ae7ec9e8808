// Shapes, capacity and learning rate that follow from a configuration.
#include "core/config/derived.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace moescope::config {
namespace {

// Layers with experts among the first `layers` where no pattern names them: those from first_dense on with (layer + 1) % every == 0.
std::int64_t mixturesBelow(const MoeConfig& m, std::int64_t layers) {
    const std::int64_t every = std::max<std::int64_t>(m.every, 1);
    return std::max<std::int64_t>(0, layers / every - std::min(layers, m.first_dense) / every);
}

// Is the layer one of the last sixth (rounded up) of those with experts?
bool atTheTop(const RunConfig& c, std::int64_t layer) {
    const std::int64_t all = mixturesBelow(c.moe, c.model.layers);
    return mixturesBelow(c.moe, layer) >= all - (all + 5) / 6;
}

}  // namespace

std::int64_t kvHeads(const ModelConfig& m) { return m.kv_heads > 0 ? m.kv_heads : m.heads; }

std::int64_t headWidth(const ModelConfig& m) {
    return m.head_width > 0 ? m.head_width : m.width / std::max<std::int64_t>(m.heads, 1);
}

std::int64_t expertMatrices(const ModelConfig& m) { return m.activation == "relu" || m.activation == "gelu" ? 2 : 3; }

std::vector<std::int64_t> moeLayers(const RunConfig& c) {
    std::vector<std::int64_t> layers;
    for (std::int64_t layer = 0; layer < c.model.layers; ++layer) {
        if (moeShape(c, layer).experts > 0) layers.push_back(layer);
    }
    return layers;
}

MoeShape moeShape(const RunConfig& c, std::int64_t layer) {
    const MoeConfig& m = c.moe;
    std::int64_t experts = 0;
    if (!m.pattern.empty()) {
        if (layer < 0 || layer >= static_cast<std::int64_t>(m.pattern.size())) return {};
        experts = m.experts > 0 ? m.pattern[static_cast<std::size_t>(layer)] : 0;
    } else if (layer >= m.first_dense && (layer + 1) % std::max<std::int64_t>(m.every, 1) == 0) {
        experts = m.experts * (m.pyramid > 1 && atTheTop(c, layer) ? m.pyramid : 1);
    }
    if (experts <= 0) return {};
    const std::int64_t g = std::max<std::int64_t>(m.granularity, 1);
    const std::int64_t zeroComputation = m.zero_experts + m.copy_experts + m.constant_experts;
    return {experts * g + zeroComputation, m.top_k * g, m.expert_width / g, zeroComputation};
}

double zeroComputationShare(const Values& routerOptions) {
    const auto tau = routerOptions.find("tau");
    if (tau == routerOptions.end()) return 0.75;
    if (const auto* whole = std::get_if<std::int64_t>(&tau->second)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&tau->second);
    return real ? *real : 0.75;
}

bool isPlane(const RunConfig& c) { return c.model.family == "plane"; }

std::int64_t denseWidth(const RunConfig& c) {
    return c.model.ffn_width > 0 ? c.model.ffn_width : c.moe.top_k * c.moe.expert_width;
}

std::int64_t slotsPerExpert(const RunConfig& c, std::int64_t experts) {
    const auto option = c.router.options.find("slots");
    const auto* given = option == c.router.options.end() ? nullptr : std::get_if<std::int64_t>(&option->second);
    if (given && *given > 0) return *given;
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(c.model.context) / static_cast<double>(experts)));
}

double activeExperts(const RunConfig& c, const MoeShape& shape) {
    const auto experts = static_cast<double>(shape.experts);
    if (c.router.select == "slots") return experts * static_cast<double>(slotsPerExpert(c, shape.experts)) / static_cast<double>(c.model.context);
    if (c.router.select == "all") return experts;
    if (c.router.select == "expert_topC") return std::min(experts, c.capacity.factor);
    const double chosen = std::min(experts, static_cast<double>(shape.topK));
    if (shape.zeroComputation == 0) return chosen;
    const double networks = zeroComputationShare(c.router.options) * static_cast<double>(shape.computing());
    return chosen * networks / (networks + static_cast<double>(shape.zeroComputation));
}

double learningRate(const TrainingConfig& t, std::int64_t step) {
    if (step < t.warmup) return t.lr * static_cast<double>(step + 1) / static_cast<double>(t.warmup);
    const double span = static_cast<double>(std::max<std::int64_t>(t.steps - t.warmup, 1));
    const double p = std::clamp(static_cast<double>(step - t.warmup) / span, 0.0, 1.0);
    const double fall = 1 - t.min_lr_ratio;
    constexpr double stable = 0.8;
    if (t.schedule == "cosine") return t.lr * (t.min_lr_ratio + fall * 0.5 * (1 + std::cos(std::numbers::pi * p)));
    if (t.schedule == "linear") return t.lr * (1 - fall * p);
    if (t.schedule == "wsd") return t.lr * (1 - fall * std::max(0.0, p - stable) / (1 - stable));
    return t.lr;
}

}  // namespace moescope::config
