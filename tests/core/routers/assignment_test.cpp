// Routers that assign or score in a way of their own: Sinkhorn, the auction, attention between experts, prototypes.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/routers/router.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

Table skewed(std::size_t tokens, std::size_t experts, std::uint64_t seed) {
    Table z = normalTable(tokens, experts, seed);
    for (Row& row : z)
        for (std::size_t e = 0; e < experts; ++e) row[e] += 2.0 - 0.6 * double(e);
    return z;
}

std::vector<std::int64_t> countsOf(const Routing& routing) { return integers(routing.counts.unsqueeze(0))[0]; }

// ---- Sinkhorn ----------------------------------------------------------------------------------------------------------------

RouterSpec sinkhornSpec(std::int64_t experts, std::int64_t k) {
    RouterSpec spec = plainSpec(experts, k);
    spec.select = Select::sinkhorn, spec.weigh = Weigh::raw;
    if (k == 1) spec.score = Score::sigmoid;
    return spec;
}

// The plan by the formula alone, with no shift of the logits: r and c in turn, a hundred times.
Table plan(const Table& z) {
    const std::size_t T = z.size(), E = z[0].size();
    Row r(T), c(E, 1);
    for (int round = 0; round < 100; ++round) {
        for (std::size_t t = 0; t < T; ++t) {
            double sum = 0;
            for (std::size_t e = 0; e < E; ++e) sum += std::exp(z[t][e]) * c[e];
            r[t] = 1 / (double(T) * sum);
        }
        for (std::size_t e = 0; e < E; ++e) {
            double sum = 0;
            for (std::size_t t = 0; t < T; ++t) sum += std::exp(z[t][e]) * r[t];
            c[e] = 1 / (double(E) * sum);
        }
    }
    Table out(T, Row(E));
    for (std::size_t t = 0; t < T; ++t)
        for (std::size_t e = 0; e < E; ++e) out[t][e] = r[t] * std::exp(z[t][e]) * c[e];
    return out;
}

TEST(Sinkhorn, ChoosesTheLargestOfThePlanWhoseRowsAndColumnsAreEven) {
    for (const std::int64_t k : {1, 2}) {
        Case c = makeCase(sinkhornSpec(8, k), 256);
        c.z = skewed(256, 8, 5);
        const Table wanted = plan(c.z);
        for (std::size_t e = 0; e < 8; ++e) {  // the reference itself: columns 1/E, rows 1/T
            double column = 0;
            for (const Row& row : wanted) column += row[e];
            EXPECT_NEAR(column, 1.0 / 8, 1e-9);
        }
        for (const Row& row : wanted) EXPECT_NEAR(reference::sumOf(row), 1.0 / 256, 1e-6);
        const auto experts = integers(run(c).routing.experts);
        for (std::size_t t = 0; t < 256; ++t) {
            const auto order = reference::ranking(wanted[t]);
            for (std::size_t j = 0; j < std::size_t(k); ++j) EXPECT_EQ(experts[t][j], order[j]) << t;
        }
    }
}

TEST(Sinkhorn, EvensTheLoadInTrainingAndOnlyThere) {
    Case c = makeCase(sinkhornSpec(8, 1), 256);
    c.z = skewed(256, 8, 5);
    const auto trained = countsOf(run(c).routing);
    c.training = false;
    const Engine evaluation = run(c);
    EXPECT_LT(*std::ranges::max_element(trained), 45);
    EXPECT_GT(*std::ranges::min_element(trained), 20);
    EXPECT_GT(countsOf(evaluation.routing)[0], 120);
    const auto experts = integers(evaluation.routing.experts);
    for (std::size_t t = 0; t < 256; ++t) EXPECT_EQ(experts[t][0], reference::ranking(c.z[t])[0]);
}

TEST(Sinkhorn, ConstantsOfATokenChangeNothingAndWeightsAreTheUntouchedScores) {
    Case c = makeCase(sinkhornSpec(8, 1), 100);
    const Engine before = run(c);
    const auto experts = integers(before.routing.experts);
    for (std::size_t t = 0; t < 100; ++t)
        EXPECT_NEAR(before.routing.weights[std::int64_t(t)][0].item<double>(), 1 / (1 + std::exp(-c.z[t][std::size_t(experts[t][0])])), 1e-12);
    for (std::size_t t = 0; t < 100; ++t)
        for (double& value : c.z[t]) value += double(t % 7) * 40;
    EXPECT_EQ(integers(run(c).routing.experts), experts);
}

// ---- BASE --------------------------------------------------------------------------------------------------------------------

RouterSpec baseSpec(std::int64_t experts) {
    RouterSpec spec = sinkhornSpec(experts, 1);
    spec.select = Select::auction;
    return spec;
}

// Hungarian method (shortest augmenting paths) for the least cost, n x n; returns the cost.
double leastCost(const Table& cost) {
    const std::size_t n = cost.size();
    Row u(n + 1), v(n + 1);
    std::vector<std::size_t> match(n + 1, 0), way(n + 1);
    for (std::size_t i = 1; i <= n; ++i) {
        match[0] = i;
        std::size_t column = 0;
        Row least(n + 1, reference::kInf);
        std::vector<bool> used(n + 1, false);
        do {
            used[column] = true;
            const std::size_t row = match[column];
            double delta = reference::kInf;
            std::size_t next = 0;
            for (std::size_t j = 1; j <= n; ++j) {
                if (used[j]) continue;
                const double reduced = cost[row - 1][j - 1] - u[row] - v[j];
                if (reduced < least[j]) least[j] = reduced, way[j] = column;
                if (least[j] < delta) delta = least[j], next = j;
            }
            for (std::size_t j = 0; j <= n; ++j)
                if (used[j]) u[match[j]] += delta, v[j] -= delta;
                else least[j] -= delta;
            column = next;
        } while (match[column] != 0);
        for (; column != 0; column = way[column]) match[column] = match[way[column]];
    }
    double sum = 0;
    for (std::size_t j = 1; j <= n; ++j) sum += cost[match[j] - 1][j - 1];
    return sum;
}

double affinityOf(const Table& z, const Routing& routing) {
    const auto experts = integers(routing.experts);
    double sum = 0;
    for (std::size_t t = 0; t < z.size(); ++t) sum += z[t][std::size_t(experts[t][0])];
    return sum;
}

double stepOf(const Table& z) {
    double low = reference::kInf, high = -low;
    for (const Row& row : z)
        for (const double value : row) low = std::min(low, value), high = std::max(high, value);
    return std::max((high - low) / 50, 1e-4);
}

TEST(Base, IsWithinOneBidStepATokenOfTheHungarianOptimumWithEqualShares) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Case c = makeCase(baseSpec(4), 64, seed);
        if (seed % 2 == 0) c.z = skewed(64, 4, seed);
        const Engine engine = run(c);
        EXPECT_EQ(countsOf(engine.routing), (std::vector<std::int64_t>{16, 16, 16, 16}));
        Table cost(64, Row(64));
        for (std::size_t t = 0; t < 64; ++t)
            for (std::size_t place = 0; place < 64; ++place) cost[t][place] = -c.z[t][place / 16];
        const double regret = (-leastCost(cost) - affinityOf(c.z, engine.routing)) / 64;
        EXPECT_GE(regret, -1e-9);
        EXPECT_LE(regret, stepOf(c.z) + 1e-9) << seed;
    }
}

TEST(Base, IsWithinTheBoundOfTheBestOfAllAssignments) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Case c = makeCase(baseSpec(2), 8, seed);
        double best = -reference::kInf;
        for (unsigned mask = 0; mask < 256; ++mask) {
            if (__builtin_popcount(mask) != 4) continue;
            double sum = 0;
            for (std::size_t t = 0; t < 8; ++t) sum += c.z[t][(mask >> t) & 1];
            best = std::max(best, sum);
        }
        EXPECT_LE(best - affinityOf(c.z, run(c).routing), 8 * stepOf(c.z) + 1e-9) << seed;
    }
}

TEST(Base, SharesOutWhatDoesNotDivideLeavesMutedOnesOutAndIsGreedyAtEvaluation) {
    Case c = makeCase(baseSpec(4), 10);
    EXPECT_EQ(countsOf(run(c).routing), (std::vector<std::int64_t>{3, 3, 2, 2}));
    c.muted = {false, true, false, false};
    EXPECT_EQ(countsOf(run(c).routing), (std::vector<std::int64_t>{4, 0, 3, 3}));
    c.muted.clear();
    c.training = false;
    const auto experts = integers(run(c).routing.experts);
    for (std::size_t t = 0; t < 10; ++t) EXPECT_EQ(experts[t][0], reference::ranking(c.z[t])[0]);
}

// ---- attention ---------------------------------------------------------------------------------------------------------------

struct Attention {
    RouterSpec spec = plainSpec(5, 2);
    RouterTensors tensors;
    RouterInput input;
    Attention() {
        spec.net = Net::attention, spec.score = Score::softmaxSelected;
        std::uint64_t seed = 20;
        for (const char* name : {"query", "key", "value"}) tensors.tensors[name] = tensorOf(normalTable(5, 6, seed++, 0.7));
        input.features = tensorOf(normalTable(9, 6, 30));
    }
};

TEST(AttentionRouter, LogitsAreTheFormulaInPlainLoops) {
    const Attention a;
    const Table x = tableOf(a.input.features), logits = tableOf(route(a.spec, a.tensors, a.input).logits);
    const auto project = [&](const char* name, std::size_t t) {
        Row out;
        for (const Row& row : tableOf(a.tensors.at(name))) out.push_back(std::inner_product(row.begin(), row.end(), x[t].begin(), 0.0));
        return out;
    };
    for (std::size_t t = 0; t < x.size(); ++t) {
        const Row q = project("query", t), k = project("key", t), v = project("value", t);
        for (std::size_t i = 0; i < 5; ++i) {
            double sum = 0, weighted = 0;
            for (std::size_t j = 0; j < 5; ++j) sum += std::exp(q[i] * k[j]), weighted += std::exp(q[i] * k[j]) * v[j];
            EXPECT_NEAR(logits[t][i], weighted / sum, 1e-12);
        }
    }
}

TEST(AttentionRouter, RenamingTheExpertsRenamesTheChoiceAndNoTokenSeesAnother) {
    Attention a;
    const auto experts = integers(route(a.spec, a.tensors, a.input).experts);
    const at::Tensor order = at::tensor({3, 0, 4, 1, 2}, at::kLong);
    Attention renamed;
    for (auto& [name, tensor] : renamed.tensors.tensors) tensor = tensor.index_select(0, order);
    const auto other = integers(route(renamed.spec, renamed.tensors, renamed.input).experts);
    for (std::size_t t = 0; t < experts.size(); ++t)
        for (std::size_t j = 0; j < 2; ++j) EXPECT_EQ(order[other[t][j]].item<std::int64_t>(), experts[t][j]);
    const Routing all = route(a.spec, a.tensors, a.input);
    a.input.features = a.input.features.narrow(0, 0, 3);
    EXPECT_TRUE(route(a.spec, a.tensors, a.input).logits.allclose(all.logits.narrow(0, 0, 3), 0, 1e-13));
}

// ---- prototypes --------------------------------------------------------------------------------------------------------------

RouterSpec prototypes(std::int64_t experts, std::int64_t k) {
    RouterSpec spec = plainSpec(experts, k);
    spec.score = Score::softmaxGroups, spec.groupRule = GroupRule::perGroup, spec.groups = k, spec.weigh = Weigh::raw;
    spec.balance = {LossKind::topkSum, 0.5, Scope::batch};
    return spec;
}

// Best and its softmax inside each prototype; the loss is the sum over prototypes of n sum_e f_e P_e.
struct PrototypeReference {
    Table best;  // [T][k]: expert, by prototype
    Table weight;
    double loss = 0;
    PrototypeReference(const Table& z, std::size_t k) {
        const std::size_t n = z[0].size() / k;
        best.assign(z.size(), Row(k)), weight = best;
        for (std::size_t g = 0; g < k; ++g) {
            Row f(n), p(n);
            for (std::size_t t = 0; t < z.size(); ++t) {
                const Row own = reference::softmax(Row(z[t].begin() + std::ptrdiff_t(g * n), z[t].begin() + std::ptrdiff_t((g + 1) * n)));
                const auto top = std::size_t(reference::ranking(own)[0]);
                best[t][g] = double(g * n + top), weight[t][g] = own[top];
                f[top] += 1;
                for (std::size_t e = 0; e < n; ++e) p[e] += own[e];
            }
            for (std::size_t e = 0; e < n; ++e) loss += double(n) * f[e] / double(z.size()) * p[e] / double(z.size());
        }
    }
};

TEST(Prototypes, GiveOneExpertEachWithTheSoftmaxInsideAndTheSumOfTheirSwitchLosses) {
    const Case c = makeCase(prototypes(12, 3), 50);
    const Engine engine = run(c);
    const PrototypeReference wanted(c.z, 3);
    const auto experts = integers(engine.routing.experts);
    for (std::size_t t = 0; t < 50; ++t)
        for (std::size_t j = 0; j < 3; ++j) {
            const auto g = std::size_t(experts[t][j]) / 4;
            EXPECT_EQ(double(experts[t][j]), wanted.best[t][g]);
            EXPECT_NEAR(engine.routing.weights[std::int64_t(t)][std::int64_t(j)].item<double>(), wanted.weight[t][g], 1e-12);
        }
    EXPECT_NEAR(engine.auxiliary.terms[0].value.item<double>(), wanted.loss, 1e-12);
}

TEST(Prototypes, GradientIsThatOfFiniteDifferences) {
    const Case c = makeCase(prototypes(8, 2), 6);
    const Table task = normalTable(6, 2, 9);
    Engine engine = run(c);
    const Table gradient = engineGradient(engine, task);
    const auto value = [&](const Table& z) {
        Case moved = c;
        moved.z = z;
        const Engine at = run(moved);
        return ((at.routing.weights * tensorOf(task)).sum() + at.auxiliary.total).item<double>();
    };
    for (std::size_t t = 0; t < 6; ++t)
        for (std::size_t e = 0; e < 8; ++e) {
            Table up = c.z, down = c.z;
            up[t][e] += 1e-6, down[t][e] -= 1e-6;
            EXPECT_NEAR(gradient[t][e], (value(up) - value(down)) / 2e-6, 1e-7);
        }
}

TEST(Prototypes, OneOfThemIsSwitch) {
    Case one = makeCase(prototypes(6, 1), 40), top1 = one;
    top1.spec = plainSpec(6, 1);
    top1.spec.balance = {LossKind::switchTop1, 0.5, Scope::batch};
    const Engine a = run(one), b = run(top1);
    EXPECT_TRUE(a.routing.experts.equal(b.routing.experts));
    EXPECT_TRUE(a.routing.weights.allclose(b.routing.weights, 0, 1e-14));
    EXPECT_NEAR(a.auxiliary.total.item<double>(), b.auxiliary.total.item<double>(), 1e-12);
}

TEST(NewRouters, RefuseWhatTheyCannotDoAndSayTheFix) {
    const auto refused = [](auto change) {
        config::RunConfig config;
        config.balance.coefficient = 0;
        change(config);
        const base::Problems found = problems(config);
        return found.empty() ? std::string() : found.front().key;
    };
    EXPECT_EQ(refused([](auto& c) { c.router.select = "auction", c.router.score = "sigmoid"; }), "moe.top_k");
    EXPECT_EQ(refused([](auto& c) { c.router.select = "sinkhorn_topk", c.balance.coefficient = 0.01; }), "balance.kind");
    EXPECT_EQ(refused([](auto& c) { c.router.score = "softmax_groups"; }), "router.score");
    EXPECT_EQ(refused([](auto& c) { c.router.weigh = "input"; }), "router.weigh");
    EXPECT_EQ(refused([](auto& c) { c.router.estimator = "sparsemixer_v2"; }), "router.estimator");
    EXPECT_EQ(refused([](auto& c) { c.capacity.overflow = "reroute_next", c.router.select = "top1_random_second"; }), "capacity.overflow");
    EXPECT_EQ(refused([](auto& c) { c.capacity.overflow = "recycle_random"; }), "capacity.overflow");
    EXPECT_EQ(refused([](auto& c) { c.router.net = "attention", c.router.bias = true; }), "router.bias");
}

}  // namespace
}  // namespace moescope::routing::testing
