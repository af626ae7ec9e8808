// Tree of gates (Jordan and Jacobs 1994): a gate over groups, and in each group a gate over its experts.
//
// p_ij = p_i p_{j|i}, i = 1..A groups, j = 1..B experts of each, e = i B + j. The logits are ln p_i + ln p_{j|i}: their softmax
// over all experts is that product, so every later stage works as with a flat gate.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

// A matrix's product, with its bias where there is one.
at::Tensor gate(const RouterTensors& tensors, const std::string& weight, const std::string& bias, const at::Tensor& features) {
    const auto type = features.scalar_type();
    return at::linear(features, tensors.at(weight).to(type), tensors.has(bias) ? tensors.at(bias).to(type) : at::Tensor());
}

at::Tensor treeLogits(const RouterSpec& spec, const RouterTensors& tensors, const at::Tensor& features) {
    const at::Tensor group = gate(tensors, "group_weight", "group_bias", features).log_softmax(1);  // [T, A]
    const at::Tensor member = gate(tensors, "weight", "bias", features).unflatten(1, {spec.groups, -1}).log_softmax(2);
    return (group.unsqueeze(2) + member).flatten(1);
}

void declare(const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
    const bool trainable = !spec.frozen;
    out.push_back({"group_weight", {spec.groups, sizes.width}, routing::Init::normal, spec.initStd, trainable});
    out.push_back({"weight", {spec.experts, sizes.width}, routing::Init::normal, spec.initStd, trainable});
    if (!spec.bias) return;
    out.push_back({"group_bias", {spec.groups}, routing::Init::zeros, 0, trainable});
    out.push_back({"bias", {spec.experts}, routing::Init::zeros, 0, trainable});
}

void check(const RouterSpec& spec, base::Problems& out) {
    if (spec.groups < 1 || spec.experts % spec.groups != 0)
        out.push_back({"router.groups", "The " + std::to_string(spec.experts) + " experts do not divide into " + std::to_string(spec.groups) + " equal groups."});
}

}  // namespace

const Router& routertree() {
    static const Router router = [] {
        Router r;
        r.id = "tree";
        r.title = "Tree of gates";
        r.source = "Jordan, Jacobs 1994, Neural Computation 6(2)";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::tree; };
        r.check = check;
        r.declare = declare;
        r.logits = treeLogits;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
