// Two passes over a micro-batch with different experts, and how far their predictions lie apart (THOR, Zuo et al. 2021, 2110.04260).
#include "core/training/live_trainer.hpp"

#include "core/routing/second_pass.hpp"

namespace moescope::training {

namespace {

constexpr std::uint64_t kSecondDropout = std::uint64_t{1} << 62;

at::Tensor lossOf(const at::Tensor& logProbabilities, const at::Tensor& targets) {
    return logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1).neg();
}

}  // namespace

double LiveTrainer::consistency() const {
    const auto option = m_config.router.options.find("consistency");
    if (option == m_config.router.options.end() || m_specs.empty()) return -1;
    if (const auto* whole = std::get_if<std::int64_t>(&option->second)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&option->second);
    return real ? *real : -1;
}

// Losses are means of both passes; `divergence` = 1/2 sum over tokens and vocabulary of (p - q)(ln p - ln q), mean over tokens.
model::PassResult LiveTrainer::forwardTwice(const model::TokenBatch& batch, std::int64_t micro, at::Tensor& divergence) {
    model::TokenBatch blind = batch;
    blind.targets = at::Tensor();
    model::Pass pass = passOf(true, micro);
    model::PassResult result = m_model->forward(blind, pass);
    pass.draws.micro += routing::kSecondPass;
    pass.dropoutDraw |= kSecondDropout;
    const at::Tensor one = result.logits.log_softmax(1), other = m_model->forward(blind, pass).logits.log_softmax(1);
    result.tokenLoss = lossOf(one, batch.targets).add(lossOf(other, batch.targets)).div(2);
    result.loss = result.tokenLoss.mean();
    result.tokenLoss = result.tokenLoss.detach();
    divergence = (one.exp() - other.exp()).mul(one - other).sum(1).mean().div(2);
    return result;
}

}  // namespace moescope::training
