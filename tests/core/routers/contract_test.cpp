// What every router of the table and every preset must keep, whatever it is.
#include "core/tensor.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "core/routers/router.hpp"
#include "core/routing/losses.hpp"
#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

std::vector<std::string> routerPresets() {
    std::vector<std::string> out;
    for (const config::Preset& preset : config::listPresets())
        if (preset.kind == config::PresetKind::router && !preset.denseTwin) out.push_back(preset.id);
    return out;
}

config::RunConfig configOf(const std::string& id) {
    config::RunConfig config;
    const base::Problems problems = config::applyPreset(config, id);
    EXPECT_TRUE(problems.empty());
    if (!config.distillation.teacher.empty()) config.distillation.teacher = "last";
    return config;
}

class RouterContract : public ::testing::TestWithParam<std::string> {
protected:
    static constexpr std::int64_t kWidth = 6, kVocabulary = 12, kTokens = 40;

    void SetUp() override {
        m_config = configOf(GetParam());
        m_spec = makeSpecs(m_config).front();
        m_counts.assign(kVocabulary, 1);
        m_tensors = createTensors(m_spec, kWidth, kVocabulary, 3, m_counts);
    }
    RouterInput input(bool training) const {
        RouterInput in;
        in.features = tensorOf(normalTable(std::size_t(kTokens), std::size_t(kWidth), 4), at::kFloat);
        in.tokenIds = at::arange(kTokens, at::kLong).mul(7).remainder(kVocabulary);
        in.domains = at::arange(kTokens, at::kLong).remainder(3);
        in.sequences = 4;
        in.training = training;
        in.draws = {1, 2, 0};
        return in;
    }

    config::RunConfig m_config;
    RouterSpec m_spec;
    std::vector<std::int64_t> m_counts;
    RouterTensors m_tensors;
};

TEST_P(RouterContract, HasNoProblems) {
    for (const auto& problem : config::validate(m_config)) ADD_FAILURE() << problem.key << ": " << problem.text;
    for (const auto& problem : problems(m_config)) ADD_FAILURE() << problem.key << ": " << problem.text;
}

TEST_P(RouterContract, KeepsItsPromisesOnShapesWeightsAndQueues) {
    for (const bool training : {true, false}) {
        const Routing r = route(m_spec, m_tensors, input(training));
        const std::int64_t width = slots(m_spec);
        for (const at::Tensor& tensor : {r.experts, r.weights, r.positions, r.kept, r.gates}) EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{kTokens, width}));
        EXPECT_EQ(r.weights.scalar_type(), at::kFloat);
        EXPECT_TRUE(r.weights.isfinite().all().item<bool>());
        EXPECT_TRUE(r.weights.ge(0).all().item<bool>());
        EXPECT_TRUE(r.weights.masked_select(r.kept.logical_not()).eq(0).all().item<bool>());
        EXPECT_TRUE(r.experts.lt(m_spec.experts).all().item<bool>());
        EXPECT_TRUE(r.kept.logical_and(r.experts.lt(0)).logical_not().all().item<bool>());
        EXPECT_EQ(r.counts.sum().item<std::int64_t>(), r.experts.ge(0).sum().item<std::int64_t>());
        EXPECT_EQ(r.placed.sum().item<std::int64_t>(), r.kept.sum().item<std::int64_t>());
        for (auto row : integers(r.experts)) {
            std::erase(row, -1);
            EXPECT_EQ(std::set(row.begin(), row.end()).size(), row.size());  // no expert twice
        }
        std::set<std::pair<std::int64_t, std::int64_t>> places;
        const auto experts = integers(r.experts), positions = integers(r.positions);
        for (std::size_t t = 0; t < experts.size(); ++t)
            for (std::size_t j = 0; j < experts[t].size(); ++j)
                if (experts[t][j] >= 0) {
                    EXPECT_TRUE(places.insert({experts[t][j], positions[t][j]}).second);
                }
    }
}

TEST_P(RouterContract, IsTheSameTwiceAndAtEveryNumberOfThreads) {
    const int threads = at::get_num_threads();
    for (const bool training : {true, false}) {
        RouterInput many = input(training);
        many.features = tensorOf(normalTable(6000, std::size_t(kWidth), 8), at::kFloat);
        many.domains = at::Tensor();
        many.tokenIds = at::arange(6000, at::kLong).mul(7).remainder(kVocabulary);
        at::set_num_threads(1);
        const Routing a = route(m_spec, m_tensors, many);
        at::set_num_threads(2);
        const Routing b = route(m_spec, m_tensors, many), c = route(m_spec, m_tensors, many);
        EXPECT_TRUE(a.experts.equal(b.experts) && a.weights.equal(b.weights) && a.positions.equal(b.positions));
        EXPECT_TRUE(b.experts.equal(c.experts) && b.weights.equal(c.weights) && b.positions.equal(c.positions));
    }
    at::set_num_threads(threads);
}

TEST_P(RouterContract, EvaluationIsWithoutChance) {
    ASSERT_FALSE(isRandom(m_spec, false) && m_spec.capacity.priority != Priority::random);
    if (isRandom(m_spec, false)) return;
    RouterInput other = input(false);
    other.draws = {77, 5, 1};
    EXPECT_TRUE(route(m_spec, m_tensors, input(false)).weights.equal(route(m_spec, m_tensors, other).weights));
}

TEST_P(RouterContract, TeachesEveryTrainableTensorSomethingFinite) {
    for (auto& decl : declareTensors(m_spec, kWidth, kVocabulary))
        if (decl.trainable) m_tensors.tensors.at(decl.name).requires_grad_();
    const Routing routing = route(m_spec, m_tensors, input(true));
    const AuxiliaryLosses auxiliary = losses({&m_spec, 1}, {&routing, 1}, 4, nullptr);
    at::Tensor total = (routing.weights * tensorOf(normalTable(std::size_t(kTokens), std::size_t(slots(m_spec)), 5), at::kFloat)).sum();
    if (auxiliary.total.defined()) total = total + auxiliary.total;
    if (routing.outputScale.defined()) total = total + routing.outputScale.square().sum();
    if (total.requires_grad()) total.backward();
    for (const auto& [name, tensor] : m_tensors.tensors) {
        if (!tensor.requires_grad()) continue;
        ASSERT_TRUE(tensor.grad().defined()) << name;
        EXPECT_TRUE(tensor.grad().isfinite().all().item<bool>()) << name;
        EXPECT_GT(tensor.grad().abs().max().item<double>(), 0) << name;
    }
}

TEST_P(RouterContract, DeclaresWhatItCreates) {
    const auto decls = declareTensors(m_spec, kWidth, kVocabulary);
    EXPECT_EQ(decls.size(), m_tensors.tensors.size());
    const RouterTensors again = createTensors(m_spec, kWidth, kVocabulary, 3, m_counts);
    for (const ParameterDecl& decl : decls) {
        EXPECT_EQ(m_tensors.at(decl.name).sizes(), at::IntArrayRef(decl.shape));
        EXPECT_TRUE(m_tensors.at(decl.name).equal(again.at(decl.name)));
    }
}

TEST_P(RouterContract, ManagesOneTokenAndIdenticalTokens) {
    RouterInput one = input(true);
    one.features = one.features.narrow(0, 0, 1), one.tokenIds = one.tokenIds.narrow(0, 0, 1), one.sequences = 1;
    EXPECT_TRUE(route(m_spec, m_tensors, one).weights.isfinite().all().item<bool>());
    RouterInput same = input(true);
    same.features = at::zeros({kTokens, kWidth});
    EXPECT_TRUE(route(m_spec, m_tensors, same).weights.isfinite().all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Presets, RouterContract, ::testing::ValuesIn(routerPresets()), [](const auto& info) { return info.param; });

TEST(RouterTable, HasEveryRouterOnceWithItsSourceAndSomeSpecThatClaimsIt) {
    std::set<std::string_view> ids;
    for (const routers::Router* router : routers::table()) {
        EXPECT_TRUE(ids.insert(router->id).second);
        EXPECT_FALSE(router->title.empty() || router->source.empty());
        ASSERT_NE(router->claims, nullptr);
    }
    EXPECT_TRUE(ids.contains("hash") && ids.contains("shazeer") && ids.contains("expert_choice"));
}

TEST(RouterTable, OptionsOfOtherRoutersAreProblems) {
    config::RunConfig config;
    config.router.options["table"] = std::string("random");  // only hash has it
    EXPECT_EQ(problems(config).size(), 1u);
    config.router.options.clear();
    config.router.options["lambda"] = std::string("much");
    EXPECT_EQ(problems(config)[0].key, "router.options.lambda");
}

// ---- hash layers, baselines ------------------------------------------------------------------------------------------------

RouterSpec hashSpec(const std::string& table, std::int64_t experts = 4, std::int64_t k = 1) {
    RouterSpec spec = plainSpec(experts, k);
    spec.net = Net::hash, spec.select = Select::fixed, spec.weigh = Weigh::one;
    spec.options["table"] = table;
    return spec;
}

RouterInput tokens(std::vector<std::int64_t> ids, std::int64_t sequences = 1) {
    RouterInput input;
    input.tokenIds = at::tensor(at::ArrayRef<std::int64_t>(ids), at::kLong);
    input.sequences = sequences;
    return input;
}

TEST(Hash, TheSameTokenHasTheSameExpertInEveryContext) {
    const RouterSpec spec = hashSpec("random");
    const RouterTensors tensors = createTensors(spec, 1, 50, 9);
    const auto experts = integers(route(spec, tensors, tokens({3, 7, 3, 49, 3})).experts);
    EXPECT_EQ(experts[0], experts[2]);
    EXPECT_EQ(experts[0], experts[4]);
}

TEST(Hash, TheBalancedTableIsAsEvenAsTheMostFrequentTokenAllows) {
    const RouterSpec spec = hashSpec("balanced", 8);
    std::vector<std::int64_t> counts;
    double total = 0;
    for (int i = 0; i < 200; ++i) counts.push_back(10000 / (i + 3)), total += double(counts.back());
    const at::Tensor table = createTensors(spec, 1, 200, 9, counts).at("table");
    Row load(8, 0);
    for (std::int64_t v = 0; v < 200; ++v) load[std::size_t(table[v][0].item<std::int64_t>())] += double(counts[std::size_t(v)]);
    EXPECT_LE(*std::max_element(load.begin(), load.end()) / (total / 8), 1 + double(counts[0]) / total * 8);
    EXPECT_LE(*std::max_element(load.begin(), load.end()) / (total / 8), 1.05);
}

TEST(Hash, TheBalancedTableNeedsToKnowFrequencies) {
    EXPECT_THROW(createTensors(hashSpec("balanced"), 1, 50, 9), base::Error);
}

TEST(Hash, PairsLookAtTheTokenBeforeButNotAcrossSequences) {
    const RouterSpec spec = hashSpec("bigram", 16);
    const RouterTensors tensors = createTensors(spec, 1, 50, 9);
    const auto a = integers(route(spec, tensors, tokens({1, 2, 3, 2, 1, 2}, 1)).experts);
    EXPECT_EQ(a[1], a[5]);
    int different = 0;
    for (std::int64_t before = 3; before < 13; ++before) different += integers(route(spec, tensors, tokens({before, 2})).experts)[1] != a[1];
    EXPECT_GE(different, 6);
    const auto two = integers(route(spec, tensors, tokens({1, 2, 1, 2}, 2)).experts);
    EXPECT_EQ(two[0], two[2]);
    RouterInput continued = tokens({2});
    continued.previousTokenIds = at::tensor({std::int64_t{1}}, at::kLong);
    EXPECT_EQ(integers(route(spec, tensors, continued).experts)[0], a[1]);
}

TEST(Hash, SeveralExpertsOfATokenAreDifferentAndUniform) {
    const RouterSpec spec = hashSpec("random", 4, 2);
    const at::Tensor table = createTensors(spec, 1, 20000, 9).at("table");
    EXPECT_TRUE(table.select(1, 0).ne(table.select(1, 1)).all().item<bool>());
    for (std::int64_t e = 0; e < 4; ++e) EXPECT_NEAR(table.eq(e).sum().item<double>(), 10000, 4 * std::sqrt(20000 * 0.25));
}

TEST(Hash, LayersHaveTablesOfTheirOwn) {
    RouterSpec first = hashSpec("random"), second = first;
    second.layer = 1;
    EXPECT_FALSE(createTensors(first, 1, 200, 9).at("table").equal(createTensors(second, 1, 200, 9).at("table")));
}

TEST(RoundRobin, IsPerfectlyBalanced) {
    RouterSpec spec = plainSpec(4, 2);
    spec.net = Net::none, spec.select = Select::fixed, spec.weigh = Weigh::uniform;
    RouterInput input;
    input.features = at::zeros({10, 3});
    const Routing routing = route(spec, {}, input);
    EXPECT_EQ(integers(routing.counts.unsqueeze(0))[0], (std::vector<std::int64_t>{5, 5, 5, 5}));
    EXPECT_TRUE(routing.weights.eq(0.5).all().item<bool>());
}

TEST(Cosine, LogitsAreBoundedAndTheChoiceIgnoresTheLengthOfFeatures) {
    RouterSpec spec = plainSpec(5, 2);
    spec.net = Net::cosine;
    RouterTensors tensors = createTensors(spec, 6, 0, 3);
    RouterInput input;
    input.features = tensorOf(normalTable(30, 6, 4), at::kFloat);
    const Routing once = route(spec, tensors, input);
    EXPECT_LE(once.logits.abs().max().item<double>(), 2.0 + 1e-5);  // theta = ln 2
    input.features = input.features * 8;
    EXPECT_TRUE(route(spec, tensors, input).experts.equal(once.experts));
    tensors.tensors["theta"] = at::full({1}, 50.0);
    EXPECT_LE(route(spec, tensors, input).logits.abs().max().item<double>(), 100.0 + 1e-3);
}

TEST(Shazeer, ZeroStartSpreadsTheLoadAndHasTheKnownNoise) {
    RouterSpec spec = plainSpec(8, 2);
    spec.score = Score::softmaxSelected, spec.noise = Noise::logitGaussLearned, spec.noiseScale = 1, spec.noiseReachesWeights = true;
    spec.initStd = 0;
    const RouterTensors tensors = createTensors(spec, 6, 0, 3);
    RouterInput input;
    input.features = tensorOf(normalTable(4000, 6, 4), at::kFloat);
    const Routing routing = route(spec, tensors, input);
    EXPECT_LT(routing.counts.max().item<double>() / 1000, 1.15);
    EXPECT_GT(routing.counts.min().item<double>() / 1000, 0.85);
}

}  // namespace
}  // namespace moescope::routing::testing
