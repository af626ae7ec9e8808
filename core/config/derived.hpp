// Numbers that follow from a configuration: layers with experts, effective sizes, parameters, FLOPs, memory. (contract)
//
// One function each, used by the engine, the form, the tables and the tests. Counting follows
// FLOP/token = 6 N_matmul + 6 T d L for training (forward a third), N_matmul = sum over layers of attention, active
// experts, shared experts, router, plus V d for the head; the embedding look-up is free.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config/run_config.hpp"

namespace moescope::config {

std::int64_t kvHeads(const ModelConfig&);
std::int64_t headWidth(const ModelConfig&);
/// Matrices of one expert or dense layer: 2 for relu and gelu, else 3.
std::int64_t expertMatrices(const ModelConfig&);

/// Experts, choices and hidden width after granularity. The last `zeroComputation` of the experts are no networks.
struct MoeShape {
    std::int64_t experts = 0, topK = 0, expertWidth = 0, zeroComputation = 0;
    std::int64_t computing() const { return experts - zeroComputation; }
    bool operator==(const MoeShape&) const = default;
};
/// Shape of layer `layer` (experts = 0 if dense).
MoeShape moeShape(const RunConfig&, std::int64_t layer);
/// Layers that have experts, ascending: those of `pattern`, else every n-th from `first_dense` on ((layer + 1) % every
/// == 0).
std::vector<std::int64_t> moeLayers(const RunConfig&);
/// router.select slots: mixtures of a sequence's tokens that each of `experts` reads: router.options.slots, or where that is 0 or
/// missing round(model.context / experts), at least 1.
std::int64_t slotsPerExpert(const RunConfig&, std::int64_t experts);
/// Networks that work on a token of a layer of this shape, by design: k, all of a dense mixture, c of expert choice, E s slots a
/// sequence over its length; where some experts are no networks, k times the share of the choices that the balance loss asks the networks to take.
double activeExperts(const RunConfig&, const MoeShape&);
/// tau of MoE++ among the router's options: the room of a network for each place at an expert that is none; 0.75 unless given.
double zeroComputationShare(const Values& routerOptions);
/// A mixture on the plane (`model.family`); otherwise a language model.
bool isPlane(const RunConfig&);
/// Numbers that a plane's gate and experts read of a point: its two coordinates and a constant 1.
inline constexpr std::int64_t kPlaneInputs = 3;
/// Hidden width of dense layers: ffn_width, or top_k * expert_width.
std::int64_t denseWidth(const RunConfig&);

struct Cost {
    std::int64_t paramsTotal = 0;
    std::int64_t paramsActive = 0;  ///< touched by one token; the embedding counts once if tied, its row otherwise
    double flopsTokenForward = 0;   ///< FLOP per token, forward
    double flopsToken = 0;          ///< FLOP per trained token, forward and backward
};
/// `vocabulary` = that of the data when the model leaves it at 0. `keptPerToken` < 0 takes k.
Cost cost(const RunConfig&, std::int64_t vocabulary, double keptPerToken = -1);

/// Peak bytes of weights, gradients, optimizer states and activations of a training step (estimate).
double memoryBytes(const RunConfig&, std::int64_t vocabulary);

/// Learning rate of `step` (0-based, of the step about to be taken). Warm-up: lr (step + 1) / warmup. Then, with
/// p = (step - warmup) / (steps - warmup) and r = min_lr_ratio: cosine lr (r + (1 - r)(1 + cos(pi p)) / 2), linear
/// lr (1 - (1 - r) p), constant lr, wsd lr until p = 0.8 and then straight down to r lr at p = 1.
double learningRate(const TrainingConfig&, std::int64_t step);

/// The same run without experts at equal active FLOPs per token. The hidden width is a multiple of 8 (of 4, 2 or 1
/// where that would miss by more than 1 %); a rig and scripted commands that need a router are left out.
RunConfig denseTwin(const RunConfig&);

}  // namespace moescope::config
