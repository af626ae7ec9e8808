// Two batched products around the experts that other layers use too: a slot is a row with one expert and weight 1.
#include "core/kernels/slots.hpp"

namespace moescope::kernels {

at::Tensor runSlots(const at::Tensor& x, routing::Routing& routing, const ExpertWeights& experts, Activation kind) {
    const at::Tensor dispatch = routing.dispatch.to(x.scalar_type()), combine = routing.combine.to(x.scalar_type());
    const std::int64_t sequences = dispatch.size(0), slots = dispatch.size(2), count = experts.up.size(0);
    const at::Tensor read = at::bmm(dispatch.transpose(1, 2), x.unflatten(0, {sequences, -1}));  // [sequences, E s, d]
    routing.slotInputs = read.detach();
    const at::Tensor owner = at::arange(slots, x.options().dtype(at::kLong)).div(slots / count, "floor").repeat({sequences}).unsqueeze(1);
    const at::Tensor ones = at::ones({sequences * slots, 1}, x.options());
    const at::Tensor said = runExperts(read.flatten(0, 1), ones, experts, planDispatch(owner, {}, count, /*allKept=*/true), kind);
    return at::bmm(combine, said.unflatten(0, {sequences, slots})).flatten(0, 1);
}

}  // namespace moescope::kernels
