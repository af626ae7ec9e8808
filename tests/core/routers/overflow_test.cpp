// What becomes of a token whose expert is full: sent on to its next best, or recycled into a free place.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec crowded(Overflow overflow, double factor, std::int64_t experts = 6) {
    RouterSpec spec = plainSpec(experts, 1);
    spec.capacity.factor = spec.capacity.evalFactor = factor;
    spec.capacity.overflow = overflow;
    return spec;
}

Table leaning(std::size_t tokens, std::size_t experts, std::uint64_t seed) {
    Table z = normalTable(tokens, experts, seed);
    for (Row& row : z) row[0] += 1.5, row[1] += 0.7;
    return z;
}

struct Placed {
    reference::Ints expert, position;  // -1 if refused
};

// Token by token, round by round, in words as the method is told.
Placed sendOn(const Table& z, std::int64_t room, std::size_t tries, bool byScore) {
    const std::size_t T = z.size(), E = z[0].size();
    Placed out{reference::Ints(T, -1), reference::Ints(T, -1)};
    std::vector<std::int64_t> used(E, 0);
    for (std::size_t i = 0; i < tries; ++i)
        for (std::size_t e = 0; e < E; ++e) {
            std::vector<std::size_t> asking;
            for (std::size_t t = 0; t < T; ++t)
                if (out.expert[t] < 0 && reference::ranking(z[t])[i] == std::int64_t(e)) asking.push_back(t);
            if (byScore)
                std::stable_sort(asking.begin(), asking.end(), [&](auto a, auto b) { return reference::softmax(z[a])[e] > reference::softmax(z[b])[e]; });
            for (const std::size_t t : asking)
                if (used[e] < room) out.expert[t] = std::int64_t(e), out.position[t] = used[e]++;
        }
    return out;
}

TEST(RerouteNext, PlacesTokensAsTheRoundsInPlainLoopsDo) {
    for (const double factor : {0.5, 1.0, 1.25})
        for (const std::int64_t tries : {1, 2, 4, 6})
            for (const Priority priority : {Priority::position, Priority::prob}) {
                Case c = makeCase(crowded(Overflow::rerouteNext, factor), 60);
                c.z = leaning(60, 6, 7);
                c.spec.options["candidates"] = tries;
                c.spec.capacity.priority = priority;
                const auto room = std::int64_t(std::ceil(factor * 60 / 6 - 1e-6));
                const Placed wanted = sendOn(c.z, room, std::size_t(tries), priority == Priority::prob);
                const Routing r = run(c).routing;
                for (std::int64_t t = 0; t < 60; ++t) {
                    const auto at = std::size_t(t);
                    ASSERT_EQ(r.kept[t][0].item<bool>(), wanted.expert[at] >= 0);
                    if (wanted.expert[at] < 0) {
                        EXPECT_EQ(r.weights[t][0].item<double>(), 0);
                        EXPECT_EQ(r.experts[t][0].item<std::int64_t>(), reference::ranking(c.z[at])[0]);
                        continue;
                    }
                    EXPECT_EQ(r.experts[t][0].item<std::int64_t>(), wanted.expert[at]);
                    EXPECT_EQ(r.positions[t][0].item<std::int64_t>(), wanted.position[at]);
                    EXPECT_NEAR(r.weights[t][0].item<double>(), reference::softmax(c.z[at])[std::size_t(wanted.expert[at])], 1e-12);
                }
            }
}

TEST(RerouteNext, WithOneCandidateIsSwitchToTheLastPosition) {
    Case sent = makeCase(crowded(Overflow::rerouteNext, 0.8), 50), dropped = sent;
    sent.spec.options["candidates"] = std::int64_t{1};
    dropped.spec.capacity.overflow = Overflow::drop;
    sent.spec.balance = {LossKind::topkMean, 1, Scope::batch};
    dropped.spec.balance = {LossKind::switchTop1, 1, Scope::batch};
    const Engine a = run(sent), b = run(dropped);
    EXPECT_TRUE(a.routing.experts.equal(b.routing.experts) && a.routing.kept.equal(b.routing.kept));
    EXPECT_TRUE(a.routing.weights.equal(b.routing.weights));
    EXPECT_TRUE(a.routing.positions.masked_select(a.routing.kept).equal(b.routing.positions.masked_select(b.routing.kept)));
    EXPECT_NEAR(a.auxiliary.total.item<double>(), b.auxiliary.total.item<double>(), 1e-14);
}

TEST(RerouteNext, DropsNobodyWhenAllExpertsMayBeAskedAndThereIsRoom) {
    Case c = makeCase(crowded(Overflow::rerouteNext, 1.0), 60);
    c.z = leaning(60, 6, 3);
    c.spec.options["candidates"] = std::int64_t{6};
    const Routing r = run(c).routing;
    EXPECT_TRUE(r.kept.all().item<bool>());
    EXPECT_EQ(integers(r.placed.unsqueeze(0))[0], (std::vector<std::int64_t>(6, 10)));
}

TEST(RerouteNext, BalanceLossIsTheMeanOverAllCandidates) {
    Case c = makeCase(crowded(Overflow::rerouteNext, 1.25), 40);
    c.spec.options["candidates"] = std::int64_t{4};
    c.spec.balance = {LossKind::topkMean, 1, Scope::batch};
    double wanted = 0;
    Row P(6);
    for (const Row& row : c.z) {
        const Row p = reference::softmax(row);
        for (std::size_t e = 0; e < 6; ++e) P[e] += p[e] / 40;
    }
    for (std::size_t i = 0; i < 4; ++i)
        for (const Row& row : c.z) wanted += 6.0 / 4 / 40 * P[std::size_t(reference::ranking(row)[i])];
    EXPECT_NEAR(run(c).auxiliary.terms[0].value.item<double>(), wanted, 1e-12);
}

// The i-th token without a place takes the i-th free cell (place, expert) by rising draw.
TEST(RecycleRandom, GivesFreePlacesInTheOrderOfTheDraws) {
    for (const double factor : {0.5, 1.0, 1.5}) {
        Case c = makeCase(crowded(Overflow::recycleRandom, factor), 60);
        c.z = leaning(60, 6, 7);
        const auto room = std::size_t(std::ceil(factor * 10 - 1e-6));
        std::vector<std::size_t> used(6, 0), homeless;
        reference::Ints expert(60), position(60);
        for (std::size_t t = 0; t < 60; ++t) {
            const auto e = std::size_t(reference::ranking(c.z[t])[0]);
            expert[t] = std::int64_t(e), position[t] = std::int64_t(used[e]);
            if (used[e]++ >= room) homeless.push_back(t);
        }
        std::multimap<double, std::pair<std::size_t, std::size_t>> free;
        for (std::size_t place = 0; place < room; ++place)
            for (std::size_t e = 0; e < 6; ++e)
                if (place >= used[e]) free.insert({c.uniform[place][e], {place, e}});
        auto next = free.begin();
        for (const std::size_t t : homeless)
            if (next != free.end()) position[t] = std::int64_t(next->second.first), expert[t] = std::int64_t(next->second.second), ++next;
        const Routing r = run(c).routing;
        std::int64_t kept = 0;
        for (std::size_t t = 0; t < 60; ++t) {
            const auto at = std::int64_t(t);
            EXPECT_EQ(r.experts[at][0].item<std::int64_t>(), expert[t]) << factor << " " << t;
            EXPECT_EQ(r.positions[at][0].item<std::int64_t>(), position[t]);
            const bool stays = std::size_t(position[t]) < room;
            kept += stays;
            EXPECT_EQ(r.kept[at][0].item<bool>(), stays);
            EXPECT_NEAR(r.weights[at][0].item<double>(), stays ? reference::softmax(c.z[t])[std::size_t(expert[t])] : 0, 1e-12);
        }
        EXPECT_EQ(kept, std::min<std::int64_t>(60, std::int64_t(room) * 6));
    }
}

TEST(RecycleRandom, EveryFreePlaceIsEquallyLikely) {
    RouterSpec spec = crowded(Overflow::recycleRandom, 1.0, 4);
    RouterInput input;
    input.logits = at::zeros({8, 4}).index_fill_(1, at::zeros({1}, at::kLong), 1.0);  // all want expert 0, C = 2: six go to 1, 2, 3
    input.draws = {5, 0, 0};
    Row hits(4);
    for (std::uint64_t step = 0; step < 900; ++step) {
        input.draws.step = step;
        const Routing r = route(spec, {}, input);
        EXPECT_TRUE(r.kept.all().item<bool>());
        hits[std::size_t(r.experts[2][0].item<std::int64_t>())] += 1;  // the first token without a place
    }
    EXPECT_EQ(hits[0], 0);
    for (std::size_t e = 1; e < 4; ++e) EXPECT_NEAR(hits[e], 300, 4 * std::sqrt(900 * 2.0 / 9));
}

TEST(RecycleRandom, LossCountsTheFirstWishes) {
    Case recycled = makeCase(crowded(Overflow::recycleRandom, 1.0), 60), plain = recycled;
    recycled.z = plain.z = leaning(60, 6, 7);
    recycled.spec.balance = plain.spec.balance = {LossKind::switchTop1, 1, Scope::batch};
    plain.spec.capacity.overflow = Overflow::drop;
    EXPECT_NEAR(run(recycled).auxiliary.total.item<double>(), run(plain).auxiliary.total.item<double>(), 1e-14);
}

}  // namespace
}  // namespace moescope::routing::testing
