// The rotation and, as its own inverse with the sine turned round, its gradient.
#include "core/kernels/rotary.hpp"

namespace moescope::kernels {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor turn(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, double direction) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
    at::Tensor out = at::empty(x.sizes(), x.options());
    at::Tensor outFirst = out.narrow(-1, 0, half), outSecond = out.narrow(-1, half, half);
    at::mul_out(outFirst, first, cosine).addcmul_(second, sine, -direction);
    at::mul_out(outSecond, second, cosine).addcmul_(first, sine, direction);
    return out;
}

struct RotaryNode : torch::autograd::Function<RotaryNode> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
        context->save_for_backward({cosine, sine});
        return turn(x, cosine, sine, 1);
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        return {turn(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

RotaryTable rotaryTable(std::int64_t first, std::int64_t length, std::int64_t headWidth, double base,
                        const at::TensorOptions& options) {
    const auto wide = at::TensorOptions().dtype(at::kDouble);
    const at::Tensor exponent = at::arange(headWidth / 2, wide).mul_(-2.0 / static_cast<double>(headWidth));
    const at::Tensor frequency = at::pow(at::scalar_tensor(base, wide), exponent);
    const at::Tensor angle = at::arange(first, first + length, wide).unsqueeze(1) * frequency;
    return {angle.cos().unsqueeze(1).to(options), angle.sin().unsqueeze(1).to(options)};
}

at::Tensor rotate(const at::Tensor& x, const RotaryTable& table) { return RotaryNode::apply(x, table.cosine, table.sine); }

}  // namespace moescope::kernels
