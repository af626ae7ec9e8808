// Weighted least squares and Newton's method for softmax gates.
#include "core/model/plane_em.hpp"

namespace moescope::model {

namespace {

constexpr int kNewtonSteps = 4, kHalvings = 12;
constexpr double kIdle = 1e-6;      // an expert with less than this share of points keeps its weights
constexpr double kDamping = 1e-8;   // of the mean diagonal: directions that change nothing stay solvable
constexpr double kNever = -1e30;    // offset of a muted expert

// Adds a small multiple of the mean diagonal to square matrices [..., n, n].
at::Tensor damped(const at::Tensor& matrix, double least) {
    const at::Tensor size = matrix.diagonal(0, -2, -1).mean(-1, true).unsqueeze(-1).mul(kDamping).add(least);
    return matrix + at::eye(matrix.size(-1), matrix.options()) * size;
}

double value(const at::Tensor& x, const at::Tensor& share, const at::Tensor& offset, const at::Tensor& v) {
    return at::linear(x, v).add(offset).log_softmax(1).mul(share).masked_fill(share.eq(0), 0).sum().item<double>();
}

// Gradient [E d] and minus the Hessian [E d, E d] of the concave sum; rows weigh what their shares sum to.
std::pair<at::Tensor, at::Tensor> slopes(const at::Tensor& x, const at::Tensor& share, const at::Tensor& offset, const at::Tensor& v) {
    const at::Tensor p = at::linear(x, v).add(offset).softmax(1), weight = share.sum(1, true);
    const at::Tensor gradient = at::mm((share - weight * p).t(), x).flatten();
    const std::int64_t experts = p.size(1), width = x.size(1);
    const at::Tensor own = at::diag_embed(p) - p.unsqueeze(2) * p.unsqueeze(1);  // [T, E, E]
    const at::Tensor outer = (x.unsqueeze(2) * x.unsqueeze(1)) * weight.unsqueeze(2);
    const at::Tensor curvature = at::mm(own.flatten(1).t(), outer.flatten(1)).view({experts, experts, width, width});
    return {gradient, curvature.permute({0, 2, 1, 3}).reshape({experts * width, experts * width})};
}

at::Tensor wide(const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); }

void write(const at::Tensor& target, const at::Tensor& values) { target.detach().copy_(values); }

// What is added to a gate's product: its bias and rig, and never for a muted expert.
at::Tensor offsetOf(const routing::RouterSpec& spec, const routing::RouterTensors& tensors, const at::Tensor& muted, const at::Tensor& x) {
    at::Tensor offset = at::zeros({1, spec.experts}, x.options());
    if (tensors.has("bias")) offset = offset + wide(tensors.at("bias"));
    if (!spec.rig.empty() && spec.net == routing::Net::linear) offset = offset + at::tensor(at::ArrayRef<double>(spec.rig), at::kDouble).to(x.device());
    return muted.defined() ? offset.masked_fill(muted, kNever) : offset;
}

void fitTree(const routing::RouterSpec& spec, routing::RouterTensors& tensors, const at::Tensor& x, const at::Tensor& share, const at::Tensor& offset) {
    const at::Tensor groups = share.unflatten(1, {spec.groups, -1});
    const at::Tensor top = tensors.has("group_bias") ? wide(tensors.at("group_bias")).unsqueeze(0) : at::zeros({1, spec.groups}, x.options());
    write(tensors.at("group_weight"), fitSoftmax(x, groups.sum(2), top, wide(tensors.at("group_weight"))));
    const std::int64_t members = spec.experts / spec.groups;
    at::Tensor all = wide(tensors.at("weight")).clone();
    for (std::int64_t i = 0; i < spec.groups; ++i)
        all.narrow(0, i * members, members)
            .copy_(fitSoftmax(x, groups.select(1, i), offset.narrow(1, i * members, members), all.narrow(0, i * members, members)));
    write(tensors.at("weight"), all);
}

}  // namespace

at::Tensor logDensities(const at::Tensor& values, const at::Tensor& outputs, double sigma) {
    return outputs.sub(values.unsqueeze(1)).square().sum(2).div(-2 * sigma * sigma);
}

at::Tensor responsibilities(const at::Tensor& logProbabilities, const at::Tensor& logDensities) {
    return wide(logProbabilities).add(wide(logDensities)).softmax(1);
}

at::Tensor weightedLeastSquares(const at::Tensor& x, const at::Tensor& values, const at::Tensor& share, const at::Tensor& before) {
    const at::Tensor in = wide(x), out = wide(values), weighted = share.t().unsqueeze(2) * in.unsqueeze(0);  // [E, T, d]
    const at::Tensor left = at::matmul(weighted.transpose(1, 2), in), right = at::matmul(weighted.transpose(1, 2), out);
    const at::Tensor solved = at::linalg_solve(damped(left, 1e-12), right).transpose(1, 2);
    const at::Tensor busy = share.mean(0).gt(kIdle).view({-1, 1, 1});
    return at::where(busy, solved, wide(before));
}

at::Tensor fitSoftmax(const at::Tensor& x, const at::Tensor& share, const at::Tensor& offset, const at::Tensor& start) {
    const at::Tensor in = wide(x);
    at::Tensor v = start;
    double now = value(in, share, offset, v);
    for (int i = 0; i < kNewtonSteps; ++i) {
        const auto [gradient, curvature] = slopes(in, share, offset, v);
        at::Tensor step = at::linalg_solve(damped(curvature, 1e-9), gradient).view_as(v);
        int halvings = 0;
        for (; halvings < kHalvings; ++halvings, step = step / 2)
            if (value(in, share, offset, v + step) >= now) break;
        if (halvings == kHalvings) break;
        v = v + step;
        now = value(in, share, offset, v);
    }
    return v;
}

void fitGate(const routing::RouterSpec& spec, routing::RouterTensors& tensors, const at::Tensor& x, const at::Tensor& share, const at::Tensor& muted) {
    const at::Tensor in = wide(x), offset = offsetOf(spec, tensors, muted, in);
    if (spec.net == routing::Net::tree) return fitTree(spec, tensors, in, share, offset);
    write(tensors.at("weight"), fitSoftmax(in, share, offset, wide(tensors.at("weight"))));
}

}  // namespace moescope::model
