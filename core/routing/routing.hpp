// route(): tokens in, chosen experts and combine weights out; the reference in LibTorch operations with autograd. (contract)
//
// Everything is float32 (float64 inputs stay float64), on the device of the input, without host synchronisation, and
// deterministic: a tie goes to the lowest index, queues and sums have a fixed order. Selection is constant for autograd;
// gradients reach the logits through weights, probabilities and losses. Not thread-safe per RouterTensors; no global state.
#pragma once

#include "core/tensor.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/spec.hpp"

namespace moescope::routing {

enum class Init { normal, zeros, constant, table };

/// A tensor one layer's router needs. Trainable ones are parameters; the others are buffers and travel in checkpoints.
struct ParameterDecl {
    std::string name;  ///< "weight" [E, d], "bias" [E], "noise_weight" [E, d], "selection_bias" [E], "table" [rows, k] int64
    std::vector<std::int64_t> shape;
    Init init = Init::zeros;
    double std = 0;  ///< of a normal; the value of a constant
    bool trainable = true;
    bool integer = false;
    bool perExpert = false;  ///< row e is expert e's own
};
std::vector<ParameterDecl> declareTensors(const RouterSpec& spec, std::int64_t width, std::int64_t vocabulary);

struct RouterTensors {
    std::map<std::string, at::Tensor> tensors;
    bool has(const std::string& name) const { return tensors.contains(name); }
    /// Throws base::Error if there is none of that name.
    const at::Tensor& at(const std::string& name) const;
};

/// First values of all tensors, on the CPU. `tokenCounts` [vocabulary] (occurrences in the training text) is needed by
/// balanced hash tables only; base::Error (exit 2) if it is missing then.
RouterTensors createTensors(const RouterSpec& spec, std::int64_t width, std::int64_t vocabulary, std::uint64_t seed,
                            std::span<const std::int64_t> tokenCounts = {});

/// Key of the counter-based draws: the same key gives the same noise.
struct Draws {
    std::uint64_t seed = 0, step = 0, micro = 0;
};

struct RouterInput {
    at::Tensor features;          ///< [T, d] any float type; the router casts to float32
    at::Tensor logits;            ///< [T, E], given in place of features and net (then input noise does not apply)
    at::Tensor noiseLogits;       ///< [T, E], given in place of features * noise_weight
    at::Tensor tokenIds;          ///< [T] int64; needed by hash
    at::Tensor previousTokenIds;  ///< [T] int64, -1 = none; only hash of pairs, and only where a sequence does not start at its first token
    at::Tensor domains;           ///< [T] int64, -1 = none; for pinned domains and losses by domain
    at::Tensor previousLogits;    ///< [T, E] logits of the layer with experts before; only gating residuals read them
    std::int64_t sequences = 1;   ///< T = sequences * length, row-major
    bool training = true;
    Draws draws;
    at::Tensor noise, uniform, gumbel;  ///< [T, E], given in place of drawn ones (input noise: `uniform` [T, d])
    at::Tensor muted;                   ///< [E] bool: never chosen, p = 0
};

/// What only one router measures: `name` is one of telemetry::measures(), `value` [] the mean over this micro-batch, without gradient.
struct Measured {
    std::string_view name;
    at::Tensor value;
};

struct Routing {
    at::Tensor logits;         ///< [T, E] clean z with rig, in the graph; undefined without hasLogits
    at::Tensor probabilities;  ///< [T, E] softmax of the clean (transformed) z, in the graph; undefined without hasLogits
    at::Tensor noisy;          ///< [T, E] z as the choice met it: transformed, with noise, -inf where muted; no gradient; undefined without hasLogits
    at::Tensor shares;         ///< [T, E] what balance losses average: p, or s / sum s for sigmoid; in the graph
    at::Tensor experts;        ///< [T, slots] int64, descending selection score, -1 unused
    at::Tensor candidates;     ///< [T, n] int64, what balance losses count where a full expert sends its tokens on; else undefined
    at::Tensor weights;        ///< [T, slots] combine weights, in the graph; 0 where unused or dropped
    at::Tensor gates;          ///< [T, slots] the same before capacity and `scale`
    at::Tensor positions;      ///< [T, slots] int64 place in the expert's queue (of its group), -1 unused
    at::Tensor kept;           ///< [T, slots] bool: chosen and not dropped
    at::Tensor counts;         ///< [E] int64 first wishes: chosen before capacity
    at::Tensor placed;         ///< [E] int64 kept assignments; the same tensor as `counts` if nothing can be dropped
    at::Tensor loadEstimate;   ///< [T, E] P(e in top-k) under fresh noise, in the graph; undefined if no loss needs it
    at::Tensor outputFactor;   ///< [T, slots] or a scalar that multiplies the experts' outputs (output masking); undefined = 1
    at::Tensor mixture;        ///< [T] weight of the routed experts beside a residual one, before gate dropout, in the graph; set by the block, undefined = no gate
    at::Tensor secondTaken;    ///< [T] bool, random second expert only
    at::Tensor domains;        ///< [T] int64 as in the input, -1 = none; undefined without labels
    at::Tensor observed;       ///< [n] what the router's state learns from this micro-batch; undefined if nothing
    at::Tensor lossScale;      ///< [] factor of the controller loss, no gradient; undefined = 1
    at::Tensor ownLoss;        ///< [] a loss that only this router can compute (code_entropy), in the graph; else undefined
    at::Tensor outputScale;    ///< [d] factor of the experts' combined output, in the graph; undefined = 1
    std::vector<Measured> measured = {};  ///< candidates, rank asked, regret ...; empty for most
    at::Tensor dispatch;       ///< [sequences, length, E s] share of each token in the slots the experts read, in the graph; select slots only
    at::Tensor combine;        ///< [sequences, length, E s] share of each slot in a token's output, in the graph; select slots only
    at::Tensor slotInputs;     ///< [sequences, E s, d] what the experts read, no gradient; set by the block, select slots only
    std::int64_t capacity = 0;  ///< slots of an expert in a full group; 0 = no limit
    std::int64_t room = 0;      ///< slots of all experts and groups together; 0 = no limit
    bool dropless = true;       ///< known beforehand: no chosen assignment is dropped
    bool complete = true;       ///< known beforehand: no slot is unused (-1)
    bool plain = true;          ///< `probabilities` is the softmax of exactly `logits` (no transform, nobody muted)
};

Routing route(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input);

/// What the experts' outputs are multiplied by: weights times outputFactor.
at::Tensor outputWeights(const Routing& routing);

/// What a whole step did to one layer, all its micro-batches together.
struct StepSummary {
    at::Tensor counts;                     ///< [E] int64 first wishes
    std::int64_t tokens = 0;
    std::span<const at::Tensor> all = {};  ///< `counts` of every layer with experts
    at::Tensor observed = {};              ///< mean of Routing::observed
};

/// After the optimizer step; moves biases, averages and controllers. Never in evaluation.
void updateState(const RouterSpec& spec, RouterTensors& tensors, const StepSummary& step);
inline void updateState(const RouterSpec& spec, RouterTensors& tensors, const at::Tensor& counts) { updateState(spec, tensors, StepSummary{counts}); }

// A back-end that has a fused form of a spec offers it as `bool fusedForm(const RouterSpec&)` beside its kernel and yields
// the same Routing; this reference is what it is tested against.

}  // namespace moescope::routing
