// Choices made over the router's head: tokens dealt out by an oracle, domains pinned to an expert, muted experts left out.
#include "core/tensor.hpp"

#include <limits>

#include "core/routing/choice.hpp"
#include "core/routing/draws.hpp"
#include "core/routing/stages.hpp"

namespace moescope::routing {

namespace {

const at::Tensor& anyOf(const RouterInput& input) {
    return input.features.defined() ? input.features : input.logits.defined() ? input.logits : input.tokenIds;
}

// Places [T, k] in the list of those who take part: in turn, or the k largest of as many uniform draws.
at::Tensor places(const RouterSpec& spec, const RouterInput& input, std::int64_t among) {
    const at::Tensor& tokens = anyOf(input);
    const auto options = at::TensorOptions().dtype(at::kLong).device(tokens.device());
    if (spec.oracle == Oracle::roundRobin)
        return at::arange(tokens.size(0) * spec.topK, options).remainder(among).reshape({-1, spec.topK});
    const base::RandomKey key = drawKey(spec, input.draws, base::Purpose::oracle);
    return largest(drawUniform(key, input.draws.micro, {tokens.size(0), among}, options.dtype(at::kFloat)), spec.topK, false);
}

}  // namespace

void leaveOutMuted(const RouterInput& input, Choice& choice) {
    if (!input.muted.defined()) return;
    const at::Tensor gone = input.muted.index_select(0, choice.experts.clamp_min(0).reshape({-1})).reshape_as(choice.experts);
    choice.experts = choice.experts.masked_fill(gone, -1);
    choice.complete = false;
}

Choice chooseByOracle(const RouterSpec& spec, const RouterInput& input) {
    const at::Tensor experts = at::tensor(at::ArrayRef<std::int64_t>(spec.oracleExperts), at::kLong).to(anyOf(input).device());
    const at::Tensor place = places(spec, input, experts.numel());
    Choice choice;
    choice.experts = experts.index_select(0, place.reshape({-1})).reshape_as(place);
    leaveOutMuted(input, choice);  // whoever a mute table switches off is missing
    return choice;
}

at::Tensor withPins(const RouterSpec& spec, const RouterInput& input, const at::Tensor& score) {
    if (spec.pins.empty() || !input.domains.defined()) return score;
    std::vector<std::int64_t> pins = spec.pins;
    pins.push_back(-1);  // of a token without a domain
    const auto last = static_cast<std::int64_t>(spec.pins.size());
    const at::Tensor table = at::tensor(pins, at::kLong).to(score.device());
    const at::Tensor domains = at::where(input.domains.ge(0).logical_and(input.domains.lt(last)), input.domains, last);
    at::Tensor pinned = at::arange(spec.experts, table.options()).unsqueeze(0).eq(table.index_select(0, domains).unsqueeze(1));
    if (input.muted.defined()) pinned = pinned.logical_and(input.muted.logical_not());
    return score.masked_fill(pinned, std::numeric_limits<double>::infinity());
}

}  // namespace moescope::routing
