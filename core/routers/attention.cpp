// Attention router (Yuan 2.0-M32, Wu et al. 2024, 2405.17976): the experts of a token attend to each other before the choice.
//
// Q = W x, K = W' x, V = W'' x in R^E; A_ij = softmax_j(Q_i K_j); z_i = sum_j A_ij V_j. Each token by itself, so causal; E^2 a token.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

at::Tensor attentionLogits(const RouterSpec&, const RouterTensors& tensors, const at::Tensor& features) {
    const auto of = [&](const char* name) { return at::linear(features, tensors.at(name).to(features.scalar_type())); };
    const at::Tensor attention = of("query").unsqueeze(2).mul(of("key").unsqueeze(1)).softmax(2);  // [T, E, E]
    return attention.mul(of("value").unsqueeze(1)).sum(2);
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    for (const char* name : {"query", "key", "value"})
        out.push_back({name, {spec.experts, sizes.width}, routing::Init::normal, spec.initStd, !spec.frozen, false, /*perExpert=*/true});
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.bias) problems.push_back({"router.bias", "The attention router has no bias: set it to false."});
    if (spec.initStd == 0)
        problems.push_back({"router.init_std", "Attention between equal experts stays equal: start with a spread above 0, such as 0.02."});
}

}  // namespace

const Router& routerattention() {
    static const Router router = [] {
        Router r;
        r.id = "attention";
        r.title = "Attention router";
        r.source = "Wu et al. 2024 (Yuan 2.0-M32), arXiv 2405.17976";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::attention; };
        r.check = check;
        r.declare = declare;
        r.logits = attentionLogits;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
