// Experts cut from one layer (LLaMA-MoE, Zhu et al. 2024, 2406.16554; option rescale): k of E shares of a layer stand for all of it.
//
// The layer is the plain sum of its E shares. The k chosen ones with weights that sum to 1 give 1 / k of their sum on average, and
// their sum k / E of the layer, so the weights are multiplied by E: each share counts E / k on average. With k = E and equal weights
// that is the layer itself. The factor is part of `RouterSpec::scale`.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct RescaleOptions {
    bool rescale = false;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::plain("rescale", "Shares of one layer", "Combine weights are multiplied by the number of experts, so that k shares of a layer that was cut into experts stand for all of it."), self.rescale);
    }
};

void check(const RouterSpec& spec, base::Problems& problems) {
    const bool sumToOne = spec.weigh == routing::Weigh::renorm || spec.weigh == routing::Weigh::renormAfterDrop;
    if (!sumToOne || spec.select != Select::topk)
        problems.push_back({"router.options.rescale", "The factor E is for the weights of a top-k that sum to one: set router.select to topk and router.weigh to renorm, or leave rescale out."});
    else if (spec.topK < 2 && spec.experts > 1)
        problems.push_back({"moe.top_k", "The weight of a single chosen expert is its probability and does not sum to one: choose 2 or more, or leave router.options.rescale out."});
}

}  // namespace

const Router& routerrescale() {
    static const Router router = [] {
        Router r;
        r.id = "rescale";
        r.title = "Shares of one layer, rescaled";
        r.source = "Zhu et al. 2024 (LLaMA-MoE), arXiv 2406.16554";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("rescale"); };
        r.options = [] { return describeOptions<RescaleOptions>("rescale"); };
        r.checkOptions = checkOptions<RescaleOptions>;
        r.check = [](const RouterSpec& spec, base::Problems& problems) {
            if (readOptions<RescaleOptions>(spec.options).rescale) check(spec, problems);
        };
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
