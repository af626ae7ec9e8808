// Activations from LibTorch's elementwise operations.
#include "core/kernels/activation.hpp"

#include <ATen/Parallel.h>

#include "core/base/error.hpp"

namespace moescope::kernels {

namespace {

constexpr double kClamp = 7, kSlope = 1.702;

struct Halves {
    at::Tensor gate, up;
};
Halves halves(const at::Tensor& hidden) {
    const std::int64_t f = hidden.size(-1) / 2;
    return {hidden.narrow(-1, 0, f), hidden.narrow(-1, f, f)};
}

at::Tensor gateOf(const at::Tensor& gate, Activation kind) {
    if (kind == Activation::swiglu) return at::silu(gate);
    if (kind == Activation::geglu) return at::gelu(gate);
    const at::Tensor low = gate.clamp_max(kClamp);
    return low * at::sigmoid(low * kSlope);
}

at::Tensor gateBackward(const at::Tensor& gradient, const at::Tensor& gate, Activation kind) {
    if (kind == Activation::swiglu) return at::silu_backward(gradient, gate);
    if (kind == Activation::geglu) return at::gelu_backward(gradient, gate);
    const at::Tensor low = gate.clamp_max(kClamp);
    const at::Tensor s = at::sigmoid(low * kSlope);
    return gradient * (s + low * kSlope * s * (1 - s)) * (gate <= kClamp);
}

at::Tensor upOf(const at::Tensor& up, Activation kind) {
    return kind == Activation::clampedSwiglu ? up.clamp(-kClamp, kClamp) + 1 : up;
}

// `s` holds sigmoid(gate) and gets the activated row. silu(g) = g s, silu'(g) = s (1 + g (1 - s)).
void swigluBackwardRow(std::int64_t f, const float* __restrict hidden, const float* __restrict gradient, float* __restrict s, float* __restrict out) {
    for (std::int64_t i = 0; i < f; ++i) {
        const float gate = hidden[i], up = hidden[f + i], open = s[i], opened = gate * open;
        out[i] = gradient[i] * up * (open * (1 + gate * (1 - open)));
        out[f + i] = gradient[i] * opened;
        s[i] = opened * up;
    }
}

// SwiGLU in float32 on the CPU: one pass over memory where LibTorch's operations take six.
at::Tensor swigluBackward(const at::Tensor& hidden, const at::Tensor& gradient, at::Tensor& activated) {
    const std::int64_t rows = hidden.size(0), f = hidden.size(1) / 2;
    activated = at::sigmoid(hidden.narrow(1, 0, f)).contiguous();
    at::Tensor out = at::empty_like(hidden);
    const float *h = hidden.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>();
    float *s = activated.mutable_data_ptr<float>(), *to = out.mutable_data_ptr<float>();
    at::parallel_for(0, rows, 64, [&](std::int64_t from, std::int64_t end) {
        for (std::int64_t row = from; row < end; ++row) swigluBackwardRow(f, h + 2 * f * row, g + f * row, s + f * row, to + 2 * f * row);
    });
    return out;
}

bool onePass(const at::Tensor& hidden, const at::Tensor& gradient, Activation kind) {
    return kind == Activation::swiglu && hidden.is_cpu() && hidden.dim() == 2 && hidden.scalar_type() == at::kFloat &&
           hidden.is_contiguous() && gradient.is_contiguous() && gradient.scalar_type() == at::kFloat;
}

at::Tensor gatedBackward(const at::Tensor& hidden, const at::Tensor& gradient, Activation kind, at::Tensor* activated) {
    const auto [gate, up] = halves(hidden);
    const at::Tensor opened = gateOf(gate, kind), value = upOf(up, kind);
    if (activated) *activated = opened * value;
    at::Tensor out = at::empty_like(hidden);
    const auto [gateOut, upOut] = halves(out);
    gateOut.copy_(gateBackward(gradient * value, gate, kind));
    at::mul_out(const_cast<at::Tensor&>(upOut), gradient, opened);
    if (kind == Activation::clampedSwiglu) upOut.masked_fill_(up.abs() > kClamp, 0);
    return out;
}

}  // namespace

Activation activationOf(std::string_view name) {
    if (name == "swiglu") return Activation::swiglu;
    if (name == "geglu") return Activation::geglu;
    if (name == "relu") return Activation::relu;
    if (name == "gelu") return Activation::gelu;
    if (name == "clamped_swiglu") return Activation::clampedSwiglu;
    throw base::Error(base::ExitCode::usage, "config.activation", "unknown activation " + base::printable(name),
                      "model.activation", "take swiglu, geglu, relu, gelu or clamped_swiglu");
}

at::Tensor activate(const at::Tensor& hidden, Activation kind) {
    if (kind == Activation::relu) return at::relu(hidden);
    if (kind == Activation::gelu) return at::gelu(hidden);
    const auto [gate, up] = halves(hidden);
    return gateOf(gate, kind) * upOf(up, kind);
}

at::Tensor activateBackward(const at::Tensor& hidden, const at::Tensor& gradient, Activation kind, at::Tensor* activated) {
    if (activated && onePass(hidden, gradient, kind)) return swigluBackward(hidden, gradient, *activated);
    if (gated(kind)) return gatedBackward(hidden, gradient, kind, activated);
    if (activated) *activated = activate(hidden, kind);
    return kind == Activation::relu ? at::threshold_backward(gradient, hidden, 0) : at::gelu_backward(gradient, hidden);
}

}  // namespace moescope::kernels
