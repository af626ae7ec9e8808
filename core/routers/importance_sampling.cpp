// Importance sampling of experts (option importance_sampling; this project's reading): rarely used experts are drawn more often.
//
// In training k experts are sampled without replacement from softmax(z - lambda ln(E L_e)) by Gumbel noise, L_e = moving average
// (memory 0.9) of the expert's share of the choices in earlier steps, at least 0.01 / E. Weights come from the clean z, and
// evaluation takes the k largest of it. L starts at 1 / E and moves after the optimizer step; it carries no gradient.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/steering.hpp"

namespace moescope::routers {

namespace {

constexpr double kMemory = 0.9, kFloor = 0.01;

struct SamplingOptions {
    double importanceSampling = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("importance_sampling", "Importance sampling", "logits", "How strongly training prefers experts that were used rarely: logits taken off for each e-fold of load; 0 is off.", 0, 100), self.importanceSampling);
    }
};

void sample(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, Scores& scores) {
    const double lambda = readOptions<SamplingOptions>(spec.options).importanceSampling;
    if (lambda == 0 || !input.training) return;
    const at::Tensor load = tensors.at("load_share").to(scores.noisy.scalar_type()).mul(static_cast<double>(spec.experts)).clamp_min(kFloor);
    const at::Tensor gumbel = routing::gumbelDraws(spec, input, base::Purpose::importanceSampling, scores.noisy.sizes(), scores.noisy.detach());
    scores.noisy = scores.noisy - load.log() * lambda + gumbel;
}

void follow(const RouterSpec&, RouterTensors& tensors, const routing::StepSummary& step) {
    const at::NoGradGuard noGrad;
    at::Tensor share = tensors.at("load_share");
    const at::Tensor load = step.counts.to(share.scalar_type());
    share.mul_(kMemory).add_(load / load.sum().clamp_min(1), 1 - kMemory);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    checkSteered(spec, "importance_sampling", problems);
    if (spec.noise != Noise::none || spec.second != Second::best)
        problems.push_back({"router.noise", "Importance sampling is the noise of this router: set router.noise to none, or leave importance_sampling out."});
    if (spec.offset != Offset::none)
        problems.push_back({"router.offset", "Importance sampling and a selection offset both steer by the load: set router.offset to none, or leave importance_sampling out."});
}

}  // namespace

const Router& routerimportance_sampling() {
    static const Router router = [] {
        Router r;
        r.id = "importance_sampling";
        r.title = "Importance sampling of experts";
        r.source = "A name in surveys without a primary source; this project's reading";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("importance_sampling"); };
        r.options = [] { return describeOptions<SamplingOptions>("importance_sampling"); };
        r.checkOptions = checkOptions<SamplingOptions>;
        r.check = check;
        r.declare = [](const RouterSpec& spec, Sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"load_share", {spec.experts}, routing::Init::constant, 1.0 / static_cast<double>(spec.experts), /*trainable=*/false, false, /*perExpert=*/true});
        };
        r.steer = sample;
        r.update = follow;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
