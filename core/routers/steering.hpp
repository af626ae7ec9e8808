// Closing experts to the choice of a step: what regularisers by chance share.
#pragma once

#include "core/tensor.hpp"

#include <limits>
#include <string>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/draws.hpp"

namespace moescope::routers {

/// [1, E] uniform numbers of a step of a layer, the same in all its micro-batches; -1 where muted. A given table's first row
/// takes their place.
inline at::Tensor stepDraws(const RouterSpec& spec, const RouterInput& input, base::Purpose purpose, const at::Tensor& like) {
    const at::TensorOptions options = like.options().requires_grad(false);
    const at::Tensor draws = input.uniform.defined() ? input.uniform.narrow(0, 0, 1).to(options)
                                                     : routing::drawUniform(routing::drawKey(spec, input.draws, purpose), 0, {1, spec.experts}, options);
    return input.muted.defined() ? draws.masked_fill(input.muted, -1) : draws;
}

/// Closes everybody but those in `open` [1, n] expert numbers.
inline at::Tensor allBut(const RouterSpec& spec, const at::Tensor& open) {
    const at::Tensor closed = at::ones({1, spec.experts}, open.options().dtype(at::kBool));
    return closed.scatter(1, open, false).squeeze(0);
}

/// p stays as it is: only the choice turns away. `experts`: [E] or [T, E] bool.
inline void close(Scores& scores, const at::Tensor& experts) {
    scores.barred = scores.barred.defined() ? scores.barred.logical_or(experts) : experts;
    scores.noisy = scores.noisy.masked_fill(experts, -std::numeric_limits<double>::infinity());
}

/// Problems of an option that turns the choice of tokens by top-k.
inline void checkSteered(const RouterSpec& spec, const char* option, base::Problems& problems) {
    const std::string key = std::string("router.options.") + option;
    if (!routing::hasLogits(spec) || spec.select != Select::topk)
        problems.push_back({key, std::string(option) + " changes a choice by top-k over logits: set router.select to topk and router.net to one with logits, or leave the option out."});
    if (spec.groupRule != GroupRule::none)
        problems.push_back({key, std::string(option) + " could close a whole group of experts: set router.group_rule to none, or leave the option out."});
    const auto isLoad = [](const routing::BalanceTerm& term) { return term.kind == routing::LossKind::load && term.coefficient != 0; };
    if (isLoad(spec.balance) || std::ranges::any_of(spec.more, isLoad))
        problems.push_back({key, "The load loss foresees a choice among all experts, and " + std::string(option) + " changes who can be chosen: leave one of them out."});
}

}  // namespace moescope::routers
