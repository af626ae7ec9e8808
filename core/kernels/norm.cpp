// RMSNorm with a written backward: it saves x and one number per row.
#include "core/kernels/norm.hpp"

namespace moescope::kernels {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RmsNormNode : torch::autograd::Function<RmsNormNode> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, double epsilon,
                              at::ScalarType type) {
        const at::Tensor scale =
            at::linalg_vector_norm(x, 2, {-1}, true).square_().div_(x.size(-1)).add_(epsilon).rsqrt_();
        context->save_for_backward({x, weight, scale});
        return (x * scale).mul_(weight).to(type);
    }

    // With n = x * scale and g = gradient * weight: dx = scale * (g - n * mean(g * n)), dweight = sum of gradient * n.
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &scale = saved[2];
        const at::Tensor gradient = gradients[0].to(x.scalar_type());
        const at::Tensor normed = x * scale;
        const at::Tensor product = gradient * normed;
        const at::Tensor weightGradient = product.reshape({-1, x.size(-1)}).sum(0);
        const at::Tensor mean = at::matmul(product, weight.unsqueeze(1)).div_(x.size(-1));
        at::Tensor inner = (gradient * weight).sub_(normed.mul_(mean));
        return {inner.mul_(scale), weightGradient, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor normalise(const at::Tensor& x, const NormWeights& weights, at::ScalarType type) {
    if (weights.centred) return at::layer_norm(x, {x.size(-1)}, weights.weight, {}, weights.epsilon).to(type);
    return RmsNormNode::apply(x, weights.weight, weights.epsilon, type);
}

}  // namespace moescope::kernels
