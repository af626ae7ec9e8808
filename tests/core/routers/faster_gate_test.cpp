// The topology-aware gate: who may leave, who has to stay, and that nothing is limited where nothing should be.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include "core/routers/router.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

constexpr std::size_t kTokens = 60, kExperts = 8;

Routing routed(double share, bool training, const Table& z) {
    RouterSpec spec = plainSpec(std::int64_t(kExperts), 2);
    spec.options["leave_share"] = share;
    spec.groups = 2;
    RouterInput input;
    input.logits = tensorOf(z);
    input.training = training;
    return route(spec, {}, input);
}

std::vector<std::int64_t> bestAmong(const Row& z, std::size_t from, std::size_t to) {
    const reference::Ints order = reference::ranking(Row(z.begin() + long(from), z.begin() + long(to)));
    return {order[0] + std::int64_t(from), order[1] + std::int64_t(from)};
}

TEST(TopologyGate, LetsThoseLeaveWhoWantToMostAndKeepsTheRestAtHome) {
    const Table z = normalTable(kTokens, kExperts, 12);
    const Routing routing = routed(0.1, true, z);
    const auto experts = integers(routing.experts);
    // By brute force: everybody's wish, and the probability of the best chosen expert elsewhere.
    Row outside(kTokens, -1);
    for (std::size_t t = 0; t < kTokens; ++t) {
        const Row p = reference::softmax(z[t]);
        const bool first = t < kTokens / 2;
        for (const std::int64_t e : bestAmong(z[t], 0, kExperts))
            if ((e < 4) != first) outside[t] = std::max(outside[t], p[std::size_t(e)]);
    }
    const reference::Ints order = reference::ranking(outside);
    std::vector<bool> leaves(kTokens, false);
    for (std::size_t i = 0; i < 6; ++i) leaves[std::size_t(order[i])] = outside[std::size_t(order[i])] > 0;
    std::size_t left = 0;
    for (std::size_t t = 0; t < kTokens; ++t) {
        const bool first = t < kTokens / 2;
        EXPECT_EQ(experts[t], leaves[t] ? bestAmong(z[t], 0, kExperts) : bestAmong(z[t], first ? 0 : 4, first ? 4 : 8)) << t;
        left += leaves[t];
    }
    EXPECT_EQ(left, 6u);
    EXPECT_NEAR(routing.measured.at(0).value.item<double>(), 6.0 / kTokens, 1e-12);
}

TEST(TopologyGate, LimitsNothingWhereAllMayLeaveNorAtEvaluation) {
    const Table z = normalTable(kTokens, kExperts, 13);
    const Case plain = [&] {
        Case c = makeCase(plainSpec(std::int64_t(kExperts), 2), kTokens);
        c.z = z;
        return c;
    }();
    const Engine free = run(plain);
    EXPECT_TRUE(routed(1, true, z).experts.equal(free.routing.experts));
    EXPECT_TRUE(routed(0, false, z).experts.equal(free.routing.experts));
    EXPECT_FALSE(routed(0, true, z).experts.equal(free.routing.experts));
}

TEST(TopologyGate, NeedsTwoMachinesWithKExpertsEach) {
    config::RunConfig config;
    config.router.options["leave_share"] = 0.14;
    for (const std::int64_t groups : {1, 3, 8}) {
        config.router.groups = groups;
        ASSERT_EQ(problems(config).size(), 1u);
        EXPECT_EQ(problems(config)[0].key, "router.groups");
    }
    config.router.groups = 4;
    EXPECT_TRUE(problems(config).empty());
}

}  // namespace
}  // namespace moescope::routing::testing
