// Which settings a converted run has, and when a conversion cannot be.
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "core/conversion/conversion.hpp"

namespace moescope::conversion {
namespace {

using base::Problems;
using config::RunConfig;

std::string text(std::int64_t number) { return std::to_string(number); }

/// What belonged to the old shape: a rig, a script and the router itself.
RunConfig withoutRouter(const RunConfig& from) {
    RunConfig to = from;
    to.router = {};
    to.capacity = {};
    to.balance = {};
    to.moe = {};
    to.moe.every = from.moe.every;
    to.moe.first_dense = from.moe.first_dense;
    to.distillation = {};
    to.script.clear();
    to.preset.clear();
    return to;
}

Problems mixtureFrom(const RunConfig& from, const Order& order, std::int64_t width, RunConfig& to) {
    if (!config::moeLayers(from).empty()) return {{"moe.experts", "this run has experts already; a dense run is what can be converted into a mixture"}};
    if (order.experts < 2) return {{"moe.experts", "a mixture has at least 2 experts; give --experts 2 or more"}};
    if (order.topK < 1 || order.topK > order.experts) return {{"moe.top_k", text(order.topK) + " experts a token do not fit " + text(order.experts) + " experts; give --top-k 1 to " + text(order.experts)}};
    to = withoutRouter(from);
    to.moe.every = 1;
    to.moe.first_dense = 0;
    to.moe.experts = order.experts;
    to.moe.top_k = order.topK;
    to.moe.expert_width = width;
    to.model.ffn_width = config::denseWidth(from);
    return {};
}

Problems upcycled(const RunConfig& from, const Order& order, RunConfig& to) {
    const std::int64_t width = config::denseWidth(from);
    if (order.granularity < 1 || width % order.granularity != 0)
        return {{"moe.granularity", "the dense layer has " + text(width) + " hidden units, which do not divide into " + text(order.granularity) + " equal parts"}};
    if (Problems problems = mixtureFrom(from, order, width, to); !problems.empty()) return problems;
    to.moe.granularity = order.granularity;
    const bool single = order.topK * order.granularity == 1;
    to.router.score = single ? "softmax_all" : "softmax_selected";
    to.router.weigh = single ? "one" : "renorm";
    to.router.estimator = single ? "straight_through" : "autograd_gate";
    to.balance.kind = "topk_mean";
    to.balance.coefficient = 0.01;
    return {};
}

/// Noisy top-k over shares of a layer, all of which together are the layer again.
void learnShares(RunConfig& to) {
    to.router.noise = "logit_gauss_learned";
    to.router.noise_scope = "selection_and_weight";
    to.router.weigh = "renorm";
    to.router.init_std = 0;
    to.router.options["rescale"] = true;
    to.balance.kind = "importance";
    to.balance.coefficient = 0.01;
    to.balance.more = {{"load", 0.01, "batch"}};
}

void keepClusters(RunConfig& to) {
    to.router.weigh = "one";
    to.router.frozen = true;
    to.balance.kind = "none";
    to.balance.coefficient = 0;
}

Problems split(const RunConfig& from, const Order& order, RunConfig& to) {
    const std::int64_t width = config::denseWidth(from);
    const bool random = order.split == Split::random;
    if (!random && from.model.activation != "relu")
        return {{"model.activation", "only ReLU leaves most neurons at exactly 0, which is what clusters live on; this run has " + from.model.activation + ". Split it at random (--split random), upcycle it, or train the dense run with model.activation relu."}};
    if (random && order.topK < 2) return {{"moe.top_k", "with one share for each token the router has no weight to learn by; give --top-k 2 or more"}};
    if (order.experts < 1 || width % order.experts != 0)
        return {{"moe.experts", "the dense layer has " + text(width) + " neurons, which do not divide into " + text(order.experts) + " experts of equal size"}};
    if (Problems problems = mixtureFrom(from, order, width / order.experts, to); !problems.empty()) return problems;
    (random ? learnShares : keepClusters)(to);
    return {};
}

Problems dense(const RunConfig& from, const Order& order, RunConfig& to) {
    const auto layers = config::moeLayers(from);
    if (layers.empty()) return {{"moe.experts", "this run is dense already"}};
    if (from.moe.residual != "none") return {{"moe.residual", "a residual expert beside the routed ones is not put together; convert a run without it"}};
    if (from.moe.zero_experts + from.moe.copy_experts + from.moe.constant_experts > 0)
        return {{"moe.zero_experts", "zero, copy and constant experts cannot be written as one dense layer; convert a run whose experts are all networks"}};
    if (from.moe.shared_gate) return {{"moe.shared_gate", "a gated shared expert cannot be written as one dense layer; convert a run without the gate"}};
    const std::int64_t expert = config::moeShape(from, layers.front()).expertWidth, width = expert * (1 + from.moe.shared_experts);
    for (const std::int64_t layer : layers)
        if (config::moeShape(from, layer).expertWidth != expert) return {{"moe.pattern", "layers with experts of different widths do not become dense layers of one width"}};
    if (static_cast<std::int64_t>(layers.size()) < from.model.layers && config::denseWidth(from) != width)
        return {{"model.ffn_width", "the dense layers of this run are " + text(config::denseWidth(from)) + " wide and its experts " + text(width) + ": one width for all layers is needed"}};
    if (order.keep == Keep::busiest && order.load.size() != layers.size()) return {{"load", "the loads of the experts are not stored for every layer; take the average instead"}};
    to = withoutRouter(from);
    to.moe.experts = 0;
    to.model.ffn_width = width;
    to.balance.kind = "none";
    to.balance.coefficient = 0;
    return {};
}

}  // namespace

std::string_view toText(Kind kind) { return kind == Kind::upcycle ? "upcycled" : kind == Kind::moefy ? "split into experts" : "made dense"; }

std::string presetAfter(std::string_view preset, const Order& order) {
    const std::string base(preset.substr(0, preset.find('+')));
    const std::string router = order.kind == Kind::toDense ? "dense" : order.kind == Kind::moefy ? (order.split == Split::random ? "llama_moe" : "moefication") : order.granularity > 1 ? "upcycle_fg" : "upcycle";
    return base.empty() ? router : base + "+" + router;
}

bool keepsFunction(const Order& order) {
    if (order.kind == Kind::upcycle) return order.noise == 0;
    return order.kind == Kind::moefy && order.topK == order.experts;
}

Problems convertedConfig(const RunConfig& from, const Order& order, RunConfig& made) {
    if (config::isPlane(from)) return {{"model.family", "mixtures on the plane have no dense form to convert from or to"}};
    RunConfig to;
    Problems problems = order.kind == Kind::upcycle ? upcycled(from, order, to) : order.kind == Kind::moefy ? split(from, order, to) : dense(from, order, to);
    if (problems.empty()) problems = config::validate(to);
    if (problems.empty()) made = std::move(to);
    return problems;
}

}  // namespace moescope::conversion
