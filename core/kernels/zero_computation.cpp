// All of them at once: one factor of x and one of each learned vector for every token.
#include "core/kernels/zero_computation.hpp"

namespace moescope::kernels {

namespace {

// [T, count]: the weight that the tokens give to experts first .. first + count - 1.
at::Tensor weightsOf(const at::Tensor& weights, const at::Tensor& experts, std::int64_t first, std::int64_t count) {
    const at::Tensor own = experts.unsqueeze(2).eq(at::arange(first, first + count, experts.options()));  // [T, slots, count]
    return weights.unsqueeze(2).mul(own.to(weights.scalar_type())).sum(1);
}

}  // namespace

at::Tensor zeroComputation(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& experts, const routing::RouterSpec& spec,
                           const at::Tensor& gate, const at::Tensor& value) {
    const std::int64_t networks = routing::computing(spec), n = spec.constantExperts;
    at::Tensor ofInput = weightsOf(weights, experts, networks + n, spec.copyExperts).sum(1, true);  // [T, 1]
    if (n == 0) return x * ofInput.to(x.scalar_type());
    const at::Tensor share = at::linear(x, gate.flatten(0, 1)).unflatten(1, {n, 2}).to(weights.scalar_type()).softmax(2);  // [T, n, 2]
    const at::Tensor own = weightsOf(weights, experts, networks, n);
    ofInput = ofInput + own.mul(share.select(2, 0)).sum(1, true);
    const at::Tensor ofVectors = own.mul(share.select(2, 1)).to(x.scalar_type());
    return x * ofInput.to(x.scalar_type()) + ofVectors.matmul(value);
}

}  // namespace moescope::kernels
