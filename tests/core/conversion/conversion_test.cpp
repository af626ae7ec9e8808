// Conversions between dense models and mixtures: what the new model computes at step 0, against the old one's own logits.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/conversion/conversion.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::conversion {
namespace {

using test::lettersConfig;
using test::makeTrainer;
using Trained = std::unique_ptr<training::LiveTrainer>;

config::RunConfig denseConfig(const std::string& activation) {
    config::RunConfig c = lettersConfig();
    c.moe.experts = 0;
    c.model.ffn_width = 12;
    c.model.activation = activation;
    return c;
}

Trained trained(const config::RunConfig& c, int steps = 12) {
    Trained trainer = makeTrainer(c);
    for (int i = 0; i < steps; ++i) trainer->step();
    return trainer;
}

/// The fresh trainer with the weights given, through a checkpoint.
void adopt(training::LiveTrainer& trainer, const Weights& weights) {
    const test::Folder folder;
    auto contents = trainer.state();
    putWeights(weights, contents);
    const auto saved = checkpoint::save(base::realFiles(), folder.path(), 0, contents, {.spareBytes = 0});
    trainer.restore(checkpoint::load(folder.path() / saved.folder));
}

Trained converted(training::LiveTrainer& old, const Order& order) {
    config::RunConfig to;
    const base::Problems problems = convertedConfig(old.config(), order, to);
    EXPECT_TRUE(problems.empty()) << problems.front().key << ": " << problems.front().text;
    Trained fresh = makeTrainer(to);
    Weights weights = weightsOf(fresh->state());
    convertWeights(weightsOf(old.state()), old.config(), to, order, weights);
    adopt(*fresh, weights);
    return fresh;
}

std::vector<float> logitsOf(training::Trainer& trainer) {
    std::vector<std::vector<std::int32_t>> rows;
    const data::Batch batch = test::Letters().validation(0, 4, 12);
    for (int row = 0; row < 4; ++row) rows.emplace_back(batch.inputs.begin() + row * 12, batch.inputs.begin() + (row + 1) * 12);
    std::vector<float> logits;
    trainer.evaluateTokens(rows, &logits);
    return logits;
}

double largestDifference(training::Trainer& one, training::Trainer& other) {
    const std::vector<float> a = logitsOf(one), b = logitsOf(other);
    EXPECT_EQ(a.size(), b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    return largest;
}

Order upcycle(std::int64_t experts, std::int64_t topK, std::int64_t granularity = 1) {
    Order order;
    order.experts = experts;
    order.topK = topK;
    order.granularity = granularity;
    return order;
}

Order split(std::int64_t experts, std::int64_t topK) {
    Order order = upcycle(experts, topK);
    order.kind = Kind::moefy;
    return order;
}

TEST(Upcycling, KeepsTheFunctionForEveryActivationAndEveryK) {
    for (const char* activation : {"swiglu", "gelu", "relu"}) {
        const Trained dense = trained(denseConfig(activation));
        for (const std::int64_t k : {1, 2, 4}) EXPECT_LT(largestDifference(*dense, *converted(*dense, upcycle(4, k))), 1e-5) << activation << " k " << k;
    }
}

TEST(Upcycling, KeepsTheFunctionWhenEachCopyIsCutIntoShards) {
    for (const char* activation : {"swiglu", "gelu"}) {
        const Trained dense = trained(denseConfig(activation));
        for (const std::int64_t grain : {2, 3}) EXPECT_LT(largestDifference(*dense, *converted(*dense, upcycle(3, 2, grain))), 1e-5) << activation << " G " << grain;
    }
}

TEST(Upcycling, WithNoiseOnTheCopiesChangesTheFunction) {
    const Trained dense = trained(denseConfig("gelu"));
    Order order = upcycle(4, 2);
    order.noise = 0.1;
    EXPECT_FALSE(keepsFunction(order));
    EXPECT_GT(largestDifference(*dense, *converted(*dense, order)), 1e-4);
}

TEST(Upcycling, LetsTheCopiesPartByTrainingWithARouterThatLearns) {
    const Trained dense = trained(denseConfig("gelu"));
    for (const std::int64_t k : {1, 2}) {
        const Trained mixture = converted(*dense, upcycle(4, k));
        const Weights before = weightsOf(mixture->state());
        const std::string one = "model.layers.0.mlp.experts.0.up_proj.weight", other = "model.layers.0.mlp.experts.1.up_proj.weight", gate = "model.layers.0.mlp.gate.weight";
        EXPECT_EQ(before.at(one), before.at(other));
        for (int i = 0; i < 3; ++i) mixture->step();
        const Weights after = weightsOf(mixture->state());
        EXPECT_NE(after.at(one), after.at(other));
        EXPECT_NE(after.at(gate), before.at(gate)) << "k " << k;
    }
}

TEST(Splitting, GivesTheDenseLayerBackWhenAllClustersWork) {
    const Trained dense = trained(denseConfig("relu"));
    EXPECT_LT(largestDifference(*dense, *converted(*dense, split(4, 4))), 1e-5);
    EXPECT_GT(largestDifference(*dense, *converted(*dense, split(4, 1))), 1e-4);
}

TEST(Splitting, PutsEveryNeuronIntoExactlyOneExpert) {
    const Trained dense = trained(denseConfig("relu"));
    const Trained mixture = converted(*dense, split(4, 2));
    const Weights old = weightsOf(dense->state()), fresh = weightsOf(mixture->state());
    const auto rowsOf = [](const Weight& weight) {
        std::vector<std::vector<float>> rows;
        for (std::int64_t row = 0; row < weight.shape[0]; ++row) rows.emplace_back(weight.values.begin() + row * weight.shape[1], weight.values.begin() + (row + 1) * weight.shape[1]);
        return rows;
    };
    auto wanted = rowsOf(old.at("model.layers.1.mlp.up_proj.weight"));
    std::vector<std::vector<float>> found;
    for (int expert = 0; expert < 4; ++expert)
        for (auto& row : rowsOf(fresh.at("model.layers.1.mlp.experts." + std::to_string(expert) + ".up_proj.weight"))) found.push_back(row);
    std::ranges::sort(wanted);
    std::ranges::sort(found);
    EXPECT_EQ(found, wanted);
}

TEST(Splitting, ShowsTheNeuronsOfEachExpertToARouterThatAsksForThem) {
    const Trained dense = trained(denseConfig("relu"));
    config::RunConfig to;
    ASSERT_TRUE(convertedConfig(dense->config(), split(4, 2), to).empty());
    to.router.options["neurons"] = std::int64_t{3};
    Weights weights = weightsOf(makeTrainer(to)->state());
    convertWeights(weightsOf(dense->state()), dense->config(), to, split(4, 2), weights);
    std::vector<float> inOrder;
    for (int expert = 0; expert < 4; ++expert)
        for (const float value : weights.at("model.layers.1.mlp.experts." + std::to_string(expert) + ".up_proj.weight").values) inOrder.push_back(value);
    EXPECT_EQ(weights.at("model.layers.1.mlp.gate.neurons").values, inOrder);
    to.router.options["neurons"] = std::int64_t{2};
    Weights narrow = weightsOf(makeTrainer(to)->state());
    EXPECT_THROW(convertWeights(weightsOf(dense->state()), dense->config(), to, split(4, 2), narrow), base::Error);
}

Order byChance(std::int64_t experts, std::int64_t topK) {
    Order order = split(experts, topK);
    order.split = Split::random;
    return order;
}

TEST(SplittingByChance, KeepsTheFunctionOfEveryActivationWhenAllSharesWork) {
    for (const char* activation : {"swiglu", "gelu", "relu"}) {
        const Trained dense = trained(denseConfig(activation));
        for (const std::int64_t experts : {2, 4}) EXPECT_LT(largestDifference(*dense, *converted(*dense, byChance(experts, experts))), 1e-5) << activation << " " << experts;
        EXPECT_GT(largestDifference(*dense, *converted(*dense, byChance(4, 2))), 1e-4) << activation;
    }
    EXPECT_TRUE(keepsFunction(byChance(4, 4)));
    EXPECT_FALSE(keepsFunction(byChance(4, 2)));
}

TEST(SplittingByChance, DealsOutEveryNeuronOnceByTheSeedAndTheLayer) {
    const Trained dense = trained(denseConfig("relu"));
    const auto firstColumn = [&](std::uint64_t seed, const std::string& layer) {
        Order order = byChance(4, 2);
        order.seed = seed;
        const Weights weights = weightsOf(converted(*dense, order)->state());
        std::vector<float> found;
        for (int expert = 0; expert < 4; ++expert) {
            const Weight& up = weights.at("model.layers." + layer + ".mlp.experts." + std::to_string(expert) + ".up_proj.weight");
            for (std::int64_t row = 0; row < up.shape[0]; ++row) found.push_back(up.values[static_cast<std::size_t>(row * up.shape[1])]);
        }
        return found;
    };
    const Weights weights = weightsOf(dense->state());
    const Weight& up = weights.at("model.layers.1.mlp.up_proj.weight");
    std::vector<float> wanted, sorted = firstColumn(1, "1");
    for (std::int64_t row = 0; row < up.shape[0]; ++row) wanted.push_back(up.values[static_cast<std::size_t>(row * up.shape[1])]);
    EXPECT_NE(sorted, wanted) << "in another order";
    EXPECT_EQ(firstColumn(1, "1"), sorted);
    EXPECT_NE(firstColumn(2, "1"), sorted);
    std::ranges::sort(sorted);
    std::ranges::sort(wanted);
    EXPECT_EQ(sorted, wanted);
}

TEST(SplittingByChance, WeighsEachChosenShareByEOverKOnAverageAndLearns) {
    const Trained dense = trained(denseConfig("gelu"));
    const Trained mixture = converted(*dense, byChance(4, 2));
    EXPECT_EQ(mixture->config().router.noise, "logit_gauss_learned");
    const auto snapshot = mixture->probe();
    double sum = 0;
    for (const float weight : snapshot.weights) sum += static_cast<double>(weight);
    EXPECT_NEAR(sum / static_cast<double>(snapshot.weights.size()), 4.0 / 2, 1e-5);
    const Weights before = weightsOf(mixture->state());
    for (int i = 0; i < 3; ++i) mixture->step();
    const Weights after = weightsOf(mixture->state());
    for (const char* name : {"gate.weight", "gate.noise_weight"}) EXPECT_NE(after.at(std::string("model.layers.0.mlp.") + name), before.at(std::string("model.layers.0.mlp.") + name)) << name;
}

TEST(SplittingByChance, IsRefusedWithOneShareForEachToken) {
    config::RunConfig made;
    const base::Problems problems = convertedConfig(denseConfig("gelu"), byChance(4, 1), made);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].key, "moe.top_k");
}

TEST(Splitting, IsRefusedWithoutReluAndWhereNeuronsDoNotDivide) {
    config::RunConfig made;
    const base::Problems activation = convertedConfig(denseConfig("gelu"), split(4, 2), made);
    ASSERT_EQ(activation.size(), 1u);
    EXPECT_EQ(activation[0].key, "model.activation");
    const base::Problems width = convertedConfig(denseConfig("relu"), split(5, 2), made);
    ASSERT_EQ(width.size(), 1u);
    EXPECT_EQ(width[0].key, "moe.experts");
    EXPECT_EQ(made, config::RunConfig{});
}

TEST(MakingDense, UndoesUpcyclingExactly) {
    const Trained dense = trained(denseConfig("swiglu"));
    const Trained mixture = converted(*dense, upcycle(4, 2));
    Order back;
    back.kind = Kind::toDense;
    EXPECT_LT(largestDifference(*dense, *converted(*mixture, back)), 1e-5);
}

TEST(MakingDense, TakesTheMeanOfTheExpertsOrTheBusiestOneAndKeepsTheSharedOne) {
    config::RunConfig c = lettersConfig();
    c.moe.shared_experts = 1;
    const Trained mixture = trained(c);
    const Weights old = weightsOf(mixture->state());
    const std::string prefix = "model.layers.1.mlp.";
    const auto value = [&](const std::string& name, std::size_t at) { return static_cast<double>(old.at(prefix + name).values[at]); };
    double mean = 0;
    for (int expert = 0; expert < 4; ++expert) mean += value("experts." + std::to_string(expert) + ".up_proj.weight", 5) / 4;
    Order order;
    order.kind = Kind::toDense;
    const Weights average = weightsOf(converted(*mixture, order)->state());
    EXPECT_NEAR(average.at(prefix + "up_proj.weight").values[5], mean, 1e-7);
    EXPECT_FLOAT_EQ(average.at(prefix + "up_proj.weight").values[8 * 16 + 3], static_cast<float>(value("shared_expert.up_proj.weight", 3)));
    EXPECT_FLOAT_EQ(average.at(prefix + "down_proj.weight").values[2 * 16 + 8 + 4], static_cast<float>(value("shared_expert.down_proj.weight", 2 * 8 + 4)));
    order.keep = Keep::busiest;
    order.load = {{0.1, 0.2, 0.3, 0.4}, {0.1, 0.2, 0.6, 0.1}};
    const Weights busiest = weightsOf(converted(*mixture, order)->state());
    EXPECT_FLOAT_EQ(busiest.at(prefix + "up_proj.weight").values[5], static_cast<float>(value("experts.2.up_proj.weight", 5)));
    EXPECT_EQ(busiest.at("model.layers.0.self_attn.o_proj.weight"), old.at("model.layers.0.self_attn.o_proj.weight"));
}

TEST(Conversion, OfTheWrongKindOfRunIsExplained) {
    config::RunConfig made;
    EXPECT_EQ(convertedConfig(lettersConfig(), upcycle(4, 2), made).at(0).key, "moe.experts");
    EXPECT_EQ(convertedConfig(denseConfig("gelu"), upcycle(4, 5), made).at(0).key, "moe.top_k");
    EXPECT_EQ(convertedConfig(denseConfig("gelu"), upcycle(4, 2, 5), made).at(0).key, "moe.granularity");
    Order back;
    back.kind = Kind::toDense;
    EXPECT_EQ(convertedConfig(denseConfig("gelu"), back, made).at(0).key, "moe.experts");
}

TEST(BalancedClusters, FindPlantedDirectionsAndAreOfEqualSize) {
    const std::int64_t clusters = 4, each = 6, width = 10;
    std::vector<float> rows;
    for (std::int64_t row = 0; row < clusters * each; ++row)
        for (std::int64_t i = 0; i < width; ++i) {
            const double noise = 0.1 * base::normal({3, base::Purpose::test}, static_cast<std::uint64_t>(row * width + i));
            rows.push_back(static_cast<float>((i == row % clusters ? 1.0 + static_cast<double>(row) : 0.0) + noise));
        }
    const std::vector<std::int64_t> found = balancedClusters(rows, clusters * each, width, clusters);
    for (std::int64_t cluster = 0; cluster < clusters; ++cluster) EXPECT_EQ(std::ranges::count(found, cluster), each);
    for (std::size_t row = 0; row < found.size(); ++row) EXPECT_EQ(found[row], found[row % static_cast<std::size_t>(clusters)]) << "row " << row;
}

TEST(BalancedClusters, StayOfEqualSizeWhenAllRowsLookTheSameWay) {
    const std::vector<std::int64_t> found = balancedClusters(std::vector<float>(12 * 3, 1.0f), 12, 3, 4);
    for (std::int64_t cluster = 0; cluster < 4; ++cluster) EXPECT_EQ(std::ranges::count(found, cluster), 3);
}

TEST(CopyingBesideExperts, GivesADenseStudentItsTeachersOtherWeightsBitForBit) {
    config::RunConfig c = lettersConfig();
    c.moe.residual = "softmax2";
    c.moe.first_dense = 1;  // a dense layer of another width than the student's stays new
    c.model.ffn_width = 20;
    const Trained teacher = trained(c);
    config::RunConfig dense = c;
    dense.moe.experts = 0, dense.moe.residual = "none", dense.moe.first_dense = 0;
    dense.model.ffn_width = 8;
    dense.training.seed = 99;
    const Trained student = makeTrainer(dense);
    const Weights old = weightsOf(teacher->state()), before = weightsOf(student->state());
    Weights weights = before;
    const std::size_t copied = copyBesideExperts(old, c, weights);
    adopt(*student, weights);
    const Weights after = weightsOf(student->state());
    std::size_t same = 0;
    for (const auto& [name, weight] : after) {
        const bool feedForward = name.find(".mlp.") != std::string::npos;
        EXPECT_EQ(weight, feedForward ? before.at(name) : old.at(name)) << name;
        same += !feedForward;
    }
    EXPECT_EQ(copied, same);
    EXPECT_EQ(same, 14u);  // embedding, last norm, and of each of two layers four projections and two norms
}

TEST(CopyingBesideExperts, LeavesAloneWhatIsInsideALayerWithExpertsThoughNamesAgree) {
    config::RunConfig c = lettersConfig(), fewer = c;
    fewer.model.layers = 1;
    fewer.training.seed = 99;
    const Trained teacher = trained(c), student = makeTrainer(fewer);
    const Weights before = weightsOf(student->state());
    Weights weights = before;
    copyBesideExperts(weightsOf(teacher->state()), c, weights);
    EXPECT_EQ(weights.at("model.layers.0.mlp.experts.0.up_proj.weight"), before.at("model.layers.0.mlp.experts.0.up_proj.weight"));
    EXPECT_EQ(weights.at("model.layers.0.mlp.gate.weight"), before.at("model.layers.0.mlp.gate.weight"));
    EXPECT_NE(weights.at("model.layers.0.self_attn.o_proj.weight"), before.at("model.layers.0.self_attn.o_proj.weight"));
}

}  // namespace
}  // namespace moescope::conversion
