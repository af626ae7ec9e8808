// Expert output masking (NLLB Team 2022, 2207.04672; option eom): outputs of experts vanish by chance.
//
// In training each (expert, slot) output is zero with probability p, without rescaling; at evaluation all outputs are multiplied
// by 1 - p, so the expectation is the same. Weights and telemetry are those of the router; only what the experts say is masked.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct MaskingOptions {
    double eom = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("eom", "Expert output masking", "share", "Share of expert outputs that are zero in training; at evaluation all are multiplied by the rest.", 0, 0.95), self.eom);
    }
};

at::Tensor factor(const RouterSpec& spec, const RouterInput& input, const Choice& choice) {
    const double p = readOptions<MaskingOptions>(spec.options).eom;
    const auto options = choice.experts.options().dtype(at::kFloat);
    if (p == 0) return {};
    if (!input.training) return at::full({}, 1 - p, options);
    const at::Tensor draws = routing::uniformDraws(spec, input, base::Purpose::expertOutput, {choice.experts.size(0), spec.experts}, at::empty({0}, options));
    return draws.gather(1, choice.experts.clamp_min(0)).ge(p).to(options);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.weigh == routing::Weigh::input)
        problems.push_back({"router.options.eom", "Output masking multiplies what an expert says, and router.weigh input what it reads: set router.weigh to raw, or leave eom out."});
}

}  // namespace

const Router& routeroutput_masking() {
    static const Router router = [] {
        Router r;
        r.id = "output_masking";
        r.title = "Expert output masking";
        r.source = "NLLB Team 2022, arXiv 2207.04672";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("eom"); };
        r.options = [] { return describeOptions<MaskingOptions>("output_masking"); };
        r.checkOptions = checkOptions<MaskingOptions>;
        r.check = check;
        r.outputFactor = factor;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
