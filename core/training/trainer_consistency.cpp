// Two passes over a micro-batch with different experts, and how far their predictions lie apart (THOR, Zuo et al. 2021, 2110.04260).
#include "core/training/task_pass.hpp"

#include "core/routing/second_pass.hpp"

namespace moescope::training {

namespace {

constexpr std::uint64_t kSecondDropout = std::uint64_t{1} << 62;

}  // namespace

double LiveTrainer::consistency() const {
    const auto option = m_config.router.options.find("consistency");
    if (option == m_config.router.options.end() || m_specs.empty()) return -1;
    if (const auto* whole = std::get_if<std::int64_t>(&option->second)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&option->second);
    return real ? *real : -1;
}

// Losses are means of both passes, the objective their sum; the divergence = 1/2 sum over vocabulary of (p - q)(ln p - ln q), mean over tokens.
LiveTrainer::TaskPass LiveTrainer::forwardTwice(const model::TokenBatch& batch, std::int64_t micro) {
    model::TokenBatch blind = batch;
    blind.targets = at::Tensor();
    model::Pass pass = passOf(true, micro);
    model::PassResult result = m_model->forward(blind, pass);
    pass.draws.micro += routing::kSecondPass;
    pass.dropoutDraw |= kSecondDropout;
    const at::Tensor one = result.logits.log_softmax(1), other = m_model->forward(blind, pass).logits.log_softmax(1);
    result.tokenLoss = crossEntropy(one, batch.targets).add(crossEntropy(other, batch.targets)).div(2);
    result.loss = result.tokenLoss.mean();
    result.tokenLoss = result.tokenLoss.detach();
    at::Tensor divergence = (one.exp() - other.exp()).mul(one - other).sum(1).mean().div(2);
    return {std::move(result), std::move(divergence), consistency(), 2, {}};
}

}  // namespace moescope::training
