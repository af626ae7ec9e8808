// A test of redundancy (option without_best; Dai et al. 2024, DeepSeekMoE, 2401.06066, figure 4): the experts a token likes best are closed to it.
//
// For each token the n experts with the largest logits cannot be chosen, in training and at evaluation; the next best k work instead.
// Probabilities stay as they are. Meant for evaluating a trained model: the more the loss rises, the less others can stand in.
#include "core/tensor.hpp"

#include "core/routers/router.hpp"
#include "core/routers/steering.hpp"

namespace moescope::routers {

namespace {

struct RedundancyOptions {
    std::int64_t withoutBest = 0;

    template <class Self, class Visit>
    static void visit(Self& self, Visit&& visit) {
        visit(config::detail::number("without_best", "Without the best", "experts", "Each token's so many best experts are closed to it: how much worse is the model without them?", 0, 1023), self.withoutBest);
    }
};

void closeBest(const RouterSpec& spec, const RouterTensors&, const RouterInput&, Scores& scores) {
    const std::int64_t n = readOptions<RedundancyOptions>(spec.options).withoutBest;
    if (n == 0) return;
    const at::Tensor best = routing::largest(scores.clean.detach(), n, false);
    close(scores, at::zeros_like(scores.clean, scores.clean.options().dtype(at::kBool).requires_grad(false)).scatter(1, best, true));
}

void check(const RouterSpec& spec, base::Problems& problems) {
    checkSteered(spec, "without_best", problems);
    const std::int64_t n = readOptions<RedundancyOptions>(spec.options).withoutBest;
    if (n + spec.topK > spec.experts)
        problems.push_back({"router.options.without_best", "Without its " + std::to_string(n) + " best, a token has fewer than " + std::to_string(spec.topK) + " of " + std::to_string(spec.experts) +
                                                               " experts left: close fewer, or choose fewer."});
}

}  // namespace

const Router& routerwithout_best() {
    static const Router router = [] {
        Router r;
        r.id = "without_best";
        r.title = "Without a token's best experts";
        r.source = "Dai et al. 2024 (DeepSeekMoE), arXiv 2401.06066, figure 4";
        r.claims = [](const RouterSpec& spec) { return spec.options.contains("without_best"); };
        r.options = [] { return describeOptions<RedundancyOptions>("without_best"); };
        r.checkOptions = checkOptions<RedundancyOptions>;
        r.check = check;
        r.steer = closeBest;
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
