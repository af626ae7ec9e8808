// Expert choice (Zhou et al. 2022, 2202.09368): each expert takes its C best tokens. Not causal: it compares tokens of the batch.
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// [T, 1]: C of the token's group; the last group may be shorter.
at::Tensor rowsTaken(const RouterSpec& spec, const RouterInput& input, const at::Tensor& like) {
    const std::int64_t tokens = like.size(0), group = spec.capacity.groupTokens;
    const std::int64_t full = group > 0 ? tokens / group * group : tokens;
    at::Tensor rows = at::empty({tokens, 1}, like.options().dtype(at::kLong));
    if (full > 0) rows.narrow(0, 0, full).fill_(routing::capacity(spec, group > 0 ? group : tokens, input.training));
    if (full < tokens) rows.narrow(0, full, tokens - full).fill_(routing::capacity(spec, tokens - full, input.training));
    return rows;
}

Choice expertsTakeTokens(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    at::Tensor score = routing::scoreFunction(spec, scores.noisy).detach();
    if (const Router* own = claimant(spec, &Router::offset)) score = score + own->offset(spec, tensors).to(score.scalar_type());
    const at::Tensor open = scores.noisy.detach().ne(kMinusInfinity);
    const at::Tensor ranks = routing::columnRanks(score, spec.capacity.groupTokens);
    const at::Tensor taken = ranks.lt(rowsTaken(spec, input, score)).logical_and(open);
    Choice choice;
    choice.experts = routing::largest(score.masked_fill(taken.logical_not(), kMinusInfinity), spec.experts, true);
    choice.positions = ranks.gather(1, choice.experts.clamp_min(0)).masked_fill(choice.experts.lt(0), -1);
    choice.complete = false;
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.score == Score::softmaxSelected)
        problems.push_back({"router.score", "In expert choice a token may have no expert at all, so softmax_selected has nothing to sum to one: take softmax_all."});
    if (spec.groupRule != GroupRule::none)
        problems.push_back({"router.group_rule", "Expert choice has no groups of experts: set it to none."});
}

}  // namespace

const Router& routerexpert_choice() {
    static const Router router = [] {
        Router r;
        r.id = "expert_choice";
        r.title = "Expert choice (not causal)";
        r.source = "Zhou et al. 2022, arXiv 2202.09368";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::expertTopC; };
        r.check = check;
        r.choose = expertsTakeTokens;
        r.curves = {"unpicked", "active_experts"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
