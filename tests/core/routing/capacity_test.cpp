// Room in the experts' queues: the formula on decimals, the orders, the groups, what is dropped.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/derived.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec limited(std::int64_t experts, std::int64_t k, double factor, Priority priority = Priority::position) {
    RouterSpec spec = plainSpec(experts, k);
    spec.capacity.factor = spec.capacity.evalFactor = factor;
    spec.capacity.priority = priority;
    return spec;
}

TEST(Capacity, IsTheCeilingOfTheExactDecimal) {
    EXPECT_EQ(capacity(limited(4, 2, 1.1), 100, true), 55);   // doubles say 55.000000000000007
    EXPECT_EQ(capacity(limited(8, 2, 1.0), 100, true), 25);   // GShard's 2 ceil(T/E) would be 26
    EXPECT_EQ(capacity(limited(8, 1, 1.25), 64, true), 10);
    EXPECT_EQ(capacity(limited(3, 1, 1.0), 10, true), 4);
    EXPECT_EQ(capacity(limited(8, 2, 0), 64, true), 0);
    EXPECT_EQ(capacity(limited(8, 2, 0.001), 64, true), 1);   // there is always a slot
    EXPECT_EQ(capacity(limited(2, 2, 9), 7, true), 7);        // never more than the tokens
    EXPECT_EQ(capacity(limited(2, 2, 1e300), 7, true), 7);
}

TEST(Capacity, HonoursMinimumMultipleCountKAndEvaluation) {
    RouterSpec spec = limited(8, 2, 1.0);
    spec.capacity.minimum = 9;
    EXPECT_EQ(capacity(spec, 16, true), 9);
    EXPECT_EQ(capacity(spec, 5, true), 5);
    spec.capacity.multipleOf = 4;
    EXPECT_EQ(capacity(spec, 16, true), 12);
    EXPECT_EQ(capacity(spec, 5, true), 8);  // rounding comes after the clamp
    RouterSpec mesh = limited(8, 2, 1.25);
    mesh.capacity.countK = false, mesh.capacity.evalFactor = 2;
    EXPECT_EQ(capacity(mesh, 64, true), 10);
    EXPECT_EQ(capacity(mesh, 64, false), 16);
}

TEST(Capacity, IsThatOfTheSettings) {
    config::RunConfig config;
    config.capacity.factor = 1.25;  // 5/4
    config.capacity.eval_factor = 2;
    for (const std::int64_t tokens : {1, 7, 100, 4096})
        for (const std::int64_t experts : {1, 4, 16})
            for (const bool training : {true, false}) {
                config.moe.experts = experts, config.moe.top_k = std::min<std::int64_t>(2, experts);
                const std::int64_t quarters = (training ? 5 : 8) * tokens * config.moe.top_k;
                const std::int64_t slots = (quarters + 4 * experts - 1) / (4 * experts);  // ceil(factor T k / E)
                EXPECT_EQ(capacity(makeSpec(config, 0), tokens, training), std::min(slots, tokens));
            }
}

TEST(Capacity, IsNeverExceeded) {
    for (const Priority priority : {Priority::position, Priority::bpr, Priority::prob, Priority::random})
        for (const double factor : {0.2, 0.5, 1.0, 1.3}) {
            const RouterSpec spec = limited(6, 2, factor, priority);
            const Routing routing = run(makeCase(spec, 50)).routing;
            EXPECT_LE(routing.placed.max().item<std::int64_t>(), capacity(spec, 50, true));
            EXPECT_EQ(routing.placed.minimum(routing.counts.new_full({}, capacity(spec, 50, true))).sum().item<std::int64_t>(),
                      routing.counts.clamp_max(capacity(spec, 50, true)).sum().item<std::int64_t>());
        }
}

TEST(Capacity, OfAllTokensEqualsDropless) {
    for (const Weigh weigh : {Weigh::renorm, Weigh::renormAfterDrop}) {
        RouterSpec full = limited(4, 2, 2), free = plainSpec(4, 2);
        full.weigh = free.weigh = weigh;
        const Routing a = run(makeCase(full, 16)).routing, b = run(makeCase(free, 16)).routing;
        EXPECT_TRUE(a.weights.equal(b.weights));
        EXPECT_TRUE(a.kept.equal(b.kept));
        EXPECT_TRUE(a.dropless && b.dropless);
    }
}

TEST(Capacity, FirstChoicesAreNeverDisplacedBySecondOnes) {
    Case c = makeCase(limited(3, 2, 0.5), 6);  // C = 2
    c.z = {{1, 2, 0}, {1, 2, 0}, {2, 1, 0}, {2, 1, 0}, {2, 0, 1}, {0, 1, 2}};
    const auto kept = integers(run(c).routing.kept);
    EXPECT_EQ(kept, (std::vector<std::vector<std::int64_t>>{{1, 0}, {1, 0}, {1, 0}, {1, 0}, {0, 1}, {1, 0}}));
}

TEST(Capacity, BatchPriorityKeepsAtLeastTheGateMassOfPositionForOneExpert) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        double mass[2] = {};
        std::int64_t kept[2] = {};
        for (const bool bpr : {false, true}) {
            const Routing routing = run(makeCase(limited(4, 1, 0.5, bpr ? Priority::bpr : Priority::position), 40, seed)).routing;
            mass[bpr] = routing.weights.sum().item<double>();
            kept[bpr] = routing.kept.sum().item<std::int64_t>();
        }
        EXPECT_GE(mass[1], mass[0] - 1e-12);
        EXPECT_EQ(kept[0], kept[1]);
    }
}

TEST(Capacity, RandomPriorityDropsEveryPositionAlike) {
    const RouterSpec spec = limited(2, 1, 0.5, Priority::random);
    const std::int64_t tokens = 64, rounds = 400;
    at::Tensor drops = at::zeros({tokens}, at::kDouble);
    for (std::int64_t step = 0; step < rounds; ++step) {
        RouterInput input;
        input.logits = at::tensor({1.0, 0.0}).expand({tokens, 2}).contiguous();
        input.draws = {3, std::uint64_t(step), 0};
        drops += route(spec, {}, input).kept.logical_not().select(1, 0).to(at::kDouble);
    }
    const double p = 0.75, spread = double(rounds) * p * (1 - p);  // C = 16 of 64 requests
    EXPECT_NEAR(drops.mean().item<double>(), double(rounds) * p, 1e-9);
    const double chiSquare = (drops - double(rounds) * p).square().sum().item<double>() / spread;
    EXPECT_LT(chiSquare, 63 + 4 * std::sqrt(2.0 * 63));
    EXPECT_GT(chiSquare, 63 - 4 * std::sqrt(2.0 * 63));
}

TEST(Capacity, GroupsOfTokensCompeteApart) {
    RouterSpec spec = limited(2, 1, 1);
    spec.capacity.groupTokens = 4;
    Case c = makeCase(spec, 10);  // 4 + 4 + 2 tokens: C = 2, 2, 1
    c.z.assign(10, {1, 0});
    const auto kept = integers(run(c).routing.kept);
    EXPECT_EQ(kept, (std::vector<std::vector<std::int64_t>>{{1}, {1}, {0}, {0}, {1}, {1}, {0}, {0}, {1}, {0}}));
    EXPECT_EQ(run(c).routing.room, 2 * (2 + 2 + 1));
}

TEST(Capacity, DropsOfARandomBalancedRouterAreThoseOfTheSimulation) {
    double dropped = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Routing routing = run(makeCase(limited(8, 1, 1.0), 1024, seed)).routing;
        dropped += 1 - routing.placed.sum().item<double>() / 1024;
    }
    EXPECT_NEAR(dropped / 10, 0.032, 0.008);
}

TEST(Capacity, TheSkewedExampleDropsTheRest) {
    Case c = makeCase(limited(4, 1, 1), 16);
    c.z.assign(16, {5, 0, 0, 0});
    EXPECT_EQ(run(c).routing.placed[0].item<std::int64_t>(), 4);  // dropped = 1 - cf / E
}

}  // namespace
}  // namespace moescope::routing::testing
