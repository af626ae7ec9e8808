// Soft MoE (Puigcerver et al. 2023, 2308.00951): experts read mixtures of a sequence's tokens; nobody is chosen. Not causal.
//
// z_t,es = g x^_t . phi^_es with x^ = x / |x| and phi^ = phi / |phi| over the width, s slots an expert, g learned. Dispatch D is the
// softmax of z over the tokens of a sequence, combine C that over all E s slots: slot_es = sum_t D_t,es x_t, y_t = sum_es C_t,es
// Expert_e(slot_es). A token's logit of expert e is the log-sum-exp over its slots, so its weight is the sum of C over them and every
// expert works on every token. A muted expert's slots are left out of C, whose rest sums to one; a rig shifts C and leaves D alone.
#include "core/tensor.hpp"

#include <cmath>
#include <limits>

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

constexpr double kTiny = 1e-6;

struct SlotOptions {
    std::int64_t slots = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("slots", "Slots per expert", "", "Mixtures of a sequence's tokens that each expert reads; 0 means context / experts, rounded.", 0, 65536), self.slots);
    }
};

at::Tensor unit(const at::Tensor& rows) { return rows * (rows.square().sum(-1, true) + kTiny).rsqrt(); }

// [T, E s]
at::Tensor slotLogits(const RouterSpec&, const RouterTensors& tensors, const at::Tensor& features) {
    const auto type = features.scalar_type();
    return at::linear(unit(features), unit(tensors.at("phi").to(type)).flatten(0, 1)) * tensors.at("slot_scale").to(type);
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    const double fan = 1 / std::sqrt(static_cast<double>(sizes.width));
    out.push_back({"phi", {spec.experts, spec.slotsPerExpert, sizes.width}, routing::Init::normal, fan, !spec.frozen, false, /*perExpert=*/true});
    out.push_back({"slot_scale", {1}, routing::Init::constant, 1, !spec.frozen});
}

void mix(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores& scores, routing::Routing& routing) {
    const at::Tensor z = scores.slotLogits.unflatten(0, {input.sequences, -1});  // [sequences, length, E s]
    routing.dispatch = z.softmax(1);
    if (!input.muted.defined()) {
        routing.combine = z.softmax(2);
        return;
    }
    const at::Tensor gone = input.muted.repeat_interleave(z.size(2) / spec.experts);
    routing.combine = z.masked_fill(gone, -std::numeric_limits<double>::infinity()).softmax(2);
}

void checkStages(const RouterSpec& spec, base::Problems& problems) {
    if (spec.net != Net::linear) problems.push_back({"router.net", "Slots are scored by directions of their own: set it to linear."});
    if (spec.bias) problems.push_back({"router.bias", "Slots have no bias: set it to false."});
    if (spec.transform != Transform::none) problems.push_back({"router.transform", "The logits of slots have a learned scale already: set it to none."});
    if (spec.noise != Noise::none || spec.second != Second::best) problems.push_back({"router.noise", "With slots nobody is chosen, so there is no choice that noise could change: set it to none."});
    if (spec.weigh != routing::Weigh::raw) problems.push_back({"router.weigh", "The softmax over slots is the weight itself: set it to raw or auto."});
    if (spec.scale != 1) problems.push_back({"router.scale", "The shares of the slots in a token sum to one: set it to 1."});
    if (spec.estimator != Estimator::autogradGate) problems.push_back({"router.estimator", "Slots are differentiable as they are: set it to autograd_gate."});
    if (spec.capacity.factor > 0 || spec.capacity.evalFactor > 0)
        problems.push_back({"capacity.factor", "Every expert reads exactly its slots, so there is no room to limit: set capacity.factor to 0 and capacity.eval_factor to -1 or 0; router.options.slots says how many."});
    if (spec.capacity.overflow != Overflow::drop) problems.push_back({"capacity.overflow", "Nobody is turned away from a slot: set it to drop."});
    for (const char* option : {"eom", "gating_dropout", "importance_sampling", "rescale"})
        if (spec.options.contains(option))
            problems.push_back({std::string("router.options.") + option, std::string(option) + " works on chosen experts, and with slots nobody is chosen: leave it out, or set router.select to topk."});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::slots)
        problems.push_back({"router.score", "softmax_tokens is the score of slots: set router.select to slots, or take softmax_all."});
    else if (spec.score != Score::softmaxTokens)
        problems.push_back({"router.score", "Slots take a softmax over tokens and one over slots: set it to softmax_tokens, or router.select to topk."});
    else
        checkStages(spec, problems);
}

}  // namespace

const Router& routersoft() {
    static const Router router = [] {
        Router r;
        r.id = "soft";
        r.title = "Soft MoE (not causal)";
        r.source = "Puigcerver et al. 2023, arXiv 2308.00951";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::slots || spec.score == Score::softmaxTokens; };
        r.options = [] { return describeOptions<SlotOptions>("soft"); };
        r.checkOptions = checkOptions<SlotOptions>;
        r.check = check;
        r.declare = declare;
        r.logits = slotLogits;
        r.attach = mix;
        r.curves = {"slot_similarity", "slot_dispatch"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
