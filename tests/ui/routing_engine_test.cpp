// Views of Routing that ask the engine: a router by hand, one's own text, the experts' weights; and what they say without one.
#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QSpinBox>

#include <cmath>

#include "plots/controls.hpp"
#include "plots/number_grid.hpp"
#include "plots/token_text.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/engine_link.hpp"
#include "ui/hand_cells.hpp"
#include "ui/routing_hand.hpp"
#include "ui/routing_own_text.hpp"
#include "ui/routing_page.hpp"
#include "ui/routing_table.hpp"
#include "ui/routing_tokens.hpp"
#include "ui/routing_weights.hpp"
#include "ui/train_cursor.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

bool hasEngine() {
    if (qEnvironmentVariableIsEmpty("MOESCOPE_ENGINE"))
        qputenv("MOESCOPE_ENGINE", QFileInfo(QCoreApplication::applicationDirPath() + QStringLiteral("/../moescope-engine")).absoluteFilePath().toUtf8());
    return !EngineLink::enginePath().isEmpty();
}

template <class Condition>
bool slowly(Condition&& condition) {
    return QTest::qWaitFor(condition, 90'000);
}

void picture(QWidget& widget, const QString& name) {
    if (const QString folder = qEnvironmentVariable("MOESCOPE_GALLERY"); !folder.isEmpty()) {
        EXPECT_TRUE(widget.grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
    }
}

class HandTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
        shell = std::make_unique<Shell>(store);
        shell->find<QAction>("routerByHand")->trigger();
        ASSERT_TRUE(slowly([this] { return hand().answer().has_value(); }));
    }
    RoutingHand& hand() { return *shell->find<RoutingHand>("routingHand"); }
    const HandAnswer& answer() { return *hand().answer(); }
    HandCells& logits() { return *shell->find<HandCells>("handLogits"); }
    void settle() {
        ASSERT_TRUE(slowly([this] { return hand().isComplete(); }));
        shell->settle();
    }
    FakeStore store;
    std::unique_ptr<Shell> shell;
};

TEST_F(HandTest, ShowsWithoutARunWhomTheRouterChoosesAndWithWhatWeight) {
    EXPECT_TRUE(shell->shows("routingHand"));
    const double first = std::exp(2.0) / (std::exp(2.0) + std::exp(1.0));  // Mixtral: softmax over the two chosen
    EXPECT_EQ(answer().experts[0], (std::vector<int>{0, 1}));
    EXPECT_NEAR(answer().weights[0][0], first, 1e-6);
    EXPECT_EQ(logits().cells()[0][0].slot, 0);
    EXPECT_EQ(logits().cells()[0][1].slot, 1);
    EXPECT_NEAR(logits().cells()[0][1].weight, 1 - first, 1e-6);
    EXPECT_EQ(logits().cells()[0][2].slot, -1);
    EXPECT_TRUE(shell->text("handLosses").contains(QStringLiteral("z-loss")));
    picture(shell->window(), QStringLiteral("hand"));
}

TEST_F(HandTest, AnEditOfACellIsAnsweredWithinASecond) {
    QElapsedTimer clock;
    clock.start();
    logits().item(0, 5)->setText(QStringLiteral("9"));
    ASSERT_TRUE(slowly([this] { return answer().experts[0][0] == 5; }));
    const qint64 whole = clock.elapsed();
    std::printf("edit to result %lld ms, of them the engine %lld ms\n", static_cast<long long>(whole), static_cast<long long>(hand().engine().lastMilliseconds()));
    EXPECT_LT(whole, 1000);
    EXPECT_FALSE(logits().isStale());
}

TEST_F(HandTest, ABadCellIsExplainedBesideTheTableAndTheOldResultStaysMarkedAsOld) {
    logits().item(2, 3)->setText(QStringLiteral("many"));
    settle();
    EXPECT_TRUE(shell->text("handMessage").contains(QStringLiteral("Token 2, E3")));
    EXPECT_TRUE(logits().cells()[2][3].bad);
    EXPECT_TRUE(logits().isStale());
    picture(shell->window(), QStringLiteral("hand_bad"));
    logits().item(2, 3)->setText(QStringLiteral("5"));
    settle();
    EXPECT_FALSE(shell->shows("handMessage"));
    EXPECT_EQ(answer().experts[2][0], 3);
}

TEST_F(HandTest, TheLessonOnOneExpertAfterTheChoiceHasNoGradientAndTheOtherHas) {
    hand().setLesson(QStringLiteral("no_gradient"));
    settle();
    EXPECT_TRUE(shell->text("handAbout").contains(QStringLiteral("always 1")));
    for (const auto& row : answer().weights) EXPECT_DOUBLE_EQ(row[0], 1);
    for (const auto& row : answer().gradient)
        for (const double value : row) EXPECT_EQ(value, 0);
    picture(shell->window(), QStringLiteral("hand_lesson"));
    hand().setLesson(QStringLiteral("before"));
    settle();
    const double p = std::exp(2.0) / (std::exp(2.0) + std::exp(1.0) + 1 + std::exp(-1.0));
    EXPECT_NEAR(answer().weights[0][0], p, 1e-6);
    EXPECT_NEAR(answer().gradient[0][0], -p * (1 - p), 1e-6) << "d(-p) / dz of the chosen";
    EXPECT_NEAR(answer().gradient[0][1], p * std::exp(1.0) / (std::exp(2.0) + std::exp(1.0) + 1 + std::exp(-1.0)), 1e-6);
}

TEST_F(HandTest, AFullExpertDropsLaterTokensInTheirCells) {
    hand().setLesson(QStringLiteral("full_desk"));
    settle();
    EXPECT_EQ(answer().capacity, 1);
    EXPECT_EQ(answer().dropped, 3);
    EXPECT_TRUE(logits().cells()[0][0].kept);
    EXPECT_FALSE(logits().cells()[1][0].kept);
    EXPECT_EQ(logits().cells()[2][0].position, 2);
    picture(shell->window(), QStringLiteral("hand_capacity"));
}

TEST_F(HandTest, ASettingThatCannotHoldIsToldUnderItself) {
    auto* k = shell->find<QLineEdit>("hand:moe.top_k");
    k->setText(QStringLiteral("9"));
    emit k->textEdited(QStringLiteral("9"));
    settle();
    EXPECT_TRUE(shell->shows("handProblem:moe.top_k"));
    EXPECT_FALSE(shell->text("handProblem:moe.top_k").isEmpty());
    picture(shell->window(), QStringLiteral("hand_problem"));
    emit k->textEdited(QStringLiteral("3"));
    settle();
    EXPECT_FALSE(shell->shows("handProblem:moe.top_k"));
    EXPECT_EQ(answer().experts[0].size(), 3U);
}

TEST_F(HandTest, SixtyFourExpertsAndEveryPresetOfThePickerAreAnswered) {
    shell->find<QSpinBox>("handExperts")->setValue(64);
    settle();
    EXPECT_EQ(answer().load.size(), 64U);
    picture(shell->window(), QStringLiteral("hand_64"));
    auto* picker = shell->find<QComboBox>("handPreset");
    shell->find<QSpinBox>("handExperts")->setValue(8);
    for (int i = 0; i < picker->count(); ++i) {
        if (picker->itemData(i).toString().isEmpty()) continue;
        emit picker->activated(i);
        settle();
        EXPECT_FALSE(shell->shows("handMessage")) << picker->itemText(i).toStdString() << ": " << shell->text("handMessage").toStdString();
        EXPECT_FALSE(logits().isStale()) << picker->itemText(i).toStdString();
    }
}

TEST_F(HandTest, TheTableFormAndTheExportsHoldTheSameNumbers) {
    shell->window().routingPage().setTable(true);
    settle();
    auto* table = shell->find<RoutingTable>("handTable");
    ASSERT_TRUE(table->isVisible());
    EXPECT_EQ(table->rowCount(), 32);
    EXPECT_EQ(table->item(0, 3)->text(), QStringLiteral("1"));
    const QByteArrayList csv = hand().exported(true).trimmed().split('\n');
    ASSERT_EQ(csv.size(), 33);
    EXPECT_TRUE(csv[1].startsWith("0,0,2,0,0.73105")) << csv[1].toStdString();
    EXPECT_TRUE(hand().exported(false).contains("\"input\""));
}

TEST(HandWithoutEngine, SaysThatThereIsNone) {
    const QByteArray before = qgetenv("MOESCOPE_ENGINE");
    qputenv("MOESCOPE_ENGINE", "/nowhere/moescope-engine");
    FakeStore store;
    Shell shell(store);
    shell.find<QAction>("routerByHand")->trigger();
    EXPECT_TRUE(waitFor([&] { return shell.text("handMessage").contains(QStringLiteral("no moescope-engine")); }));
    before.isEmpty() ? qunsetenv("MOESCOPE_ENGINE") : qputenv("MOESCOPE_ENGINE", before);
}

/// A run that a real engine trained in the fake store's folder, opened on the Routing page.
class TrainedTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
        QProcess engine;
        QStringList arguments{QStringLiteral("--store"), QString::fromStdString(store.folder().string()), QStringLiteral("train"), QStringLiteral("--preset"), QStringLiteral("eight_domains"), QStringLiteral("--quiet"), QStringLiteral("--threads"), QStringLiteral("1")};
        for (const char* setting : {"training.steps=6", "training.eval_batches=1", "training.checkpoint_every=3", "training.batch=2", "telemetry.probe_every=3", "telemetry.probe_tokens=128", "telemetry.sample_every=0", "moe.expert_width=16"})
            arguments << QStringLiteral("--set") << QString::fromLatin1(setting);
        engine.start(EngineLink::enginePath(), arguments);
        ASSERT_TRUE(engine.waitForFinished(90'000));
        ASSERT_EQ(engine.exitCode(), 0) << engine.readAllStandardError().toStdString();
        shell = std::make_unique<Shell>(store);
        shell->open(store.store().resolve("last"));
        shell->window().showPage(PageId::routing);
        settle();
    }
    RoutingPage& page() { return shell->window().routingPage(); }
    void settle() {
        ASSERT_TRUE(slowly([this] { return page().complete(); }));
        shell->settle();
    }
    FakeStore store;
    std::unique_ptr<Shell> shell;
};

TEST_F(TrainedTest, AnOwnTextIsReadByTheCheckpointOfTheShownStepAndUnknownCharactersAreNamed) {
    auto* tokens = shell->find<RoutingTokens>("routingTokens");
    tokens->setOwn(true);
    shell->find<QPlainTextEdit>("ownTextField")->setPlainText(QStringLiteral("12+30=42; \u00e9\u00e9"));
    settle();
    ASSERT_TRUE(slowly([&] { return tokens->ownText().status().contains(QStringLiteral("read by")); })) << tokens->ownText().status().toStdString();
    shell->settle();
    EXPECT_TRUE(tokens->ownText().status().contains(QStringLiteral("checkpoint of step 6"))) << tokens->ownText().status().toStdString();
    EXPECT_TRUE(tokens->ownText().status().contains(QStringLiteral("\u00e9 (2)"))) << tokens->ownText().status().toStdString();
    QString drawn;
    for (const auto* text : tokens->findChildren<plots::TokenText*>())
        for (const plots::Token& token : text->tokens()) drawn += token.text;
    EXPECT_EQ(drawn, QStringLiteral("12+30=42; \uFFFD\uFFFD"));
    picture(shell->window(), QStringLiteral("own_text"));
    shell->window().cursor().pin(4);
    EXPECT_TRUE(slowly([&] { return tokens->ownText().snapshot() && tokens->ownText().snapshot()->probe.step == 3; }));
    tokens->setOwn(false);
    settle();
    EXPECT_EQ(page().shown().snapshot->probe.tokens, 128);
}

TEST_F(TrainedTest, TheWeightsOfEachCheckpointAreComparedInTheOrderOfTheirDendrogram) {
    page().setView(QStringLiteral("weights"));
    settle();
    ASSERT_TRUE(slowly([this] { return shell->shows("routingWeights"); }));
    shell->settle();
    auto* view = shell->find<RoutingWeights>("routingWeights");
    EXPECT_EQ(view->history().size(), 2U) << "checkpoints 3 and 6";
    const WeightSimilarity& newest = view->history().at(6).at(0);
    ASSERT_EQ(newest.cosine.size(), 8U);
    const plots::GridData& grid = shell->find<RoutingGrid>("similarityGrid")->picture().data();
    for (int row = 0; row < 8; ++row)
        for (int column = 0; column < 8; ++column)
            if (row != column) {
                EXPECT_NEAR(grid.at(row, column), newest.cosine[static_cast<std::size_t>(grid.expertAt(row))][static_cast<std::size_t>(grid.expertAt(column))], 1e-3);
            }
    EXPECT_EQ(grid.rows[0], QStringLiteral("E%1").arg(grid.expertAt(0)));
    picture(shell->window(), QStringLiteral("weights"));
    page().setTable(true);
    settle();
    EXPECT_EQ(shell->find<RoutingTable>("similarityTable")->rowCount(), static_cast<int>(2 * view->history().at(6).size()));
}

}  // namespace
}  // namespace moescope::ui
