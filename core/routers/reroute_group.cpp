// Rerouting by groups (a design of this project after two news items): a refused token asks its own group first, then the next.
//
// Experts have room for ceil(cf k T / E) tokens and groups for ceil(group_factor k T / A). A slot asks the members of its own group
// by p_{j|i}, then those of the other groups, best group first; both rooms must have a place, given by falling p. First slots finish
// before second ones start. Weight = p_ij of the expert that took it, renormalised as router.weigh says. Batch-coupled.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/rounds.hpp"

namespace moescope::routers {

namespace {

struct GroupOptions {
    double factor = 1.1;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("group_factor", "Room of a group", "x fair share", "Places of a group in fair shares; the experts' own room holds beside it.", 1, 1024), self.factor);
    }
};

// Whom a slot asks in turn, [T, E]: the members of its wish's group, then those of the others by falling chance of the group. An
// expert that the token holds, -inf in `left`, passes at the end of its group.
at::Tensor askingOrder(const RouterSpec& spec, const at::Tensor& score, const at::Tensor& left, const at::Tensor& wish) {
    const std::int64_t members = spec.experts / spec.groups;
    const at::Tensor own = wish.clamp_min(0).div(members, "floor").eq(at::arange(spec.groups, wish.options()));
    const at::Tensor chance = score.reshape({-1, spec.groups, members}).logsumexp(2);
    const at::Tensor groups = routing::largest(chance.masked_fill(own, std::numeric_limits<double>::infinity()), spec.groups, false).unsqueeze(2);
    const at::Tensor best = routing::largest(left.reshape({-1, members}), members, true).reshape({-1, spec.groups, members});
    const at::Tensor inside = best.gather(1, groups.expand({-1, -1, members}));
    return at::where(inside.ge(0), inside + groups * members, -1).reshape({-1, spec.experts}).masked_fill(wish.lt(0), -1);
}

std::int64_t roomOfGroup(const RouterSpec& spec, std::int64_t tokens) {
    const double factor = readOptions<GroupOptions>(spec.options).factor, wishes = static_cast<double>(spec.topK * tokens);
    return static_cast<std::int64_t>(std::ceil(std::min(wishes, factor * wishes / static_cast<double>(spec.groups)) - 1e-6));
}

void sendOn(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores, Choice& choice) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::selectionScore(spec, tensors, input, scores);
    const std::int64_t tokens = score.size(0), room = routing::capacity(spec, tokens, input.training);
    choice.candidates = choice.experts;
    if (room == 0) return;
    routing::Rounds rounds(spec, input, scores, score, room, std::max<std::int64_t>(1, roomOfGroup(spec, tokens)));
    for (std::int64_t slot = 0; slot < spec.topK; ++slot) rounds.place(askingOrder(spec, score, rounds.left(), choice.candidates.narrow(1, slot, 1)));
    rounds.finish(choice);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.groupRule != GroupRule::twoLevel)
        problems.push_back({"capacity.overflow", "reroute_group goes through the groups of a two-level choice: set router.group_rule to two_level, or take reroute_next."});
    if (spec.capacity.priority != Priority::prob)
        problems.push_back({"capacity.priority", "reroute_group gives the places of experts and groups by probability: set it to prob."});
    if (spec.capacity.groupTokens > 0)
        problems.push_back({"capacity.group_tokens", "reroute_group needs all tokens of the batch together: set it to 0."});
    if (spec.balance.scope == routing::Scope::global)
        problems.push_back({"balance.scope", "reroute_group counts the first wishes of the batch: set it to batch or sequence."});
}

}  // namespace

const Router& routerreroute_group() {
    static const Router router = [] {
        Router r;
        r.id = "reroute_group";
        r.title = "Rerouting inside groups (batch-coupled)";
        r.source = "MoEScope; cf. Mesh TensorFlow, ntlb gating";
        r.claims = [](const RouterSpec& spec) { return spec.capacity.overflow == Overflow::rerouteGroup; };
        r.options = [] { return describeOptions<GroupOptions>("reroute_group"); };
        r.checkOptions = checkOptions<GroupOptions>;
        r.check = check;
        r.overflow = sendOn;
        r.curves = {"reroute_rank"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
