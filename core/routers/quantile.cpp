// Quantile balancing (Megatron-LM, qb_dual_update): each expert's logits are cut where a fair share of the tokens lies above.
//
// Choice: top-k of z - beta, on the logit whatever the score; weights from z alone. Of each micro-batch, alpha_t = (k+1)-th largest
// of z_t - beta, q_e = (n+1)-th largest over t of z_te - alpha_t, n = k T / E (rounded down); after the step beta <- ema beta +
// (1 - ema) mean q, then less its mean. Kept as selection_bias = -beta. An expert that is muted keeps its beta.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct QuantileOptions {
    double ema = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("ema", "Memory of beta", "share", "How much of the old threshold stays at each step; 0 takes the new one.", 0, 0.999999), self.ema);
    }
};

// n-th largest (from 1) along `dim`, which goes.
at::Tensor nthLargest(const at::Tensor& values, std::int64_t n, std::int64_t dim) {
    return std::get<0>(values.kthvalue(values.size(dim) - n + 1, dim));
}

// beta that this micro-batch asks for, [E].
void observe(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores, routing::Routing& routing) {
    if (!input.training || scores.noisy.size(0) == 0) return;
    const at::NoGradGuard noGrad;
    const at::Tensor z = scores.noisy.detach(), bias = tensors.at("selection_bias").to(z.options());
    const std::int64_t tokens = z.size(0), n = spec.topK * tokens / spec.experts;
    const at::Tensor alpha = nthLargest(z + bias, spec.topK + 1, 1).unsqueeze(1);
    const at::Tensor wanted = nthLargest(z - alpha, n + 1, 0);
    routing.observed = at::where(wanted.isfinite(), wanted, bias.neg());
}

void follow(const RouterSpec& spec, RouterTensors& tensors, const routing::StepSummary& step) {
    if (!step.observed.defined()) return;
    const at::NoGradGuard noGrad;
    at::Tensor bias = tensors.at("selection_bias");
    const double ema = readOptions<QuantileOptions>(spec.options).ema;
    const at::Tensor beta = step.observed.to(bias.options()) * (1 - ema) - bias * ema;
    bias.copy_(beta.mean() - beta);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK >= spec.experts)
        problems.push_back({"moe.top_k", "bias_quantile compares with the best expert that is not chosen, and with " + std::to_string(spec.topK) + " of " +
                                             std::to_string(spec.experts) + " there is none: choose fewer experts or take another router.offset."});
    if (spec.select != Select::topk) problems.push_back({"router.select", "bias_quantile moves the logits that top-k ranks: set router.select to topk."});
    if (spec.groupRule != GroupRule::none) problems.push_back({"router.group_rule", "bias_quantile cuts over all experts alike: set router.group_rule to none."});
}

}  // namespace

const Router& routerquantile() {
    static const Router router = [] {
        Router r;
        r.id = "quantile";
        r.title = "Quantile balancing by a selection bias";
        r.source = "Megatron-LM (qb_dual_update), 2026";
        r.claims = [](const RouterSpec& spec) { return spec.offset == Offset::biasQuantile; };
        r.options = [] { return describeOptions<QuantileOptions>("quantile"); };
        r.checkOptions = checkOptions<QuantileOptions>;
        r.check = check;
        r.declare = [](const RouterSpec& spec, Sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"selection_bias", {spec.experts}, routing::Init::zeros, 0, /*trainable=*/false, false, /*perExpert=*/true});
        };
        r.offset = [](const RouterSpec&, const RouterTensors& tensors) { return tensors.at("selection_bias"); };
        r.attach = observe;
        r.update = follow;
        r.curves = {"selection_bias", "max_violation"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
