// Gating residual (MoE++, Jin et al. 2024, 2410.07348, eq. 5-6): a layer's logits know those of the layer before.
//
// z_l = net(x) + G_l z_{l-1}, G_l [E, E] without bias, z_{l-1} the logits of the layer with experts before; the first has none.
// The sum is the clean z of the layer: what it is regularised by, what is logged, and what the next layer reads.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

void declare(const RouterSpec& spec, Sizes, std::vector<ParameterDecl>& out) {
    if (spec.firstMixture) return;
    out.push_back({"residual_weight", {spec.experts, spec.experts}, routing::Init::normal, spec.initStd, !spec.frozen, false, /*perExpert=*/true});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (!routing::hasLogits(spec))
        problems.push_back({"router.transform", "A router without logits has none to pass on: set it to none."});
}

}  // namespace

const Router& routergating_residual() {
    static const Router router = [] {
        Router r;
        r.id = "gating_residual";
        r.title = "Gating residual";
        r.source = "Jin et al. 2024 (MoE++), arXiv 2410.07348";
        r.claims = [](const RouterSpec& spec) { return spec.transform == Transform::gatingResidual; };
        r.check = check;
        r.declare = declare;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
