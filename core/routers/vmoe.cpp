// Fixed Gaussian logit noise and its load estimate (V-MoE, Riquelme et al. 2021, 2106.05974).
#include "core/tensor.hpp"

#include <numbers>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

at::Tensor fixedStd(const RouterSpec& spec, const RouterTensors&, const RouterInput&, const at::Tensor& clean) {
    return at::scalar_tensor(spec.noiseScale / static_cast<double>(spec.experts), clean.options());
}

// P(t, e) = 1 - Phi((threshold - z) / std), threshold = the k-th largest noisy logit; gradient through both.
at::Tensor loadProbability(const RouterSpec& spec, const Scores& scores) {
    const at::Tensor top = scores.noisy.gather(1, routing::largest(scores.noisy, spec.topK, false));
    const at::Tensor threshold = top.narrow(1, spec.topK - 1, 1);
    const at::Tensor open = scores.clean.isfinite(), contested = threshold.isfinite().logical_and(open);
    const at::Tensor margin = at::where(contested, scores.clean - threshold, 0) / scores.noiseStd;
    const at::Tensor inside = at::erfc(margin * (-1 / std::numbers::sqrt2)) * 0.5;
    return at::where(contested, inside, open.to(inside.scalar_type()));
}

}  // namespace

const Router& routervmoe() {
    static const Router router = [] {
        Router r;
        r.id = "vmoe";
        r.title = "Top-k with fixed logit noise";
        r.source = "Riquelme et al. 2021, arXiv 2106.05974";
        r.claims = [](const RouterSpec& spec) { return spec.noise == Noise::logitGaussFixed; };
        r.noiseStd = fixedStd;
        r.load = loadProbability;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
