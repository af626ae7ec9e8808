// Training on the plane: the same trainer, the same bits after a resume, the plane as it is stored, quadrants found.
#include "core/tensor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/data/plane_corpus.hpp"
#include "core/telemetry/specialisation.hpp"
#include "tests/core/training/saved.hpp"

namespace moescope::test {
namespace {

config::RunConfig planeConfig(std::initializer_list<const char*> presets, std::int64_t steps = 20) {
    config::RunConfig c;
    for (const char* preset : presets) EXPECT_TRUE(config::applyPreset(c, preset).empty());
    c.training.steps = steps;
    c.training.threads = 1;
    return c;
}

std::unique_ptr<training::LiveTrainer> trainerOf(const config::RunConfig& c) {
    training::prepareThread(1, true);
    return std::make_unique<training::LiveTrainer>(c, data::makePlaneCorpus(c), "cpu");
}

TEST(PlaneTrainer, ReportsWhatALanguageModelReports) {
    auto trainer = trainerOf(planeConfig({"plane", "switch"}));
    const training::StepResult result = trainer->step();
    ASSERT_TRUE(result.report);
    EXPECT_EQ(result.report->tokens, 256);
    EXPECT_EQ(result.report->load.size(), 4u);
    EXPECT_EQ(result.report->domainExperts.size(), 16u);
    EXPECT_TRUE(std::isfinite(result.report->loss) && std::isfinite(result.report->balance) && std::isfinite(result.report->gradientNorm));
    const telemetry::Evaluation evaluation = trainer->evaluate();
    EXPECT_EQ(evaluation.domainLoss.size(), 4u);
    EXPECT_TRUE(std::isnan(evaluation.bitsPerByte));
    EXPECT_EQ(trainer->parametersTotal(), 4 * 3 + 4 * 3);
}

TEST(PlaneTrainer, ResumesToTheSameBits) {
    for (const auto& presets : {std::initializer_list<const char*>{"plane"}, {"plane_spirals", "gshard"}, {"plane_em"}}) {
        const config::RunConfig c = planeConfig(presets);
        const Folder folder;
        auto whole = trainerOf(c);
        for (int i = 0; i < 6; ++i) whole->step();
        const auto saved = throughDisk(*whole, folder);
        for (int i = 0; i < 6; ++i) whole->step();
        auto resumed = trainerOf(c);
        resumed->restore(saved);
        for (int i = 0; i < 6; ++i) resumed->step();
        EXPECT_EQ(bitsOf(*resumed), bitsOf(*whole)) << c.preset;
    }
}

TEST(PlaneTrainer, FollowsLiveCommands) {
    auto trainer = trainerOf(planeConfig({"plane_spirals"}));
    telemetry::Event event;
    EXPECT_TRUE(trainer->apply({"mute", {{"layer", std::int64_t{0}}, {"expert", std::int64_t{3}}}}, event).empty());
    EXPECT_TRUE(trainer->apply({"rig", {{"expert", std::int64_t{1}}, {"bias", 50.0}}}, event).empty());
    const training::StepResult result = trainer->step();
    EXPECT_EQ(result.report->load[3], 0);
    EXPECT_EQ(result.report->load[1], 1);
}

TEST(PlaneTrainer, BlendedTakesTheCriterionOffThePlaneWithAnotherRouter) {
    EXPECT_EQ(planeConfig({"plane"}).plane.criterion, "likelihood");
    EXPECT_EQ(planeConfig({"plane", "switch"}).plane.criterion, "blend");
    EXPECT_EQ(planeConfig({"plane_em", "dense_soft"}).plane.fit, "gradient");
}

TEST(PlaneTrainer, ByEmRaisesTheLikelihoodWithoutARate) {
    auto trainer = trainerOf(planeConfig({"plane_em"}));
    double last = 1e9;
    for (int i = 0; i < 20; ++i) {
        const training::StepResult result = trainer->step();
        EXPECT_LE(result.report->loss, last + 1e-5);
        EXPECT_TRUE(std::isnan(result.report->learningRate) && std::isnan(result.report->gradientNorm));
        last = result.report->loss;
    }
    EXPECT_EQ(trainer->stepsDone(), 20);
}

TEST(PlaneTrainer, DrawsThePlaneOfEveryProblemWithinItsBudget) {
    for (const char* experts : {"1", "4", "64"}) {
        config::RunConfig c = planeConfig({"plane_spirals"});
        ASSERT_TRUE(config::applySetting(c, "moe.experts", experts).empty());
        auto trainer = trainerOf(c);
        trainer->step();
        const auto plane = trainer->plane();
        ASSERT_TRUE(plane);
        const auto cells = static_cast<std::size_t>(plane->columns * plane->rows), count = static_cast<std::size_t>(plane->experts);
        EXPECT_EQ(plane->step, 1);
        EXPECT_TRUE(plane->classes);
        EXPECT_EQ(plane->outputs, 3);
        ASSERT_EQ(plane->probabilities.size(), cells * count);
        ASSERT_EQ(plane->expertOutputs.size(), cells * count * 3);
        EXPECT_LE((plane->probabilities.size() + plane->weights.size() + plane->output.size() + plane->expertOutputs.size()) * 4, std::size_t{1} << 20);
        for (std::size_t cell = 0; cell < cells; cell += 7) {
            double p = 0, classes = 0;
            for (std::size_t e = 0; e < count; ++e) p += plane->probabilities[cell * count + e];
            for (std::size_t k = 0; k < 3; ++k) classes += plane->output[cell * 3 + k];
            EXPECT_NEAR(p, 1, 1e-3);
            EXPECT_NEAR(classes, 1, 1e-3);
        }
        ASSERT_EQ(plane->points, 400);
        EXPECT_EQ(plane->domains, trainer->probe().domains);
    }
    EXPECT_FALSE(makeTrainer(lettersConfig())->plane());
}

// The cell a point lies in says what the model says there.
TEST(PlaneTrainer, DrawsWhatTheModelComputes) {
    config::RunConfig c = planeConfig({"plane"});
    auto trainer = trainerOf(c);
    for (int i = 0; i < 10; ++i) trainer->step();
    const telemetry::PlaneSnapshot plane = *trainer->plane();
    const auto gate = trainer->model().routers()[0].at("weight").detach().to(at::kDouble);
    for (const auto& [column, row] : {std::pair{0, 0}, {63, 10}, {31, 63}}) {
        const double x = -1.1 + (column + 0.5) * 2.2 / 64, y = -1.1 + (row + 0.5) * 2.2 / 64;
        const at::Tensor p = at::mv(gate, at::tensor({x, y, 1.0}, at::kDouble)).softmax(0);
        for (int e = 0; e < 4; ++e)
            EXPECT_NEAR(plane.probabilities[static_cast<std::size_t>((row * 64 + column) * 4 + e)], p[e].item<double>(), 5e-4);
    }
}

TEST(PlaneTrainer, RefusesTextWithASentence) {
    auto trainer = trainerOf(planeConfig({"plane"}));
    EXPECT_THROW(trainer->generate("a", {}), base::Error);
    EXPECT_THROW(trainer->evaluateText("ab"), base::Error);
    EXPECT_THROW(trainer->evaluateTokens({{0, 1}}, nullptr), base::Error);
    EXPECT_THROW(trainer->probeText("ab"), base::Error);
}

// Which expert each quadrant's points prefer; four different ones = each owns one.
std::size_t ownersOf(const telemetry::ProbeSnapshot& probe) {
    const telemetry::Specialisation found = telemetry::specialise(probe, 0, 4);
    std::vector<std::vector<int>> votes(4, std::vector<int>(4, 0));
    for (std::int32_t t = 0; t < probe.tokens; ++t)
        ++votes[static_cast<std::size_t>(probe.domains[static_cast<std::size_t>(t)])][static_cast<std::size_t>(probe.expertIds[static_cast<std::size_t>(t * probe.slotsPerToken)])];
    std::set<std::ptrdiff_t> owners;
    for (const auto& row : votes) {
        const auto best = std::ranges::max_element(row);
        if (*best >= 0.8 * (row[0] + row[1] + row[2] + row[3])) owners.insert(best - row.begin());
    }
    EXPECT_TRUE(std::isnan(found.tokenInformation)) << "points have no token ids";
    return owners.size();
}

TEST(PlaneTrainer, CompetingExpertsTakeAQuadrantEachOnMostSeeds) {
    int owned = 0;
    for (std::int64_t seed = 0; seed < 5; ++seed) {
        config::RunConfig c = planeConfig({"plane"}, 300);
        c.training.seed = c.data.seed = seed;
        auto trainer = trainerOf(c);
        while (trainer->stepsDone() < 300) trainer->step();
        owned += ownersOf(trainer->probe()) == 4;
    }
    RecordProperty("seeds_with_a_quadrant_each", owned);
    EXPECT_GE(owned, 3);
}

}  // namespace
}  // namespace moescope::test
