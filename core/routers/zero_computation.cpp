// Zero-computation experts (MoE++, Jin et al. 2024, 2410.07348): constant, copy and zero experts beside the networks.
//
// They are the last experts: constant, then copy, then zero (what they say: core/kernels/zero_computation.hpp). A zero expert only
// takes a slot: its weight is 0 and the others of the token are renormalised without it, so a token whose one expert it is gets 0.
// tau is the room of a network for each place at the others; the balance loss "heterogeneous" is 1 when load follows that room:
// (sum_j 1/eta_j) sum_i eta_i f_i P_i, eta = 1 for networks, tau for the others, f over all slots.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct ZeroOptions {
    double tau = 0.75;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("tau", "Load of networks", "", "Room and balanced load of a network for each place at a zero, copy or constant expert; below 1 tokens skip networks more often.", 0.01, 100), self.tau);
    }
};

at::Tensor weighWithoutZero(const RouterSpec& spec, const Scores& scores, const Choice& choice) {
    RouterSpec raw = spec;
    if (spec.weigh == routing::Weigh::renorm) raw.weigh = routing::Weigh::raw;
    at::Tensor weights = routing::weighChosen(raw, scores, choice);
    if (spec.zeroExperts > 0) weights = weights.masked_fill(choice.experts.ge(spec.experts - spec.zeroExperts), 0);
    return spec.weigh == routing::Weigh::renorm && spec.topK > 1 ? routing::normalised(weights) : weights;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.score == Score::softmaxSelected)
        problems.push_back({"router.score", "A zero expert's weight is taken out before the others are normalised, which softmax_selected cannot do: take softmax_all."});
    if (spec.weigh != routing::Weigh::renorm && spec.weigh != routing::Weigh::raw)
        problems.push_back({"router.weigh", "Zero, copy and constant experts are weighed by renorm or raw: take one of them."});
    if (spec.estimator == Estimator::straightThrough)
        problems.push_back({"router.estimator", "A zero expert's weight is zero and has no gradient to pass through: take autograd_gate."});
}

}  // namespace

const Router& routerzero_computation() {
    static const Router router = [] {
        Router r;
        r.id = "zero_computation";
        r.title = "Zero-computation experts";
        r.source = "Jin et al. 2024 (MoE++), arXiv 2410.07348";
        r.claims = [](const RouterSpec& spec) { return routing::computing(spec) < spec.experts; };
        r.options = [] { return describeOptions<ZeroOptions>("zero_computation"); };
        r.checkOptions = checkOptions<ZeroOptions>;
        r.check = check;
        r.weigh = weighWithoutZero;
        r.curves = {"ffn_experts"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
