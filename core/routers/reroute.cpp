// No token left behind (Mesh TensorFlow, Shazeer et al. 2018): a token whose expert is full asks its next best ones.
//
// Round i = 1..n: each token without a place asks its i-th best expert; an expert accepts in the order of capacity.priority up to
// C over all rounds, and who was accepted is never displaced. Weight = score of the accepted expert; n = 1 is plain dropping.
// k > 1: first slots finish before second ones start, which ask among the experts that their token does not hold.
// Balance losses count all n candidates, so topk_mean is the mean over them of E sum_e f_e P_e; for k > 1 the k first wishes.
// Batch-coupled.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/rounds.hpp"

namespace moescope::routers {

namespace {

struct RerouteOptions {
    std::int64_t candidates = 4;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("candidates", "Candidates", "experts", "How many experts a token asks before it is dropped.", 1, 1024), self.candidates);
    }
};

void sendOn(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores, Choice& choice) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::withPins(spec, input, routing::selectionScore(spec, tensors, input, scores));
    const std::int64_t tries = std::min(readOptions<RerouteOptions>(spec.options).candidates, spec.experts);
    const std::int64_t tokens = score.size(0), room = routing::capacity(spec, tokens, input.training);
    choice.candidates = spec.topK > 1 ? choice.experts : routing::largest(score, tries, true);
    if (room == 0 || room >= tokens) return;
    routing::Rounds rounds(spec, input, scores, score, room);
    for (std::int64_t slot = 0; slot < spec.topK; ++slot) rounds.place(routing::largest(rounds.left(), tries, true));
    rounds.finish(choice);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::topk || spec.second != Second::best || spec.groupRule == GroupRule::perGroup || routing::hasLevels(spec))
        problems.push_back({"capacity.overflow", "reroute_next goes down a token's own ranking: set router.select to topk and router.group_rule to none, or take drop."});
    if (spec.capacity.groupTokens > 0)
        problems.push_back({"capacity.group_tokens", "reroute_next needs all tokens of the batch in one group: set it to 0."});
    if (spec.balance.scope == routing::Scope::global)
        problems.push_back({"balance.scope", "reroute_next counts all candidates of a token, which are known for the batch: set it to batch or sequence."});
}

}  // namespace

const Router& routerreroute() {
    static const Router router = [] {
        Router r;
        r.id = "reroute";
        r.title = "No token left behind (batch-coupled)";
        r.source = "Mesh TensorFlow, ntlb gating; Fedus et al. 2021, arXiv 2101.03961";
        r.claims = [](const RouterSpec& spec) { return spec.capacity.overflow == Overflow::rerouteNext; };
        r.options = [] { return describeOptions<RerouteOptions>("reroute"); };
        r.checkOptions = checkOptions<RerouteOptions>;
        r.check = check;
        r.overflow = sendOn;
        r.curves = {"reroute_rank"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
