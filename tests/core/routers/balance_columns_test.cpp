// SWIPE: every column of choices comes out even in training, whatever tokens wished for.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/config/validate.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec swipe(std::int64_t experts, std::int64_t k) {
    RouterSpec spec = plainSpec(experts, k);
    spec.score = Score::softmaxSelected;
    spec.capacity.overflow = Overflow::balanceColumns;
    return spec;
}

Case crowded(std::int64_t experts, std::int64_t k, std::size_t tokens, std::uint64_t seed) {
    Case c = makeCase(swipe(experts, k), tokens, seed);
    for (Row& row : c.z)
        for (std::size_t e = 0; e < row.size(); ++e) row[e] += 3.0 / double(e + 1);
    return c;
}

std::vector<std::int64_t> countsOf(const std::vector<std::vector<std::int64_t>>& rows, std::size_t column, std::int64_t experts) {
    std::vector<std::int64_t> counts(std::size_t(experts), 0);
    for (const auto& row : rows)
        if (row[column] >= 0) ++counts[std::size_t(row[column])];
    return counts;
}

std::int64_t spreadOf(std::vector<std::int64_t> counts, const std::vector<bool>& muted = {}) {
    for (std::size_t e = muted.size(); e-- > 0;)
        if (muted[e]) counts.erase(counts.begin() + long(e));
    return *std::ranges::max_element(counts) - *std::ranges::min_element(counts);
}

TEST(Swipe, MovesLaterTokensOfAFullExpertToTheLowestOnesThatLack) {
    const std::vector<std::size_t> wishes{0, 0, 0, 0, 0, 1, 2, 0};
    Case c = makeCase(swipe(4, 1), 8);
    for (std::size_t t = 0; t < 8; ++t) c.z[t] = Row(4, 0), c.z[t][wishes[t]] = 1;
    const Routing r = run(c).routing;
    EXPECT_EQ(integers(r.experts.t())[0], (std::vector<std::int64_t>{0, 0, 1, 2, 3, 1, 2, 3}));
    EXPECT_EQ(integers(r.counts.unsqueeze(0))[0], (std::vector<std::int64_t>{6, 1, 1, 0})) << "what tokens wished for";
    EXPECT_EQ(integers(r.placed.unsqueeze(0))[0], (std::vector<std::int64_t>{2, 2, 2, 2}));
    EXPECT_DOUBLE_EQ(r.measured.at(0).value.item<double>(), (4 * 1 + 1 * 2 + 1 * 3 + 2 * 4) / 8.0) << "moved tokens got their 2nd, 3rd and 4th wish";
}

TEST(Swipe, CountsOfEveryColumnDifferByAtMostOneAndNoTokenHoldsAnExpertTwice) {
    for (std::int64_t experts = 2; experts <= 7; ++experts)
        for (std::int64_t k = 1; k < experts; ++k)
            for (const std::size_t tokens : {1u, 2u, 5u, 13u, 24u, 61u}) {
                const Case c = crowded(experts, k, tokens, std::uint64_t(experts * 100 + k));
                const Routing r = run(c).routing;
                const auto rows = integers(r.experts);
                for (std::size_t column = 0; column < std::size_t(k); ++column)
                    EXPECT_LE(spreadOf(countsOf(rows, column, experts)), 1) << experts << " experts, " << k << " each, " << tokens << " tokens, column " << column;
                for (const auto& row : rows) EXPECT_EQ(std::set(row.begin(), row.end()).size(), std::size_t(k));
                EXPECT_TRUE(r.kept.all().item<bool>());
            }
}

TEST(Swipe, TokensMakeWayWhereOnlyTheirOwnExpertsHaveRoom) {
    Case c = makeCase(swipe(3, 2), 3);
    // All wish 0 then 1; in the first column they are spread over 0, 1, 2, in the second the last one holds the only idle expert.
    for (Row& row : c.z) row = {2, 1, 0};
    const auto rows = integers(run(c).routing.experts);
    for (const std::size_t column : {0u, 1u}) EXPECT_EQ(countsOf(rows, column, 3), (std::vector<std::int64_t>{1, 1, 1}));
    for (const auto& row : rows) EXPECT_NE(row[0], row[1]);
}

TEST(Swipe, LeavesMutedExpertsEmptyAndSharesOutAmongTheOthers) {
    Case c = crowded(6, 2, 40, 5);
    c.muted = {true, false, false, true, false, false};
    const auto rows = integers(run(c).routing.experts);
    for (const std::size_t column : {0u, 1u}) {
        const auto counts = countsOf(rows, column, 6);
        EXPECT_EQ(counts[0] + counts[3], 0);
        EXPECT_LE(spreadOf(counts, c.muted), 1);
    }
}

TEST(Swipe, WeighsByTheSoftmaxOfTheLogitsAtTheExpertsTokensEndWith) {
    const Case c = crowded(6, 2, 30, 9);
    const Engine engine = run(c);
    const auto rows = integers(engine.routing.experts);
    const Table weights = tableOf(engine.routing.weights), task = normalTable(30, 2, 77), gradient = engineGradient(engine, task);
    for (std::size_t t = 0; t < rows.size(); ++t) {
        const Row wanted = reference::softmax({c.z[t][std::size_t(rows[t][0])], c.z[t][std::size_t(rows[t][1])]});
        const double mean = wanted[0] * task[t][0] + wanted[1] * task[t][1];
        Row slope(6, 0);
        for (const std::size_t j : {0u, 1u}) {
            EXPECT_NEAR(weights[t][j], wanted[j], 1e-12);
            slope[std::size_t(rows[t][j])] = wanted[j] * (task[t][j] - mean);
        }
        for (std::size_t e = 0; e < 6; ++e) EXPECT_NEAR(gradient[t][e], slope[e], 1e-12);
    }
}

TEST(Swipe, BalanceLossSeesTheWishes) {
    Case moved = crowded(6, 2, 30, 3), dropped = moved;
    moved.spec.balance = dropped.spec.balance = {LossKind::gshardTop1, 1, Scope::batch};
    dropped.spec.capacity.overflow = Overflow::drop;
    EXPECT_NEAR(run(moved).auxiliary.total.item<double>(), run(dropped).auxiliary.total.item<double>(), 1e-12);
    EXPECT_TRUE(run(moved).routing.counts.equal(run(dropped).routing.counts));
}

TEST(Swipe, MovesNobodyAtEvaluation) {
    Case c = crowded(6, 2, 30, 3), plain = c;
    c.training = plain.training = false;
    plain.spec.capacity.overflow = Overflow::drop;
    EXPECT_TRUE(run(c).routing.experts.equal(run(plain).routing.experts));
    EXPECT_TRUE(run(c).routing.weights.equal(run(plain).routing.weights));
}

TEST(Swipe, SaysWhatItCannotBeCombinedWith) {
    const auto refused = [](auto change) {
        config::RunConfig config;
        config.moe.experts = 8, config.moe.top_k = 2, config.router.score = "softmax_selected", config.capacity.overflow = "balance_columns";
        EXPECT_TRUE(problems(config).empty());
        EXPECT_NE(config::couplingMark(config).find("in training"), std::string::npos);
        change(config);
        const base::Problems found = problems(config);
        return found.empty() ? std::string() : found.front().key;
    };
    EXPECT_EQ(refused([](auto& c) { c.capacity.factor = 1.25; }), "capacity.factor");
    EXPECT_EQ(refused([](auto& c) { c.moe.top_k = 8; }), "moe.top_k");
    EXPECT_EQ(refused([](auto& c) { c.router.select = "sinkhorn_topk", c.balance.kind = "none"; }), "capacity.overflow");
    EXPECT_EQ(refused([](auto& c) { c.router.group_rule = "limit_max", c.router.groups = 4, c.router.groups_kept = 2; }), "router.group_rule");
}

}  // namespace
}  // namespace moescope::routing::testing
