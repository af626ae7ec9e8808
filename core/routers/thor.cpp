// THOR (Zuo et al. 2021, 2110.04260; option consistency): no router at all; chance names one expert of a layer for the whole batch.
//
// In training a micro-batch passes twice, each time all its tokens through one expert of each layer, drawn without replacement.
// The objective is CE_1 + CE_2 + alpha/2 sum (p - q)(ln p - ln q), p and q the predictions of the two passes (symmetric KL), alpha
// the option (trainer_consistency.cpp). At evaluation each place in a batch has an expert drawn once and for all, w = 1.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"
#include "core/routing/draws.hpp"
#include "core/routing/second_pass.hpp"

namespace moescope::routers {

namespace {

struct ConsistencyOptions {
    double consistency = 1;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("consistency", "Consistency", "", "Weight of the divergence between the predictions of two passes with different experts (THOR).", 0, 1000), self.consistency);
    }
};

// [1, 1]: the expert of this pass; the second pass takes the runner-up of the same draws.
at::Tensor drawnForBatch(const RouterSpec& spec, const RouterInput& input, at::TensorOptions options) {
    const std::uint64_t micro = input.draws.micro % routing::kSecondPass;
    at::Tensor draws = routing::drawUniform(routing::drawKey(spec, input.draws, base::Purpose::routerUniform), micro, {1, spec.experts}, options.dtype(at::kFloat));
    if (input.muted.defined()) draws = draws.masked_fill(input.muted, -1);
    const bool second = input.draws.micro >= routing::kSecondPass && spec.experts > 1;
    return routing::largest(draws, second ? 2 : 1, false).narrow(1, second ? 1 : 0, 1);
}

at::Tensor drawnForPlaces(const RouterSpec& spec, std::int64_t tokens, at::TensorOptions options) {
    const base::RandomKey key{0, base::Purpose::evaluation, static_cast<std::uint32_t>(spec.layer), 0};
    const at::Tensor draws = routing::drawUniform(key, 0, {tokens, 1}, options.dtype(at::kFloat));
    return draws.mul(static_cast<double>(spec.experts)).floor().to(at::kLong).clamp_max(spec.experts - 1);
}

Choice byChance(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores&) {
    const at::Tensor& tokens = input.features.defined() ? input.features : input.logits.defined() ? input.logits : input.tokenIds;
    const at::TensorOptions options = at::TensorOptions().device(tokens.device());
    Choice choice;
    choice.experts = input.training ? drawnForBatch(spec, input, options).expand({tokens.size(0), 1}).contiguous()
                                    : drawnForPlaces(spec, tokens.size(0), options);
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK != 1) problems.push_back({"moe.top_k", "Stochastic experts take one expert for a batch: set it to 1."});
    if (spec.capacity.factor > 0)
        problems.push_back({"capacity.factor", "One expert takes the whole batch, so a limit would drop nearly all of it: set it to 0."});
}

}  // namespace

const Router& routerthor() {
    static const Router router = [] {
        Router r;
        r.id = "thor";
        r.title = "Stochastic experts";
        r.source = "Zuo et al. 2021 (THOR), arXiv 2110.04260";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::none && spec.select == Select::fixed && spec.options.contains("consistency"); };
        r.options = [] { return describeOptions<ConsistencyOptions>("thor"); };
        r.checkOptions = checkOptions<ConsistencyOptions>;
        r.check = check;
        r.choose = byChance;
        r.curves = {"auxiliary"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
