// Noisy top-k gating (Shazeer et al. 2017, 1701.06538): learned noise, and the load it makes differentiable.
#include "core/tensor.hpp"

#include <numbers>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

// std = softplus(x W_n) + 0.01, times the noise scale.
at::Tensor learnedStd(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const at::Tensor& clean) {
    const at::Tensor raw = input.noiseLogits.defined()
                               ? input.noiseLogits.to(clean.scalar_type())
                               : at::linear(input.features.to(clean.scalar_type()), tensors.at("noise_weight").to(clean.scalar_type()));
    return (at::softplus(raw) + 1e-2) * spec.noiseScale;
}

// P(t, e) = Phi((z - threshold) / std): the threshold is the (k+1)-th largest noisy logit for an expert inside, the k-th for
// one outside. Gradient through logits, std and thresholds; with fewer than k + 1 open experts there is no competition.
at::Tensor loadProbability(const RouterSpec& spec, const Scores& scores) {
    const at::Tensor top = scores.noisy.gather(1, routing::largest(scores.noisy, spec.topK + 1, false));
    const at::Tensor whenInside = top.narrow(1, spec.topK, 1), whenOutside = top.narrow(1, spec.topK - 1, 1);
    const at::Tensor threshold = at::where(scores.noisy.gt(whenInside), whenInside, whenOutside);
    const at::Tensor open = scores.clean.isfinite(), contested = threshold.isfinite().logical_and(open);
    const at::Tensor margin = at::where(contested, scores.clean - threshold, 0) / scores.noiseStd;
    const at::Tensor inside = at::erfc(margin * (-1 / std::numbers::sqrt2)) * 0.5;
    return at::where(contested, inside, open.to(inside.scalar_type()));
}

void attach(const RouterSpec&, const RouterTensors&, const RouterInput&, const Scores& scores, routing::Routing& routing) {
    if (scores.noiseStd.defined()) routing.measured.push_back({"noise_std", scores.noiseStd.detach().to(at::kDouble).mean()});
}

}  // namespace

const Router& routershazeer() {
    static const Router router = [] {
        Router r;
        r.id = "shazeer";
        r.title = "Noisy top-k";
        r.source = "Shazeer et al. 2017, arXiv 1701.06538";
        r.claims = [](const RouterSpec& spec) { return spec.noise == Noise::logitGaussLearned; };
        r.declare = [](const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"noise_weight", {spec.experts, sizes.width}, routing::Init::zeros, 0, !spec.frozen, false, /*perExpert=*/true});
        };
        r.noiseStd = learnedStd;
        r.load = loadProbability;
        r.attach = attach;
        r.curves = {"noise_std"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
