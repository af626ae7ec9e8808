// ReMoE (Wang et al. 2024, 2412.14711): every expert with a positive logit works; a controller holds their mean number at k.
//
// w = relu(z), S = {w > 0}. Loss: lambda E / (k T^2) sum_e (sum_t w_te) count_e, the balance loss with relu(z) for P. After each
// step, active = chosen / (T E), mean over layers: lambda *= factor where active > k / E, else lambda /= factor. Kept as
// lambda = balance.coefficient * controller, so the coefficient stays a knob; controller starts at 1.
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

struct RemoeOptions {
    double factor = 1.2;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("controller_factor", "Controller factor", "x", "The sparsity loss grows or shrinks by this factor at each step.", 1, 10), self.factor);
    }
};

Choice choosePositive(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::withPins(spec, input, routing::selectionScore(spec, tensors, input, scores));
    Choice choice;
    choice.complete = false;
    choice.experts = routing::largest(score.masked_fill(score.le(0), -std::numeric_limits<double>::infinity()), spec.experts, true);
    return choice;
}

// Share of the experts that a token has to itself, mean over layers.
at::Tensor activeShare(const routing::StepSummary& step) {
    const std::span<const at::Tensor> layers = step.all.empty() ? std::span(&step.counts, 1) : step.all;
    at::Tensor sum;
    for (const at::Tensor& counts : layers) {
        const at::Tensor share = counts.sum().to(at::kDouble) / static_cast<double>(step.tokens * counts.size(0));
        sum = sum.defined() ? sum + share : share;
    }
    return sum / static_cast<double>(layers.size());
}

void control(const RouterSpec& spec, RouterTensors& tensors, const routing::StepSummary& step) {
    if (step.tokens == 0) return;
    const at::NoGradGuard noGrad;
    const double factor = readOptions<RemoeOptions>(spec.options).factor;
    const at::Tensor tooMany = activeShare(step).gt(static_cast<double>(spec.topK) / static_cast<double>(spec.experts));
    at::Tensor held = tensors.at("controller");
    held.copy_(at::where(tooMany, held * factor, held / factor));
}

void check(const RouterSpec& spec, base::Problems& problems) {
    const bool relu = spec.score == Score::relu, threshold = spec.select == Select::reluThreshold;
    if (!relu) problems.push_back({"router.score", "relu_threshold takes the experts with a positive score: set router.score to relu, or router.select to topk."});
    if (!threshold) problems.push_back({"router.select", "With the score relu every expert above zero works: set router.select to relu_threshold, or take another score."});
    if (spec.weigh != routing::Weigh::raw) problems.push_back({"router.weigh", "ReMoE weighs by the positive logit itself: set router.weigh to raw."});
    if (spec.offset != Offset::none) problems.push_back({"router.offset", "The threshold of ReMoE is zero on the logit: set router.offset to none."});
    if (spec.groupRule != GroupRule::none) problems.push_back({"router.group_rule", "ReMoE looks at each expert for itself: set router.group_rule to none."});
    if (spec.second != routing::Second::best) problems.push_back({"router.noise", "ReMoE has no second choice to draw: take another noise or none."});
}

}  // namespace

const Router& routerremoe() {
    static const Router router = [] {
        Router r;
        r.id = "remoe";
        r.title = "ReMoE";
        r.source = "Wang et al. 2024, arXiv 2412.14711";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::reluThreshold || spec.score == Score::relu; };
        r.options = [] { return describeOptions<RemoeOptions>("remoe"); };
        r.checkOptions = checkOptions<RemoeOptions>;
        r.check = check;
        r.declare = [](const RouterSpec&, Sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"controller", {1}, routing::Init::constant, 1, /*trainable=*/false});
        };
        r.choose = choosePositive;
        r.attach = [](const RouterSpec&, const RouterTensors& tensors, const RouterInput&, const Scores&, routing::Routing& routing) {
            routing.lossScale = tensors.at("controller").detach().clone()[0];
        };
        r.update = control;
        r.curves = {"active_experts", "controller"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
