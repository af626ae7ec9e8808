// The pipeline: score, noise, offset, group limit, select, weigh, capacity, estimator.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/routers/router.hpp"
#include "core/routing/routing.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

bool wantsLoad(const RouterSpec& spec) {
    const auto isLoad = [](const BalanceTerm& term) { return term.kind == LossKind::load; };
    return isLoad(spec.balance) || std::ranges::any_of(spec.more, isLoad);
}

// Without noise, or with all experts chosen, the load is the hard count.
at::Tensor loadEstimate(const RouterSpec& spec, const Scores& scores) {
    if (!wantsLoad(spec) || !scores.noiseStd.defined() || slots(spec) >= spec.experts) return {};
    const routers::Router* own = routers::claimant(spec, &routers::Router::load);
    return own ? own->load(spec, scores) : at::Tensor();
}

}  // namespace

Routing route(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input) {
    const Scores scores = hasLogits(spec) ? scoreExperts(spec, tensors, input) : Scores{};
    Choice choice = chooseExperts(spec, tensors, input, scores);
    if (const routers::Router* own = routers::claimant(spec, &routers::Router::overflow)) own->overflow(spec, tensors, input, scores, choice);
    const routers::Router* weigher = routers::claimant(spec, &routers::Router::weigh);
    at::Tensor gates = weigher ? weigher->weigh(spec, scores, choice) : weighChosen(spec, scores, choice);
    if (const routers::Router* own = routers::claimant(spec, &routers::Router::thin)) own->thin(spec, input, scores, choice, gates);

    Routing routing;
    routing.logits = scores.logits;
    routing.probabilities = scores.probabilities;
    routing.shares = scores.shares;
    if (scores.noisy.defined()) routing.noisy = scores.noisy.detach();
    routing.experts = choice.experts;
    routing.secondTaken = choice.secondTaken;
    routing.candidates = choice.candidates;
    routing.gates = gates;
    routing.complete = choice.complete;
    const bool transformed = spec.transform != Transform::none && spec.transform != Transform::gatingResidual;
    routing.plain = !transformed && !input.muted.defined();
    fillQueues(spec, input, scores, choice, routing);
    routing.weights = finalWeights(spec, scores, routing);
    if (const routers::Router* own = routers::claimant(spec, &routers::Router::outputFactor)) routing.outputFactor = own->outputFactor(spec, input, choice);
    routing.loadEstimate = loadEstimate(spec, scores);
    routing.domains = input.domains;
    routing.measured = std::move(choice.measured);
    for (const routers::Router* router : routers::table())
        if (router->attach && router->claims(spec)) router->attach(spec, tensors, input, scores, routing);
    return routing;
}

void updateState(const RouterSpec& spec, RouterTensors& tensors, const StepSummary& step) {
    for (const routers::Router* router : routers::table())
        if (router->update && router->claims(spec)) router->update(spec, tensors, step);
}

}  // namespace moescope::routing
