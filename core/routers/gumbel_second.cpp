// The second expert is sampled with Gumbel noise (fairseq and DeepSpeed; Artetxe et al. 2021, 2112.10684).
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/router.hpp"
#include "core/routers/second_expert.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

// First choice as ranked, second = argmax of (logit + Gumbel) over the others.
Choice sampleSecond(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::Tensor score = routing::withPins(spec, input, routing::selectionScore(spec, tensors, input, scores));
    if (!secondIsRandom(spec, input)) return routing::chooseLargest(spec, input, score);
    const at::Tensor first = routing::largest(score, 1, true);
    const at::Tensor gumbel = routing::gumbelDraws(spec, input, base::Purpose::secondExpert, score.sizes(), score);
    const double closed = -std::numeric_limits<double>::infinity();
    const at::Tensor sampled = (scores.noisy.detach() + gumbel * spec.secondScale).masked_fill(score.eq(closed), closed);
    const at::Tensor others = sampled.scatter(1, first.clamp_min(0), closed);
    Choice choice;
    choice.experts = at::cat({first, routing::largest(others, 1, true)}, 1);
    choice.complete = false;
    return choice;
}

}  // namespace

const Router& routergumbel_second() {
    static const Router router = [] {
        Router r;
        r.id = "gumbel_second";
        r.title = "Sampled second expert";
        r.source = "Artetxe et al. 2021, arXiv 2112.10684";
        r.claims = [](const RouterSpec& spec) { return spec.second == Second::gumbel; };
        r.check = checkSecond;
        r.choose = sampleSecond;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
