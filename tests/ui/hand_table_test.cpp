// A router by hand as values: what is typed, pasted and read, and the JSON that goes to the engine.
#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "ui/hand_table.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

TEST(HandTable, ReadsNumbersAsPeopleWriteThem) {
    EXPECT_DOUBLE_EQ(*handNumber(QStringLiteral(" 1.5 ")), 1.5);
    EXPECT_DOUBLE_EQ(*handNumber(QStringLiteral("\u22122,25")), -2.25);
    EXPECT_DOUBLE_EQ(*handNumber(QStringLiteral("+3e-1")), 0.3);
    for (const char* bad : {"", "abc", "1,2,3", "nan", "inf", "1e99", "1 2", "--1"}) EXPECT_FALSE(handNumber(QString::fromLatin1(bad))) << bad;
}

TEST(HandTable, ABadCellIsNamedWithWhatToDo) {
    HandTable table = firstHandTable();
    EXPECT_TRUE(badCells(table).empty());
    table.cells[1][2] = QStringLiteral("ten");
    table.cells[3][0].clear();
    const auto bad = badCells(table);
    ASSERT_EQ(bad.size(), 2U);
    EXPECT_EQ(bad[0].token, 1);
    EXPECT_EQ(bad[0].expert, 2);
    EXPECT_TRUE(bad[0].sentence.contains(QStringLiteral("Token 1, E2")) && bad[0].sentence.contains(QStringLiteral("ten")) && bad[0].sentence.contains(QStringLiteral("digits")));
    EXPECT_TRUE(bad[1].sentence.contains(QStringLiteral("empty")));
}

TEST(HandTable, TheInputOfTheEngineIsThePresetAndWhatWasChanged) {
    HandTable table = firstHandTable();
    table.config.moe.top_k = 3;
    table.config.balance.coefficient = 0.5;
    table.draw = 7;
    table.training = false;
    table.taskPull = true;
    const Json json = Json::parse(handJson(table));
    EXPECT_EQ(json["preset"], "mixtral");
    EXPECT_EQ(json["config"]["moe.top_k"], 3);
    EXPECT_EQ(json["config"]["balance.coefficient"], 0.5);
    EXPECT_EQ(json["config"]["moe.experts"], 8);
    EXPECT_FALSE(json["config"].contains("router.score")) << "as the preset has it";
    EXPECT_EQ(json["logits"].size(), 4U);
    EXPECT_EQ(json["logits"][0][1], 1.0);
    EXPECT_EQ(json["seed"], 7);
    EXPECT_EQ(json["training"], false);
    EXPECT_EQ(json["task_gradient"][2], Json({-1, 0, 0}));
    HandTable again;
    EXPECT_TRUE(readHandJson(again, handJson(table)).empty());
    EXPECT_EQ(handJson(again), handJson(table)) << "what is copied can be pasted";
}

TEST(HandTable, EveryRouterPresetOfAMixtureFitsATableWithoutProblems) {
    for (const char* preset : {"switch", "mixtral", "deepseek_v3", "deepseek_v2", "fg_g8", "expert_choice", "hash_random", "shazeer17", "gshard", "moge", "grin"}) {
        HandTable table = firstHandTable();
        EXPECT_TRUE(applyHandPreset(table, preset).empty()) << preset;
        EXPECT_TRUE(handProblems(table).empty()) << preset << ": " << (handProblems(table).empty() ? "" : handProblems(table)[0].key + handProblems(table)[0].text);
        EXPECT_EQ(table.experts(), table.config.moe.experts) << preset;
        EXPECT_LE(table.experts(), kMostHandRows);
    }
    HandTable table = firstHandTable();
    EXPECT_FALSE(applyHandPreset(table, "no_such_router").empty());
    EXPECT_EQ(table.preset, "mixtral");
}

TEST(HandTable, ASpreadsheetIsPastedFromTheChosenCellAndTheTableGrows) {
    HandTable table = firstHandTable();
    EXPECT_TRUE(pasteCells(table, QStringLiteral("1\t2\n3\t4\n"), 3, 7).isEmpty());
    EXPECT_EQ(table.tokens(), 5);
    EXPECT_EQ(table.experts(), 9);
    EXPECT_EQ(table.cells[3][7], QStringLiteral("1"));
    EXPECT_EQ(table.cells[4][8], QStringLiteral("4"));
    EXPECT_EQ(table.cells[4][0], QStringLiteral("0"));
    EXPECT_TRUE(pasteCells(table, QStringLiteral("0.5,x,2"), 0, 0).isEmpty());
    EXPECT_EQ(badCells(table).size(), 1U) << "a word in a cell is shown as such, not swallowed";
    EXPECT_FALSE(pasteCells(table, QString(QStringLiteral("1 ")).repeated(65), 0, 0).isEmpty());
    EXPECT_FALSE(pasteCells(table, QString(), 0, 0).isEmpty());
}

TEST(HandTable, JsonThatTheWindowCannotShowIsRefusedWithAReason) {
    HandTable table = firstHandTable();
    const HandTable before = table;
    for (const char* bad : {"[]", "{", R"({"logits":[]})", R"({"logits":[[1,2],[3]]})", R"({"logits":[[1,2]],"features":[[1]]})", R"({"logits":[[1,2]],"preset":"nobody"})", R"({"logits":[[1,2]],"config":{"router.nothing":1}})"}) {
        EXPECT_FALSE(readHandJson(table, bad).empty()) << bad;
        EXPECT_EQ(table, before) << bad;
    }
}

TEST(HandTable, EveryLessonIsAValidTable) {
    for (const HandLesson& lesson : handLessons()) {
        HandTable table;
        EXPECT_TRUE(readHandJson(table, lesson.json).empty()) << lesson.id;
        EXPECT_TRUE(badCells(table).empty()) << lesson.id;
        EXPECT_TRUE(handProblems(table).empty()) << lesson.id;
    }
}

TEST(HandReply, HasChoicesProblemsOrASentence) {
    const HandReply good = readHandReply(R"({"experts":[[1,0]],"weights":[[0.7,0.3]],"positions":[[0,0]],"kept":[[true,false]],"load":[0.5,0.5],"importance":[0.0,1.0],"dropped":1,"capacity":1,)"
                                         R"("losses":{"balance":1.5,"z":null},"total_auxiliary":0.1,"gradient":[[0.1,-0.1]],"metrics":{"effective_experts":2}})");
    ASSERT_TRUE(good.answer);
    EXPECT_EQ(good.answer->slotOf(0, 1), 0);
    EXPECT_EQ(good.answer->slotOf(0, 5), -1);
    EXPECT_FALSE(good.answer->kept[0][1]);
    EXPECT_TRUE(std::isnan(good.answer->losses[1].value));
    EXPECT_EQ(readHandReply(R"({"problems":[{"key":"moe.top_k","text":"too many"}]})").problems[0].key, "moe.top_k");
    EXPECT_TRUE(readHandReply(R"({"error":{"code":"x","what":"an entry is not a number","where":"logits row 0","advice":"correct the input"}})").error.contains(QStringLiteral("logits row 0")));
    for (const char* bad : {"", "nonsense", "[]", R"({"experts":3})"}) EXPECT_FALSE(readHandReply(bad).error.isEmpty()) << bad;
}

TEST(LossWords, NameTheLossOfTheTableAndItsCoefficient) {
    HandTable table = firstHandTable();
    EXPECT_EQ(lossWords(table, "balance").coefficient, 0.02);
    EXPECT_EQ(lossWords(table, "balance").fair, QStringLiteral("k")) << "Mixtral's loss counts all choices";
    table.config.balance.z_coefficient = 0.001;
    EXPECT_EQ(lossWords(table, "z").coefficient, 0.001);
}

}  // namespace
}  // namespace moescope::ui
