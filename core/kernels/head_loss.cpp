// Logits of a piece, their softmax in place, minus one at the target: the gradient; then two products.
#include "core/kernels/head_loss.hpp"

#include <algorithm>

namespace moescope::kernels {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kPieceElements = std::int64_t{1} << 24;  // logits of a piece: at most 64 MB in float32

at::ScalarType lossType(at::ScalarType type) { return type == at::kDouble ? at::kDouble : at::kFloat; }

std::int64_t pieceRows(std::int64_t tokens, std::int64_t vocabulary) {
    return std::clamp<std::int64_t>(kPieceElements / std::max<std::int64_t>(1, vocabulary), 1, std::max<std::int64_t>(1, tokens));
}

// Losses of one piece; with gradients, dx and dweight (both of the mean over `tokens`) are written and added to.
at::Tensor piece(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& targets, std::int64_t tokens,
                 at::Tensor* xGradient, at::Tensor* weightGradient) {
    at::Tensor logits = headLogits(x, weight);
    const at::Tensor index = targets.unsqueeze(1);
    const at::Tensor top = std::get<0>(logits.max(1, true));
    const at::Tensor chosen = logits.gather(1, index);
    logits.sub_(top).exp_();
    const at::Tensor sum = logits.sum(1, true);
    const at::Tensor losses = (sum.log() + top - chosen).squeeze(1);
    if (!xGradient) return losses;
    logits.div_(sum.mul(static_cast<double>(tokens)));
    logits.scatter_(1, index, logits.gather(1, index) - 1.0 / static_cast<double>(tokens));
    const at::Tensor gradient = logits.to(x.scalar_type());
    at::mm_out(*xGradient, gradient, weight);
    weightGradient->addmm_(gradient.t(), x);
    return losses;
}

struct HeadLossNode : torch::autograd::Function<HeadLossNode> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                                 const at::Tensor& targets) {
        const std::int64_t tokens = x.size(0), rows = pieceRows(tokens, weight.size(0));
        const at::Tensor losses = at::empty({tokens}, x.options().dtype(lossType(x.scalar_type())));
        at::Tensor xGradient = at::empty_like(x), weightGradient = at::zeros_like(weight);
        for (std::int64_t from = 0; from < tokens; from += rows) {
            const std::int64_t count = std::min(rows, tokens - from);
            at::Tensor slice = xGradient.narrow(0, from, count);
            losses.narrow(0, from, count)
                .copy_(piece(x.narrow(0, from, count), weight, targets.narrow(0, from, count), tokens, &slice, &weightGradient));
        }
        context->save_for_backward({xGradient, weightGradient});
        context->mark_non_differentiable({losses});
        return {losses.mean(), losses};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor factor = gradients[0].to(saved[0].scalar_type());
        return {saved[0] * factor, saved[1] * factor, at::Tensor()};
    }
};

}  // namespace

at::Tensor headLogits(const at::Tensor& x, const at::Tensor& weight) {
    return at::mm(x, weight.t()).to(lossType(x.scalar_type()));
}

HeadLoss headLoss(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& targets) {
    if (at::GradMode::is_enabled()) {
        const variable_list out = HeadLossNode::apply(x, weight, targets);
        return {out[0], out[1]};
    }
    const std::int64_t tokens = x.size(0), rows = pieceRows(tokens, weight.size(0));
    const at::Tensor losses = at::empty({tokens}, x.options().dtype(lossType(x.scalar_type())));
    for (std::int64_t from = 0; from < tokens; from += rows) {
        const std::int64_t count = std::min(rows, tokens - from);
        losses.narrow(0, from, count)
            .copy_(piece(x.narrow(0, from, count), weight, targets.narrow(0, from, count), tokens, nullptr, nullptr));
    }
    return {losses.mean(), losses};
}

}  // namespace moescope::kernels
