// Oracles and pinned domains: who gets which token when the router is overruled.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec oracleSpec(Oracle oracle, std::vector<std::int64_t> among) {
    RouterSpec spec = plainSpec(8, 2);
    spec.oracle = oracle;
    spec.oracleExperts = std::move(among);
    return spec;
}

TEST(Oracle, InTurnGivesEveryoneTheSame) {
    const Engine engine = run(makeCase(oracleSpec(Oracle::roundRobin, {0, 2, 3, 5, 6, 7}), 12));
    EXPECT_EQ(integers(engine.routing.experts)[0], (std::vector<std::int64_t>{0, 2}));
    EXPECT_EQ(integers(engine.routing.experts)[1], (std::vector<std::int64_t>{3, 5}));
    EXPECT_EQ(integers(engine.routing.counts.unsqueeze(0))[0], (std::vector<std::int64_t>{4, 0, 4, 4, 0, 4, 4, 4}));
}

TEST(Oracle, WeighsByTheRoutersOwnScores) {
    const Case c = makeCase(oracleSpec(Oracle::roundRobin, {0, 1, 2, 3, 4, 5, 6, 7}), 8);
    const Engine engine = run(c);
    const Table weights = tableOf(engine.routing.weights);
    for (std::size_t t = 0; t < 8; ++t) {
        const double a = std::exp(c.z[t][2 * t % 8]), b = std::exp(c.z[t][(2 * t + 1) % 8]);
        EXPECT_NEAR(weights[t][0], a / (a + b), 1e-12);
        EXPECT_NEAR(weights[t][1], b / (a + b), 1e-12);
    }
}

TEST(Oracle, AtRandomIsUniformDistinctAndRepeatable) {
    const std::size_t tokens = 4000;
    Case c = makeCase(oracleSpec(Oracle::random, {1, 2, 4, 5, 7}), tokens);
    const Engine engine = run(c), again = run(c);
    EXPECT_TRUE(at::equal(engine.routing.experts, again.routing.experts));
    for (const auto& chosen : integers(engine.routing.experts)) ASSERT_NE(chosen[0], chosen[1]);
    const auto counts = integers(engine.routing.counts.unsqueeze(0))[0];
    const double expected = 2.0 * double(tokens) / 5, spread = std::sqrt(double(tokens) * 0.4 * 0.6);
    for (const int e : {1, 2, 4, 5, 7}) EXPECT_NEAR(double(counts[std::size_t(e)]), expected, 5 * spread) << e;
    EXPECT_EQ(counts[0] + counts[3] + counts[6], 0);
}

TEST(Pins, PutTheExpertOfADomainFirstAndLeaveTheOthersToTheRouter) {
    RouterSpec spec = plainSpec(8, 2);
    const Case free = makeCase(spec, 30);
    const auto own = integers(run(free).routing.experts);
    spec.pins = {5, -1};
    RouterInput input;
    input.logits = tensorOf(free.z);
    std::vector<std::int64_t> domains;
    for (std::int64_t t = 0; t < 30; ++t) domains.push_back(t % 3 - 1);  // none, the pinned one, one that is free
    input.domains = at::tensor(domains, at::kLong);
    const auto pinned = integers(route(spec, {}, input).experts);
    for (std::size_t t = 0; t < 30; ++t) {
        if (domains[t] != 0) {
            EXPECT_EQ(pinned[t], own[t]);
            continue;
        }
        EXPECT_EQ(pinned[t][0], 5);
        EXPECT_EQ(pinned[t][1], own[t][0] == 5 ? own[t][1] : own[t][0]);
    }
    input.domains = at::Tensor();
    EXPECT_EQ(integers(route(spec, {}, input).experts), own);  // a text without labels
}

TEST(Pins, HoldWhereTheSecondExpertIsDrawnAndWhereFewTokensMayLeaveTheirGroup) {
    RouterSpec drawn = plainSpec(8, 2), bound = drawn;
    drawn.second = Second::gumbel, drawn.secondScale = 1;
    bound.options["leave_share"] = 0.0, bound.groups = 2;
    for (RouterSpec spec : {drawn, bound}) {
        spec.pins = {5};
        RouterInput input;
        input.logits = tensorOf(normalTable(30, 8, 3));
        input.domains = at::arange(30, at::kLong).remainder(2).neg();  // every other token has the domain
        const auto pinned = integers(route(spec, {}, input).experts);
        for (std::size_t t = 0; t < 30; t += 2) {
            EXPECT_EQ(pinned[t][0], 5);
            EXPECT_NE(pinned[t][1], 5);
        }
    }
}

TEST(Pins, NeverWakeAMutedExpert) {
    RouterSpec spec = plainSpec(4, 1);
    spec.pins = {2};
    RouterInput input;
    input.logits = tensorOf(normalTable(10, 4, 3));
    input.domains = at::zeros({10}, at::kLong);
    input.muted = at::zeros({4}, at::kBool);
    input.muted.select(0, 2).fill_(true);
    for (const auto& chosen : integers(route(spec, {}, input).experts)) EXPECT_NE(chosen[0], 2);
}

}  // namespace
}  // namespace moescope::routing::testing
