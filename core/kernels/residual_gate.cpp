// The gate in wide numbers, the blend in those of the layer.
#include "core/kernels/residual_gate.hpp"

namespace moescope::kernels {

at::Tensor mixtureShare(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& bias) {
    const at::ScalarType wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor logits = at::linear(x.to(wide), gate.to(wide), bias.to(wide));
    return gate.size(0) == 2 ? logits.softmax(1).select(1, 0) : logits.sigmoid().select(1, 0);
}

at::Tensor shareLayer(const at::Tensor& mixture, const at::Tensor& dense, const at::Tensor& c, double rate, const DropoutKey& key) {
    at::Tensor weight = c;
    if (rate > 0) weight = c * dropout(at::ones_like(c.detach()), rate, key).gt(0);
    weight = weight.unsqueeze(1).to(mixture.scalar_type());
    return mixture * weight + dense * (1 - weight);
}

}  // namespace moescope::kernels
