// Capacity-aware routing (a design of this project after two news items): experts that were full are fined in the choice.
//
// u_te = p_te - penalty relu(L_e / C - threshold) + b_e. L_e is a moving average of the first wishes for e in earlier steps, C an
// expert's room; both are kept for each token, L_e / T and C / T = cf k / E (cf / E without count_k), so a single token meets the
// same fine as a batch; without a capacity there is none. b_e += u sign(mean c - c_e) as in loss-free balancing, c the first wishes.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct PenaltyOptions {
    double penalty = 0.1, threshold = 0.9, ema = 0.9;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        using config::detail::number;
        visit(number("penalty", "Penalty", "", "What an expert loses for each room's worth of wishes above the threshold.", 0, 1000), self.penalty);
        visit(number("threshold", "Penalty from", "x room", "Filled share of an expert's room from which on it is fined.", 0, 1000), self.threshold);
        visit(number("ema", "Memory of the load", "share", "How much of the old average load stays at each step.", 0, 0.999999), self.ema);
    }
};

double roomPerToken(const RouterSpec& spec) {
    const double choices = spec.capacity.countK ? static_cast<double>(spec.topK) : 1.0;
    return spec.capacity.factor * choices / static_cast<double>(spec.experts);
}

// What each expert loses for being full, [E]; undefined where there is no limit to be full at.
at::Tensor fines(const RouterSpec& spec, const RouterTensors& tensors) {
    const auto options = readOptions<PenaltyOptions>(spec.options);
    if (!(spec.capacity.factor > 0) || options.penalty == 0) return {};
    return (tensors.at("load_average") / roomPerToken(spec) - options.threshold).relu() * options.penalty;
}

at::Tensor offsetOf(const RouterSpec& spec, const RouterTensors& tensors) {
    const at::Tensor& bias = tensors.at("selection_bias");
    const at::Tensor fine = fines(spec, tensors);
    return fine.defined() ? bias - fine : bias;
}

void attach(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput&, const Scores&, routing::Routing& routing) {
    if (!tensors.has("load_average")) return;
    if (const at::Tensor fine = fines(spec, tensors); fine.defined()) routing.measured.push_back({"penalty_mean", fine.detach().to(at::kDouble).mean()});
}

void follow(const RouterSpec& spec, RouterTensors& tensors, const routing::StepSummary& step) {
    if (step.tokens == 0) return;
    const at::NoGradGuard noGrad;
    at::Tensor bias = tensors.at("selection_bias"), average = tensors.at("load_average");
    const double ema = readOptions<PenaltyOptions>(spec.options).ema;
    const at::Tensor load = step.counts.to(bias.scalar_type());
    average.mul_(ema).add_(load, (1 - ema) / static_cast<double>(step.tokens));
    bias.add_((load.mean() - load).sign(), spec.offsetRate);
}

void declare(const RouterSpec& spec, Sizes, std::vector<ParameterDecl>& out) {
    const double fair = static_cast<double>(spec.topK) / static_cast<double>(spec.experts);
    out.push_back({"selection_bias", {spec.experts}, routing::Init::zeros, 0, /*trainable=*/false, false, /*perExpert=*/true});
    out.push_back({"load_average", {spec.experts}, routing::Init::constant, fair, /*trainable=*/false, false, /*perExpert=*/true});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.select != Select::topk) problems.push_back({"router.select", "load_penalty fines experts in a top-k choice: set router.select to topk."});
}

}  // namespace

const Router& routerload_penalty() {
    static const Router router = [] {
        Router r;
        r.id = "load_penalty";
        r.title = "Capacity-aware choice";
        r.source = "MoEScope; cf. Wang et al. 2024, arXiv 2408.15664 (bias), He et al. 2025, arXiv 2503.05066";
        r.claims = [](const RouterSpec& spec) { return spec.offset == Offset::loadPenalty; };
        r.options = [] { return describeOptions<PenaltyOptions>("load_penalty"); };
        r.checkOptions = checkOptions<PenaltyOptions>;
        r.check = check;
        r.declare = declare;
        r.offset = offsetOf;
        r.attach = attach;
        r.update = follow;
        r.curves = {"penalty_mean", "selection_bias"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
