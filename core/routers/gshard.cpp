// The second expert is kept by chance (GShard, Lepikhin et al. 2020, 2006.16668).
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/second_expert.hpp"

namespace moescope::routers {

namespace {

// One number a token; of a given table, the first column.
at::Tensor tokenDraws(const RouterSpec& spec, const RouterInput& input, const at::Tensor& like) {
    const at::Tensor draws = routing::uniformDraws(spec, input, base::Purpose::secondExpert, {like.size(0), 1}, like);
    return draws.dim() == 1 ? draws : draws.select(1, 0);
}

// Keeps the second choice iff U < g2 / tau. What is tested is the gate as weighed so far: normalised or raw.
void keepByChance(const RouterSpec& spec, const RouterInput& input, const Scores&, Choice& choice, at::Tensor& gates) {
    if (spec.second != Second::random || !secondIsRandom(spec, input)) return;
    const at::Tensor second = gates.detach().select(1, 1);
    const at::Tensor valid = choice.experts.select(1, 1).ge(0);
    choice.secondTaken = (tokenDraws(spec, input, second) * spec.secondScale).lt(second).logical_and(valid);
    const at::Tensor refused = at::stack({at::zeros_like(choice.secondTaken), choice.secondTaken.logical_not()}, 1);
    choice.experts = choice.experts.masked_fill(refused, -1);
    gates = gates.masked_fill(refused, 0);
    choice.complete = false;
}

}  // namespace

const Router& routergshard() {
    static const Router router = [] {
        Router r;
        r.id = "gshard";
        r.title = "Random second expert";
        r.source = "Lepikhin et al. 2020, arXiv 2006.16668";
        r.claims = [](const RouterSpec& spec) { return spec.second == Second::random && spec.groupRule != GroupRule::twoLevelTop2; };
        r.check = checkSecond;
        r.thin = keepByChance;
        r.curves = {"second_keep_rate"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
