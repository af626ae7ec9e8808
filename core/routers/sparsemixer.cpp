// SparseMixer (Liu et al. 2023, 2310.00811) and its v2 (GRIN, Liu et al. 2024, 2409.12136, algorithms 1-3): experts are sampled, and
// the gradient is that of sampling.
//
// Candidates: (z* - z_e) / max(|z_e|, z*) <= 2 r (code) or z* - z_e <= r (|z_e| + |z*|) (eq. 2 of the paper); D is sampled from
// p = softmax over candidates by Gumbel noise, the next slot from those left with a mask of its own. Weight = omega p_D, omega = 1
// if D is the best candidate or with chance q, else 1/3; d weight / d z_j = s p_D (1[j = D] - p_j): v2 q = 1/4, s = 1 (exact for
// a cubic loss, eq. 7), v2* q = 5/8, s = 2 (eq. 4). v1: omega = 1 or 1/2, q = 1/2, s = 2 (midpoint rule, exact for a quadratic loss,
// eq. 4), and a learned vector scales the output. At evaluation the best candidate, omega = 1. Weights are not renormalised.
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();

struct MixerOptions {
    double maskRange = 0.1;
    std::string maskForm = "code";

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        using namespace config::detail;
        visit(number("mask_range", "Mask range", "", "Experts whose logit lies this relative distance below the best can be sampled.", 1e-6, 1e6), self.maskRange);
        visit(choice("mask_form", "Mask form", "code|paper", "How the distance is measured: as the released code does, or as equation 2 of the paper."), self.maskForm);
    }
};

// The quadrature of a version: chance of the whole node, the other node, and the slope of the gradient.
struct Rule {
    double chance, fraction, slope;
};

bool isFirst(const RouterSpec& spec) { return spec.estimator == Estimator::sparsemixerV1; }
bool isMixer(const RouterSpec& spec) { return isFirst(spec) || spec.estimator == Estimator::sparsemixerV2 || spec.estimator == Estimator::sparsemixerV2star; }
Rule ruleOf(const RouterSpec& spec) {
    if (isFirst(spec)) return {0.5, 0.5, 2};
    return spec.estimator == Estimator::sparsemixerV2star ? Rule{0.625, 1.0 / 3, 2} : Rule{0.25, 1.0 / 3, 1};
}

// z where an expert can be sampled, else -inf. 0/0 is not above the range, so equal zeros all stay.
at::Tensor candidates(const MixerOptions& options, const at::Tensor& logits, const at::Tensor& taken) {
    const at::Tensor left = logits.masked_fill(taken, kClosed), z = left.detach();
    const at::Tensor best = z.amax({1}, true);
    const at::Tensor far = options.maskForm == "paper" ? (best - z).gt((z.abs() + best.abs()) * options.maskRange)
                                                       : ((best - z) / at::maximum(z.abs(), best)).gt(2 * options.maskRange);
    return left.masked_fill(far, kClosed);
}

// 1 where the best was drawn or by chance, else the other node.
at::Tensor omega(const RouterSpec& spec, const at::Tensor& drawn, const at::Tensor& best, const at::Tensor& uniform) {
    const Rule rule = ruleOf(spec);
    const at::Tensor whole = drawn.eq(best).logical_or(uniform.lt(rule.chance));
    return at::where(whole, at::ones_like(uniform), at::full_like(uniform, rule.fraction));
}

Choice sample(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const auto options = readOptions<MixerOptions>(spec.options);
    const at::Tensor z = scores.clean.detach();
    at::Tensor taken = at::zeros_like(z, at::kBool), gumbel, uniform;
    if (input.training) {
        gumbel = routing::gumbelDraws(spec, input, base::Purpose::routerNoise, {z.size(0), spec.topK * spec.experts}, z);
        uniform = routing::uniformDraws(spec, input, base::Purpose::routerUniform, z.sizes(), z);
    }
    std::vector<at::Tensor> experts, factors;
    for (std::int64_t slot = 0; slot < spec.topK; ++slot) {
        const at::Tensor open = candidates(options, z, taken), best = routing::largest(open, 1, false);
        experts.push_back(input.training ? routing::largest(open + gumbel.narrow(1, slot * spec.experts, spec.experts), 1, false) : best);
        if (input.training) factors.push_back(omega(spec, experts.back(), best, uniform.narrow(1, slot, 1)));
        taken = taken.scatter(1, experts.back(), true);
    }
    Choice choice;
    choice.experts = at::cat(experts, 1);
    if (input.training && isMixer(spec)) choice.multiplier = at::cat(factors, 1);
    return choice;
}

// s p_D + sg((omega - s) p_D): omega forward, s backward.
at::Tensor weighSampled(const RouterSpec& spec, const Scores& scores, const Choice& choice) {
    const auto options = readOptions<MixerOptions>(spec.options);
    at::Tensor taken = at::zeros_like(scores.clean, at::kBool);
    std::vector<at::Tensor> chances;
    for (std::int64_t slot = 0; slot < spec.topK; ++slot) {
        const at::Tensor expert = choice.experts.narrow(1, slot, 1);
        chances.push_back(candidates(options, scores.clean, taken).softmax(1).gather(1, expert));
        taken = taken.scatter(1, expert, true);
    }
    const at::Tensor p = at::cat(chances, 1);
    if (!choice.multiplier.defined()) return p;
    const double slope = ruleOf(spec).slope;
    return p * slope + (p * (choice.multiplier - slope)).detach();
}

void attach(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput&, const Scores& scores, routing::Routing& routing) {
    if (tensors.has("output_scale")) routing.outputScale = tensors.at("output_scale");
    const at::Tensor open = candidates(readOptions<MixerOptions>(spec.options), scores.clean.detach(), at::zeros_like(scores.clean, at::kBool));
    const at::Tensor best = scores.clean.detach().argmax(1, true);
    routing.measured.push_back({"candidate_experts", open.ne(kClosed).sum(1).to(at::kDouble).mean()});
    routing.measured.push_back({"sampled_other", routing.experts.narrow(1, 0, 1).ne(best).to(at::kDouble).mean()});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::sampleMasked)
        return problems.push_back({"router.estimator", "SparseMixer is the gradient of sampled experts: set router.select to sample_masked, or take autograd_gate."});
    if (spec.score != Score::softmaxAll) problems.push_back({"router.score", "Sampling takes a softmax over the candidates: set it to softmax_all."});
    if (spec.weigh != routing::Weigh::raw) problems.push_back({"router.weigh", "Sampled experts keep the weights they were sampled with: set it to raw."});
    if (spec.noise != Noise::none || spec.second != Second::best) problems.push_back({"router.noise", "Sampling is the noise of this router: set it to none."});
}

}  // namespace

const Router& routersparsemixer() {
    static const Router router = [] {
        Router r;
        r.id = "sparsemixer";
        r.title = "SparseMixer";
        r.source = "Liu et al. 2023, arXiv 2310.00811; Liu et al. 2024 (GRIN), arXiv 2409.12136";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::sampleMasked || isMixer(spec); };
        r.options = [] { return describeOptions<MixerOptions>("sparsemixer"); };
        r.checkOptions = checkOptions<MixerOptions>;
        r.check = check;
        r.declare = [](const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
            if (isFirst(spec)) out.push_back({"output_scale", {sizes.width}, routing::Init::constant, 1, !spec.frozen});
        };
        r.choose = sample;
        r.weigh = weighSampled;
        r.attach = attach;
        r.curves = {"candidate_experts", "sampled_other"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
