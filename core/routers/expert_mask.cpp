// Expert dropout (option expert_mask; this project's reading of a name in surveys): each step some experts cannot be chosen.
//
// In each training step each expert of a layer is closed with probability p; at least k stay open, those with the largest draws.
// Closed experts have selection score -inf; probabilities and weights are not rescaled. Nobody is closed at evaluation.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/steering.hpp"

namespace moescope::routers {

namespace {

struct MaskOptions {
    double expertMask = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("expert_mask", "Expert dropout", "share", "Chance of each expert to be closed for a training step; at least k stay open.", 0, 1), self.expertMask);
    }
};

void closeSome(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, Scores& scores) {
    const double p = readOptions<MaskOptions>(spec.options).expertMask;
    if (p == 0 || !input.training) return;
    const at::Tensor draws = stepDraws(spec, input, base::Purpose::expertMask, scores.clean);
    const at::Tensor sure = routing::largest(draws, spec.topK, false);
    close(scores, draws.lt(p).squeeze(0).logical_and(allBut(spec, sure)));
}

}  // namespace

const Router& routerexpert_mask() {
    static const Router router = [] {
        Router r;
        r.id = "expert_mask";
        r.title = "Expert dropout";
        r.source = "A name in surveys without a primary source; this project's reading";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("expert_mask"); };
        r.options = [] { return describeOptions<MaskOptions>("expert_mask"); };
        r.checkOptions = checkOptions<MaskOptions>;
        r.check = [](const RouterSpec& spec, base::Problems& problems) { checkSteered(spec, "expert_mask", problems); };
        r.steer = closeSome;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
