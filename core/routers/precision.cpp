// A router that computes in fewer bits (option precision), emulated: what it reads, its matrix and its logits are rounded.
//
// z = r(r(W) r(x) + r(b)), r rounds to bf16 (8 significant bits, ties to even). Gradients are those of the unrounded matrix product
// at the rounded numbers (straight-through). The sum itself, softmax, losses and the stored weights stay float32, so what is seen
// is the rounding alone (Fedus et al. 2021, selective precision).
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct PrecisionOptions {
    std::string precision = "float32";

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::choice("precision", "Rounded router", "float32|bf16", "bf16 rounds what the router reads, its matrix and its logits to 8 bits, as a router without selective precision would."), self.precision);
    }
};

at::Tensor rounded(const at::Tensor& values) { return values + (values.to(at::kBFloat16).to(values.scalar_type()) - values).detach(); }

at::Tensor roundedLogits(const RouterSpec& spec, const RouterTensors& tensors, const at::Tensor& features) {
    const bool low = readOptions<PrecisionOptions>(spec.options).precision == "bf16";
    const auto take = [&](const at::Tensor& values) { return low ? rounded(values.to(features.scalar_type())) : values.to(features.scalar_type()); };
    const at::Tensor bias = tensors.has("bias") ? take(tensors.at("bias")) : at::Tensor();
    return take(at::linear(take(features), take(tensors.at("weight")), bias));
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.net != Net::linear)
        problems.push_back({"router.options.precision", "Only the matrix of a linear router is rounded: set router.net to linear, or leave precision out."});
}

}  // namespace

const Router& routerprecision() {
    static const Router router = [] {
        Router r;
        r.id = "precision";
        r.title = "Router in fewer bits";
        r.source = "Fedus et al. 2021, arXiv 2101.03961 (selective precision)";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("precision"); };
        r.options = [] { return describeOptions<PrecisionOptions>("precision"); };
        r.checkOptions = checkOptions<PrecisionOptions>;
        r.check = check;
        r.logits = roundedLogits;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
