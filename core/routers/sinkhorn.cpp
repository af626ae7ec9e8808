// Sinkhorn routing (Clark et al. 2022, 2202.01169; Megatron): the choice is made on a matrix scaled to even rows and columns.
//
// K = exp(z); r = 1 / (T (K c + 1e-8)), c = 1 / (E (K^T r + 1e-8)), 100 rounds from c = 1; the choice is the top-k of r K c, whose
// rows sum to 1/T and columns to 1/E. Weights come from the untouched z. Batch-coupled in training; at evaluation plain top-k.
#include "core/tensor.hpp"

#include <limits>

#include "core/routers/moved.hpp"
#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr int kRounds = 100;
constexpr double kTiny = 1e-8;

// [T, E], no gradient. A row's largest logit is taken off first: a constant of a row is a factor of r.
at::Tensor balanced(const at::Tensor& logits) {
    const at::Tensor kernel = (logits - logits.amax({1}, true)).exp();
    const double tokens = static_cast<double>(logits.size(0)), experts = static_cast<double>(logits.size(1));
    at::Tensor columns = at::ones({logits.size(1)}, logits.options()), rows;
    const at::Tensor turned = kernel.t().contiguous();
    for (int round = 0; round < kRounds; ++round) {
        rows = ((at::mv(kernel, columns) + kTiny) * tokens).reciprocal();
        columns = ((at::mv(turned, rows) + kTiny) * experts).reciprocal();
    }
    return kernel * rows.unsqueeze(1) * columns;
}

Choice chooseBalanced(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::selectionScore(spec, tensors, input, scores);
    if (!input.training) return routing::chooseLargest(spec, input, score);
    const double closed = -std::numeric_limits<double>::infinity();
    Choice choice = routing::chooseLargest(spec, input, balanced(score).masked_fill(score.eq(closed), closed));
    choice.measured = moved(score, choice.experts);
    return choice;
}

}  // namespace

const Router& routersinkhorn() {
    static const Router router = [] {
        Router r;
        r.id = "sinkhorn";
        r.title = "Sinkhorn (batch-coupled in training)";
        r.source = "Clark et al. 2022, arXiv 2202.01169; Megatron-LM";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::sinkhorn; };
        r.choose = chooseBalanced;
        r.curves = {"moved_share", "regret"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
