// Gating dropout (Liu et al. 2022, 2205.14336; fairseq's local drop): in some steps tokens stay with the experts at hand.
//
// On many devices the exchange of tokens is skipped with probability p, for the whole step, and tokens use the experts of their
// own device. On one device: with probability p the choice of a training step is among a random subset of the experts, drawn for
// each layer, of the share that a device would hold (at least k). Nothing is rescaled, and nothing happens at evaluation.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>

#include "core/routers/router.hpp"
#include "core/routers/steering.hpp"

namespace moescope::routers {

namespace {

struct DropoutOptions {
    double gatingDropout = 0, localShare = 0.25;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        using config::detail::number;
        visit(number("gating_dropout", "Gating dropout", "share", "Share of training steps in which tokens choose among a random subset of the experts only.", 0, 1), self.gatingDropout);
        visit(number("local_share", "Experts at hand", "share", "Share of the experts that stay open in such a step; at least k do.", 0, 1), self.localShare);
    }
};

// One coin for all layers of a step, as the exchange is skipped as a whole.
bool staysLocal(const RouterInput& input, double p) {
    return base::uniform({input.draws.seed, base::Purpose::gatingDropout, 0, input.draws.step}, 0) < p;
}

void keepLocal(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, Scores& scores) {
    const auto options = readOptions<DropoutOptions>(spec.options);
    if (!input.training || !staysLocal(input, options.gatingDropout)) return;
    const auto share = static_cast<std::int64_t>(std::ceil(options.localShare * static_cast<double>(spec.experts) - 1e-9));
    const at::Tensor draws = stepDraws(spec, input, base::Purpose::localExperts, scores.clean);
    close(scores, allBut(spec, routing::largest(draws, std::max(share, spec.topK), false)));
}

}  // namespace

const Router& routergating_dropout() {
    static const Router router = [] {
        Router r;
        r.id = "gating_dropout";
        r.title = "Gating dropout";
        r.source = "Liu et al. 2022, arXiv 2205.14336";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("gating_dropout"); };
        r.options = [] { return describeOptions<DropoutOptions>("gating_dropout"); };
        r.checkOptions = checkOptions<DropoutOptions>;
        r.check = [](const RouterSpec& spec, base::Problems& problems) { checkSteered(spec, "gating_dropout", problems); };
        r.steer = keepLocal;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
