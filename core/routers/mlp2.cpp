// Router of two layers (MoE++, Jin et al. 2024, 2410.07348): z = W_2 tanh(W_1 x), 8 hidden units for each expert.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

constexpr std::int64_t kUnits = 8;  // for each expert

at::Tensor networkLogits(const RouterSpec&, const RouterTensors& tensors, const at::Tensor& features) {
    const auto type = features.scalar_type();
    return at::linear(at::linear(features, tensors.at("hidden_weight").to(type)).tanh(), tensors.at("output_weight").to(type));
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    const std::int64_t hidden = kUnits * spec.experts;
    out.push_back({"hidden_weight", {hidden, sizes.width}, routing::Init::normal, spec.initStd, !spec.frozen});
    out.push_back({"output_weight", {spec.experts, hidden}, routing::Init::normal, spec.initStd, !spec.frozen, false, /*perExpert=*/true});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.bias) problems.push_back({"router.bias", "The router of two layers has no bias: set it to false."});
    if (spec.initStd == 0)
        problems.push_back({"router.init_std", "Two layers of zeros never learn: start with a spread above 0, such as 0.02."});
}

}  // namespace

const Router& routermlp2() {
    static const Router router = [] {
        Router r;
        r.id = "mlp2";
        r.title = "Router of two layers";
        r.source = "Jin et al. 2024 (MoE++), arXiv 2410.07348";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::mlp2; };
        r.check = check;
        r.declare = declare;
        r.logits = networkLogits;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
