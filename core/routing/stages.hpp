// The stages of the pipeline as functions, in the order route() calls them.
#pragma once

#include "core/tensor.hpp"

#include "core/base/counter_random.hpp"
#include "core/routing/routing.hpp"

namespace moescope::routing {

/// What the score and noise stages leave. All [T, E]; `clean` and `ranked` have -inf at muted experts.
struct Scores {
    at::Tensor logits;    ///< clean z with rig
    at::Tensor clean;     ///< z after the transform
    at::Tensor noisy;     ///< what the choice ranks: the same with logit noise
    at::Tensor noiseStd;  ///< standard deviation of a Gaussian logit noise that was added ([T, E] or a scalar), else undefined
    at::Tensor probabilities;  ///< softmax of `clean`
    at::Tensor shares;         ///< what balance losses average
    at::Tensor gate;           ///< score that weights are gathered from: p or s; for softmax_selected the logits themselves
    at::Tensor barred;         ///< [E] or [T, E] bool: closed to the choice in this step, with p as it is; undefined = nobody
    at::Tensor slotLogits;     ///< [T, E s] of each slot, with rig; select slots only
    at::Tensor confidence;     ///< p or s of the same logits as `gate`: what bpr and prob rank
};

/// Who is chosen: [T, slots] int64, descending selection score, -1 unused. `complete`: no -1 anywhere, known beforehand.
struct Choice {
    at::Tensor experts;
    bool complete = true;
    at::Tensor positions;  ///< set by a selector that also fills the queues (expert choice)
    at::Tensor secondTaken;
    at::Tensor candidates;  ///< [T, n]: the experts that were asked for, where overflow sends tokens on
    std::int64_t room = 0;  ///< slots of an expert where the router has rooms of its own; 0 = those of the capacity rule
    std::vector<Measured> measured = {};  ///< for Routing::measured
    at::Tensor multiplier;  ///< [T, slots]: factor of the weights that carries no gradient (SparseMixer), else undefined
};

/// Is logit or input noise on?
bool noiseIsOn(const RouterSpec& spec, bool training);
/// `given` if defined, else drawn: standard normal, [0, 1) and standard Gumbel numbers of `shape`.
at::Tensor normalDraws(const RouterSpec& spec, const RouterInput& input, at::IntArrayRef shape, const at::Tensor& like);
at::Tensor uniformDraws(const RouterSpec& spec, const RouterInput& input, base::Purpose purpose, at::IntArrayRef shape,
                        const at::Tensor& like);
at::Tensor gumbelDraws(const RouterSpec& spec, const RouterInput& input, base::Purpose purpose, at::IntArrayRef shape,
                       const at::Tensor& like);

/// The features as the router sees them: float32, with input noise.
at::Tensor routerFeatures(const RouterSpec& spec, const RouterInput& input);

Scores scoreExperts(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input);

/// Selection score u [T, E] without gradient: the noisy logits, or with an offset or a group limit their p or s plus offset,
/// -inf where muted or outside the kept groups.
at::Tensor selectionScore(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores);
/// Logits from here down stand for a weight of zero where the score is smoothstep, e^z.
inline constexpr double kLogOfNothing = -46;
/// p, s, the positive part or e^z of logits [T, E].
at::Tensor scoreFunction(const RouterSpec& spec, const at::Tensor& logits);
/// The k largest of u.
Choice chooseLargest(const RouterSpec& spec, const RouterInput& input, const at::Tensor& score);
/// What an oracle deals out in place of the router's choice; weights stay the router's.
Choice chooseByOracle(const RouterSpec& spec, const RouterInput& input);
/// `score` with the pinned expert of each token's domain on top, unless it is muted.
at::Tensor withPins(const RouterSpec& spec, const RouterInput& input, const at::Tensor& score);
/// -1 in place of muted experts, for choices that cannot turn to another one.
void leaveOutMuted(const RouterInput& input, Choice& choice);
Choice chooseExperts(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores);

/// Combine weights [T, slots] of the chosen experts before capacity and scale; 0 where unused.
at::Tensor weighChosen(const RouterSpec& spec, const Scores& scores, const Choice& choice);
/// Weights of what was kept: masked, renormalised after the drop if so set, scaled, with the estimator's gradient.
at::Tensor finalWeights(const RouterSpec& spec, const Scores& scores, const Routing& routing);

/// Positions, kept, capacity, counts of `routing` from its experts.
void fillQueues(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const Choice& choice, Routing& routing);

/// Place of each choice in its expert's queue in the order of `capacity.priority`, -1 where nobody is asked.
at::Tensor placesByPriority(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& experts);

/// a / sum over the slots of a, where the sum is positive (else a).
at::Tensor normalised(const at::Tensor& values);
/// Gathers columns of `values` [T, E] at `experts` [T, slots]; 0 where -1.
at::Tensor gatherChosen(const at::Tensor& values, const at::Tensor& experts, bool complete);

}  // namespace moescope::routing
