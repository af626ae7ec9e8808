// Stochastic experts: one expert a batch, two passes that differ, and an objective that is its formula.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/derived.hpp"
#include "core/routing/second_pass.hpp"
#include "core/training/batches.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

config::RunConfig stochastic() {
    config::RunConfig c = lettersConfig();
    c.moe.top_k = 1;
    c.router.net = "none", c.router.select = "fixed", c.router.weigh = "one";
    c.router.options["consistency"] = 0.7;
    c.balance.kind = "none", c.balance.coefficient = 0;
    return c;
}

std::vector<std::vector<double>> logitsOf(training::LiveTrainer& trainer, const data::Batch& batch, std::uint64_t micro) {
    const at::NoGradGuard guard;
    const auto specs = routing::makeSpecs(trainer.config());
    model::Pass pass;
    pass.training = true;
    pass.specs = specs;
    pass.draws = {static_cast<std::uint64_t>(trainer.config().training.seed), 0, micro};
    model::TokenBatch tokens = training::tokensOf(batch, at::kCPU);
    tokens.targets = at::Tensor();
    const at::Tensor logits = trainer.model().forward(tokens, pass).logits.to(at::kDouble).contiguous();
    std::vector<std::vector<double>> out;
    for (std::int64_t t = 0; t < logits.size(0); ++t) out.emplace_back(logits.const_data_ptr<double>() + 10 * t, logits.const_data_ptr<double>() + 10 * (t + 1));
    return out;
}

double logSumExp(const std::vector<double>& z) {
    double sum = 0;
    for (const double v : z) sum += std::exp(v);
    return std::log(sum);
}

TEST(StochasticExperts, ReportTheMeanLossOfBothPassesAndTheWeighedDivergenceBetweenThem) {
    auto trainer = makeTrainer(stochastic());
    const data::Batch batch = Letters().training(0, 0, 4, 12);
    const auto a = logitsOf(*trainer, batch, 0), b = logitsOf(*trainer, batch, routing::kSecondPass);
    double loss = 0, divergence = 0;
    const double tokens = static_cast<double>(a.size());
    for (std::size_t t = 0; t < a.size(); ++t) {
        const double la = logSumExp(a[t]), lb = logSumExp(b[t]);
        const auto target = static_cast<std::size_t>(batch.targets[t]);
        loss += (la - a[t][target] + lb - b[t][target]) / 2 / tokens;
        for (std::size_t v = 0; v < 10; ++v) {
            const double p = a[t][v] - la, q = b[t][v] - lb;
            divergence += 0.5 * (std::exp(p) - std::exp(q)) * (p - q) / tokens;
        }
    }
    const auto report = trainer->step().report;
    EXPECT_GT(divergence, 0);
    EXPECT_NEAR(report->loss, loss, 1e-6);
    EXPECT_NEAR(report->auxiliary, 0.7 * divergence, 1e-9 + 1e-4 * divergence);
    EXPECT_EQ(config::cost(trainer->config(), 10).flopsToken, 6 * config::cost(trainer->config(), 10).flopsTokenForward);
}

TEST(StochasticExperts, ThatAreAllAlikeAgree) {
    auto trainer = makeTrainer(stochastic());
    {
        const at::NoGradGuard guard;
        for (model::Parameter& p : trainer->model().parameters())
            if (p.name.ends_with("experts.up") || p.name.ends_with("experts.down")) p.value.copy_(p.value.select(0, 0).unsqueeze(0).expand_as(p.value).clone());
    }
    EXPECT_EQ(trainer->step().report->auxiliary, 0);
}

TEST(StochasticExperts, TakeAWholeBatchInTrainingAndAreAllDrawnEquallyOften) {
    const auto specs = routing::makeSpecs(stochastic());
    std::vector<double> first(4, 0);
    const int steps = 2000;
    for (int step = 0; step < steps; ++step) {
        routing::RouterInput input;
        input.tokenIds = at::zeros({5}, at::kLong);
        input.draws = {1, static_cast<std::uint64_t>(step), 2};
        const at::Tensor a = routing::route(specs[0], {}, input).experts;
        input.draws.micro += routing::kSecondPass;
        const at::Tensor b = routing::route(specs[0], {}, input).experts;
        ASSERT_TRUE(a.eq(a[0][0]).all().item<bool>() && b.eq(b[0][0]).all().item<bool>());
        ASSERT_NE(a[0][0].item<std::int64_t>(), b[0][0].item<std::int64_t>());
        first[static_cast<std::size_t>(a[0][0].item<std::int64_t>())] += 1.0 / steps;
    }
    for (const double share : first) EXPECT_NEAR(share, 0.25, 4 * std::sqrt(0.25 * 0.75 / steps));
}

TEST(StochasticExperts, ResumeToTheSameBits) {
    const Folder folder;
    auto whole = makeTrainer(stochastic());
    for (int step = 0; step < 3; ++step) whole->step();
    auto resumed = makeTrainer(stochastic());
    resumed->restore(throughDisk(*whole, folder));
    for (int step = 3; step < 6; ++step) {
        whole->step();
        resumed->step();
    }
    EXPECT_EQ(bitsOf(*resumed), bitsOf(*whole));
}

}  // namespace
}  // namespace moescope::test
