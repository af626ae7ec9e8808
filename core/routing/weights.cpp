// Combine weights: gather the score, normalise, drop, scale, and choose what the gradient sees.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/stage_options.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

constexpr double kNowhere = -1e30;  // exp() of it is 0, and unlike -inf a row of it has a softmax

at::Tensor sameForAll(const at::Tensor& experts, double value, at::ScalarType type) { return experts.ge(0).to(type) * value; }

double uniformShare(const RouterSpec& spec) {
    return 1.0 / static_cast<double>(spec.select == Select::all ? spec.experts : spec.topK);
}

at::Tensor softmaxOfChosen(const Scores& scores, const Choice& choice) {
    const at::Tensor logits = gatherChosen(scores.gate, choice.experts, choice.complete);
    if (choice.complete) return logits.softmax(1);
    const at::Tensor unused = choice.experts.lt(0);
    return logits.masked_fill(unused, kNowhere).softmax(1).masked_fill(unused, 0);
}

at::Tensor overNorm(const at::Tensor& values, double p) {
    const at::Tensor sum = values.pow(p).sum(1, true);
    return values / at::where(sum.gt(0), sum, 1).pow(1 / p);
}

bool manyChosen(const RouterSpec& spec) { return spec.select == Select::all ? spec.experts > 1 : spec.topK > 1; }

// Forward w, backward as if it were p.
at::Tensor straightThrough(const Scores& scores, const Routing& routing, const at::Tensor& weights) {
    const at::Tensor p = gatherChosen(scores.probabilities, routing.experts, false);
    return at::where(routing.kept, (weights - p).detach() + p, 0);
}

}  // namespace

at::Tensor gatherChosen(const at::Tensor& values, const at::Tensor& experts, bool complete) {
    if (complete) return values.gather(1, experts);
    return values.gather(1, experts.clamp_min(0)).masked_fill(experts.lt(0), 0);
}

at::Tensor normalised(const at::Tensor& values) {
    const at::Tensor sum = values.sum(1, true);
    return values / at::where(sum.gt(0), sum, 1);
}

at::Tensor weighChosen(const RouterSpec& spec, const Scores& scores, const Choice& choice) {
    const at::ScalarType type = scores.gate.defined() ? scores.gate.scalar_type() : at::kFloat;
    if (spec.weigh == Weigh::one) return sameForAll(choice.experts, 1, type);
    if (spec.weigh == Weigh::uniform) return sameForAll(choice.experts, uniformShare(spec), type);
    const at::Tensor raw = spec.score == Score::softmaxSelected
                               ? softmaxOfChosen(scores, choice)
                               : gatherChosen(scores.gate, choice.experts, choice.complete);
    if (!manyChosen(spec)) return raw;
    if (spec.weigh == Weigh::lp) return overNorm(raw, routers::readOptions<routers::StageOptions>(spec.options).p);
    const bool done = spec.score == Score::softmaxSelected;  // sums to one as it is
    return spec.weigh == Weigh::renorm && !done ? normalised(raw) : raw;
}

at::Tensor outputWeights(const Routing& routing) {
    return routing.outputFactor.defined() ? routing.weights * routing.outputFactor : routing.weights;
}

at::Tensor finalWeights(const RouterSpec& spec, const Scores& scores, const Routing& routing) {
    at::Tensor weights = routing.gates;
    if (!routing.dropless) weights = weights.masked_fill(routing.kept.logical_not(), 0);
    if (spec.weigh == Weigh::renormAfterDrop && manyChosen(spec)) weights = normalised(weights);
    if (spec.scale != 1) weights = weights * spec.scale;
    if (spec.estimator == Estimator::none) return weights.detach();
    return spec.estimator == Estimator::straightThrough ? straightThrough(scores, routing, weights) : weights;
}

}  // namespace moescope::routing
