// Offset, group limit and selection.
#include "core/tensor.hpp"

#include <algorithm>
#include <limits>

#include "core/base/error.hpp"
#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/logistic.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

bool limitsGroups(const RouterSpec& spec) { return spec.groupRule >= GroupRule::limitMax && spec.groupRule <= GroupRule::limitSum; }

// Sum of the j best of each group [T, groups, members]; what is not there counts nothing, an empty group is last.
at::Tensor sumOfBest(const at::Tensor& members, std::int64_t j) {
    const std::int64_t count = std::min<std::int64_t>(std::max<std::int64_t>(1, j), members.size(2));
    const at::Tensor best = std::get<0>(members.sort(/*stable=*/true, 2, /*descending=*/true)).narrow(2, 0, count);
    const at::Tensor there = best.ne(kMinusInfinity);
    return best.masked_fill(there.logical_not(), 0).sum(2).masked_fill(there.any(2).logical_not(), kMinusInfinity);
}

at::Tensor groupScores(const RouterSpec& spec, const at::Tensor& members) {
    switch (spec.groupRule) {
    case GroupRule::limitMax: return members.amax({2});
    case GroupRule::limitTop2Sum: return sumOfBest(members, 2);
    case GroupRule::limitTopJSum: return sumOfBest(members, spec.topK / spec.groupsKept);
    default: return sumOfBest(members, members.size(2));
    }
}

// -inf outside the `groupsKept` best groups; never 0, which would beat a negative biased score.
at::Tensor limited(const RouterSpec& spec, const at::Tensor& score) {
    const at::Tensor members = score.reshape({score.size(0), spec.groups, -1});
    const at::Tensor kept = largest(groupScores(spec, members), spec.groupsKept, false);
    const at::Tensor open = at::zeros({score.size(0), spec.groups}, kept.options().dtype(at::kBool)).scatter(1, kept, true);
    return members.masked_fill(open.logical_not().unsqueeze(2), kMinusInfinity).reshape(score.sizes());
}

// k / groups in each group, then all in descending order.
Choice chooseInEachGroup(const RouterSpec& spec, const RouterInput& input, const at::Tensor& score) {
    const std::int64_t members = spec.experts / spec.groups, each = spec.topK / spec.groups;
    const at::Tensor own = largest(score.reshape({-1, members}), each, false).reshape({-1, spec.groups, each});
    const at::Tensor first = at::arange(spec.groups, own.options()).mul(members).reshape({1, spec.groups, 1});
    const at::Tensor experts = own.add(first).reshape({-1, spec.topK});
    const at::Tensor found = score.gather(1, experts);
    const at::Tensor order = largest(found, spec.topK, false);
    Choice choice;
    choice.complete = !input.muted.defined();
    choice.experts = experts.gather(1, order);
    if (!choice.complete) choice.experts = choice.experts.masked_fill(found.gather(1, order).eq(kMinusInfinity), -1);
    return choice;
}

}  // namespace

at::Tensor scoreFunction(const RouterSpec& spec, const at::Tensor& logits) {
    if (spec.score == Score::softmaxGroups) {  // a group that is muted as a whole has no softmax over -inf
        const at::Tensor members = logits.masked_fill(logits.eq(kMinusInfinity), -1e30);
        return members.reshape({logits.size(0), spec.groups, -1}).softmax(2).reshape(logits.sizes());
    }
    if (spec.score == Score::relu) return logits.relu();
    if (spec.score == Score::smoothstep) return at::where(logits.gt(kLogOfNothing), logits.exp(), 0);
    return spec.score == Score::sigmoid ? logistic(logits) : logits.softmax(1);
}

at::Tensor selectionScore(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const routers::Router* offset = routers::claimant(spec, &routers::Router::offset);
    if (!offset && !limitsGroups(spec)) return scores.noisy.detach();
    const bool onLogits = spec.offset == Offset::biasQuantile;
    at::Tensor score = onLogits ? scores.noisy.detach() : scoreFunction(spec, scores.noisy.detach());
    if (offset) score = score + offset->offset(spec, tensors).to(score.options());
    if (input.muted.defined()) score = score.masked_fill(input.muted, kMinusInfinity);
    if (scores.barred.defined()) score = score.masked_fill(scores.barred, kMinusInfinity);
    return limitsGroups(spec) ? limited(spec, score) : score;
}

Choice chooseLargest(const RouterSpec& spec, const RouterInput& input, const at::Tensor& score) {
    Choice choice;
    choice.complete = !input.muted.defined() && !limitsGroups(spec);
    choice.experts = largest(score, slots(spec), !choice.complete);
    return choice;
}

Choice chooseExperts(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    if (spec.oracle != Oracle::none) return chooseByOracle(spec, input);
    if (const routers::Router* own = routers::claimant(spec, &routers::Router::choose)) {
        Choice choice = own->choose(spec, tensors, input, scores);
        if (spec.select == Select::fixed) leaveOutMuted(input, choice);
        return choice;
    }
    if (!scores.noisy.defined())
        throw base::Error(base::ExitCode::usage, "router.choice", "without logits nothing can be ranked", "router.select",
                          "take fixed for router.net none and hash");
    const at::Tensor score = withPins(spec, input, selectionScore(spec, tensors, input, scores));
    return spec.groupRule == GroupRule::perGroup ? chooseInEachGroup(spec, input, score) : chooseLargest(spec, input, score);
}

}  // namespace moescope::routing
