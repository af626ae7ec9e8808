// Two levels (Shazeer et al. 2017, appendix B): the best m groups, and in each its best k' = k / m experts.
//
// Groups are ranked by p_i = sum_j p_ij, members by p_{j|i} = p_ij / p_i: with router.net tree both are gates of their own
// (hier_factored), with any other net they are the marginal and the conditional of one softmax. Weight p_i p_{j|i} = p_ij, over the
// sum of the chosen where renormalised. A = 1 is a flat gate over members, B = 1 one over groups.
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

Choice chooseTwice(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::withPins(spec, input, routing::selectionScore(spec, tensors, input, scores));
    const std::int64_t members = spec.experts / spec.groups, each = spec.topK / spec.groupsKept;
    const at::Tensor table = score.reshape({-1, spec.groups, members});
    const at::Tensor groups = routing::largest(table.logsumexp(2), spec.groupsKept, false).unsqueeze(2);  // [T, m, 1]
    const at::Tensor best = routing::largest(score.reshape({-1, members}), each, false).reshape({-1, spec.groups, each});
    const at::Tensor own = best.gather(1, groups.expand({-1, -1, each})) + groups * members;
    const at::Tensor experts = own.reshape({-1, spec.topK}), found = score.gather(1, experts);
    const at::Tensor order = routing::largest(found, spec.topK, false);
    Choice choice;
    choice.complete = !input.muted.defined();
    choice.experts = experts.gather(1, order);
    if (!choice.complete) choice.experts = choice.experts.masked_fill(found.gather(1, order).eq(-std::numeric_limits<double>::infinity()), -1);
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.groups < 1 || spec.experts % spec.groups != 0) return;  // said for every group rule
    const std::int64_t members = spec.experts / spec.groups;
    if (spec.groupsKept < 1 || spec.groupsKept > spec.groups || spec.topK % spec.groupsKept != 0 || spec.topK / spec.groupsKept > members)
        problems.push_back({"moe.top_k", "two_level takes equally many experts from each of " + std::to_string(spec.groupsKept) + " of " + std::to_string(spec.groups) +
                                             " groups of " + std::to_string(members) + ": top_k must be a multiple of router.groups_kept that fits."});
    if (spec.select != Select::topk || spec.second != Second::best)
        problems.push_back({"router.select", "two_level takes the best experts of the best groups: set router.select to topk and the noise to none or one on the logits."});
    if (spec.offset != Offset::none) problems.push_back({"router.offset", "two_level ranks groups by their probability, which an offset would leave: set router.offset to none."});
    if (spec.score != Score::softmaxAll && spec.score != Score::softmaxSelected)
        problems.push_back({"router.score", "The probability of a group is that of a softmax: set router.score to softmax_all."});
}

}  // namespace

const Router& routertwo_level() {
    static const Router router = [] {
        Router r;
        r.id = "two_level";
        r.title = "Best groups, then their best experts";
        r.source = "Shazeer et al. 2017, arXiv 1701.06538, appendix B; Jordan, Jacobs 1994";
        r.claims = [](const RouterSpec& spec) { return spec.groupRule == GroupRule::twoLevel; };
        r.check = check;
        r.choose = chooseTwice;
        r.curves = {"group_entropy", "member_entropy"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
