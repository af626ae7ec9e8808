// No token left behind (Mesh TensorFlow, Shazeer et al. 2018): a token whose expert is full asks its next best ones.
//
// Round i = 1..n: each token without a place asks its i-th best expert; an expert accepts in the order of capacity.priority up to
// C over all rounds, and who was accepted is never displaced. Weight = score of the accepted expert; n = 1 is plain dropping.
// Balance losses count all n candidates, so topk_mean is the mean over them of E sum_e f_e P_e. Batch-coupled.
#include "core/tensor.hpp"

#include <algorithm>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

struct RerouteOptions {
    std::int64_t candidates = 4;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("candidates", "Candidates", "experts", "How many experts a token asks before it is dropped.", 1, 1024), self.candidates);
    }
};

// Round after round, for all tokens at once: [T, 1] each.
struct Rounds {
    at::Tensor experts, positions, open;
    at::Tensor used;  // [E] places given away

    void ask(const RouterSpec& spec, const RouterInput& input, const Scores& scores, const at::Tensor& wanted, std::int64_t room) {
        const at::Tensor asked = wanted.masked_fill(open.logical_not(), -1);
        const at::Tensor ranks = routing::placesByPriority(spec, input, scores, asked);
        const at::Tensor places = ranks + used.index_select(0, asked.clamp_min(0).reshape({-1})).reshape_as(asked);
        const at::Tensor accepted = asked.ge(0).logical_and(places.lt(room));
        experts = at::where(accepted, asked, experts);
        positions = at::where(accepted, places, positions);
        open = open.logical_and(accepted.logical_not());
        used = used + routing::countExperts(asked.masked_fill(accepted.logical_not(), -1).reshape({1, -1}), spec.experts).squeeze(0);
    }
};

void sendOn(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores, Choice& choice) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::selectionScore(spec, tensors, input, scores);
    const std::int64_t tries = std::min(readOptions<RerouteOptions>(spec.options).candidates, spec.experts);
    const std::int64_t tokens = score.size(0), room = routing::capacity(spec, tokens, input.training);
    choice.candidates = routing::largest(score, tries, true);
    if (room == 0 || room >= tokens) return;
    const at::Tensor wish = choice.candidates.narrow(1, 0, 1);
    Rounds rounds{wish, at::zeros_like(wish), wish.ge(0), at::zeros({spec.experts}, wish.options())};
    for (std::int64_t i = 0; i < tries; ++i) rounds.ask(spec, input, scores, choice.candidates.narrow(1, i, 1), room);
    const at::Tensor refused = wish.masked_fill(rounds.open.logical_not(), -1);  // behind those who have a place
    const at::Tensor behind = routing::queuePositions(refused, spec.experts, 0, {}) + room;
    choice.experts = rounds.experts;
    choice.positions = at::where(rounds.open, behind, rounds.positions).masked_fill(rounds.experts.lt(0), -1);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK != 1 || spec.select != Select::topk)
        problems.push_back({"capacity.overflow", "reroute_next sends the one expert of a token on: set moe.top_k to 1 and router.select to topk, or take drop."});
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
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
