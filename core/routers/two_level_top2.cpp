// GShard's top-2 at two levels (Mesh TensorFlow, transformer_moe_layer_v2): two groups; two experts of the first, one of the second.
//
// g1, g2: p_i of the two best groups over their sum; the second is kept iff U < g2 / tau. A group has room for ceil(cf T / A)
// copies, all first choices before second ones. Inside its first group a token takes its two best members, h1, h2 over their sum,
// the second again iff U < h2 / tau; a copy whose g is not above 1/2 reaches its best member only, with h = 1, in a second slot. An
// expert has room for ceil(member_factor C / B) of its group's C. Weights g1 h1, g1 h2, g2; a dropped one is lost. Slots: k = 3.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/routers/router.hpp"
#include "core/routers/second_expert.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();

struct TopTwoOptions {
    double memberFactor = 1;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("member_factor", "Room inside a group", "x fair share", "Places of an expert in fair shares of its group's room.", 0.01, 1024), self.memberFactor);
    }
};

// The two best groups [T, 2], the two best members of the first and the best of the second as experts [T, 3], by the choice's logits.
struct Path {
    at::Tensor groups, experts;
};

Path pathOf(const RouterSpec& spec, const at::Tensor& ranked) {
    const at::NoGradGuard noGrad;
    const std::int64_t members = spec.experts / spec.groups;
    const at::Tensor groups = routing::largest(ranked.reshape({-1, spec.groups, members}).logsumexp(2), 2, false);
    const at::Tensor best = routing::largest(ranked.reshape({-1, members}), 2, false).reshape({-1, spec.groups, 2});
    const at::Tensor own = best.gather(1, groups.unsqueeze(2).expand({-1, -1, 2})) + groups.unsqueeze(2) * members;  // [T, 2, 2]
    return {groups, at::cat({own.select(1, 0), own.select(1, 1).narrow(1, 0, 1)}, 1)};
}

// g [T, 2] and h [T, 2] of a path, in the graph of the logits.
std::pair<at::Tensor, at::Tensor> gatesOf(const RouterSpec& spec, const at::Tensor& logits, const Path& path) {
    const at::Tensor groups = logits.reshape({logits.size(0), spec.groups, -1}).logsumexp(2);
    return {groups.gather(1, path.groups).softmax(1), logits.gather(1, path.experts.narrow(1, 0, 2)).softmax(1)};
}

const at::Tensor& weighedBy(const RouterSpec& spec, const Scores& scores) { return spec.noiseReachesWeights ? scores.noisy : scores.clean; }

// [T] bool each: is the second group, and the second member of the first, taken?
std::pair<at::Tensor, at::Tensor> seconds(const RouterSpec& spec, const RouterInput& input, const at::Tensor& g, const at::Tensor& h) {
    const at::Tensor second = g.select(1, 1), member = h.select(1, 1);
    if (spec.second != Second::random || !secondIsRandom(spec, input)) return {second.gt(0), member.gt(0)};
    const at::Tensor draws = routing::uniformDraws(spec, input, base::Purpose::secondExpert, {g.size(0), 2}, g) * spec.secondScale;
    return {draws.select(1, 0).lt(second), draws.select(1, 1).lt(member)};
}

std::int64_t roomOfGroup(const RouterSpec& spec, std::int64_t tokens, bool training) {
    RouterSpec outer = spec;
    outer.experts = spec.groups;
    outer.topK = 2;
    return routing::capacity(outer, tokens, training);
}

// Places of `wishes` [T, 3] with `open` those whose copy found room in its group; the others stand behind.
void queueUp(const RouterSpec& spec, const at::Tensor& open, std::int64_t room, Choice& choice) {
    const at::Tensor& wishes = choice.experts;
    const at::Tensor inside = wishes.masked_fill(open.logical_not(), -1), outside = wishes.masked_fill(open, -1);
    const at::Tensor behind = routing::countExperts(inside.reshape({1, -1}), spec.experts).squeeze(0).clamp_min(room);
    const at::Tensor late = routing::queuePositions(outside, spec.experts, 0, {}) + behind.index_select(0, wishes.clamp_min(0).reshape({-1})).reshape_as(wishes);
    choice.positions = at::where(outside.ge(0), late, routing::queuePositions(inside, spec.experts, 0, {}));
    choice.candidates = wishes;
    choice.room = room;
}

Choice chooseTwice(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const Path path = pathOf(spec, scores.noisy.detach());
    const auto [g, h] = gatesOf(spec, weighedBy(spec, scores).detach(), path);
    const auto [second, member] = seconds(spec, input, g, h);
    const at::Tensor sure = g.select(1, 0).gt(0.5), all = at::ones_like(sure);
    const at::Tensor alone = path.experts.select(1, 0);  // where g1 = g2 the best member takes a second slot
    const at::Tensor first = at::where(sure, alone, -1), next = at::where(sure, at::where(member, path.experts.select(1, 1), -1), alone);
    Choice choice;
    choice.complete = false;
    choice.secondTaken = second;
    choice.experts = at::stack({first, next, at::where(second, path.experts.select(1, 2), -1)}, 1);
    const std::int64_t tokens = g.size(0), groupRoom = roomOfGroup(spec, tokens, input.training), members = spec.experts / spec.groups;
    if (groupRoom == 0) return choice;
    const at::Tensor copies = path.groups.masked_fill(at::stack({all, second}, 1).logical_not(), -1);
    const at::Tensor open = routing::queuePositions(copies, spec.groups, 0, {}).lt(groupRoom);
    const double fair = readOptions<TopTwoOptions>(spec.options).memberFactor * static_cast<double>(groupRoom) / static_cast<double>(members);
    const auto room = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(std::min(fair, 1e15) - 1e-6)), 1, groupRoom);
    queueUp(spec, open.index_select(1, at::tensor({0, 0, 1}, path.groups.options())), room, choice);
    return choice;
}

at::Tensor weighTwice(const RouterSpec& spec, const Scores& scores, const Choice& choice) {
    const Path path = pathOf(spec, scores.noisy.detach());
    const auto [g, h] = gatesOf(spec, weighedBy(spec, scores), path);
    const at::Tensor sure = g.select(1, 0).gt(0.5), first = g.select(1, 0), own = h.select(1, 1);
    const at::Tensor inner = at::where(sure, first * own, first);
    const at::Tensor weights = at::stack({first * h.select(1, 0), inner, g.select(1, 1)}, 1);
    return weights.masked_fill(choice.experts.lt(0), 0);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.groups < 1 || spec.experts % spec.groups != 0) return;  // said for every group rule
    if (spec.topK != 3) problems.push_back({"moe.top_k", "two_level_top2 takes two experts of the first group and one of the second: set moe.top_k to 3."});
    if (spec.groups < 2 || spec.experts / spec.groups < 2)
        problems.push_back({"router.groups", "two_level_top2 needs at least two groups of at least two experts each."});
    if (spec.select != Select::topk || spec.second == Second::gumbel)
        problems.push_back({"router.select", "two_level_top2 knows the best or a random second: set router.select to topk and the noise to random_second or none."});
    if (spec.offset != Offset::none) problems.push_back({"router.offset", "two_level_top2 ranks groups by their probability, which an offset would leave: set router.offset to none."});
    if (spec.score != Score::softmaxAll || spec.weigh != routing::Weigh::renorm)
        problems.push_back({"router.weigh", "The weights of two_level_top2 are products of two shares: set router.score to softmax_all and router.weigh to renorm."});
    if (spec.capacity.priority != Priority::position || spec.capacity.overflow != Overflow::drop || spec.capacity.groupTokens > 0)
        problems.push_back({"capacity.priority", "two_level_top2 queues by position and drops, all tokens of the batch together: set capacity.priority to position, capacity.overflow to drop and capacity.group_tokens to 0."});
}

}  // namespace

const Router& routertwo_level_top2() {
    static const Router router = [] {
        Router r;
        r.id = "two_level_top2";
        r.title = "GShard's top-2 at two levels";
        r.source = "Mesh TensorFlow, transformer_moe_layer_v2; Lepikhin et al. 2020, arXiv 2006.16668";
        r.claims = [](const RouterSpec& spec) { return spec.groupRule == GroupRule::twoLevelTop2; };
        r.options = [] { return describeOptions<TopTwoOptions>("two_level_top2"); };
        r.checkOptions = checkOptions<TopTwoOptions>;
        r.check = check;
        r.choose = chooseTwice;
        r.curves = {"group_entropy", "member_entropy"};
        r.weigh = weighTwice;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
