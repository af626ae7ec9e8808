// Recycle routing (Hunyuan-Large, Sun et al. 2024, 2411.02265): tokens that find their expert full take any free place by chance.
//
// Free places are put in a random order by the draws U[place][expert]; the i-th token without a place takes the i-th of them, so
// every free place is equally likely. Weight = score of the new expert; nothing is dropped while E C >= T. Batch-coupled.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

// [C E] cells (place * E + expert), the free ones first in random order; `count` [] tells how many those are.
at::Tensor freePlaces(const RouterSpec& spec, const RouterInput& input, const at::Tensor& wishes, std::int64_t room, const at::Tensor& like, at::Tensor& count) {
    const at::Tensor used = routing::countExperts(wishes.reshape({1, -1}), spec.experts);
    at::Tensor free = at::arange(room, wishes.options()).unsqueeze(1).ge(used);
    if (input.muted.defined()) free = free.logical_and(input.muted.logical_not());
    const at::Tensor draws = routing::uniformDraws(spec, input, base::Purpose::routerUniform, {wishes.size(0), spec.experts}, like);
    count = free.sum();
    const at::Tensor keys = draws.narrow(0, 0, room).masked_fill(free.logical_not(), 2);  // draws are below 1
    return std::get<1>(keys.reshape({-1}).sort(/*stable=*/true, 0, /*descending=*/false));
}

void recycle(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores& scores, Choice& choice) {
    const at::NoGradGuard noGrad;
    const at::Tensor wishes = choice.experts;
    const std::int64_t tokens = wishes.size(0), room = routing::capacity(spec, tokens, input.training);
    if (room == 0 || room >= tokens) return;
    const at::Tensor places = routing::placesByPriority(spec, input, scores, wishes);
    const at::Tensor over = places.ge(room);
    at::Tensor count;
    const at::Tensor cells = freePlaces(spec, input, wishes, room, scores.confidence.detach(), count);
    const at::Tensor rank = over.to(at::kLong).cumsum(0) - 1;
    const at::Tensor moved = over.logical_and(rank.lt(count));
    const at::Tensor cell = cells.index_select(0, rank.clamp(0, cells.size(0) - 1).reshape({-1})).reshape_as(wishes);
    choice.measured.push_back({"recycle_rate", moved.to(at::kDouble).mean()});
    choice.candidates = wishes;
    choice.experts = at::where(moved, cell.remainder(spec.experts), wishes);
    choice.positions = at::where(moved, cell.div(spec.experts, "floor"), places);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK != 1 || spec.select != Select::topk)
        problems.push_back({"capacity.overflow", "recycle_random gives a new expert to the one choice of a token: set moe.top_k to 1 and router.select to topk, or take drop."});
    if (spec.capacity.groupTokens > 0)
        problems.push_back({"capacity.group_tokens", "recycle_random needs all tokens of the batch in one group: set it to 0."});
    if (spec.capacity.priority == Priority::random)
        problems.push_back({"capacity.priority", "recycle_random draws the free places by itself: set it to position, bpr or prob."});
    if (spec.balance.scope == routing::Scope::global)
        problems.push_back({"balance.scope", "Beside recycle_random a loss counts the first wishes of the batch: set it to batch or sequence."});
}

}  // namespace

const Router& routerrecycle() {
    static const Router router = [] {
        Router r;
        r.id = "recycle";
        r.title = "Recycle routing (batch-coupled)";
        r.source = "Sun et al. 2024 (Hunyuan-Large), arXiv 2411.02265";
        r.claims = [](const RouterSpec& spec) { return spec.capacity.overflow == Overflow::recycleRandom; };
        r.check = check;
        r.overflow = recycle;
        r.curves = {"recycle_rate"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
