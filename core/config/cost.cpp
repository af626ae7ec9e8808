// Parameters, FLOPs and memory, counted from a configuration. All sums are in double: exact far beyond what can be run.
#include <algorithm>
#include <cmath>

#include "core/config/derived.hpp"
#include "core/config/layer_cost.hpp"

namespace moescope::config {
namespace {

// Numbers that only one layer has; matrix weights count a multiply and an add for each token that uses them.
struct LayerCount {
    double total = 0;   // all weights
    double matmul = 0;  // matrix weights one token uses
    double other = 0;   // norms and biases, no matrix product
    double mixing = 0;  // multiply-adds of one token that use no weights, beside attention: into slots and back
};

double attentionWidth(const ModelConfig& m) { return static_cast<double>(m.heads) * static_cast<double>(headWidth(m)); }
double kvWidth(const ModelConfig& m) { return static_cast<double>(kvHeads(m)) * static_cast<double>(headWidth(m)); }

double attentionWeights(const ModelConfig& m) {
    return 2 * static_cast<double>(m.width) * (attentionWidth(m) + kvWidth(m));
}

double normWeights(const ModelConfig& m) {
    return 2 * static_cast<double>(m.width) + (m.qk_norm ? 2 * static_cast<double>(headWidth(m)) : 0);
}

double mlpWeights(const RunConfig& c, double hidden) {
    return static_cast<double>(expertMatrices(c.model)) * static_cast<double>(c.model.width) * hidden;
}

// The cosine router measures angles in a space of its own width (its option "projection").
double cosineWidth(const RunConfig& c) {
    const auto option = c.router.options.find("projection");
    const auto* width = option == c.router.options.end() ? nullptr : std::get_if<std::int64_t>(&option->second);
    return width ? static_cast<double>(*width) : 256;
}

// Two layers with 8 hidden units for each expert.
double mlp2Weights(double width, double experts) { return width * 8 * experts + 8 * experts * experts; }

// Slots of all experts, where experts read mixtures of a sequence's tokens; else none.
double slotsOf(const RunConfig& c, double experts) {
    return c.router.select == "slots" ? experts * static_cast<double>(slotsPerExpert(c, static_cast<std::int64_t>(experts))) : 0;
}

double routerWeights(const RunConfig& c, double experts) {
    const auto d = static_cast<double>(c.model.width);
    if (c.router.select == "slots") return d * slotsOf(c, experts);
    const double noise = c.router.noise == "logit_gauss_learned" ? d * experts : 0;
    if (c.router.net == "cosine") return (d + experts) * cosineWidth(c) + noise;
    if (c.router.net == "attention") return 3 * d * experts + noise;
    if (c.router.net == "tree") return d * (experts + static_cast<double>(c.router.groups)) + noise;
    if (c.router.net == "mlp2") return mlp2Weights(d, experts) + noise;
    return c.router.net == "linear" ? d * experts + noise : 0;
}

double routerBiases(const RunConfig& c, double experts) {
    if (c.router.select == "slots") return 1;  // the scale of the logits
    if (c.router.net == "cosine") return cosineWidth(c) + 1;
    if (c.router.bias && c.router.net == "tree") return experts + static_cast<double>(c.router.groups);
    return c.router.bias && c.router.net == "linear" ? experts : 0;
}

// Rows of the gate between the mixture and its residual expert.
double residualGates(const RunConfig& c) { return c.moe.residual == "softmax2" ? 2 : c.moe.residual == "cmr" ? 1 : 0; }

// What every token uses beside the chosen experts. The gates of constant experts are computed for all tokens.
double alwaysOn(const RunConfig& c, const MoeShape& s) {
    const auto expert = mlpWeights(c, static_cast<double>(s.expertWidth)), d = static_cast<double>(c.model.width);
    const double shared = static_cast<double>(c.moe.shared_experts);
    return shared * expert + (c.moe.shared_gate ? d : 0) + (c.moe.residual == "none" ? 0 : expert) + residualGates(c) * d +
           3 * static_cast<double>(c.moe.constant_experts) * d;
}

// What a layer's router adds where logits reach it from the layer with experts before.
double gatingResidual(const RunConfig& c, std::int64_t layer, double experts) {
    const bool linked = c.router.transform == "gating_residual" && moeLayers(c).front() != layer;
    return linked ? experts * experts : 0;
}

LayerCount countLayer(const RunConfig& c, std::int64_t layer, double keptPerToken) {
    LayerCount n;
    n.matmul = attentionWeights(c.model);
    n.other = normWeights(c.model);
    const MoeShape s = moeShape(c, layer);
    if (s.experts == 0) {
        n.matmul += mlpWeights(c, static_cast<double>(denseWidth(c)));
        n.total = n.matmul + n.other;
        return n;
    }
    const auto experts = static_cast<double>(s.experts);
    const double expert = mlpWeights(c, static_cast<double>(s.expertWidth));
    n.matmul += routerWeights(c, experts) + gatingResidual(c, layer, experts) + alwaysOn(c, s);
    n.other += routerBiases(c, experts) + residualGates(c);
    n.mixing = 2 * slotsOf(c, experts) * static_cast<double>(c.model.width);
    n.total = n.matmul + n.other + static_cast<double>(s.computing()) * expert;
    n.matmul += (keptPerToken < 0 ? activeExperts(c, s) : keptPerToken) * expert;
    return n;
}

std::int64_t rounded(double count) {
    return std::isfinite(count) && count < 9e18 ? static_cast<std::int64_t>(std::llround(count)) : INT64_MAX;
}

// Numbers kept for the backward pass for each token, by the unfused operations of the reference path.
double savedByAttention(const ModelConfig& m) {
    const double qkv = attentionWidth(m) + 2 * kvWidth(m);
    return 4 * static_cast<double>(m.width) + (m.qk_norm ? 3 : 2) * qkv + attentionWidth(m);
}

double savedByMlp(const RunConfig& c, double copies, double hidden) {
    const double inner = expertMatrices(c.model) == 3 ? 4 : 2;
    return copies * (3 * static_cast<double>(c.model.width) + inner * hidden);
}

double savedByLayer(const RunConfig& c, std::int64_t layer) {
    const MoeShape s = moeShape(c, layer);
    const double saved = savedByAttention(c.model) + 2 * static_cast<double>(c.model.width);
    if (s.experts == 0) return saved + savedByMlp(c, 1, static_cast<double>(denseWidth(c)));
    const double copies =
        activeExperts(c, s) + static_cast<double>(c.moe.shared_experts) + (c.moe.residual == "none" ? 0 : 1);
    return saved + savedByMlp(c, copies, static_cast<double>(s.expertWidth)) + 4 * slotsOf(c, static_cast<double>(s.experts));
}

// Stochastic experts train on two passes over each token.
double trainedPasses(const RunConfig& c) { return c.moe.experts > 0 && c.router.options.contains("consistency") ? 2 : 1; }

double vocabularyOf(const RunConfig& c, std::int64_t fromData) {
    return static_cast<double>(c.model.vocabulary > 0 ? c.model.vocabulary : fromData);
}

// Gate and experts read a point's two coordinates and a constant; the experts end in `outputs` numbers.
LayerCount countPlane(RunConfig c, double outputs, double keptPerToken) {
    c.model.width = kPlaneInputs;
    const MoeShape s = moeShape(c, 0);
    const auto experts = static_cast<double>(s.experts), inputs = static_cast<double>(kPlaneInputs), hidden = static_cast<double>(s.expertWidth);
    const bool linear = c.plane.expert == "linear";
    const double expert = linear ? inputs * outputs : (inputs + outputs) * hidden, biases = linear ? 0 : outputs;
    LayerCount n;
    const double active = keptPerToken < 0 ? activeExperts(c, s) : keptPerToken;
    n.matmul = routerWeights(c, experts) + active * expert;
    n.other = routerBiases(c, experts) + active * biases;
    n.total = routerWeights(c, experts) + routerBiases(c, experts) + experts * (expert + biases);
    return n;
}

Cost planeCost(const RunConfig& c, std::int64_t vocabulary, double keptPerToken) {
    const auto outputs = static_cast<double>(std::max<std::int64_t>(1, vocabulary));
    const LayerCount design = countPlane(c, outputs, -1);
    const double forward = 2 * countPlane(c, outputs, keptPerToken).matmul;
    return {rounded(design.total), rounded(design.matmul + design.other), forward, 3 * forward};
}

// Every expert answers at every point, whoever is chosen.
double planeBytes(const RunConfig& c, std::int64_t vocabulary) {
    const MoeShape s = moeShape(c, 0);
    const auto points = static_cast<double>(c.training.batch) * static_cast<double>(c.model.context);
    const double numbers = static_cast<double>(s.experts) * (2 * static_cast<double>(s.expertWidth + vocabulary) + 8);
    return static_cast<double>(cost(c, vocabulary).paramsTotal) * 16 + points * numbers * 4;
}

}  // namespace

Cost cost(const RunConfig& c, std::int64_t vocabulary, double keptPerToken) {
    if (isPlane(c)) return planeCost(c, vocabulary, keptPerToken);
    const auto d = static_cast<double>(c.model.width);
    const double head = vocabularyOf(c, vocabulary) * d;
    double total = (c.model.tied_head ? 1 : 2) * head + d, active = head + d + (c.model.tied_head ? 0 : d),
           matmul = head;
    for (std::int64_t layer = 0; layer < c.model.layers; ++layer) {
        const LayerCount n = countLayer(c, layer, -1);
        total += n.total;
        active += n.matmul + n.other;
        matmul += n.mixing;
        matmul += keptPerToken < 0 ? n.matmul : countLayer(c, layer, keptPerToken).matmul;
    }
    const double scores =
        2 * static_cast<double>(c.model.context) * attentionWidth(c.model) * static_cast<double>(c.model.layers);
    const double forward = 2 * matmul + scores;
    return {rounded(total), rounded(active), forward, 3 * forward * trainedPasses(c)};
}

LayerCost layerCost(const RunConfig& c, std::int64_t layer) {
    const LayerCount n = countLayer(c, layer, -1);
    return {rounded(n.total), rounded(n.matmul + n.other), 2 * (n.matmul + n.mixing) + 2 * static_cast<double>(c.model.context) * attentionWidth(c.model)};
}

double memoryBytes(const RunConfig& c, std::int64_t vocabulary) {
    if (isPlane(c)) return planeBytes(c, vocabulary);
    const bool half = c.training.precision == "bf16";
    const double perWeight = half ? 18 : 16;  // float32 weight, gradient and two moments; bf16 keeps a cast copy
    const double perNumber = half ? 2 : 4;
    const double tokens = static_cast<double>(c.training.batch) * static_cast<double>(c.model.context);
    double saved = 2 * static_cast<double>(c.model.width) * perNumber + 3 * 4 * vocabularyOf(c, vocabulary);
    for (std::int64_t layer = 0; layer < c.model.layers; ++layer) {
        saved += savedByLayer(c, layer) * perNumber + 6 * 4 * static_cast<double>(moeShape(c, layer).experts);
    }
    return static_cast<double>(cost(c, vocabulary).paramsTotal) * perWeight + tokens * saved;
}

}  // namespace moescope::config
