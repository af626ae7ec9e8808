// Choices at two levels: groups and their members, Mesh's top-2 twice, rerouting inside groups, and the losses of both levels.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/config/presets.hpp"
#include "core/routing/group_losses.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

using reference::Ints;

RouterSpec levels(std::int64_t groups, std::int64_t members, std::int64_t kept, std::int64_t k) {
    RouterSpec spec = plainSpec(groups * members, k);
    spec.groupRule = GroupRule::twoLevel;
    spec.groups = groups, spec.groupsKept = kept;
    return spec;
}

Routing routed(const RouterSpec& spec, const Table& z) {
    RouterInput input;
    input.logits = tensorOf(z);
    return route(spec, {}, input);
}

Row groupShares(const Row& p, std::size_t groups) {
    Row out(groups, 0);
    for (std::size_t e = 0; e < p.size(); ++e) out[e / (p.size() / groups)] += p[e];
    return out;
}

Row membersOf(const Row& values, std::size_t groups, std::size_t group) {
    const std::size_t size = values.size() / groups;
    return {values.begin() + long(group * size), values.begin() + long((group + 1) * size)};
}

TEST(TwoLevel, TakesTheBestMembersOfTheBestGroups) {
    const Table z = normalTable(50, 12, 3, 2);
    for (const std::int64_t each : {1, 2}) {
        const Routing r = routed(levels(4, 3, 2, 2 * each), z);
        for (std::size_t t = 0; t < 50; ++t) {
            const Row p = reference::softmax(z[t]);
            Ints wanted;
            const Ints groups = reference::ranking(groupShares(p, 4));
            for (std::size_t i = 0; i < 2; ++i) {
                const Ints own = reference::ranking(membersOf(p, 4, std::size_t(groups[i])));
                for (std::int64_t j = 0; j < each; ++j) wanted.push_back(groups[i] * 3 + own[std::size_t(j)]);
            }
            std::ranges::sort(wanted, [&](auto a, auto b) { return p[std::size_t(a)] > p[std::size_t(b)]; });
            ASSERT_EQ(integers(r.experts)[t], wanted);
            double sum = 0;
            for (const auto e : wanted) sum += p[std::size_t(e)];
            for (std::size_t j = 0; j < wanted.size(); ++j)
                EXPECT_NEAR(r.weights[std::int64_t(t)][std::int64_t(j)].item<double>(), p[std::size_t(wanted[j])] / sum, 1e-12);
        }
    }
}

TEST(TwoLevel, OneGroupIsAFlatGateOverItsMembersAndGroupsOfOneAreAFlatGateOverGroups) {
    const Table z = normalTable(40, 8, 4);
    const Routing flat = routed(plainSpec(8, 2), z);
    for (const RouterSpec& spec : {levels(1, 8, 1, 2), levels(8, 1, 2, 2)}) {
        const Routing r = routed(spec, z);
        EXPECT_TRUE(r.experts.equal(flat.experts));
        EXPECT_TRUE(r.weights.allclose(flat.weights, 0, 1e-14));
    }
}

TEST(TwoLevel, WithTheTreeBothGatesAreTheirOwnAndTheLeavesSumToOne) {
    RouterSpec spec = levels(3, 4, 2, 2);
    spec.net = Net::tree, spec.initStd = 1;
    RouterTensors tensors = createTensors(spec, 6, 0, 5);
    RouterInput input;
    input.features = tensorOf(normalTable(30, 6, 4));
    const Routing r = route(spec, tensors, input);
    const Table top = tableOf(at::linear(input.features, tensors.at("group_weight").to(at::kDouble)));
    const Table sub = tableOf(at::linear(input.features, tensors.at("weight").to(at::kDouble))), p = tableOf(r.probabilities);
    const auto experts = integers(r.experts);
    for (std::size_t t = 0; t < 30; ++t) {
        const Row groups = reference::softmax(top[t]);
        EXPECT_NEAR(reference::sumOf(p[t]), 1, 1e-12);
        for (std::size_t i = 0; i < 3; ++i) {
            const Row own = reference::softmax(membersOf(sub[t], 3, i));
            for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(p[t][i * 4 + j], groups[i] * own[j], 1e-12);
        }
        const Ints best = reference::ranking(groups);
        for (const auto e : experts[t]) EXPECT_TRUE(e / 4 == best[0] || e / 4 == best[1]);
    }
}

TEST(TwoLevel, MutedExpertsAreLeftOutAndAMutedGroupIsTheLast) {
    RouterInput input;
    input.logits = tensorOf(normalTable(20, 6, 4));
    input.muted = at::tensor({1, 1, 0, 1, 0, 0}, at::kLong).to(at::kBool);
    const Routing r = route(levels(3, 2, 2, 2), {}, input);
    EXPECT_TRUE(r.experts.ge(2).all().item<bool>());
    EXPECT_TRUE(r.experts.ne(3).all().item<bool>());
    EXPECT_TRUE(r.weights.isfinite().all().item<bool>());
}

// ---- losses -----------------------------------------------------------------------------------------------------------------

double groupLoss(const Table& z, std::size_t groups) {
    Row f(groups, 0), P(groups, 0);
    for (const Row& row : z) {
        const Row share = groupShares(reference::softmax(row), groups);
        f[std::size_t(reference::ranking(share)[0])] += 1 / double(z.size());
        for (std::size_t i = 0; i < groups; ++i) P[i] += share[i] / double(z.size());
    }
    double sum = 0;
    for (std::size_t i = 0; i < groups; ++i) sum += double(groups) * f[i] * P[i];
    return sum;
}

// `kept`: how many best groups of a token count.
double memberLoss(const Table& z, std::size_t groups, std::size_t kept) {
    double sum = 0, used = 0;
    const std::size_t members = z[0].size() / groups;
    for (std::size_t i = 0; i < groups; ++i) {
        Row f(members, 0), P(members, 0);
        double tokens = 0;
        for (const Row& row : z) {
            const Ints order = reference::ranking(groupShares(reference::softmax(row), groups));
            if (std::find(order.begin(), order.begin() + long(kept), std::int64_t(i)) == order.begin() + long(kept)) continue;
            const Row own = reference::softmax(membersOf(row, groups, i));
            tokens += 1;
            f[std::size_t(reference::ranking(own)[0])] += 1;
            for (std::size_t j = 0; j < members; ++j) P[j] += own[j];
        }
        if (tokens == 0) continue;
        used += 1;
        for (std::size_t j = 0; j < members; ++j) sum += double(members) * f[j] * P[j] / tokens / tokens;
    }
    return sum / used;
}

TEST(LevelLosses, AreThoseOfPlainLoopsAndTheirGradientIsThatOfDifferences) {
    const Table z = normalTable(24, 8, 6);
    const auto check = [&](LossKind kind, GroupRule rule, const std::function<double(const Table&)>& loss) {
        RouterSpec spec = levels(4, 2, 2, 2);
        spec.groupRule = rule;
        if (rule == GroupRule::twoLevelTop2) spec.topK = 3;
        spec.balance = {kind, 1, Scope::batch};
        Case c;
        c.spec = spec, c.z = z;
        RouterInput input;
        input.logits = tensorOf(z).requires_grad_();
        const Routing r = route(spec, {}, input);
        const at::Tensor value = losses({&spec, 1}, {&r, 1}, 1, nullptr).total;
        EXPECT_NEAR(value.item<double>(), loss(z), 1e-12);
        value.backward();
        const Table found = tableOf(input.logits.grad());
        for (std::size_t t = 0; t < 24; ++t)
            for (std::size_t e = 0; e < 8; ++e) {
                Table above = z, below = z;
                above[t][e] += 1e-6, below[t][e] -= 1e-6;
                EXPECT_NEAR(found[t][e], (loss(above) - loss(below)) / 2e-6, 1e-7);
            }
    };
    check(LossKind::switchGroups, GroupRule::twoLevel, [](const Table& x) { return groupLoss(x, 4); });
    check(LossKind::switchMembers, GroupRule::twoLevel, [](const Table& x) { return memberLoss(x, 4, 2); });
    check(LossKind::switchMembers, GroupRule::twoLevelTop2, [](const Table& x) { return memberLoss(x, 4, 1); });
}

TEST(LevelLosses, LeaveOutAGroupThatNobodyEnteredAndAreOneWhenEven) {
    RouterSpec spec = levels(2, 2, 1, 1);
    const Table even{{2, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 2}}, oneGroup{{5, 4, 0, 0}, {4, 5, 0, 0}};
    EXPECT_NEAR(groupBalance(spec, routed(spec, even)).item<double>(), 1, 1e-12);
    EXPECT_NEAR(memberBalance(spec, routed(spec, even)).item<double>(), 1, 1e-12);
    EXPECT_NEAR(memberBalance(spec, routed(spec, oneGroup)).item<double>(), 1, 1e-12);
    EXPECT_NEAR(groupBalance(spec, routed(spec, oneGroup)).item<double>(), groupLoss(oneGroup, 2), 1e-12);
}

// ---- top-2 twice ------------------------------------------------------------------------------------------------------------

RouterSpec twice(std::int64_t groups, std::int64_t members, double factor) {
    RouterSpec spec = levels(groups, members, 1, 3);
    spec.groupRule = GroupRule::twoLevelTop2;
    spec.second = Second::random, spec.secondScale = 0.4;
    spec.capacity.factor = spec.capacity.evalFactor = factor;
    spec.capacity.countK = false;
    return spec;
}

struct Twice {
    std::vector<Ints> experts, places;  // places only of copies that found room in their group
    Table weights;                      // 0 where dropped
};

// Copy by copy: groups fill up with first choices, then second ones; inside each the same again.
Twice inLoops(const RouterSpec& spec, const Table& z, const Table& uniform) {
    const std::size_t T = z.size(), A = std::size_t(spec.groups), B = z[0].size() / A;
    const double tau = spec.secondScale, cf = spec.capacity.factor;
    const auto groupRoom = cf > 0 ? std::size_t(std::ceil(cf * double(T) / double(A) - 1e-6)) : 10 * T;
    const auto room = cf > 0 ? std::int64_t(std::ceil(double(groupRoom) / double(B) - 1e-6)) : std::int64_t(10 * T);
    Twice out{std::vector<Ints>(T, Ints(3, -1)), std::vector<Ints>(T, Ints(3, -1)), Table(T, Row(3, 0))};
    Table gate(T, Row(3, 0));
    std::vector<std::vector<bool>> in(T, std::vector<bool>(2, false));
    std::vector<Ints> groups;
    std::vector<std::size_t> used(A, 0);
    for (const std::size_t choice : {std::size_t{0}, std::size_t{1}})
        for (std::size_t t = 0; t < T; ++t) {
            const Row p = reference::softmax(z[t]), share = groupShares(p, A);
            const Ints order = reference::ranking(share);
            const auto a = std::size_t(order[0]), b = std::size_t(order[1]);
            const double g2 = share[b] / (share[a] + share[b]);
            if (choice == 1 && uniform[t][0] * tau >= g2) continue;
            const std::size_t group = choice == 0 ? a : b;
            in[t][choice] = used[group]++ < groupRoom;
            const Row own = membersOf(p, A, group);
            const Ints best = reference::ranking(own);
            const auto name = [&](std::size_t i) { return std::int64_t(group * B) + best[i]; };
            if (choice == 1) {
                out.experts[t][2] = name(0), gate[t][2] = g2;
                continue;
            }
            const double h2 = own[std::size_t(best[1])] / (own[std::size_t(best[0])] + own[std::size_t(best[1])]);
            out.experts[t][0] = name(0), gate[t][0] = (1 - g2) * (1 - h2);
            if (uniform[t][1] * tau < h2) out.experts[t][1] = name(1), gate[t][1] = (1 - g2) * h2;
        }
    Ints length(A * B, 0);
    for (std::size_t slot = 0; slot < 3; ++slot)
        for (std::size_t t = 0; t < T; ++t) {
            const auto e = out.experts[t][slot];
            if (e < 0 || !in[t][slot == 2]) continue;
            out.places[t][slot] = length[std::size_t(e)]++;
            if (out.places[t][slot] < room) out.weights[t][slot] = gate[t][slot];
        }
    return out;
}

TEST(TwoLevelTop2, IsTheCopyByCopyAlgorithmInPlainLoops) {
    for (const double factor : {0.0, 0.7, 1.25}) {
        const RouterSpec spec = twice(3, 4, factor);
        const Table z = normalTable(60, 12, 8, 1.5), uniform = uniformTable(60, 12, 9);
        RouterInput input;
        input.logits = tensorOf(z);
        input.uniform = tensorOf(uniform);
        const Routing r = route(spec, {}, input);
        const Twice wanted = inLoops(spec, z, uniform);
        EXPECT_EQ(integers(r.experts), wanted.experts) << factor;
        EXPECT_LT(largestDifference(tableOf(r.weights), wanted.weights), 1e-12) << factor;
        const auto positions = integers(r.positions);
        for (std::size_t t = 0; t < 60; ++t)
            for (std::size_t j = 0; j < 3; ++j)
                if (wanted.places[t][j] >= 0) {
                    EXPECT_EQ(positions[t][j], wanted.places[t][j]);
                }
    }
}

TEST(TwoLevelTop2, EqualGroupsGiveTheirBestMemberASecondSlotEach) {
    RouterSpec spec = twice(2, 2, 0);
    spec.secondScale = 0;  // every second choice is taken
    const Routing r = routed(spec, {{1, 0, 1, 0}});
    EXPECT_EQ(integers(r.experts)[0], (Ints{-1, 0, 2}));
    EXPECT_NEAR(r.weights[0][1].item<double>(), 0.5, 1e-15);
    EXPECT_NEAR(r.weights[0][2].item<double>(), 0.5, 1e-15);
}

TEST(TwoLevelTop2, GradientIsThatOfDifferences) {
    RouterSpec spec = twice(2, 3, 0);
    spec.secondScale = 0;
    const Table z = normalTable(8, 6, 3), task = normalTable(8, 3, 4);
    const auto value = [&](const Table& x) { return (routed(spec, x).weights * tensorOf(task)).sum().item<double>(); };
    RouterInput input;
    input.logits = tensorOf(z).requires_grad_();
    (route(spec, {}, input).weights * tensorOf(task)).sum().backward();
    const Table found = tableOf(input.logits.grad());
    for (std::size_t t = 0; t < 8; ++t)
        for (std::size_t e = 0; e < 6; ++e) {
            Table above = z, below = z;
            above[t][e] += 1e-6, below[t][e] -= 1e-6;
            EXPECT_NEAR(found[t][e], (value(above) - value(below)) / 2e-6, 1e-8);
        }
}

TEST(TwoLevelTop2, RefusesOtherNumbersOfExpertsAToken) {
    config::RunConfig config;
    ASSERT_TRUE(config::applyPreset(config, "hier_top2").empty());
    EXPECT_TRUE(problems(config).empty());
    config.moe.top_k = 2;
    ASSERT_EQ(problems(config).size(), 1u);
    EXPECT_EQ(problems(config)[0].key, "moe.top_k");
}

// ---- rerouting inside groups ------------------------------------------------------------------------------------------------

RouterSpec buffered(double factor, double groupFactor) {
    RouterSpec spec = levels(3, 2, 2, 2);
    spec.weigh = Weigh::renormAfterDrop;
    spec.capacity.factor = spec.capacity.evalFactor = factor;
    spec.capacity.overflow = Overflow::rerouteGroup;
    spec.capacity.priority = Priority::prob;
    spec.options["group_factor"] = groupFactor;
    return spec;
}

// Whom a slot with the wish `e` asks in turn: its group, then the others, best first.
Ints askingOrder(const Row& p, std::size_t groups, std::int64_t e) {
    const std::size_t members = p.size() / groups;
    Row chance = groupShares(p, groups);
    chance[std::size_t(e) / members] = 2;
    Ints out;
    for (const auto g : reference::ranking(chance))
        for (const auto j : reference::ranking(membersOf(p, groups, std::size_t(g)))) out.push_back(g * std::int64_t(members) + j);
    return out;
}

TEST(RerouteGroup, FillsExpertsAndGroupsAsTheRoundsInPlainLoopsDo) {
    for (const auto& [factor, groupFactor] : {std::pair{1.25, 1.1}, {1.0, 1.0}, {0.7, 0.6}, {1.5, 100.0}}) {
        const RouterSpec spec = buffered(factor, groupFactor);
        Table z = normalTable(60, 6, 5);
        for (Row& row : z) row[0] += 1.2, row[1] += 0.8;
        const auto room = std::int64_t(std::ceil(factor * 20 - 1e-6));
        const double groupRoom = std::ceil(std::min(120.0, groupFactor * 40) - 1e-6);
        const Routing first = routed(levels(3, 2, 2, 2), z), r = routed(spec, z);
        const auto wishes = integers(first.experts);
        std::vector<Ints> placed(60, Ints(2, -1));
        Ints used(6, 0);
        const auto inGroup = [&](std::int64_t e) { return double(used[std::size_t(e / 2 * 2)] + used[std::size_t(e / 2 * 2 + 1)]); };
        for (std::size_t slot = 0; slot < 2; ++slot)
            for (std::size_t round = 0; round < 6; ++round) {
                // Within a round an expert and its group take the askers by falling p of the expert asked.
                std::vector<std::pair<std::size_t, std::int64_t>> asking;
                for (std::size_t t = 0; t < 60; ++t) {
                    if (placed[t][slot] >= 0) continue;
                    Ints order;
                    Ints late;
                    for (const auto e : askingOrder(reference::softmax(z[t]), 3, wishes[t][slot])) order.push_back(e);
                    // An expert that the token holds passes at the end of its group.
                    for (std::size_t g = 0; g < 6; g += 2)
                        if (placed[t][0] == order[g] && slot == 1) std::swap(order[g], order[g + 1]);
                    if (slot == 0 || order[round] != placed[t][0]) asking.push_back({t, order[round]});
                }
                std::stable_sort(asking.begin(), asking.end(), [&](const auto& a, const auto& b) {
                    return reference::softmax(z[a.first])[std::size_t(a.second)] > reference::softmax(z[b.first])[std::size_t(b.second)];
                });
                for (const auto& [t, e] : asking)
                    if (used[std::size_t(e)] < room && inGroup(e) < groupRoom) placed[t][slot] = e, ++used[std::size_t(e)];
            }
        for (std::size_t t = 0; t < 60; ++t)
            for (std::size_t j = 0; j < 2; ++j) {
                ASSERT_EQ(r.kept[std::int64_t(t)][std::int64_t(j)].item<bool>(), placed[t][j] >= 0) << factor << " " << t << " " << j;
                if (placed[t][j] >= 0) {
                    EXPECT_EQ(r.experts[std::int64_t(t)][std::int64_t(j)].item<std::int64_t>(), placed[t][j]) << factor << " " << t;
                }
            }
        EXPECT_EQ(integers(r.placed.unsqueeze(0))[0], used);
    }
}

TEST(RerouteGroup, WithRoomForAllIsThePlainTwoLevelChoice) {
    const Table z = normalTable(40, 6, 5);
    const Routing a = routed(buffered(6, 100), z), b = routed(levels(3, 2, 2, 2), z);
    EXPECT_TRUE(a.experts.equal(b.experts));
    EXPECT_TRUE(a.weights.allclose(b.weights, 0, 1e-15));
}

}  // namespace
}  // namespace moescope::routing::testing
