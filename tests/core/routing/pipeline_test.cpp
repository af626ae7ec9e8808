// The pipeline against the plain float64 reference, over a grid of stages and shapes.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/core/routing/helpers.hpp"

namespace moescope::routing::testing {
namespace {

struct Recipe {
    std::string name;
    std::function<void(RouterSpec&)> change;
};

void pair(RouterSpec& s) { s.topK = std::min<std::int64_t>(2, s.experts); }

const std::vector<Recipe>& recipes() {
    static const std::vector<Recipe> all = {
        {"softmaxRaw", [](RouterSpec& s) { s.weigh = Weigh::raw; }},
        {"softmaxRenorm", [](RouterSpec& s) { s.weigh = Weigh::renorm; }},
        {"softmaxSelected", [](RouterSpec& s) { s.score = Score::softmaxSelected; }},
        {"sigmoidRaw", [](RouterSpec& s) { s.score = Score::sigmoid, s.weigh = Weigh::raw; }},
        {"sigmoidRenormScaled", [](RouterSpec& s) { s.score = Score::sigmoid, s.scale = 2.5; }},
        {"lp", [](RouterSpec& s) { s.weigh = Weigh::lp, s.options["p"] = 2.0; }},
        {"one", [](RouterSpec& s) { s.weigh = Weigh::one; }},
        {"uniform", [](RouterSpec& s) { s.weigh = Weigh::uniform; }},
        {"dense", [](RouterSpec& s) { s.select = Select::all, s.weigh = Weigh::raw; }},
        {"denseSigmoidRenorm", [](RouterSpec& s) { s.select = Select::all, s.score = Score::sigmoid; }},
        {"rigged", [](RouterSpec& s) { s.rig.assign(std::size_t(s.experts), 0), s.rig[0] = 1.5; }},
        {"normalised", [](RouterSpec& s) { s.transform = Transform::normalise, s.options["lambda"] = 2.0; }},
        {"temperature", [](RouterSpec& s) { s.transform = Transform::temperature, s.options["temperature"] = 0.5; }},
        {"switch", [](RouterSpec& s) { s.topK = 1, s.weigh = Weigh::raw, s.capacity = {1.25, 2.0, 0, 1, false, Priority::position, Overflow::drop, 0}; s.balance = {LossKind::switchTop1, 0.01, Scope::batch}; }},
        {"positionTight", [](RouterSpec& s) { s.capacity.factor = s.capacity.evalFactor = 0.5; }},
        {"bprTight", [](RouterSpec& s) { s.capacity.factor = s.capacity.evalFactor = 0.5, s.capacity.priority = Priority::bpr; }},
        {"probTight", [](RouterSpec& s) { s.capacity.factor = s.capacity.evalFactor = 0.6, s.capacity.priority = Priority::prob; }},
        {"probSelectedTight", [](RouterSpec& s) { s.score = Score::softmaxSelected, s.capacity.factor = 0.6, s.capacity.priority = Priority::prob; }},
        {"randomTight", [](RouterSpec& s) { s.capacity.factor = s.capacity.evalFactor = 0.5, s.capacity.priority = Priority::random; }},
        {"afterDrop", [](RouterSpec& s) { s.weigh = Weigh::renormAfterDrop, s.capacity.factor = 0.5; }},
        {"afterDropSelected", [](RouterSpec& s) { s.score = Score::softmaxSelected, s.weigh = Weigh::renormAfterDrop, s.capacity.factor = 0.5; }},
        {"afterDropSigmoid", [](RouterSpec& s) { s.score = Score::sigmoid, s.weigh = Weigh::renormAfterDrop, s.capacity.factor = 0.4; }},
        {"groupsOfTokens", [](RouterSpec& s) { s.capacity.factor = 0.75, s.capacity.groupTokens = 4; }},
        {"groupsOfTokensProb", [](RouterSpec& s) { s.capacity.factor = 0.75, s.capacity.groupTokens = 4, s.capacity.priority = Priority::prob; }},
        {"groupsOfTokensBpr", [](RouterSpec& s) { s.capacity.factor = 0.75, s.capacity.groupTokens = 4, s.capacity.priority = Priority::bpr; }},
        {"minimumMultiple", [](RouterSpec& s) { s.capacity = {0.3, 0.3, 2, 4, true, Priority::position, Overflow::drop, 0}; }},
        {"denseTight", [](RouterSpec& s) { s.select = Select::all, s.weigh = Weigh::raw, s.capacity.factor = 0.5; }},
        {"shazeer", [](RouterSpec& s) { s.score = Score::softmaxSelected, s.noise = Noise::logitGaussLearned, s.noiseScale = 1, s.noiseReachesWeights = true; s.balance = {LossKind::importance, 0.1, Scope::batch}; s.more = {{LossKind::load, 0.1, Scope::batch}}; }},
        {"shazeerSelectionOnly", [](RouterSpec& s) { s.score = Score::softmaxSelected, s.noise = Noise::logitGaussLearned, s.noiseScale = 0.7; s.balance = {LossKind::load, 0.1, Scope::sequence}; }},
        {"vmoe", [](RouterSpec& s) { s.weigh = Weigh::raw, s.noise = Noise::logitGaussFixed, s.noiseScale = 1, s.noiseReachesWeights = true; s.capacity = {1.05, 4.0, 0, 4, true, Priority::bpr, Overflow::drop, 0}; s.balance = {LossKind::importance, 0.005, Scope::batch}; s.more = {{LossKind::load, 0.005, Scope::batch}}; }},
        {"mulJitter", [](RouterSpec& s) { s.noise = Noise::logitMulJitter, s.noiseScale = 0.3; }},
        {"mulJitterWeights", [](RouterSpec& s) { s.noise = Noise::logitMulJitter, s.noiseScale = 0.3, s.noiseReachesWeights = true; }},
        {"addUniform", [](RouterSpec& s) { s.noise = Noise::logitAddUniform, s.noiseScale = 0.4; }},
        {"gumbelAll", [](RouterSpec& s) { s.noise = Noise::gumbelAll, s.noiseScale = 1, s.weigh = Weigh::raw; }},
        {"gumbelAllSigmoid", [](RouterSpec& s) { s.noise = Noise::gumbelAll, s.noiseScale = 1, s.score = Score::sigmoid; }},
        {"gshard", [](RouterSpec& s) { pair(s), s.second = Second::random, s.secondScale = 0.5, s.capacity.factor = 1; s.balance = {LossKind::gshardTop1, 0.01, Scope::batch}; }},
        {"stMoe", [](RouterSpec& s) { pair(s), s.second = Second::random, s.secondScale = 0.2, s.capacity = {1.25, 2, 0, 1, false, Priority::position, Overflow::drop, 0}; s.balance = {LossKind::gshardTop1, 0.01, Scope::batch}, s.zCoefficient = 0.001; }},
        {"gshardAfterDrop", [](RouterSpec& s) { pair(s), s.second = Second::random, s.secondScale = 0.5, s.weigh = Weigh::renormAfterDrop, s.capacity.factor = 0.7; }},
        {"gshardRaw", [](RouterSpec& s) { pair(s), s.second = Second::random, s.secondScale = 0.3, s.weigh = Weigh::raw; }},
        {"gumbelSecond", [](RouterSpec& s) { pair(s), s.second = Second::gumbel, s.secondScale = 1, s.weigh = Weigh::renormAfterDrop, s.capacity.factor = 1; }},
        {"lossFree", [](RouterSpec& s) { s.score = Score::sigmoid, s.offset = Offset::biasSign; }},
        {"lossFreeSoftmax", [](RouterSpec& s) { s.offset = Offset::biasProp; }},
        {"expertChoice", [](RouterSpec& s) { s.select = Select::expertTopC, s.weigh = Weigh::raw, s.capacity.factor = 2, s.capacity.evalFactor = 1; }},
        {"expertChoiceGroups", [](RouterSpec& s) { s.select = Select::expertTopC, s.weigh = Weigh::raw, s.capacity.factor = 1.5, s.capacity.groupTokens = 4; }},
        {"expertChoiceSigmoidBias", [](RouterSpec& s) { s.select = Select::expertTopC, s.weigh = Weigh::renorm, s.score = Score::sigmoid, s.offset = Offset::biasSign; }},
        {"switchLoss", [](RouterSpec& s) { s.balance = {LossKind::switchTop1, 0.3, Scope::sequence}; }},
        {"topkSum", [](RouterSpec& s) { s.balance = {LossKind::topkSum, 0.2, Scope::batch}, s.zCoefficient = 0.05; }},
        {"topkMeanSequence", [](RouterSpec& s) { s.score = Score::sigmoid, s.balance = {LossKind::topkMean, 0.2, Scope::sequence}; }},
        {"importanceFullSoftmax", [](RouterSpec& s) { s.balance = {LossKind::importance, 0.2, Scope::batch}; }},
        {"importanceGates", [](RouterSpec& s) { s.score = Score::softmaxSelected, s.balance = {LossKind::importance, 0.2, Scope::sequence}; }},
        {"everything", [](RouterSpec& s) { s.score = Score::sigmoid, s.noise = Noise::logitGaussFixed, s.noiseScale = 1, s.noiseReachesWeights = true, s.offset = Offset::biasSign, s.capacity = {0.8, 1, 0, 1, true, Priority::prob, Overflow::drop, 6}, s.weigh = Weigh::renormAfterDrop, s.scale = 1.5, s.zCoefficient = 0.01; s.balance = {LossKind::topkMean, 0.1, Scope::sequence}; s.more = {{LossKind::load, 0.1, Scope::batch}, {LossKind::gshardTop1, 0.2, Scope::batch}}; }},
    };
    return all;
}

struct Shape {
    std::int64_t experts, k;
    std::size_t tokens;
};

const std::vector<Shape> kShapes = {{1, 1, 4}, {2, 1, 6}, {4, 2, 12}, {8, 2, 24}, {8, 3, 10}, {16, 4, 8}, {5, 5, 6}, {16, 2, 2}, {3, 2, 1}};

bool fits(const RouterSpec& spec) { return !(spec.second != Second::best && spec.topK != 2); }

enum class Kind { random, ties, identical, muted };

Case caseOf(const RouterSpec& spec, std::size_t tokens, Kind kind, std::uint64_t seed) {
    Case c = makeCase(spec, tokens, seed);
    c.sequences = tokens % 2 == 0 ? 2 : 1;
    for (Row& row : c.z)
        for (double& v : row) {
            if (kind == Kind::ties) v = std::round(v);  // many equal logits
            if (kind == Kind::identical) v = c.z[0][std::size_t(&v - row.data())];
        }
    if (kind == Kind::muted && spec.experts > spec.topK && spec.groupRule == GroupRule::none) {
        c.muted.assign(c.experts(), false);
        c.muted[1] = true;
    }
    return c;
}

void expectEqual(const Case& c, const Engine& engine, const reference::Result& wanted, double tolerance) {
    ASSERT_EQ(integers(engine.routing.experts), wanted.experts);
    EXPECT_EQ(integers(engine.routing.positions), wanted.positions);
    std::vector<std::vector<std::int64_t>> kept;
    for (const auto& row : wanted.kept) kept.emplace_back(row.begin(), row.end());
    EXPECT_EQ(integers(engine.routing.kept), kept);
    EXPECT_EQ(integers(engine.routing.counts.unsqueeze(0))[0], wanted.counts);
    EXPECT_LT(largestDifference(tableOf(engine.routing.weights), wanted.weights), tolerance);
    EXPECT_LT(largestDifference(tableOf(engine.routing.gates), wanted.gates), tolerance);
    EXPECT_LT(largestDifference(tableOf(engine.routing.shares), wanted.shares), tolerance);
    std::vector<BalanceTerm> terms = {c.spec.balance};
    terms.insert(terms.end(), c.spec.more.begin(), c.spec.more.end());
    std::size_t i = 0;
    for (const BalanceTerm& term : terms) {
        if (term.kind == LossKind::none) continue;
        const double value = reference::lossOf(c, wanted, term);
        EXPECT_NEAR(engine.auxiliary.terms[i++].value.item<double>(), value, tolerance * std::max(1.0, std::abs(value)));
    }
    EXPECT_NEAR(engine.auxiliary.terms[i].value.item<double>(), reference::zLoss(wanted), 10 * tolerance);
}

class Pipeline : public ::testing::TestWithParam<std::size_t> {
protected:
    template <class Check>
    void forEachCase(Check check) {
        for (const Shape& shape : kShapes)
            for (const Kind kind : {Kind::random, Kind::ties, Kind::identical, Kind::muted})
                for (const bool training : {true, false}) {
                    RouterSpec spec = plainSpec(shape.experts, shape.k);
                    recipes()[GetParam()].change(spec);
                    if (!fits(spec)) continue;
                    Case c = caseOf(spec, shape.tokens, kind, 7 + shape.tokens);
                    c.training = training;
                    SCOPED_TRACE("E=" + std::to_string(shape.experts) + " k=" + std::to_string(spec.topK) + " T=" +
                                 std::to_string(shape.tokens) + " kind " + std::to_string(int(kind)) + (training ? " training" : " evaluation"));
                    check(c, kind);
                }
    }
};

TEST_P(Pipeline, ChoosesWeighsDropsAndPenalisesAsTheReference) {
    forEachCase([](const Case& c, Kind) { expectEqual(c, run(c), reference::route(c), 1e-10); });
}

TEST_P(Pipeline, IsTheSameInFloat32ToFiveDigits) {
    forEachCase([](const Case& original, Kind kind) {
        const RouterSpec& spec = original.spec;
        const bool ranksTokens = spec.select == Select::expertTopC || spec.capacity.priority == Priority::prob || spec.capacity.priority == Priority::bpr;
        if (kind == Kind::ties && ranksTokens) return;  // probabilities of permuted rows are equal in exact numbers only
        Case c = original;  // both see the same float32 numbers
        for (Table* table : {&c.z, &c.noise, &c.noiseLogits, &c.uniform, &c.gumbel})
            for (Row& row : *table)
                for (double& v : row) v = static_cast<double>(static_cast<float>(v));
        for (double& v : c.bias) v = static_cast<double>(static_cast<float>(v));
        expectEqual(c, run(c, at::kFloat), reference::route(c), 1e-5);
    });
}

TEST_P(Pipeline, GradientOfTaskAndLossesIsThatOfFiniteDifferences) {
    forEachCase([](const Case& c, Kind kind) {
        if (kind == Kind::ties || kind == Kind::identical) return;  // a difference would cross a tie
        const Engine engine = run(c);
        const Table task = normalTable(c.tokens(), std::size_t(engine.routing.weights.size(1)), 99);
        EXPECT_LT(largestDifference(engineGradient(engine, task), reference::gradient(c, task)), 2e-6);
    });
}

INSTANTIATE_TEST_SUITE_P(Recipes, Pipeline, ::testing::Range<std::size_t>(0, recipes().size()),
                         [](const auto& info) { return recipes()[info.param].name; });

struct GroupRecipe {
    GroupRule rule;
    std::int64_t experts, k, groups, kept;
};

TEST(GroupedPipeline, EqualsTheReferenceForEveryGroupRule) {
    const std::vector<GroupRecipe> all = {
        {GroupRule::limitMax, 8, 2, 4, 2},  {GroupRule::limitTop2Sum, 8, 2, 2, 1}, {GroupRule::limitTop2Sum, 6, 2, 6, 3},
        {GroupRule::limitTopJSum, 12, 4, 4, 2}, {GroupRule::limitSum, 8, 3, 4, 2}, {GroupRule::perGroup, 8, 4, 4, 1},
        {GroupRule::perGroup, 8, 4, 2, 1},  {GroupRule::limitMax, 4, 1, 1, 1},
    };
    for (const GroupRecipe& recipe : all)
        for (const Score score : {Score::softmaxAll, Score::softmaxSelected, Score::sigmoid})
            for (const Offset offset : {Offset::none, Offset::biasSign})
                for (const bool muted : {false, true}) {
                    RouterSpec spec = plainSpec(recipe.experts, recipe.k);
                    spec.groupRule = recipe.rule, spec.groups = recipe.groups, spec.groupsKept = recipe.kept;
                    spec.score = score, spec.offset = offset;
                    spec.balance = {LossKind::topkMean, 0.1, Scope::batch};
                    Case c = makeCase(spec, 16, 5);
                    if (muted) c.muted.assign(c.experts(), false), c.muted[3] = true;
                    SCOPED_TRACE("rule " + std::to_string(int(recipe.rule)) + " score " + std::to_string(int(score)) + (muted ? " muted" : ""));
                    const Engine engine = run(c);
                    expectEqual(c, engine, reference::route(c), 1e-10);
                    const Table task = normalTable(16, std::size_t(recipe.k), 3);
                    EXPECT_LT(largestDifference(engineGradient(engine, task), reference::gradient(c, task)), 2e-6);
                }
}

}  // namespace
}  // namespace moescope::routing::testing
