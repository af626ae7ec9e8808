// Auxiliary-loss-free balancing (Wang et al. 2024, 2408.15664): a bias on the selection score follows the load.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

// b_e += u * sign(mean(c) - c_e), or proportionally u * (mean(c) - c_e); c over the whole step, in tokens.
void follow(const RouterSpec& spec, RouterTensors& tensors, const routing::StepSummary& step) {
    const at::NoGradGuard noGrad;
    at::Tensor bias = tensors.at("selection_bias");
    const at::Tensor load = step.counts.to(bias.scalar_type());
    const at::Tensor lack = load.mean() - load;
    bias.add_(spec.offset == Offset::biasSign ? lack.sign() : lack, spec.offsetRate);
}

}  // namespace

const Router& routerloss_free() {
    static const Router router = [] {
        Router r;
        r.id = "loss_free";
        r.title = "Loss-free balancing by a selection bias";
        r.source = "Wang et al. 2024, arXiv 2408.15664";
        r.claims = [](const RouterSpec& spec) { return spec.offset == Offset::biasSign || spec.offset == Offset::biasProp; };
        r.declare = [](const RouterSpec& spec, Sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"selection_bias", {spec.experts}, routing::Init::zeros, 0, /*trainable=*/false, false, /*perExpert=*/true});
        };
        r.offset = [](const RouterSpec&, const RouterTensors& tensors) { return tensors.at("selection_bias"); };
        r.update = follow;
        r.curves = {"selection_bias", "max_violation"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
