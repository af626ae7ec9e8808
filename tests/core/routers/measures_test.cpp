// What single routers measure of themselves, against a count by hand.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/routers/router.hpp"
#include "core/routing/mechanisms.hpp"
#include "core/telemetry/step_telemetry.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

double measured(const Routing& routing, std::string_view name) {
    const auto found = std::ranges::find(routing.measured, name, &Measured::name);
    if (found != routing.measured.end()) return found->value.item<double>();
    ADD_FAILURE() << name << " was not measured";
    return 0;
}

Routing routed(const RouterSpec& spec, const Table& z, const RouterTensors& tensors = {}) {
    RouterInput input;
    input.logits = tensorOf(z);
    return route(spec, tensors, input);
}

std::size_t bestOf(const Row& row) { return std::size_t(std::ranges::max_element(row) - row.begin()); }

struct Dealt {
    double regret = 0, moved = 0;
};
Dealt dealt(const Table& z, const Routing& routing) {
    const auto experts = integers(routing.experts);
    Dealt out;
    for (std::size_t t = 0; t < z.size(); ++t) {
        const std::size_t best = bestOf(z[t]);
        out.regret += (z[t][best] - z[t][std::size_t(experts[t][0])]) / double(z.size());
        out.moved += double(std::size_t(experts[t][0]) != best) / double(z.size());
    }
    return out;
}

TEST(Measures, RegretIsWhatTokensLoseByBeingDealtOutEvenly) {
    const Table z = normalTable(64, 4, 3);
    for (const Select select : {Select::auction, Select::sinkhorn}) {
        RouterSpec spec = plainSpec(4, 1);
        spec.select = select, spec.weigh = Weigh::raw, spec.score = Score::sigmoid;
        const Routing routing = routed(spec, z);
        const Dealt wanted = dealt(z, routing);
        EXPECT_GT(wanted.moved, 0);
        EXPECT_NEAR(measured(routing, "regret"), wanted.regret, 1e-9);
        EXPECT_NEAR(measured(routing, "moved_share"), wanted.moved, 1e-12);
    }
}

TEST(Measures, RecyclingCountsTheTokensThatFoundTheirExpertFull) {
    Table z = normalTable(40, 4, 5);
    for (Row& row : z) row[0] += 1.5;
    RouterSpec spec = plainSpec(4, 1);
    spec.weigh = Weigh::raw;
    spec.capacity.factor = 1, spec.capacity.overflow = Overflow::recycleRandom;  // ten places each
    std::vector<double> wishes(4, 0);
    for (const Row& row : z) ++wishes[bestOf(row)];
    double over = 0;
    for (const double count : wishes) over += std::max(0.0, count - 10);
    ASSERT_GT(over, 0);
    EXPECT_NEAR(measured(routed(spec, z), "recycle_rate"), over / 40, 1e-12);
}

TEST(Measures, TheLearnedNoiseIsTheMeanOfItsStandardDeviations) {
    const Table z = normalTable(20, 4, 6), raw = normalTable(20, 4, 7);
    RouterSpec spec = plainSpec(4, 2);
    spec.noise = Noise::logitGaussLearned, spec.noiseScale = 0.5;
    RouterInput input;
    input.logits = tensorOf(z), input.noiseLogits = tensorOf(raw), input.noise = tensorOf(normalTable(20, 4, 8));
    double mean = 0;
    for (const Row& row : raw)
        for (const double value : row) mean += 0.5 * (std::log1p(std::exp(value)) + 0.01) / 80;
    EXPECT_NEAR(measured(route(spec, {}, input), "noise_std"), mean, 1e-9);
}

TEST(Measures, SamplingCountsTheTokensWhoseExpertIsNotTheBest) {
    const Table z = normalTable(200, 6, 9);
    RouterSpec spec = plainSpec(6, 1);
    spec.select = Select::sampleMasked, spec.weigh = Weigh::raw, spec.estimator = Estimator::sparsemixerV2, spec.options["mask_range"] = 0.5;
    RouterInput input;
    input.logits = tensorOf(z), input.draws = {4, 1, 0};
    const Routing routing = route(spec, {}, input);
    EXPECT_NEAR(measured(routing, "sampled_other"), dealt(z, routing).moved, 1e-12);
    EXPECT_GT(measured(routing, "sampled_other"), 0);
}

TEST(Measures, TheCosineScaleStartsAtTwo) {
    RouterSpec spec = plainSpec(4, 2);
    spec.net = Net::cosine;
    const RouterTensors tensors = createTensors(spec, 8, 1, 0);
    RouterInput input;
    input.features = tensorOf(normalTable(10, 8, 2), at::kFloat);
    EXPECT_NEAR(measured(route(spec, tensors, input), "logit_scale"), 2, 1e-6);
}

TEST(Measures, EveryDeclaredCurveIsAMetric) {
    std::vector<std::string_view> names;
    const telemetry::StepTelemetry none;
    telemetry::visitMetrics(none, [&](const telemetry::Metric& metric, const auto&) { names.push_back(metric.name); });
    std::size_t declared = 0;
    for (const routers::Router* router : routers::table())
        for (const std::string_view curve : router->curves) {
            ++declared;
            EXPECT_NE(std::ranges::find(names, curve), names.end()) << router->id << " " << curve;
        }
    EXPECT_GT(declared, 20u);
}

}  // namespace
}  // namespace moescope::routing::testing
