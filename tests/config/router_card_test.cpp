// The cards of the routers: every word of a router's settings has its line, and a card says what its preset computes.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "core/config/router_card.hpp"

namespace moescope::config {
namespace {

const RouterCard& cardOf(std::string_view id) {
    static const std::vector<RouterCard> cards = listRouterCards();
    const auto at = std::ranges::find_if(cards, [&](const RouterCard& card) { return card.preset.id == id; });
    EXPECT_NE(at, cards.end()) << id;
    return *at;
}

std::vector<std::string> stagesOf(std::string_view id) {
    std::vector<std::string> ids;
    for (const CardStage& stage : cardOf(id).stages) ids.push_back(stage.id);
    return ids;
}

bool isMarked(std::string_view id, std::string_view text) {
    return std::ranges::any_of(cardOf(id).marks, [&](const std::string& mark) { return mark.find(text) != std::string::npos; });
}

using Words = std::vector<std::string>;

TEST(RouterCard, EveryWordOfAStageHasALineInTheTableOfWords) {
    const Words stages{"router.net", "router.transform", "router.score", "router.noise", "router.offset", "router.group_rule", "router.select", "router.weigh", "router.estimator", "capacity.overflow", "balance.kind"};
    const Words nothing{"none", "auto", "autograd_gate"};
    for (const SettingInfo& setting : listSettings()) {
        if (std::ranges::find(stages, setting.key) == stages.end()) continue;
        for (const std::string& word : setting.choices)
            EXPECT_TRUE(std::ranges::find(nothing, word) != nothing.end() || routerWord(setting.key, word)) << "core/config/router_words.cpp lacks a line for " << setting.key << " = " << word;
    }
}

TEST(RouterCard, EveryStageOfEveryPresetHasWordsAndNamesItsSettings) {
    for (const RouterCard& card : listRouterCards())
        for (const CardStage& stage : card.stages) {
            EXPECT_FALSE(stage.word.empty()) << card.preset.id << " " << stage.id;
            EXPECT_FALSE(stage.sentence.empty()) << card.preset.id << " " << stage.id;
            EXPECT_FALSE(stage.settings.empty()) << card.preset.id << " " << stage.id;
        }
}

TEST(RouterCard, StagesStandInTheOrderInWhichTheyAreComputed) {
    EXPECT_EQ(stagesOf("deepseek_v3"), (Words{"net", "score", "offset", "groups", "select", "weigh", "balance", "shared"}));
    EXPECT_EQ(stagesOf("switch"), (Words{"net", "score", "noise", "select", "weigh", "capacity", "balance"}));
    EXPECT_EQ(stagesOf("hash_random"), (Words{"net", "select", "weigh"}));
    EXPECT_EQ(stagesOf("moepp"), (Words{"net", "transform", "score", "select", "weigh", "capacity", "balance", "zero_computation"}));
    EXPECT_EQ(stagesOf("pr_moe"), (Words{"net", "score", "select", "weigh", "capacity", "balance", "pyramid", "residual"}));
    EXPECT_EQ(stagesOf("mos"), (Words{"net", "score", "select", "weigh", "capacity", "balance", "pyramid", "residual", "teacher"}));
    EXPECT_EQ(stagesOf("moe_to_dense"), Words{"teacher"});
    EXPECT_EQ(stagesOf("dense"), Words{});
}

TEST(RouterCard, NoiseOfStrengthZeroIsNotDrawn) {
    RunConfig config;
    config.router.noise = "logit_gauss_fixed";
    config.router.noise_scale = 0;
    for (const CardStage& stage : routerStages(config)) EXPECT_NE(stage.id, "noise");
    config.router.noise_scale = 1;
    EXPECT_EQ(std::ranges::count(routerStages(config), "noise", &CardStage::id), 1);
}

TEST(RouterCard, TheChoiceNamesTheNumbersThePresetTrainsWith) {
    const RouterCard& card = cardOf("mixtral");
    EXPECT_EQ(card.experts, 8);
    EXPECT_EQ(card.topK, 2);
    const auto choice = std::ranges::find(card.stages, "select", &CardStage::id);
    ASSERT_NE(choice, card.stages.end());
    EXPECT_EQ(choice->word, "best 2 of 8");
}

TEST(RouterCard, ThoseWithoutAPlainTopKSayWhatTheyDoInstead) {
    const auto stage = [](const char* preset, const char* id) {
        const RouterCard& card = cardOf(preset);
        const auto at = std::ranges::find(card.stages, id, &CardStage::id);
        return at == card.stages.end() ? CardStage{} : *at;
    };
    EXPECT_EQ(stage("soft_moe", "select").word, "8 slots an expert");
    EXPECT_EQ(cardOf("soft_moe").topK, 8) << "every expert works on every token";
    EXPECT_NE(stage("soft_moe", "score").formula.find("tokens"), std::string::npos);
    EXPECT_NE(stage("soft_moe", "net").formula.find("z_es"), std::string::npos);
    EXPECT_FALSE(stage("fmoe_swipe", "capacity").sentence.empty());
    EXPECT_NE(stage("llama_moe", "weigh").formula.find("times E"), std::string::npos);
}

TEST(RouterCard, MarksSayWhatAUserMustKnow) {
    EXPECT_TRUE(isMarked("hash_random", "token ids"));
    EXPECT_TRUE(isMarked("hash_random", "not learned"));
    EXPECT_TRUE(isMarked("expert_choice", "not causal"));
    EXPECT_TRUE(isMarked("switch", "batch-coupled"));
    EXPECT_TRUE(isMarked("pangu_rre", "domain labels"));
    EXPECT_TRUE(isMarked("faster_gate", "batch-coupled in training"));
    EXPECT_TRUE(isMarked("fmoe_swipe", "batch-coupled in training"));
    EXPECT_TRUE(isMarked("soft_moe", "not causal"));
    EXPECT_TRUE(isMarked("jacobs91", "plane"));
    EXPECT_TRUE(isMarked("mos", "needs a teacher") && isMarked("moe_to_dense", "needs a teacher"));
    EXPECT_TRUE(cardOf("mixtral").marks.empty());
}

TEST(RouterCard, PresetsAlikeShareTheirStagesAndNothingElseIsCalledAlike) {
    const auto ids = [](const RouterCard& card) { return std::pair(stagesOf(card.preset.id), card.alike); };
    EXPECT_EQ(std::ranges::count(cardOf("gshard").alike, "glam"), 1);
    EXPECT_EQ(std::ranges::count(cardOf("mixtral").alike, "hash_random"), 0);
    for (const RouterCard& card : listRouterCards())
        for (const std::string& other : card.alike) EXPECT_EQ(ids(card).first, ids(cardOf(other)).first) << card.preset.id << " and " << other;
}

}  // namespace
}  // namespace moescope::config
