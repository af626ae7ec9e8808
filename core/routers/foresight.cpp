// A router that knows what the experts would answer (option neurons): the ground truth of MoEfication (Zhang et al. 2021, 2110.01786).
//
// z_e = sum over expert e's neurons of relu(w_i x). The rows w_i are copies of what reads the token in a split ReLU layer, in the
// order of the experts; the verb moefy fills them. It costs as much as the layer itself: a bound for other routers, not a router to use.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"

namespace moescope::routers {

namespace {

struct ForesightOptions {
    std::int64_t neurons = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("neurons", "Neurons the router sees", "", "Score an expert by what so many neurons of it answer; for moefy: the width of an expert.", 1, 1048576), self.neurons);
    }
};

at::Tensor answers(const RouterSpec& spec, const RouterTensors& tensors, const at::Tensor& features) {
    const at::Tensor active = at::linear(features, tensors.at("neurons").to(features.scalar_type())).relu();
    return active.view({features.size(0), spec.experts, -1}).sum(2);
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.net != Net::linear || !spec.frozen)
        problems.push_back({"router.options.neurons", "A router that reads the experts' neurons has nothing to learn: set router.net to linear and router.frozen to true, as moefy does, or leave neurons out."});
}

}  // namespace

const Router& routerforesight() {
    static const Router router = [] {
        Router r;
        r.id = "foresight";
        r.title = "What the experts would answer";
        r.source = "Zhang et al. 2021 (MoEfication), arXiv 2110.01786";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("neurons"); };
        r.options = [] { return describeOptions<ForesightOptions>("foresight"); };
        r.checkOptions = checkOptions<ForesightOptions>;
        r.check = check;
        r.declare = [](const RouterSpec& spec, Sizes sizes, std::vector<ParameterDecl>& out) {
            out.push_back({"neurons", {spec.experts * readOptions<ForesightOptions>(spec.options).neurons, sizes.width}, routing::Init::normal, spec.initStd, /*trainable=*/false});
        };
        r.logits = answers;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
