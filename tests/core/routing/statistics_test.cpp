// The metrics against brute force on plain tables, and on hand-made routings whose values are known.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/routing/quantiles.hpp"
#include "core/routing/statistics.hpp"
#include "core/routing/statistics_sums.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

using telemetry::StepTelemetry;

StepTelemetry telemetryOf(const RouterSpec& spec, const Routing& routing, std::int64_t sequences = 1, const at::Tensor& domains = {}, std::int64_t domainCount = 0) {
    RoutingStatistics statistics({spec}, domainCount, {0.05, 0.25, 0.5, 0.75, 0.95});
    statistics.accumulate(0, routing, sequences, domains);
    StepTelemetry out;
    statistics.finish(out);
    return out;
}

double entropyOf(const Row& shares) {
    double h = 0;
    for (const double p : shares) h -= p > 0 ? p * std::log(p) : 0;
    return h;
}

// Every scalar metric by its formula, from the float64 reference.
std::map<std::string, double> bruteForce(const Case& c) {
    const reference::Result r = reference::route(c);
    const double T = double(c.tokens()), E = double(c.experts());
    std::map<std::string, double> m;
    Row counts(r.counts.begin(), r.counts.end()), P(c.experts(), 0);
    const double chosen = reference::sumOf(counts), mean = chosen / E;
    const double most = *std::max_element(counts.begin(), counts.end()), least = *std::min_element(counts.begin(), counts.end());
    double cv = 0;
    for (const double n : counts) cv += (n - mean) * (n - mean) / E;
    m["load_cv"] = std::sqrt(cv) / mean;
    m["effective_experts"] = std::exp(entropyOf(reference::overSum(counts)));
    m["imbalance"] = most / mean, m["max_violation"] = most / mean - 1, m["min_over_mean"] = least / mean, m["top1_load"] = most / chosen;
    double kept = 0, keptTokens = 0, weighted = 0, z = 0, zz = 0;
    for (std::size_t t = 0; t < c.tokens(); ++t) {
        const double sum = reference::sumOf(r.weights[t]);
        double squares = 0;
        bool any = false;
        for (std::size_t j = 0; j < r.kept[t].size(); ++j) kept += r.kept[t][j], any = any || r.kept[t][j];
        for (const double w : r.weights[t]) squares += w * w;
        keptTokens += any;
        m["router_confidence"] += sum;
        if (sum > 0) {
            ++weighted;
            m["top1_weight"] += *std::max_element(r.weights[t].begin(), r.weights[t].end()) / sum;
            m["effective_k"] += sum * sum / squares;
        }
        Row p = reference::softmax(r.clean[t]);
        m["router_entropy"] += entropyOf(p) / T;
        for (std::size_t e = 0; e < p.size(); ++e) P[e] += p[e] / T;
        std::sort(p.rbegin(), p.rend());
        m["top1_probability"] += p[0] / T;
        m["gate_ratio_12"] += p[0] / p[1] / T;
        const double top = *std::max_element(r.z[t].begin(), r.z[t].end());
        double lse = 0;
        for (const double v : r.z[t]) {
            lse += std::exp(v - top), z += v / (T * E), zz += v * v / (T * E);
            m["logit_max"] = std::max(m["logit_max"], std::abs(v));
        }
        lse = top + std::log(lse);
        m["lse_mean"] += lse / T, m["router_z"] += lse * lse / T;
    }
    m["router_confidence"] /= kept, m["top1_weight"] /= weighted, m["effective_k"] /= weighted;
    m["marginal_entropy"] = entropyOf(P), m["routing_information"] = m["marginal_entropy"] - m["router_entropy"];
    m["logit_std"] = std::sqrt(zz - z * z);
    m["dropped_assignments"] = 1 - kept / chosen, m["dropped_tokens"] = 1 - keptTokens / T;
    return m;
}

std::vector<RouterSpec> interestingSpecs() {
    std::vector<RouterSpec> out(7, plainSpec(6, 2));
    out[1].capacity = {0.6, 0.6, 0, 1, true, Priority::prob, Overflow::drop, 0};
    out[2].score = Score::sigmoid, out[2].scale = 2.5;
    out[3].select = Select::expertTopC, out[3].weigh = Weigh::raw;
    out[4].transform = Transform::normalise, out[4].options["lambda"] = 1.5;
    out[5].second = Second::random, out[5].secondScale = 0.5, out[5].capacity.factor = 1;
    out[6].select = Select::all, out[6].weigh = Weigh::raw;
    return out;
}

TEST(Statistics, EqualBruteForceForEveryScalarMetric) {
    for (const RouterSpec& spec : interestingSpecs())
        for (const bool muted : {false, true}) {
            Case c = makeCase(spec, 48, 9);
            if (muted) c.muted.assign(6, false), c.muted[2] = true;
            const StepTelemetry telemetry = telemetryOf(spec, run(c, at::kFloat).routing);
            const auto wanted = bruteForce(c);
            telemetry::visitMetrics(telemetry, [&](const telemetry::Metric& metric, const auto& member) {
                if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<float>>) {
                    const auto found = wanted.find(std::string(metric.name));
                    if (found == wanted.end()) return;
                    ASSERT_EQ(member.size(), 1u) << metric.name;
                    EXPECT_NEAR(member[0], found->second, 2e-5 * std::max(1.0, std::abs(found->second))) << metric.name;
                    EXPECT_GE(member[0], metric.minimum - 1e-6) << metric.name;
                    EXPECT_LE(member[0], metric.maximum + 1e-6) << metric.name;
                }
            });
        }
}

TEST(Statistics, VectorsAreSharesOfChosenPlacedAndWeight) {
    RouterSpec spec = plainSpec(4, 2);
    spec.capacity.factor = 0.6;
    const Case c = makeCase(spec, 30);
    const reference::Result r = reference::route(c);
    Row load(4, 0), placed(4, 0), weight(4, 0), P(4, 0), logit(4, 0);
    for (std::size_t t = 0; t < 30; ++t) {
        for (std::size_t j = 0; j < 2; ++j) {
            const auto e = std::size_t(r.experts[t][j]);
            load[e] += 1;
            if (!r.kept[t][j]) continue;
            placed[e] += 1;
            weight[e] += r.weights[t][j];
        }
        for (std::size_t e = 0; e < 4; ++e) P[e] += r.p[t][e] / 30, logit[e] += r.z[t][e] / 30;
    }
    const StepTelemetry out = telemetryOf(spec, run(c, at::kFloat).routing);
    for (std::size_t e = 0; e < 4; ++e) {
        EXPECT_NEAR(out.load[e], reference::overSum(load)[e], 1e-6);
        EXPECT_NEAR(out.placedLoad[e], reference::overSum(placed)[e], 1e-6);
        EXPECT_NEAR(out.importance[e], reference::overSum(weight)[e], 1e-5);
        EXPECT_NEAR(out.meanProbability[e], P[e], 1e-6);
        EXPECT_NEAR(out.logitMean[e], logit[e], 1e-5);
    }
    EXPECT_NEAR(out.capacityUtilisation[0], reference::sumOf(placed) / double(4 * capacity(spec, 30, true)), 1e-6);
}

// One token per row: chosen experts and weights by hand.
Routing byHand(const std::vector<reference::Ints>& experts, const Table& weights, std::int64_t expertCount) {
    Routing r;
    r.experts = tensorOf(Table(experts.size(), Row(experts[0].size()))).to(at::kLong);
    for (std::size_t t = 0; t < experts.size(); ++t)
        for (std::size_t j = 0; j < experts[t].size(); ++j) r.experts.select(0, std::int64_t(t)).select(0, std::int64_t(j)).fill_(experts[t][j]);
    r.weights = tensorOf(weights, at::kFloat);
    r.kept = r.experts.ge(0);
    r.counts = at::zeros({expertCount}, at::kLong);
    for (const auto& row : experts)
        for (const auto e : row)
            if (e >= 0) r.counts.select(0, e).add_(1);
    r.placed = r.counts;
    return r;
}

TEST(Statistics, OfUniformCollapsedAndTwoExpertCountsAreKnown) {
    const RouterSpec spec = plainSpec(4, 1);
    const Table one(8, {1});
    const StepTelemetry even = telemetryOf(spec, byHand({{0}, {1}, {2}, {3}, {0}, {1}, {2}, {3}}, one, 4));
    EXPECT_FLOAT_EQ(even.effectiveExperts[0], 4);
    EXPECT_FLOAT_EQ(even.imbalance[0], 1);
    EXPECT_FLOAT_EQ(even.loadCv[0], 0);
    EXPECT_FLOAT_EQ(even.minOverMean[0], 1);
    const StepTelemetry collapsed = telemetryOf(spec, byHand(std::vector<reference::Ints>(8, {2}), one, 4));
    EXPECT_FLOAT_EQ(collapsed.effectiveExperts[0], 1);
    EXPECT_FLOAT_EQ(collapsed.imbalance[0], 4);
    EXPECT_FLOAT_EQ(collapsed.maxViolation[0], 3);
    EXPECT_FLOAT_EQ(collapsed.loadCv[0], std::sqrt(3.0f));
    EXPECT_FLOAT_EQ(collapsed.minOverMean[0], 0);
    EXPECT_FLOAT_EQ(collapsed.expertUtilisation[0], 0.25);
    const StepTelemetry two = telemetryOf(spec, byHand({{0}, {0}, {0}, {0}, {1}, {1}, {1}, {1}}, one, 4));
    EXPECT_NEAR(two.effectiveExperts[0], 2, 1e-6);
    EXPECT_FLOAT_EQ(two.top1Load[0], 0.5);
}

TEST(Statistics, TheThreeTopOneConcentrationsAreThreeNumbers) {
    RouterSpec spec = plainSpec(4, 2);
    Case c = makeCase(spec, 4);
    c.z = {{1, 0, -9, -9}, {0, 1, -9, -9}, {-9, -9, 1, 0}, {1, 0, -9, -9}};
    const StepTelemetry out = telemetryOf(spec, run(c, at::kFloat).routing);
    const double p = 1 / (1 + std::exp(-1.0));
    EXPECT_NEAR(out.top1Weight[0], p, 1e-6);  // of the two kept weights
    EXPECT_NEAR(out.top1Probability[0], std::exp(1.0) / (std::exp(1.0) + 1 + 2 * std::exp(-9.0)), 1e-6);
    EXPECT_NEAR(out.top1Load[0], 3.0 / 8, 1e-6);
    EXPECT_NE(out.top1Weight[0], out.top1Probability[0]);
}

TEST(Statistics, AMetricThatDoesNotApplyIsAbsent) {
    RouterSpec spec = plainSpec(4, 1);
    spec.net = Net::none, spec.select = Select::fixed, spec.weigh = Weigh::uniform;
    RouterInput input;
    input.features = at::zeros({8, 3});
    const StepTelemetry out = telemetryOf(spec, route(spec, {}, input));
    EXPECT_TRUE(out.routerEntropy.empty() && out.meanProbability.empty() && out.logitQuantiles.empty());
    EXPECT_TRUE(out.secondKeepRate.empty() && out.unpicked.empty() && out.dropByPosition.empty() && out.selectionBias.empty());
    EXPECT_TRUE(out.capacityUtilisation.empty() && out.domainExperts.empty());
    EXPECT_FLOAT_EQ(out.effectiveExperts[0], 4);
    EXPECT_FLOAT_EQ(out.droppedAssignments[0], 0);
}

TEST(Statistics, OneExpertHasNoRatioAndNoEntropy) {
    const StepTelemetry out = telemetryOf(plainSpec(1, 1), run(makeCase(plainSpec(1, 1), 5), at::kFloat).routing);
    EXPECT_TRUE(out.gateRatio12.empty());
    EXPECT_NEAR(out.routerEntropy[0], 0, 1e-6);
}

TEST(Statistics, CountDomainsByExpertAndDropsByPosition) {
    RouterSpec spec = plainSpec(3, 2);
    spec.capacity.factor = spec.capacity.evalFactor = 0.5;
    const Case c = makeCase(spec, 128);
    const at::Tensor domains = at::arange(128, at::kLong).remainder(3);
    const Engine engine = run(c, at::kFloat);
    const StepTelemetry out = telemetryOf(spec, engine.routing, 2, domains, 3);
    const reference::Result r = reference::route(c);
    Row counts(9, 0), asked(64, 0), dropped(64, 0);
    for (std::size_t t = 0; t < 128; ++t)
        for (std::size_t j = 0; j < 2; ++j) {
            counts[t % 3 * 3 + std::size_t(r.experts[t][j])] += 1;
            asked[t % 64] += 1;
            dropped[t % 64] += r.kept[t][j] ? 0 : 1;
        }
    for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(out.domainExperts[i], counts[i]);
    for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(out.dropByPosition[i], dropped[i] / asked[i], 1e-6);
}

TEST(Statistics, LoopAndTensorFormAgree) {
    for (const RouterSpec& spec : interestingSpecs())
        for (const bool muted : {false, true}) {
            Case c = makeCase(spec, 2500, 3);
            if (muted) c.muted.assign(6, false), c.muted[1] = true;
            const Routing routing = run(c, at::kFloat).routing;
            SumsInput in;
            in.layout = {6, 2};
            in.routing = &routing;
            in.sequences = 5;
            in.logits = routing.logits.detach(), in.probabilities = routing.probabilities.detach();
            in.plain = routing.plain, in.countDrops = true;
            in.domainIds = at::arange(2500, at::kLong).remainder(2);
            const Table loop = tableOf(sumsByLoop(in).unsqueeze(0)), tensors = tableOf(sumsByTensors(in).unsqueeze(0));
            for (std::size_t i = 0; i < loop[0].size(); ++i) EXPECT_NEAR(loop[0][i], tensors[0][i], 1e-5 * std::max(1.0, std::abs(loop[0][i]))) << i;
        }
}

TEST(Statistics, OfTwoMicroBatchesAreThoseOfTheirTokensTogether) {
    const RouterSpec spec = plainSpec(5, 2);
    Case all = makeCase(spec, 40), first = all, second = all;
    first.z.resize(16);
    second.z.erase(second.z.begin(), second.z.begin() + 16);
    RoutingStatistics statistics({spec}, 0, {0.5});
    for (const Case* part : {&first, &second}) statistics.accumulate(0, run(*part, at::kFloat).routing, 1);
    StepTelemetry parts, whole;
    statistics.finish(parts);
    RoutingStatistics together({spec}, 0, {0.5});
    together.accumulate(0, run(all, at::kFloat).routing, 1);
    together.finish(whole);
    telemetry::visitMetrics(whole, [&](const telemetry::Metric& metric, const auto& member) {
        if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<float>>) {
            const std::vector<float>* other = nullptr;
            telemetry::visitMetrics(parts, [&](const telemetry::Metric& m, const auto& v) {
                if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<float>>)
                    if (m.name == metric.name) other = &v;
            });
            ASSERT_EQ(other->size(), member.size()) << metric.name;
            for (std::size_t i = 0; i < member.size(); ++i) EXPECT_NEAR((*other)[i], member[i], 1e-5) << metric.name;
        }
    });
    StepTelemetry empty;
    statistics.finish(empty);  // started anew: nothing to say
    EXPECT_TRUE(empty.load.empty());
}

TEST(Statistics, FloorsOfARandomBalancedRouterAreThoseOfTheSimulation) {
    struct Floor {
        std::int64_t experts, k;
        std::size_t tokens;
        double violation, cv;
    };
    for (const Floor& floor : {Floor{8, 1, 1024, 0.125, 0.077}, Floor{8, 2, 1024, 0.083, 0.052}, Floor{16, 2, 4096, 0.077, 0.041}}) {
        double violation = 0, cv = 0;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const StepTelemetry out = telemetryOf(plainSpec(floor.experts, floor.k), run(makeCase(plainSpec(floor.experts, floor.k), floor.tokens, seed), at::kFloat).routing);
            violation += out.maxViolation[0] / 20, cv += out.loadCv[0] / 20;
        }
        EXPECT_NEAR(violation, floor.violation, 0.3 * floor.violation);
        EXPECT_NEAR(cv, floor.cv, 0.25 * floor.cv);
    }
}

TEST(Statistics, LeaveTheRoutingAndItsLossAsTheyWere) {
    RouterSpec spec = plainSpec(4, 2);
    spec.balance = {LossKind::topkMean, 0.1, Scope::batch};
    const Case c = makeCase(spec, 20);
    Engine with = run(c), without = run(c);
    telemetryOf(spec, with.routing);
    const Table task = normalTable(20, 2, 4);
    EXPECT_EQ(engineGradient(with, task), engineGradient(without, task));
    EXPECT_TRUE(with.auxiliary.total.equal(without.auxiliary.total));
}

TEST(Statistics, LayersOfDifferentWidthAreFilledUpWithNothing) {
    const std::vector<RouterSpec> specs = {plainSpec(2, 1), plainSpec(4, 1)};
    RoutingStatistics statistics(specs, 0, {});
    for (std::size_t layer = 0; layer < 2; ++layer) statistics.accumulate(layer, run(makeCase(specs[layer], 8), at::kFloat).routing, 1);
    StepTelemetry out;
    statistics.finish(out);
    ASSERT_EQ(out.load.size(), 8u);
    EXPECT_TRUE(std::isnan(out.load[2]) && std::isnan(out.load[3]) && !std::isnan(out.load[7]));
}

TEST(Quantiles, AreExactInBothForms) {
    for (const std::int64_t count : {1, 2, 7, 1000, 20011}) {
        at::Tensor values = tensorOf(normalTable(std::size_t(count), 1, 3), at::kFloat);
        if (count == 1000) values = values.mul(2).round();  // many equal numbers
        const std::vector<double> q = {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};
        std::vector<double> sorted(values.numel() ? std::size_t(values.numel()) : 0);
        for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = double(values.const_data_ptr<float>()[i]);
        std::sort(sorted.begin(), sorted.end());
        const std::vector<at::Tensor> parts = {values.narrow(0, 0, count / 2), values.narrow(0, count / 2, count - count / 2)};
        for (const at::Tensor& found : {quantilesOf(parts, q), quantilesByTensors(parts, q)}) {
            const Row out = tableOf(found.unsqueeze(0))[0];
            ASSERT_EQ(out.size(), q.size() + 2);
            for (std::size_t i = 0; i < q.size(); ++i) {
                const double at = q[i] * double(count - 1);
                const auto low = std::size_t(at);
                const double high = sorted[std::min(low + 1, sorted.size() - 1)];
                EXPECT_NEAR(out[i + 1], sorted[low] + (high - sorted[low]) * (at - double(low)), 1e-12);
            }
            EXPECT_EQ(out.front(), sorted.front());
            EXPECT_EQ(out.back(), sorted.back());
        }
    }
}

TEST(Quantiles, OfVeryManyLogitsKeepTheExactEnds) {
    const RouterSpec spec = plainSpec(64, 2);
    Case c;
    c.spec = spec, c.z = normalTable(3000, 64, 5);
    c.z[1][7] = 77, c.z[2][8] = -66;
    RouterInput input;
    input.logits = tensorOf(c.z, at::kFloat);
    const StepTelemetry out = telemetryOf(spec, route(spec, {}, input));
    EXPECT_EQ(out.logitQuantiles.front(), -66);
    EXPECT_EQ(out.logitQuantiles.back(), 77);
    EXPECT_EQ(out.logitMax[0], 77);
    const std::vector<double> normal = {-1.6449, -0.6745, 0, 0.6745, 1.6449};
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(out.logitQuantiles[i + 1], normal[i], 0.03);
}

TEST(IdleWindow, CallsAnExpertDeadOnlyAfterTheWholeWindow) {
    IdleWindow window(1, 4, 3);
    StepTelemetry report;
    report.load = {0.6f, 0.3f, 0.095f, 0.005f};  // ratios 2.4, 1.2, 0.38, 0.02
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(window.dead(0, 3));
        window.update(report);
    }
    EXPECT_EQ(report.dead, std::vector<float>{1});
    EXPECT_EQ(report.starving, std::vector<float>{2});
    EXPECT_TRUE(window.dead(0, 3) && window.starving(0, 2) && !window.starving(0, 1));
    IdleWindow restored(1, 4, 3);
    restored.restore(window.state());
    EXPECT_TRUE(restored.dead(0, 3));
    report.load = {0.25f, 0.25f, 0.25f, 0.25f};
    window.update(report);
    EXPECT_EQ(report.dead, std::vector<float>{0});
}

}  // namespace
}  // namespace moescope::routing::testing
