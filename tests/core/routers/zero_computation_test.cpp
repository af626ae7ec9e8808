// MoE++: weights without the zero expert, rooms of two kinds, the heterogeneous loss, residual logits; and experts by domain.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/routers/router.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

// N networks, then constant, copy and zero experts.
RouterSpec mixedSpec(std::int64_t networks, std::int64_t constant, std::int64_t copy, std::int64_t zero, std::int64_t k) {
    RouterSpec spec = plainSpec(networks + constant + copy + zero, k);
    spec.constantExperts = constant, spec.copyExperts = copy, spec.zeroExperts = zero;
    return spec;
}

Routing routed(const RouterSpec& spec, const Table& z) {
    RouterInput input;
    input.logits = tensorOf(z);
    return route(spec, {}, input);
}

TEST(ZeroExpert, SwallowsASlotAndLeavesItsWeightToTheOthers) {
    const Table z{{3, 0, 0, 2}, {0, 2, 1, -1}, {-9, -9, 1, 2}};
    const Table w = tableOf(routed(mixedSpec(2, 0, 1, 1, 2), z).weights);
    EXPECT_DOUBLE_EQ(w[0][0], 1);  // network and zero expert
    EXPECT_DOUBLE_EQ(w[0][1], 0);
    const double a = std::exp(2.0), b = std::exp(1.0);  // network and copy
    EXPECT_NEAR(w[1][0], a / (a + b), 1e-12);
    EXPECT_NEAR(w[1][1], b / (a + b), 1e-12);
    EXPECT_DOUBLE_EQ(w[2][0], 0);  // zero expert first
    EXPECT_DOUBLE_EQ(w[2][1], 1);
}

TEST(ZeroExpert, AloneGivesNothingAndFiniteGradients) {
    for (const std::int64_t k : {1, 2}) {
        RouterInput input;
        input.logits = tensorOf(Table{{-5, -5, 3, 2}, {1, 0, 2, 3}}).requires_grad_();
        const Routing routing = route(mixedSpec(2, 0, 0, 2, k), {}, input);
        EXPECT_TRUE(routing.weights.eq(0).all().item<bool>());
        routing.weights.sum().backward();
        EXPECT_TRUE(input.logits.grad().isfinite().all().item<bool>());
    }
}

TEST(ZeroExpert, UnderRawWeightsChangesNothingForTheOthers) {
    RouterSpec spec = mixedSpec(2, 1, 0, 1, 2);
    spec.weigh = Weigh::raw;
    const Table z = normalTable(20, 4, 3);
    const Routing routing = routed(spec, z);
    const Table w = tableOf(routing.weights), p = tableOf(routing.probabilities);
    const auto experts = integers(routing.experts);
    for (std::size_t t = 0; t < z.size(); ++t)
        for (std::size_t j = 0; j < 2; ++j) EXPECT_EQ(w[t][j], experts[t][j] == 3 ? 0 : p[t][std::size_t(experts[t][j])]);
}

TEST(ZeroComputationRoom, IsTauTimesAsLargeAtNetworksAsElsewhere) {
    RouterSpec spec = mixedSpec(28, 2, 1, 1, 2);
    spec.capacity.factor = spec.capacity.evalFactor = 1.1;
    const double unit = 1.1 * 2 * 1000 / (0.75 * 28 + 4);
    EXPECT_EQ(capacity(spec, 1000, true), std::int64_t(std::ceil(0.75 * unit)));
    EXPECT_EQ(capacity(spec, 1000, true, /*zeroComputation=*/true), std::int64_t(std::ceil(unit)));
    spec.options["tau"] = 1.0;
    EXPECT_EQ(capacity(spec, 1000, true), std::int64_t(std::ceil(1.1 * 2 * 1000 / 32)));
    EXPECT_EQ(capacity(spec, 1000, true, true), capacity(spec, 1000, true));
}

TEST(ZeroComputationRoom, DropsBeyondTheRoomOfEachKindAndCountsItAll) {
    RouterSpec spec = mixedSpec(2, 0, 1, 1, 1);  // tau 0.5: units 3; 12 tokens: 2 places at a network, 4 at the others
    spec.options["tau"] = 0.5;
    spec.capacity.factor = spec.capacity.evalFactor = 1;
    Table z;
    for (const int first : {0, 2}) z.insert(z.end(), 6, Row{first == 0 ? 9. : 0., 0, first == 2 ? 9. : 0., 0});
    const Routing routing = routed(spec, z);
    EXPECT_EQ(routing.capacity, 2);
    EXPECT_EQ(routing.room, 2 * 2 + 2 * 4);
    EXPECT_EQ(integers(routing.placed.unsqueeze(0))[0], (std::vector<std::int64_t>{2, 0, 4, 0}));
    EXPECT_EQ(integers(routing.counts.unsqueeze(0))[0], (std::vector<std::int64_t>{6, 0, 6, 0}));
}

// (sum_j 1/eta_j) sum_i eta_i f_i P_i in plain loops.
double heterogeneous(const RouterSpec& spec, const Table& z, double tau, const Routing& routing) {
    const auto experts = integers(routing.experts);
    Row f(z[0].size(), 0), p(f.size(), 0);
    double slots = 0;
    for (std::size_t t = 0; t < z.size(); ++t) {
        for (const std::int64_t e : experts[t]) f[std::size_t(e)] += 1, slots += 1;
        const Row own = reference::softmax(z[t]);
        for (std::size_t e = 0; e < p.size(); ++e) p[e] += own[e] / double(z.size());
    }
    double scale = 0, sum = 0;
    for (std::size_t e = 0; e < f.size(); ++e) {
        const double eta = std::int64_t(e) < computing(spec) ? 1 : tau;
        scale += 1 / eta;
        sum += eta * f[e] / slots * p[e];
    }
    return scale * sum;
}

TEST(HeterogeneousLoss, IsItsFormulaAndTheMeanLossWhereAllAreAlike) {
    for (const double tau : {0.25, 0.75, 1.0}) {
        RouterSpec spec = mixedSpec(5, 1, 1, 1, 2);
        spec.options["tau"] = tau;
        spec.balance = {LossKind::heterogeneous, 1, Scope::batch};
        const Table z = normalTable(50, 8, 6);
        const Routing routing = routed(spec, z);
        const double value = losses({&spec, 1}, {&routing, 1}, 1, nullptr).terms[0].value.item<double>();
        EXPECT_NEAR(value, heterogeneous(spec, z, tau, routing), 1e-12) << tau;
        RouterSpec mean = spec;
        mean.balance.kind = LossKind::topkMean;
        const double other = losses({&mean, 1}, {&routing, 1}, 1, nullptr).terms[0].value.item<double>();
        EXPECT_EQ(std::abs(value - other) < 1e-12, tau == 1.0) << value << " " << other;
    }
}

TEST(HeterogeneousLoss, IsOneWhereLoadFollowsTheRoomWhateverTheProbabilities) {
    RouterSpec spec = mixedSpec(2, 0, 1, 1, 1);  // tau 0.5: loads 1 : 1 : 2 : 2
    spec.options["tau"] = 0.5;
    spec.balance = {LossKind::heterogeneous, 1, Scope::batch};
    Table z;
    for (const std::size_t e : {0u, 1u, 2u, 2u, 3u, 3u}) {
        Row row = normalTable(1, 4, 40 + z.size())[0];
        row[e] += 20;
        z.push_back(row);
    }
    const Routing routing = routed(spec, z);
    EXPECT_NEAR(losses({&spec, 1}, {&routing, 1}, 1, nullptr).total.item<double>(), 1, 1e-6);
}

TEST(HeterogeneousLoss, HasTheGradientOfFiniteDifferences) {
    RouterSpec spec = mixedSpec(3, 1, 1, 1, 2);
    spec.balance = {LossKind::heterogeneous, 1, Scope::sequence};
    Table z = normalTable(12, 6, 8);
    const auto value = [&](const at::Tensor& logits) {
        RouterInput input;
        input.logits = logits;
        input.sequences = 3;
        const Routing routing = route(spec, {}, input);
        return losses({&spec, 1}, {&routing, 1}, 3, nullptr).total;
    };
    const at::Tensor logits = tensorOf(z).requires_grad_();
    value(logits).backward();
    const Table gradient = tableOf(logits.grad());
    for (std::size_t t = 0; t < z.size(); ++t)
        for (std::size_t e = 0; e < 6; ++e) {
            const double kept = z[t][e];
            z[t][e] = kept + 1e-6;
            const double up = value(tensorOf(z)).item<double>();
            z[t][e] = kept - 1e-6;
            const double down = value(tensorOf(z)).item<double>();
            z[t][e] = kept;
            EXPECT_NEAR(gradient[t][e], (up - down) / 2e-6, 1e-8);
        }
}

TEST(GatingResidual, AddsTheLogitsOfTheLayerBeforeAndTeachesBothLayers) {
    RouterSpec spec = plainSpec(4, 2);
    spec.transform = Transform::gatingResidual, spec.firstMixture = false, spec.layer = 1;
    const RouterTensors tensors = createTensors(spec, 3, 0, 5);
    RouterInput input;
    input.features = tensorOf(normalTable(6, 3, 1));
    const at::Tensor before = tensorOf(normalTable(6, 4, 2)).requires_grad_();
    input.previousLogits = before;
    const Routing routing = route(spec, tensors, input);
    const at::Tensor expected = input.features.matmul(tensors.at("weight").to(at::kDouble).t()) + before.matmul(tensors.at("residual_weight").to(at::kDouble).t());
    EXPECT_TRUE(at::allclose(routing.logits, expected, 1e-12, 1e-12));
    routing.logits.sum().backward();
    EXPECT_TRUE(at::allclose(before.grad(), tensors.at("residual_weight").to(at::kDouble).sum(0).expand({6, 4}), 1e-12, 1e-12));
    spec.firstMixture = true;
    EXPECT_FALSE(createTensors(spec, 3, 0, 5).has("residual_weight"));
}

// ---- experts by domain and token -------------------------------------------------------------------------------------------

RouterSpec domainSpec(std::int64_t experts, std::int64_t groups) {
    RouterSpec spec = plainSpec(experts, 1);
    spec.net = Net::domainHash, spec.select = Select::fixed, spec.weigh = Weigh::one, spec.groups = groups;
    return spec;
}

RouterInput labelled(std::int64_t tokens, std::int64_t domains) {
    RouterInput input;
    input.tokenIds = at::arange(tokens, at::kLong).mul(13).remainder(50);
    input.domains = at::arange(tokens, at::kLong).remainder(domains + 1).sub(1);  // -1 is nobody's
    return input;
}

TEST(DomainHash, SendsEachDomainToItsOwnGroupAndATokenOfADomainAlwaysToTheSameExpert) {
    const RouterSpec spec = domainSpec(8, 3);  // groups of 2, 3 and 3
    const RouterTensors tensors = createTensors(spec, 1, 50, 9);
    const RouterInput input = labelled(900, 3);
    const auto experts = integers(route(spec, tensors, input).experts), table = integers(tensors.at("table").unsqueeze(0));
    const std::int64_t begin[] = {0, 2, 5, 8};
    for (std::size_t t = 0; t < experts.size(); ++t) {
        const auto domain = input.domains[std::int64_t(t)].item<std::int64_t>();
        const std::int64_t number = table[0][std::size_t(input.tokenIds[std::int64_t(t)].item<std::int64_t>())];
        const std::int64_t expected = domain < 0 ? number % 8 : begin[domain] + number % (begin[domain + 1] - begin[domain]);
        EXPECT_EQ(experts[t][0], expected);
    }
}

TEST(DomainHash, HasATableOfItsOwnInEachLayerThatSpreadsTheTokens) {
    RouterSpec first = domainSpec(8, 2), second = first;
    second.layer = 1;
    const at::Tensor a = createTensors(first, 1, 20000, 9).at("table"), b = createTensors(second, 1, 20000, 9).at("table");
    EXPECT_FALSE(a.equal(b));
    for (std::int64_t e = 0; e < 4; ++e) EXPECT_NEAR(a.remainder(4).eq(e).sum().item<double>(), 5000, 4 * std::sqrt(20000 * 0.25 * 0.75));
}

TEST(DomainHash, OfMoreDomainsThanExpertsSharesExperts) {
    const RouterSpec spec = domainSpec(4, 6);
    const RouterTensors tensors = createTensors(spec, 1, 50, 9);
    RouterInput input = labelled(200, 6);
    const auto experts = integers(route(spec, tensors, input).experts);
    for (std::size_t t = 0; t < experts.size(); ++t) {
        const auto domain = input.domains[std::int64_t(t)].item<std::int64_t>();
        if (domain >= 0) {
            EXPECT_EQ(experts[t][0], domain % 4);
        }
    }
}

}  // namespace
}  // namespace moescope::routing::testing
