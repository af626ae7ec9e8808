// Studies: every combination with every seed, once, under a name that says what it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/config/study.hpp"

namespace moescope::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Variation vary(std::string_view text) {
    Variation variation;
    const base::Problems problems = parseVariation(text, variation);
    EXPECT_TRUE(problems.empty()) << problems.front().text;
    return variation;
}

std::string mistake(std::string_view text) {
    Variation variation{"untouched", {}};
    const base::Problems problems = parseVariation(text, variation);
    EXPECT_FALSE(problems.empty()) << text;
    EXPECT_EQ(variation.key, "untouched");
    return problems.empty() ? std::string() : problems.front().key + ": " + problems.front().text;
}

StudyPlan plan(std::initializer_list<const char*> texts, std::vector<std::int64_t> seeds = {0}) {
    StudyPlan made;
    EXPECT_TRUE(applyPreset(made.base, "eight_domains").empty());
    for (const char* text : texts) made.vary.push_back(vary(text));
    made.seeds = std::move(seeds);
    return made;
}

std::vector<StudyRun> runs(const StudyPlan& made) {
    auto answer = studyRuns(made);
    if (auto* problems = std::get_if<base::Problems>(&answer)) ADD_FAILURE() << problems->front().key << ": " << problems->front().text;
    return std::get_if<std::vector<StudyRun>>(&answer) ? std::get<std::vector<StudyRun>>(answer) : std::vector<StudyRun>();
}

base::Problems problems(const StudyPlan& made) {
    const auto answer = studyRuns(made);
    const auto* found = std::get_if<base::Problems>(&answer);
    EXPECT_TRUE(found) << "the study was accepted";
    return found ? *found : base::Problems();
}

TEST(Study, ReadsValuesOfEveryKindAndTheNamesOfOtherPrograms) {
    EXPECT_EQ(vary("router.weigh=raw,renorm"), (Variation{"router.weigh", {"\"raw\"", "\"renorm\""}}));
    EXPECT_EQ(vary("k= 1, 2 ,4"), (Variation{"moe.top_k", {"1", "2", "4"}}));
    EXPECT_EQ(vary("training.lr=1e-3,0.001,3e-3").values, (std::vector<std::string>{"0.001", "0.003"})) << "equal values are one";
    EXPECT_EQ(vary("router.rig=[[6,0],[0,0]]").values.size(), 2u);
    EXPECT_EQ(vary("router.bias=true,false").values, (std::vector<std::string>{"true", "false"}));
}

TEST(Study, SaysWhatIsWrongWithAVariation) {
    EXPECT_THAT(mistake("moe.top_k"), HasSubstr("KEY=V1,V2"));
    EXPECT_THAT(mistake("moe.topk=1,2"), HasSubstr("moe.top_k"));
    EXPECT_THAT(mistake("moe.top_k=1,two"), HasSubstr("moe.top_k"));
    EXPECT_THAT(mistake("moe.top_k=1,,2"), HasSubstr("missing"));
    EXPECT_THAT(mistake("moe.top_k="), HasSubstr("no value"));
    EXPECT_THAT(mistake("moe.top_k=[1,2"), HasSubstr("JSON array"));
}

TEST(Study, IsEveryCombinationWithEverySeedOnce) {
    const auto all = runs(plan({"moe.top_k=1,2", "router.score=softmax_all,sigmoid", "balance.coefficient=0,0.01,0.1"}, {0, 1, 5}));
    ASSERT_EQ(all.size(), 2u * 2 * 3 * 3);
    std::set<std::string> configs, names, groups;
    for (const StudyRun& run : all) {
        configs.insert(toJson(run.config, -1));
        names.insert(run.name);
        groups.insert(run.group);
        EXPECT_EQ(run.config.training.seed, run.seed);
        EXPECT_EQ(run.config.data.seed, run.seed);
        EXPECT_EQ(std::to_string(run.config.moe.top_k), run.values[0]);
        EXPECT_EQ("\"" + run.config.router.score + "\"", run.values[1]);
    }
    EXPECT_EQ(configs.size(), all.size());
    EXPECT_EQ(names.size(), all.size());
    EXPECT_EQ(groups.size(), 12u);
}

TEST(Study, GivesEveryGroupItsFirstSeedBeforeAnyItsSecondAndNamesThem) {
    StudyPlan order = plan({"router.weigh=raw,renorm"}, {3, 4});
    order.name = "order";
    std::vector<std::string> names;
    for (const StudyRun& run : runs(order)) names.push_back(run.name);
    EXPECT_THAT(names, ElementsAre("order weigh=raw-s3", "order weigh=renorm-s3", "order weigh=raw-s4", "order weigh=renorm-s4"));
    EXPECT_EQ(runs(plan({}, {0, 1}))[1].name, "eight_domains-s1") << "seeds alone are a study too";
}

TEST(Study, DrawsSomeCombinationsWithoutRepetitionAndTheSameOnesAgain) {
    StudyPlan search = plan({"training.lr=1e-4,3e-4,1e-3,3e-3,1e-2", "balance.coefficient=0,0.001,0.01,0.1"}, {0, 1});
    search.random = 7;
    const auto first = runs(search), again = runs(search);
    ASSERT_EQ(first.size(), 14u);
    std::set<std::vector<std::string>> cells;
    for (std::size_t i = 0; i < first.size(); ++i) {
        cells.insert(first[i].values);
        EXPECT_EQ(first[i].name, again[i].name);
    }
    EXPECT_EQ(cells.size(), 7u);
    search.base.training.seed = search.base.data.seed = 9;
    std::set<std::vector<std::string>> others;
    for (const StudyRun& run : runs(search)) others.insert(run.values);
    EXPECT_NE(others, cells) << "another seed draws others";
    search.random = 50;
    EXPECT_EQ(runs(search).size(), 40u) << "more than there are: all";
}

TEST(Study, RefusesWhatCannotRunAndNamesTheValues) {
    const base::Problems found = problems(plan({"moe.experts=4,8", "moe.top_k=2,6"}));
    ASSERT_EQ(found.size(), 1u) << "only k = 6 of 4 experts cannot run";
    EXPECT_THAT(found[0].text, HasSubstr("moe.experts = 4, moe.top_k = 6"));
    StudyPlan seeds = plan({});
    seeds.vary.push_back({"training.seed", {"1", "2"}});
    EXPECT_THAT(problems(seeds)[0].text, HasSubstr("how many seeds"));
    EXPECT_THAT(problems(plan({"moe.top_k=1", "moe.top_k=2"}))[0].text, HasSubstr("twice"));
    EXPECT_FALSE(problems(plan({"moe.top_k=1"}, {})).empty());
    EXPECT_THAT(problems(plan({"moe.top_k=1,2"}, seedsFrom(0, 6000)))[0].text, HasSubstr("10000"));
}

TEST(Study, ASeedMovesTheDataOnlyWhereItMovedWithTheTraining) {
    RunConfig config;
    config.training.seed = config.data.seed = 2;
    EXPECT_EQ(withSeed(config, 7).data.seed, 7);
    config.data.seed = 11;
    EXPECT_EQ(withSeed(config, 7).data.seed, 11) << "a corpus that was chosen stays";
    EXPECT_EQ(withSeed(config, 7).training.seed, 7);
}

TEST(Study, FillsUpTheSeedsThatAreMissing) {
    const std::vector<std::int64_t> taken{0, 1, 4};
    EXPECT_THAT(seedsToReach(5, taken), ElementsAre(2, 3));
    EXPECT_THAT(seedsToReach(5, taken, 4), ElementsAre(5, 6));
    EXPECT_TRUE(seedsToReach(3, taken).empty());
    EXPECT_THAT(seedsFrom(4, 3), ElementsAre(4, 5, 6));
}

}  // namespace
}  // namespace moescope::config
