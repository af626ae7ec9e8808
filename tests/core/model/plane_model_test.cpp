// The mixture on the plane against its formulas in float64: outputs, gradients of the three criteria, tree, EM.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/data/plane_corpus.hpp"
#include "core/model/plane_em.hpp"
#include "core/model/plane_model.hpp"
#include "core/training/batches.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::model {
namespace {

using routing::testing::largestDifference;
using routing::testing::Row;
using routing::testing::Table;
using routing::testing::tableOf;

config::RunConfig planeConfig(std::initializer_list<std::pair<const char*, const char*>> changes = {}) {
    config::RunConfig c;
    EXPECT_TRUE(config::applyPreset(c, "plane").empty());
    for (const auto& [key, value] : changes) EXPECT_TRUE(config::applySetting(c, key, value).empty()) << key;
    return c;
}

// A model in float64 on the first points of its problem.
struct Mixture {
    explicit Mixture(const config::RunConfig& c, std::int64_t points = 40)
        : config(c), corpus(data::makePlaneCorpus(c)), specs(routing::makeSpecs(c)),
          model(c, corpus->vocabulary(), at::TensorOptions().dtype(at::kDouble)),
          batch(training::tokensOf(corpus->training(0, 0, points, 1), at::kCPU)) {
        pass.training = true;
        pass.specs = specs;
    }
    // W_e (x, y, 1) of linear experts, [E, m, 3].
    at::Tensor experts() {
        for (Parameter& parameter : model.parameters())
            if (parameter.name == "plane.experts.up") return parameter.value;
        return {};
    }
    double loss() {
        const at::NoGradGuard guard;
        return model.forward(batch, pass).loss.item<double>();
    }

    config::RunConfig config;
    std::shared_ptr<const data::Corpus> corpus;
    std::vector<routing::RouterSpec> specs;
    PlaneModel model;
    TokenBatch batch;
    Pass pass;
};

Row softmax(const Row& z) {
    double most = z[0], sum = 0;
    for (const double v : z) most = std::max(most, v);
    Row p;
    for (const double v : z) p.push_back(std::exp(v - most)), sum += p.back();
    for (double& v : p) v /= sum;
    return p;
}

// What the formulas need of each point, computed with loops from the weights.
struct Facts {
    std::vector<Row> p, o;  // gate's probabilities and linear experts' values [T][E]
    Row d;                  // target
    std::vector<Row> x;     // (x, y, 1)
};
Facts factsOf(Mixture& m) {
    Facts f;
    const Table gate = tableOf(m.model.routers()[0].at("weight")), experts = tableOf(m.experts().flatten(0, 1)), points = tableOf(m.batch.points);
    const Table values = tableOf(m.batch.values);
    for (std::size_t t = 0; t < points.size(); ++t) {
        const Row x{points[t][0], points[t][1], 1};
        Row z, o;
        for (std::size_t e = 0; e < gate.size(); ++e) {
            z.push_back(gate[e][0] * x[0] + gate[e][1] * x[1] + gate[e][2]);
            o.push_back(experts[e][0] * x[0] + experts[e][1] * x[1] + experts[e][2]);
        }
        f.p.push_back(softmax(z));
        f.o.push_back(o);
        f.d.push_back(values[t][0]);
        f.x.push_back(x);
    }
    return f;
}

struct Gradients {
    Table logits, experts;  // of the sum over points, [T][E] and [E][3]
};

// dL/dz_e and dL/do_e of the three criteria (Jacobs et al. 1991), with r_e = (d - o_e)^2 / sigma^2.
Gradients closedForms(const Facts& f, const std::string& criterion, double sigma) {
    const std::size_t experts = f.p[0].size();
    Gradients out{{}, Table(experts, Row(3, 0))};
    for (std::size_t t = 0; t < f.d.size(); ++t) {
        Row r, z(experts), o(experts), posterior;
        double y = 0, each = 0, likelihood = 0;
        for (std::size_t e = 0; e < experts; ++e) {
            r.push_back((f.d[t] - f.o[t][e]) * (f.d[t] - f.o[t][e]) / (sigma * sigma));
            y += f.p[t][e] * f.o[t][e];
            each += f.p[t][e] * r[e] / 2;
            likelihood += f.p[t][e] * std::exp(-r[e] / 2);
        }
        for (std::size_t e = 0; e < experts; ++e) {
            const double p = f.p[t][e], h = p * std::exp(-r[e] / 2) / likelihood, miss = (f.d[t] - f.o[t][e]) / (sigma * sigma);
            if (criterion == "blend") {
                o[e] = -p * (f.d[t] - y) / (sigma * sigma);
                z[e] = -p * (f.d[t] - y) * (f.o[t][e] - y) / (sigma * sigma);
            } else if (criterion == "each") {
                o[e] = -p * miss;
                z[e] = p * (r[e] / 2 - each);
            } else {
                o[e] = -h * miss;
                z[e] = p - h;
            }
            for (std::size_t i = 0; i < 3; ++i) out.experts[e][i] += o[e] * f.x[t][i];
        }
        out.logits.push_back(z);
    }
    return out;
}

TEST(PlaneModel, BlendsAllExpertsByTheGatesProbabilities) {
    Mixture m(planeConfig({{"plane.expert", "linear"}}));
    const Facts f = factsOf(m);
    const PlaneField field = m.model.field(m.batch.points, m.pass);
    EXPECT_LT(largestDifference(tableOf(field.probabilities), f.p), 1e-12);
    EXPECT_LT(largestDifference(tableOf(field.weights), f.p), 1e-12);
    EXPECT_LT(largestDifference(tableOf(field.expertOutputs.squeeze(2)), f.o), 1e-12);
    Table y;
    for (std::size_t t = 0; t < f.d.size(); ++t) {
        y.push_back({0});
        for (std::size_t e = 0; e < f.p[t].size(); ++e) y[t][0] += f.p[t][e] * f.o[t][e];
    }
    EXPECT_LT(largestDifference(tableOf(field.output), y), 1e-12);
}

class Criterion : public ::testing::TestWithParam<const char*> {};

TEST_P(Criterion, HasTheGradientOfItsFormula) {
    Mixture m(planeConfig({{"plane.expert", "linear"}, {"plane.criterion", GetParam()}, {"router.init_std", "1"}, {"plane.sigma", "0.7"}}));
    const Gradients expected = closedForms(factsOf(m), GetParam(), 0.7);
    PassResult result = m.model.forward(m.batch, m.pass);
    result.routings[0].logits.retain_grad();
    result.tokenLoss.sum().backward();
    EXPECT_LT(largestDifference(tableOf(result.routings[0].logits.grad()), expected.logits), 1e-10);
    EXPECT_LT(largestDifference(tableOf(m.experts().grad().squeeze(1)), expected.experts), 1e-9);
    EXPECT_GT(result.loss.item<double>(), 0.05);
}

TEST_P(Criterion, IsTheSameInTrainingAndInValidation) {
    Mixture m(planeConfig({{"plane.expert", "linear"}, {"plane.criterion", GetParam()}, {"plane.sigma", "0.7"}}));
    const double trained = m.loss();
    m.pass.training = false;
    EXPECT_EQ(m.loss(), trained);
}

INSTANTIATE_TEST_SUITE_P(All, Criterion, ::testing::Values("blend", "each", "likelihood"), [](const auto& info) { return std::string(info.param); });

TEST(PlaneModel, OfClassesMixesProbabilitiesUnderTheLikelihood) {
    Mixture m(planeConfig({{"plane.problem", "spirals"}, {"plane.expert", "linear"}, {"plane.criterion", "likelihood"}, {"router.init_std", "1"}}));
    const PlaneField field = m.model.field(m.batch.points, m.pass);
    PassResult result = m.model.forward(m.batch, m.pass);
    result.routings[0].logits.retain_grad();
    result.tokenLoss.sum().backward();
    const Table p = tableOf(field.probabilities), gradient = tableOf(result.routings[0].logits.grad()), loss = tableOf(result.tokenLoss.unsqueeze(1));
    for (std::int64_t t = 0; t < 40; ++t) {
        const auto label = m.batch.targets[t].item<std::int64_t>();
        double mixed = 0;
        Row q;
        for (std::int64_t e = 0; e < 4; ++e) q.push_back(field.expertOutputs[t][e][label].item<double>());
        for (std::size_t e = 0; e < 4; ++e) mixed += p[std::size_t(t)][e] * q[e];
        EXPECT_NEAR(loss[std::size_t(t)][0], -std::log(mixed), 1e-10);
        EXPECT_NEAR(field.output[t][label].item<double>(), mixed, 1e-12);
        for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(gradient[std::size_t(t)][e], p[std::size_t(t)][e] * (1 - q[e] / mixed), 1e-10);
    }
}

TEST(PlaneModel, GivesAMutedExpertNothingAndStaysFinite) {
    Mixture m(planeConfig({{"plane.criterion", "likelihood"}, {"plane.expert", "hidden"}}));
    const std::vector<at::Tensor> muted{at::arange(4).eq(2)};
    m.pass.muted = muted;
    PassResult result = m.model.forward(m.batch, m.pass);
    result.loss.backward();
    EXPECT_EQ(m.model.field(m.batch.points, m.pass).weights.select(1, 2).abs().max().item<double>(), 0);
    for (const Parameter& parameter : m.model.parameters()) EXPECT_TRUE(parameter.value.grad().isfinite().all().item<bool>()) << parameter.name;
    EXPECT_EQ(m.experts().grad()[2].abs().max().item<double>(), 0);
}

TEST(PlaneModel, ASparseGateRunsOneExpertAndTeachesNoOther) {
    Mixture m(planeConfig({{"plane.criterion", "blend"}, {"router.select", "topk"}, {"plane.expert", "linear"}, {"router.init_std", "1"}}));
    const PlaneField field = m.model.field(m.batch.points, m.pass);
    const Facts f = factsOf(m);
    for (std::size_t t = 0; t < f.p.size(); ++t) {
        const auto best = static_cast<std::size_t>(std::ranges::max_element(f.p[t]) - f.p[t].begin());
        for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(field.weights[std::int64_t(t)][std::int64_t(e)].item<double>(), e == best ? f.p[t][e] : 0, 1e-12);
        EXPECT_NEAR(field.output[std::int64_t(t)][0].item<double>(), f.p[t][best] * f.o[t][best], 1e-12);
    }
}

// --- the tree ---

TEST(Tree, HasTheProductOfItsTwoGatesAsProbability) {
    Mixture m(planeConfig({{"router.net", "tree"}, {"router.groups", "2"}, {"moe.experts", "6"}, {"router.init_std", "1"}}));
    const Table top = tableOf(m.model.routers()[0].at("group_weight")), inner = tableOf(m.model.routers()[0].at("weight")), points = tableOf(m.batch.points);
    const Table found = tableOf(m.model.field(m.batch.points, m.pass).probabilities);
    const auto dot = [](const Row& w, const Row& x) { return w[0] * x[0] + w[1] * x[1] + w[2]; };
    for (std::size_t t = 0; t < points.size(); ++t) {
        const Row x{points[t][0], points[t][1], 1};
        const Row group = softmax({dot(top[0], x), dot(top[1], x)});
        double sum = 0;
        for (std::size_t i = 0; i < 2; ++i) {
            const Row member = softmax({dot(inner[3 * i], x), dot(inner[3 * i + 1], x), dot(inner[3 * i + 2], x)});
            for (std::size_t j = 0; j < 3; ++j) {
                EXPECT_NEAR(found[t][3 * i + j], group[i] * member[j], 1e-12);
                sum += found[t][3 * i + j];
            }
        }
        EXPECT_NEAR(sum, 1, 1e-12);
    }
}

TEST(Tree, OfOneGroupOrOfGroupsOfOneIsAFlatGate) {
    Mixture one(planeConfig({{"router.net", "tree"}, {"router.groups", "1"}, {"router.init_std", "1"}}));
    const at::Tensor x = at::cat({one.batch.points.to(at::kDouble), at::ones({40, 1}, at::kDouble)}, 1);
    const auto flat = [&](const at::Tensor& weight) { return at::linear(x, weight).softmax(1); };
    const auto same = [](const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); };
    EXPECT_LT(same(one.model.field(one.batch.points, one.pass).probabilities, flat(one.model.routers()[0].at("weight"))), 1e-12);
    Mixture many(planeConfig({{"router.net", "tree"}, {"router.groups", "4"}, {"router.init_std", "1"}}));
    EXPECT_LT(same(many.model.field(many.batch.points, many.pass).probabilities, flat(many.model.routers()[0].at("group_weight"))), 1e-12);
}

// --- expectation-maximisation ---

TEST(Em, SharesEveryPointOutAmongTheExperts) {
    Mixture m(planeConfig({{"plane.expert", "linear"}, {"plane.criterion", "likelihood"}, {"router.init_std", "1"}}));
    const Facts f = factsOf(m);
    const PlaneField field = m.model.field(m.batch.points, m.pass);
    const at::Tensor share = responsibilities(field.probabilities.log(), logDensities(m.batch.values, field.expertOutputs, 0.2));
    EXPECT_LT((share.sum(1) - 1).abs().max().item<double>(), 1e-12);
    Table expected;
    for (std::size_t t = 0; t < f.d.size(); ++t) {
        Row h;
        for (std::size_t e = 0; e < 4; ++e) h.push_back(std::log(f.p[t][e]) - (f.d[t] - f.o[t][e]) * (f.d[t] - f.o[t][e]) / (2 * 0.04));
        expected.push_back(softmax(h));
    }
    EXPECT_LT(largestDifference(tableOf(share), expected), 1e-9);
}

TEST(Em, FindsTheRuleAnExpertAnswersForAlone) {
    const at::Tensor x = at::cat({at::rand({30, 2}, at::kDouble), at::ones({30, 1}, at::kDouble)}, 1);
    const at::Tensor rule = at::tensor({0.5, -2.0, 1.0}, at::kDouble).view({1, 1, 3});
    const at::Tensor values = at::linear(x, rule.squeeze(0)), share = at::stack({at::ones({30}, at::kDouble), at::zeros({30}, at::kDouble)}, 1);
    const at::Tensor before = at::full({2, 1, 3}, 7.0, at::kDouble), found = weightedLeastSquares(x, values, share, before);
    EXPECT_LT((found[0] - rule[0]).abs().max().item<double>(), 1e-6);
    EXPECT_TRUE(found[1].equal(before[1])) << "an expert without points keeps its weights";
}

// At the maximum of the gate's sum the gradient is zero: sum_t (h - p) x = 0.
TEST(Em, BringsTheGateToWhereItsSumIsLargest) {
    const at::Tensor x = at::cat({at::linspace(-1, 1, 60, at::kDouble).unsqueeze(1), at::ones({60, 1}, at::kDouble)}, 1);
    const at::Tensor share = at::stack({x.select(1, 0) * 0.4 + 0.5, x.select(1, 0) * -0.4 + 0.5}, 1);
    at::Tensor v = at::zeros({2, 2}, at::kDouble);
    for (int i = 0; i < 5; ++i) v = fitSoftmax(x, share, at::zeros({1, 2}, at::kDouble), v);
    const at::Tensor p = at::linear(x, v).softmax(1);
    EXPECT_LT(at::mm((share - p).t(), x).abs().max().item<double>(), 1e-6);
}

class EmSteps : public ::testing::TestWithParam<const char*> {};

TEST_P(EmSteps, NeverLowerTheLikelihood) {
    for (const char* problem : {"quadrants", "stripes"})
        for (const char* seed : {"0", "1", "2"}) {
            config::RunConfig c = planeConfig({{"plane.expert", "linear"}, {"plane.criterion", "likelihood"}, {"plane.fit", "em"}, {"plane.problem", problem},
                                               {"training.seed", seed}, {"router.net", GetParam()}, {"router.groups", "2"}});
            Mixture m(c, 200);
            double last = m.loss();
            const double first = last;
            for (int step = 0; step < 40; ++step) {
                m.model.fit(m.batch, m.pass);
                const double now = m.loss();
                EXPECT_LE(now, last + 1e-9) << problem << " seed " << seed << " step " << step;
                last = now;
            }
            EXPECT_LT(last, first / 2) << problem << " seed " << seed;
        }
}

INSTANTIATE_TEST_SUITE_P(Gates, EmSteps, ::testing::Values("linear", "tree"), [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace moescope::model
