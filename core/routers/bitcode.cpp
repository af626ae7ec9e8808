// DSelect-k (Hazimeh et al. 2021, 2106.03760): k selectors each spell the number of an expert in smooth bits.
//
// S(u) = 0 below -gamma/2, 1 above gamma/2, else -2u^3/gamma^3 + 3u/(2 gamma) + 1/2. Selector r: q_r[e] = prod_b (bit b of e ?
// S(zeta_rb) : 1 - S(zeta_rb)), least bit first; w_e = sum_r alpha_r q_r[e], alpha = softmax(omega); zeta, omega linear in x. The
// logits are ln w, so that p = w / sum w; an expert with w = 0 is not run, at most k once all bits are saturated. code_entropy:
// mean over tokens of sum_r H(q_r), plus 1 / sum_e q_r[e] where E is no power of two (codes without an expert).
#include "core/tensor.hpp"

#include <algorithm>
#include <limits>

#include "core/routers/bitcode.hpp"
#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kTiny = 1e-20;

struct BitcodeOptions {
    double gamma = 1;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("gamma", "Width of a step", "", "A bit is 0 or 1 for good once its logit is half of this away from zero.", 1e-3, 1000), self.gamma);
    }
};

at::Tensor smoothStep(const at::Tensor& u, double gamma) {
    const at::Tensor v = u.clamp(-gamma / 2, gamma / 2) / gamma;
    return v * v * v * -2 + v * 1.5 + 0.5;
}

at::Tensor linear(const RouterTensors& tensors, const std::string& name, const at::Tensor& features) {
    const auto type = features.scalar_type();
    return at::linear(features, tensors.at(name + "_weight").to(type), tensors.at(name + "_bias").to(type));
}

// zeta [T, k, bits]
at::Tensor bitLogits(const RouterSpec& spec, const RouterTensors& tensors, const at::Tensor& features) {
    return linear(tensors, "bits", features).reshape({features.size(0), spec.topK, bitsOf(spec.experts)});
}

// q [T, k, E]
at::Tensor codes(const RouterSpec& spec, const at::Tensor& zeta) {
    const at::Tensor on = smoothStep(zeta, readOptions<BitcodeOptions>(spec.options).gamma).unsqueeze(3);  // [T, k, bits, 1]
    at::Tensor experts = at::arange(spec.experts, at::TensorOptions().dtype(at::kLong).device(zeta.device()));
    at::Tensor q = at::ones({1, 1, spec.experts}, zeta.options());
    for (std::int64_t bit = 0; bit < zeta.size(2); ++bit) {
        const at::Tensor set = experts.remainder(2).eq(1), own = on.select(2, bit);
        q = q * at::where(set, own, 1 - own);
        experts = experts.div(2, "floor");
    }
    return q;
}

at::Tensor logitsOf(const RouterSpec& spec, const RouterTensors& tensors, const at::Tensor& features) {
    const at::Tensor alpha = linear(tensors, "mix", features).softmax(1).unsqueeze(2);
    return (codes(spec, bitLogits(spec, tensors, features)) * alpha).sum(1).clamp_min(kTiny).log();
}

Choice choose(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::selectionScore(spec, tensors, input, scores);
    const at::Tensor nothing = score.le(routing::kLogOfNothing);
    Choice choice;
    choice.complete = false;
    choice.experts = routing::largest(score.masked_fill(nothing, -std::numeric_limits<double>::infinity()), spec.experts, true);
    return choice;
}

at::Tensor entropyOfCodes(const RouterSpec& spec, const at::Tensor& zeta) {
    const at::Tensor q = codes(spec, zeta);
    const at::Tensor entropy = q.mul(q.clamp_min(kTiny).log()).sum(2).neg();  // [T, k]
    const bool full = (std::int64_t{1} << bitsOf(spec.experts)) == spec.experts;
    return (full ? entropy : entropy + q.sum(2).clamp_min(kTiny).reciprocal()).sum(1).mean();
}

bool wantsEntropy(const RouterSpec& spec) {
    const auto isEntropy = [](const routing::BalanceTerm& term) { return term.kind == routing::LossKind::codeEntropy; };
    return isEntropy(spec.balance) || std::ranges::any_of(spec.more, isEntropy);
}

void attach(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores&, routing::Routing& routing) {
    if (!input.features.defined()) return;
    const at::Tensor zeta = bitLogits(spec, tensors, routing::routerFeatures(spec, input));
    const double half = readOptions<BitcodeOptions>(spec.options).gamma / 2;
    routing.measured.push_back({"saturated_bits", zeta.detach().abs().ge(half).to(at::kDouble).mean()});
    if (wantsEntropy(spec)) routing.ownLoss = entropyOfCodes(spec, zeta);
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    const std::int64_t bits = spec.topK * bitsOf(spec.experts);
    const bool trainable = !spec.frozen;
    out.push_back({"bits_weight", {bits, sizes.width}, routing::Init::normal, spec.initStd, trainable});
    out.push_back({"bits_bias", {bits}, routing::Init::zeros, 0, trainable});
    out.push_back({"mix_weight", {spec.topK, sizes.width}, routing::Init::normal, spec.initStd, trainable});
    out.push_back({"mix_bias", {spec.topK}, routing::Init::zeros, 0, trainable});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.net != Net::bitcode || spec.score != Score::smoothstep || spec.select != Select::bitcode)
        problems.push_back({"router.net", "DSelect-k is three words that belong together: set router.net and router.select to bitcode and router.score to smoothstep."});
    if (spec.weigh != routing::Weigh::raw) problems.push_back({"router.weigh", "The weights of DSelect-k are a mixture that sums to one by itself: set it to raw."});
    if (spec.experts < 2) problems.push_back({"moe.experts", "DSelect-k spells the number of an expert in bits: there must be at least two."});
    if (spec.bias) problems.push_back({"router.bias", "The selectors of DSelect-k have their own biases: set it to false."});
    if (spec.offset != Offset::none || spec.groupRule != GroupRule::none)
        problems.push_back({"router.offset", "DSelect-k runs every expert with a weight: set router.offset and router.group_rule to none."});
    if (spec.second != Second::best) problems.push_back({"router.noise", "DSelect-k has no second choice to draw: take another noise or none."});
}

}  // namespace

const Router& routerbitcode() {
    static const Router router = [] {
        Router r;
        r.id = "bitcode";
        r.title = "DSelect-k";
        r.source = "Hazimeh et al. 2021, arXiv 2106.03760";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::bitcode || spec.select == Select::bitcode || spec.score == Score::smoothstep; };
        r.options = [] { return describeOptions<BitcodeOptions>("bitcode"); };
        r.checkOptions = checkOptions<BitcodeOptions>;
        r.check = check;
        r.declare = declare;
        r.logits = logitsOf;
        r.choose = choose;
        r.attach = attach;
        r.curves = {"active_experts", "saturated_bits"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
