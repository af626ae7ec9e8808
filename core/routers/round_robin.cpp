// The perfect router that knows nothing: token t gets experts t k, t k + 1 ... in turn (MegaBlocks' uniform assignment).
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

Choice inTurn(const RouterSpec& spec, const RouterTensors&, const RouterInput& input, const Scores&) {
    const at::Tensor& tokens = input.features.defined() ? input.features : input.logits.defined() ? input.logits : input.tokenIds;
    const auto options = at::TensorOptions().dtype(at::kLong).device(tokens.device());
    Choice choice;
    choice.experts = at::arange(tokens.size(0) * spec.topK, options).remainder(spec.experts).reshape({-1, spec.topK});
    return choice;
}

}  // namespace

const Router& routerround_robin() {
    static const Router router = [] {
        Router r;
        r.id = "round_robin";
        r.title = "Round robin (baseline)";
        r.source = "MegaBlocks, uniform expert assignment";
        r.claims = [](const RouterSpec& spec) { return spec.net == Net::none && spec.select == Select::fixed && !spec.options.contains("consistency"); };
        r.choose = inTurn;
        r.curves = {"imbalance"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
