// The experts as one autograd node: forward and backward by products on contiguous slices of the sorted rows.
#include "core/kernels/experts.hpp"

#include "core/kernels/grouped_product.hpp"

namespace moescope::kernels {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What the backward needs of a plan, through the context's tensors and numbers.
variable_list planTensors(const DispatchPlan& plan) { return {plan.tokenOfRow, plan.rowOfPair, plan.keptPair, plan.ends}; }

void saveNumbers(AutogradContext& context, const DispatchPlan& plan, Activation kind) {
    context.saved_data["numbers"] = std::vector<std::int64_t>{plan.tokens, plan.slots, plan.experts, plan.rows,
                                                              plan.everyTokenEverywhere, static_cast<std::int64_t>(kind)};
    context.saved_data["begin"] = plan.begin;
}

DispatchPlan loadPlan(AutogradContext& context, const at::Tensor* tensors, Activation& kind) {
    const auto n = context.saved_data["numbers"].toIntVector();
    kind = static_cast<Activation>(n[5]);
    DispatchPlan plan{.tokens = n[0], .slots = n[1], .experts = n[2], .rows = n[3], .everyTokenEverywhere = n[4] != 0};
    plan.tokenOfRow = tensors[0], plan.rowOfPair = tensors[1], plan.keptPair = tensors[2], plan.ends = tensors[3];
    plan.begin = context.saved_data["begin"].toIntVector();
    return plan;
}

// [T, slots] gradients of the combine weights from the dot product of each row; zero where nothing was kept.
at::Tensor pairGradients(const at::Tensor& rowDots, const DispatchPlan& plan) {
    if (plan.rows == 0) return at::zeros({plan.tokens, plan.slots}, rowDots.options());
    at::Tensor dots = rowDots.index_select(0, plan.rowOfPair);
    if (plan.keptPair.defined()) dots.masked_fill_(plan.keptPair.logical_not(), 0);
    return dots.view({plan.tokens, plan.slots});
}

// [rows, 1]: the combine weight of each row.
at::Tensor rowWeights(const at::Tensor& weights, const DispatchPlan& plan, at::ScalarType type) {
    at::Tensor out = at::zeros({plan.rows, 1}, weights.options().dtype(type));
    const at::Tensor flat = weights.to(type).reshape({-1, 1});
    if (!plan.keptPair.defined()) return out.index_copy_(0, plan.rowOfPair, flat);
    // Unkept pairs all name row 0 and weigh nothing, so adding is exact whatever the order.
    return out.index_add_(0, plan.rowOfPair, flat * plan.keptPair.unsqueeze(1).to(type));
}

struct ExpertsNode : torch::autograd::Function<ExpertsNode> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weights, const at::Tensor& up,
                              const at::Tensor& down, const DispatchPlan& plan, Activation kind) {
        const at::Tensor rows = plan.everyTokenEverywhere ? x : gatherRows(x, plan);
        const at::Tensor hidden = groupedProduct(rows, up, plan);
        const at::Tensor out = groupedProduct(activate(hidden, kind), down, plan);
        variable_list saved{rows, hidden, weights, up, down};
        for (const at::Tensor& tensor : planTensors(plan)) saved.push_back(tensor);
        context->save_for_backward(saved);
        saveNumbers(*context, plan, kind);
        return combineRows(out, weights, plan, weights.scalar_type());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &rows = saved[0], &hidden = saved[1], &weights = saved[2], &up = saved[3], &down = saved[4];
        Activation kind{};
        const DispatchPlan plan = loadPlan(*context, &saved[5], kind);
        const at::Tensor incoming = gradients[0].to(rows.scalar_type());
        const at::Tensor gradient = plan.everyTokenEverywhere ? incoming : gatherRows(incoming, plan);

        const at::Tensor unweighted = groupedProductTransposed(gradient, down, plan);  // d/d activation, before the weight
        const at::Tensor weightOfRow = rowWeights(weights, plan, rows.scalar_type());
        at::Tensor activated;
        const at::Tensor hiddenGradient = activateBackward(hidden, unweighted * weightOfRow, kind, &activated);
        const at::Tensor dots = (activated * unweighted).sum({-1}, false, weights.scalar_type());
        const at::Tensor downGradient = groupedOuter(gradient, activated.mul_(weightOfRow), plan, down);
        const at::Tensor upGradient = groupedOuter(hiddenGradient, rows, plan, up);
        const at::Tensor rowGradient = groupedProductTransposed(hiddenGradient, up, plan);
        const at::Tensor xGradient = combineRows(rowGradient, {}, plan, weights.scalar_type()).to(rows.scalar_type());
        return {xGradient, pairGradients(dots, plan), upGradient, downGradient, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor runExperts(const at::Tensor& x, const at::Tensor& weights, const ExpertWeights& experts, const DispatchPlan& plan,
                      Activation kind) {
    return ExpertsNode::apply(x, weights, experts.up, experts.down, plan, kind);
}

at::Tensor runExpertsByAutograd(const at::Tensor& x, const at::Tensor& weights, const ExpertWeights& experts,
                                const DispatchPlan& plan, Activation kind) {
    const auto up = experts.up.unbind(0), down = experts.down.unbind(0);
    const at::Tensor gathered = plan.everyTokenEverywhere ? x.repeat({plan.experts, 1}) : gatherRows(x, plan);
    std::vector<at::Tensor> parts;
    for (std::size_t e = 0; e < up.size(); ++e) {
        const std::int64_t from = plan.begin[e], count = plan.begin[e + 1] - from;
        const at::Tensor hidden = at::mm(gathered.narrow(0, from, count), up[e].t());
        parts.push_back(at::mm(activate(hidden, kind), down[e].t()));
    }
    const at::Tensor out = at::cat(parts);
    if (plan.rows == 0) return x * 0;
    at::Tensor pairs = out.index_select(0, plan.rowOfPair).view({plan.tokens, plan.slots, -1});
    at::Tensor pairWeights = weights.unsqueeze(-1);
    if (plan.keptPair.defined()) pairWeights = pairWeights * plan.keptPair.view({plan.tokens, plan.slots, 1});
    return (pairs * pairWeights).sum(1);
}

}  // namespace moescope::kernels
