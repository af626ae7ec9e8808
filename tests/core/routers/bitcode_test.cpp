// DSelect-k in plain loops: steps, codes, the mixture, its entropy and gradient; and LIMoE's entropies by domain.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/error.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

RouterSpec dselect(std::int64_t experts, std::int64_t k, double gamma = 1) {
    RouterSpec spec = plainSpec(experts, k);
    spec.net = Net::bitcode, spec.score = Score::smoothstep, spec.select = Select::bitcode, spec.weigh = Weigh::raw;
    spec.options["gamma"] = gamma;
    spec.balance = {LossKind::codeEntropy, 1, Scope::batch};
    return spec;
}

double step(double u, double gamma) {
    if (u <= -gamma / 2) return 0;
    if (u >= gamma / 2) return 1;
    return -2 * u * u * u / (gamma * gamma * gamma) + 3 * u / (2 * gamma) + 0.5;
}

struct Mixture {
    Row weights;
    double entropy = 0;
};

// `x` holds the bits of each selector, least first, and then the k logits of the mixture.
Mixture mix(const Row& x, std::size_t experts, std::size_t k, double gamma) {
    std::size_t bits = 0;
    while ((std::size_t{1} << bits) < experts) ++bits;
    const Row alpha = reference::softmax(Row(x.begin() + long(k * bits), x.end()));
    Mixture out{Row(experts, 0)};
    for (std::size_t r = 0; r < k; ++r) {
        double sum = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            double q = 1;
            for (std::size_t b = 0; b < bits; ++b) {
                const double s = step(x[r * bits + b], gamma);
                q *= (e >> b) & 1 ? s : 1 - s;
            }
            out.weights[e] += alpha[r] * q;
            out.entropy -= q > 0 ? q * std::log(q) : 0;
            sum += q;
        }
        if ((std::size_t{1} << bits) != experts) out.entropy += 1 / sum;
    }
    return out;
}

// Features that are the selectors' logits themselves.
RouterTensors picking(std::int64_t bits, std::int64_t k) {
    RouterTensors tensors;
    const at::Tensor all = at::eye(bits + k, at::kDouble);
    tensors.tensors = {{"bits_weight", all.narrow(0, 0, bits)}, {"mix_weight", all.narrow(0, bits, k)}, {"bits_bias", at::zeros({bits}, at::kDouble)}, {"mix_bias", at::zeros({k}, at::kDouble)}};
    return tensors;
}

at::Tensor dense(const Routing& r, std::int64_t experts) {
    const at::Tensor column = r.experts.masked_fill(r.experts.lt(0), experts);
    return at::zeros({r.experts.size(0), experts + 1}, r.weights.options()).scatter(1, column, r.weights).narrow(1, 0, experts);
}

TEST(DSelect, WeightsEntropyAndGradientAreThoseOfPlainLoops) {
    for (const auto& [experts, k, bits] : {std::tuple{8, 2, 3}, {6, 3, 3}, {2, 1, 1}}) {
        const RouterSpec spec = dselect(experts, k, 1.5);
        const Table x = normalTable(20, std::size_t(k * (bits + 1)), 3, 0.4), task = normalTable(20, std::size_t(experts), 4);
        const auto objective = [&, e = std::size_t(experts), n = std::size_t(k)](const Table& values) {
            double sum = 0;
            for (std::size_t t = 0; t < 20; ++t) {
                const Mixture m = mix(values[t], e, n, 1.5);
                sum += m.entropy / 20;
                for (std::size_t i = 0; i < e; ++i) sum += task[t][i] * m.weights[i];
            }
            return sum;
        };
        RouterInput input;
        input.features = tensorOf(x).requires_grad_();
        const Routing r = route(spec, picking(k * bits, k), input);
        const Table found = tableOf(dense(r, experts));
        for (std::size_t t = 0; t < 20; ++t) {
            const Mixture m = mix(x[t], std::size_t(experts), std::size_t(k), 1.5);
            for (std::size_t e = 0; e < std::size_t(experts); ++e) EXPECT_NEAR(found[t][e], m.weights[e], 1e-12);
            if (experts != 6) {
                EXPECT_NEAR(reference::sumOf(found[t]), 1, 1e-12);
            }
        }
        const at::Tensor total = losses({&spec, 1}, {&r, 1}, 1, nullptr).total + (dense(r, experts) * tensorOf(task)).sum();
        EXPECT_NEAR(total.item<double>(), objective(x), 1e-11);
        total.backward();
        const Table gradient = tableOf(input.features.grad());
        for (std::size_t t = 0; t < 20; ++t)
            for (std::size_t i = 0; i < x[t].size(); ++i) {
                Table above = x, below = x;
                above[t][i] += 1e-6, below[t][i] -= 1e-6;
                EXPECT_NEAR(gradient[t][i], (objective(above) - objective(below)) / 2e-6, 1e-6);
            }
    }
}

TEST(DSelect, SaturatedSelectorsLeaveAtMostKExpertsAndAskForNoGradient) {
    const RouterSpec spec = dselect(8, 2);
    RouterInput input;
    input.features = at::tensor({0.6, -0.6, 0.7, -2.0, 0.5, 9.0, 0.3, -0.4}, at::kDouble).unsqueeze(0).requires_grad_();
    const Routing r = route(spec, picking(6, 2), input);
    EXPECT_EQ(integers(r.experts)[0], (reference::Ints{5, 6, -1, -1, -1, -1, -1, -1}));
    EXPECT_NEAR(r.weights.sum().item<double>(), 1, 1e-12);
    EXPECT_EQ(r.measured.front().value.item<double>(), 1);
    (r.weights[0][0] * 3 + r.weights[0][1]).backward();
    EXPECT_EQ(input.features.grad().narrow(1, 0, 6).abs().max().item<double>(), 0);
    EXPECT_GT(input.features.grad().narrow(1, 6, 2).abs().max().item<double>(), 0);
}

TEST(DSelect, TheStepMeetsItsEndsWithoutACorner) {
    const RouterSpec spec = dselect(2, 1);
    for (const double edge : {-0.5, 0.5})
        for (const double beside : {-1e-5, 0.0, 1e-5}) {
            RouterInput input;
            input.features = at::tensor({edge + beside, 0.0}, at::kDouble).unsqueeze(0).requires_grad_();
            const Routing r = route(spec, picking(1, 1), input);
            const at::Tensor one = dense(r, 2)[0][1];
            EXPECT_NEAR(one.item<double>(), edge > 0, 1e-9);
            one.backward();
            EXPECT_NEAR(input.features.grad()[0][0].item<double>(), 0, 1e-4);
        }
}

// ---- LIMoE -----------------------------------------------------------------------------------------------------------------

double entropy(const Row& p) {
    double h = 0;
    for (const double v : p) h -= v > 0 ? v * std::log(v) : 0;
    return h;
}

double entropies(const Table& z, const reference::Ints& domains, double experts, bool local) {
    double sum = 0;
    for (std::int64_t d = 0; d < 4; ++d) {
        Row mean(z[0].size(), 0);
        double own = 0, tokens = 0;
        for (std::size_t t = 0; t < z.size(); ++t) {
            if (domains[t] != d) continue;
            const Row p = reference::softmax(z[t]);
            own += entropy(p), tokens += 1;
            for (std::size_t e = 0; e < p.size(); ++e) mean[e] += p[e];
        }
        if (tokens == 0) continue;
        for (double& v : mean) v /= tokens;
        sum += local ? own / tokens : std::max(0.0, std::log(experts) - entropy(mean));
    }
    return sum;
}

RouterSpec limoe(LossKind kind, double experts) {
    RouterSpec spec = plainSpec(6, 1);
    spec.balance = {kind, 1, Scope::batch};
    spec.options["domain_experts"] = experts;
    spec.domains = 4;
    return spec;
}

TEST(Limoe, EntropiesAreThoseOfPlainLoopsAndTheirGradientIsThatOfDifferences) {
    Table z = normalTable(24, 6, 7, 1.5);
    reference::Ints domains;
    for (std::size_t t = 0; t < 24; ++t) domains.push_back(t == 5 ? -1 : t % 3 == 2 ? 3 : std::int64_t(t % 3));  // 2 is absent, one token has none
    for (std::size_t t = 0; t < 24; t += 3) z[t][1] += 4;  // domain 0 keeps to expert 1
    for (const LossKind kind : {LossKind::entropyLocal, LossKind::entropyGlobal}) {
        const RouterSpec spec = limoe(kind, 4);
        const auto loss = [&](const Table& x) { return entropies(x, domains, 4, kind == LossKind::entropyLocal); };
        RouterInput input;
        input.logits = tensorOf(z).requires_grad_();
        input.domains = at::tensor(at::ArrayRef<std::int64_t>(domains), at::kLong);
        const Routing r = route(spec, {}, input);
        const at::Tensor total = losses({&spec, 1}, {&r, 1}, 1, nullptr).total;
        EXPECT_NEAR(total.item<double>(), loss(z), 1e-12);
        EXPECT_GT(loss(z), 0.1);
        total.backward();
        const Table found = tableOf(input.logits.grad());
        for (std::size_t t = 0; t < 24; ++t)
            for (std::size_t e = 0; e < 6; ++e) {
                Table above = z, below = z;
                above[t][e] += 1e-6, below[t][e] -= 1e-6;
                EXPECT_NEAR(found[t][e], (loss(above) - loss(below)) / 2e-6, 1e-8);
            }
    }
}

TEST(Limoe, ADomainThatUsesEnoughExpertsCostsNothingAndIsNotPulled) {
    const RouterSpec spec = limoe(LossKind::entropyGlobal, 2);
    RouterInput input;
    input.logits = tensorOf(normalTable(40, 6, 7)).requires_grad_();
    input.domains = at::zeros({40}, at::kLong);
    const Routing r = route(spec, {}, input);
    const at::Tensor total = losses({&spec, 1}, {&r, 1}, 1, nullptr).total;
    EXPECT_EQ(total.item<double>(), 0);
    total.backward();
    EXPECT_EQ(input.logits.grad().abs().max().item<double>(), 0);
}

TEST(Limoe, WithoutLabelsIsRefused) {
    const RouterSpec spec = limoe(LossKind::entropyLocal, 2);
    RouterInput input;
    input.logits = tensorOf(normalTable(4, 6, 7));
    const Routing r = route(spec, {}, input);
    EXPECT_THROW(losses({&spec, 1}, {&r, 1}, 1, nullptr), base::Error);
}

}  // namespace
}  // namespace moescope::routing::testing
