// Topology-aware gate (FasterMoE, He et al. 2022, PPoPP; option leave_share): few tokens may leave the machine they are on.
//
// The tokens of a batch lie on router.groups machines in equal stretches, and so do the experts. A token whose k best experts
// are all at home takes them. Of the others only the share `leave_share` of all tokens may leave, those with the largest
// probability of an expert elsewhere (ties to the lowest token); the rest take the k best at home. In training only: the
// imitation on one device has no machines at evaluation. Weights are those of the chosen experts.
#include "core/tensor.hpp"

#include <cmath>
#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();

struct TopologyOptions {
    double leaveShare = 0.14;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("leave_share", "Tokens that may leave", "share", "Share of a batch's tokens that may use experts of another group than their own, in training.", 0, 1), self.leaveShare);
    }
};

// [T, E] bool: is the expert on the token's machine?
at::Tensor atHome(const RouterSpec& spec, const at::Tensor& score) {
    const auto options = score.options().dtype(at::kLong);
    const std::int64_t tokens = score.size(0);
    const at::Tensor home = at::arange(tokens, options).mul(spec.groups).floor_divide(tokens);
    const at::Tensor machine = at::arange(spec.experts, options).mul(spec.groups).floor_divide(spec.experts);
    return home.unsqueeze(1).eq(machine.unsqueeze(0));
}

// [T, 1] bool: the tokens with the largest p of a chosen expert elsewhere.
at::Tensor leaving(const RouterSpec& spec, const at::Tensor& score, const at::Tensor& home, const at::Tensor& p) {
    const auto room = static_cast<std::int64_t>(std::floor(readOptions<TopologyOptions>(spec.options).leaveShare * static_cast<double>(score.size(0)) + 1e-6));
    const at::Tensor free = routing::largest(score, spec.topK, false);
    const at::Tensor outside = p.gather(1, free).masked_fill(home.gather(1, free), kClosed).amax({1}, true);
    return routing::columnRanks(outside, 0).lt(room).logical_and(outside.ne(kClosed));
}

Choice stayMostly(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::Tensor score = routing::withPins(spec, input, routing::selectionScore(spec, tensors, input, scores));
    if (!input.training) return routing::chooseLargest(spec, input, score);
    const at::Tensor home = atHome(spec, score);
    const at::Tensor open = home.logical_or(leaving(spec, score, home, scores.probabilities.detach())).logical_or(score.eq(-kClosed));  // who is pinned may leave
    Choice choice;
    choice.complete = !input.muted.defined();
    choice.experts = routing::largest(score.masked_fill(open.logical_not(), kClosed), spec.topK, !choice.complete);
    const at::Tensor away = home.gather(1, choice.experts.clamp_min(0)).logical_not().logical_and(choice.experts.ge(0));
    choice.measured.push_back({"leave_rate", away.any(1).to(at::kDouble).mean()});
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::topk || spec.second != Second::best || !routing::hasLogits(spec))
        problems.push_back({"router.select", "leave_share limits a choice by top-k over logits: set it to topk, and router.noise to one that samples no second expert."});
    if (spec.groupRule != GroupRule::none)
        problems.push_back({"router.group_rule", "leave_share has groups of its own, the machines: set it to none."});
    if (spec.groups < 2 || spec.experts % spec.groups != 0 || spec.experts / spec.groups < spec.topK)
        problems.push_back({"router.groups", "leave_share puts the " + std::to_string(spec.experts) + " experts on router.groups machines, at least two of them, with " +
                                                 std::to_string(spec.topK) + " or more experts each: " + std::to_string(spec.groups) + " does not do."});
}

}  // namespace

const Router& routerfaster_gate() {
    static const Router router = [] {
        Router r;
        r.id = "faster_gate";
        r.title = "Topology-aware gate";
        r.source = "He et al. 2022 (FasterMoE), PPoPP, doi 10.1145/3503221.3508418";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("leave_share"); };
        r.options = [] { return describeOptions<TopologyOptions>("faster_gate"); };
        r.checkOptions = checkOptions<TopologyOptions>;
        r.check = check;
        r.choose = stayMostly;
        r.curves = {"leave_rate"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
