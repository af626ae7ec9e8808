// Studies in the real window with a real engine, from the form or the wizard to the verdict; and their parts without one.
#include <QCheckBox>
#include <QComboBox>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QTableWidget>

#include <cmath>
#include <iostream>

#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/statistics/comparison.hpp"
#include "plots/controls.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/compare_page.hpp"
#include "ui/engine_link.hpp"
#include "ui/match_wizard.hpp"
#include "ui/new_run_form.hpp"
#include "ui/new_run_page.hpp"
#include "ui/run_queue.hpp"
#include "ui/runs_dock.hpp"
#include "ui/seed_orders.hpp"

namespace moescope::ui {
namespace {

using namespace testing;
using storage::QueueState;

bool hasEngine() {
    if (qEnvironmentVariableIsEmpty("MOESCOPE_ENGINE"))
        qputenv("MOESCOPE_ENGINE", QFileInfo(QCoreApplication::applicationDirPath() + QStringLiteral("/../moescope-engine")).absoluteFilePath().toUtf8());
    return !EngineLink::enginePath().isEmpty();
}

template <class Condition>
bool slowly(Condition&& condition) {
    return QTest::qWaitFor(condition, 240'000);
}

/// Config S, small enough for a second.
config::RunConfig small() {
    config::RunConfig config;
    EXPECT_TRUE(config::applyPreset(config, "eight_domains").empty());
    for (const auto& [key, value] : {std::pair{"training.steps", "40"}, {"training.warmup", "4"}, {"training.eval_every", "5"}, {"training.eval_batches", "1"}, {"training.batch", "4"}, {"training.checkpoint_every", "0"},
                                     {"telemetry.probe_every", "0"}, {"telemetry.sample_every", "0"}, {"moe.top_k", "2"}, {"training.threads", "1"}})
        EXPECT_TRUE(config::applySetting(config, key, value).empty()) << key;
    return config;
}

QString queueText(RunQueue& queue) {
    QStringList lines;
    for (const storage::QueueEntry& entry : queue.entries()) lines << QString::fromStdString(entry.name + ": " + entry.reason);
    return lines.join(QLatin1Char('\n'));
}

void say(const char* what, qint64 milliseconds) {
    std::cout << "[  TIME    ] " << what << ": " << milliseconds / 1000.0 << " s" << std::endl;
    ::testing::Test::RecordProperty("milliseconds", std::to_string(milliseconds));
}

/// Into the folder MOESCOPE_GALLERY names, in both themes.
void picture(QWidget& widget, const char* name) {
    const QString gallery = qEnvironmentVariable("MOESCOPE_GALLERY");
    if (gallery.isEmpty()) return;
    for (const auto& [choice, theme] : {std::pair{ThemeChoice::dark, "dark"}, {ThemeChoice::light, "light"}}) {
        applyThemeChoice(choice);
        QCoreApplication::processEvents();
        EXPECT_TRUE(widget.grab().save(gallery + QLatin1Char('/') + QLatin1String(name) + QLatin1Char('-') + QLatin1String(theme) + QStringLiteral(".png")));
    }
}

class StudyTest : public ::testing::Test {
protected:
    void check(Shell& shell, const QString& box) {
        auto* found = shell.window().findChild<QCheckBox*>(box);
        ASSERT_TRUE(found) << box.toStdString();
        found->setChecked(true);
    }
    FakeStore store;
};

TEST_F(StudyTest, IsTopTwoWithTheSoftmaxAfterBetterThanBefore) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    Shell shell(store);
    shell.window().showRecipe(small(), QStringLiteral("a lesson"));
    QElapsedTimer time;
    time.start();
    shell.find<QPushButton>("varyButton")->click();
    check(shell, QStringLiteral("varyValue:0:raw"));
    check(shell, QStringLiteral("varyValue:0:renorm"));
    shell.find<QComboBox>("seedCount")->setCurrentIndex(1);
    shell.find<QLineEdit>("runName")->setText(QStringLiteral("order"));
    auto* train = shell.find<QPushButton>("trainButton");
    ASSERT_TRUE(train->isEnabled()) << shell.text("studySum").toStdString();
    EXPECT_EQ(train->text().trimmed(), QStringLiteral("Queue 6 runs"));
    EXPECT_EQ(shell.text("studySum"), QStringLiteral("2 combinations × 3 seeds: 6 runs"));
    picture(shell.window(), "study-new-run");
    train->click();
    EXPECT_EQ(shell.window().page(), PageId::train);
    EXPECT_TRUE(shell.shows("queuePane"));
    RunQueue& queue = shell.window().queue();
    ASSERT_TRUE(slowly([&] { return shell.window().run().data() && shell.window().run().data()->lastStep() > 0; })) << queueText(queue).toStdString();
    say("first point on screen", time.elapsed());
    picture(shell.window(), "study-queue");
    ASSERT_TRUE(slowly([&] { return shell.window().page() == PageId::compare; })) << queueText(queue).toStdString();
    ASSERT_TRUE(slowly([&] { return shell.window().comparePage().complete() && !shell.text("verdictNumber").isEmpty(); }));
    say("six runs to the verdict", time.elapsed());
    picture(shell.window(), "study-verdict");
    EXPECT_EQ(queue.count(QueueState::done), 6);
    EXPECT_EQ(shell.window().comparePage().runs().size(), 6);
    EXPECT_TRUE(shell.text("verdictHeading").contains(QStringLiteral("renorm"))) << shell.text("verdictHeading").toStdString();
    EXPECT_TRUE(shell.text("verdictWords").contains(QStringLiteral("cannot fall below 0.25"))) << shell.text("verdictWords").toStdString();
    EXPECT_TRUE(shell.text("verdictWords").contains(QStringLiteral("3 more")));
    for (const storage::RunRow& row : *shell.window().library().runs()) EXPECT_TRUE(row.group == "order weigh=raw" || row.group == "order weigh=renorm") << row.group;
}

TEST_F(StudyTest, DenseAndFineGrainedAtMatchedFlopsEndInASentenceOnTheAxes) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeRun reference;
    reference.config = small();
    reference.config.moe.top_k = 1;
    reference.name = "reference";
    const std::string ulid = store.add(reference);
    Shell shell(store);
    shell.open(ulid);
    QElapsedTimer time;
    time.start();
    shell.find<QAction>("matchWizardAction")->trigger();
    auto* wizard = shell.find<MatchWizard>("matchWizard");
    ASSERT_TRUE(wizard);
    for (const char* off : {"matchG4", "matchG8"}) wizard->findChild<QCheckBox*>(QLatin1String(off))->setChecked(false);
    ASSERT_TRUE(slowly([&] { return wizard->findChild<QLabel*>(QStringLiteral("matchNote"))->text().startsWith(QStringLiteral("Counted for ")) && !wizard->findChild<QLabel*>(QStringLiteral("matchNote"))->text().contains(QStringLiteral("about")); }));
    ASSERT_EQ(wizard->matched().size(), 3u);
    for (const config::MatchedRun& run : wizard->matched()) EXPECT_FALSE(config::isTooFar(run)) << run.name;
    wizard->findChild<QComboBox*>(QStringLiteral("matchSeeds"))->setCurrentIndex(0);
    auto* queueButton = wizard->findChild<QPushButton*>(QStringLiteral("matchQueue"));
    ASSERT_TRUE(queueButton->isEnabled());
    EXPECT_EQ(queueButton->text(), QStringLiteral("Queue the set: 3 runs"));
    picture(*wizard, "match-wizard");
    queueButton->click();
    shell.find<QPushButton>("reuseAgain")->click();  // the reference is no trained run
    RunQueue& queue = shell.window().queue();
    ASSERT_TRUE(slowly([&] { return shell.window().page() == PageId::compare; })) << queueText(queue).toStdString();
    ASSERT_TRUE(slowly([&] { return shell.window().comparePage().complete() && shell.shows("compareNote"); })) << queueText(queue).toStdString();
    say("three matched runs to the sentence", time.elapsed());
    picture(shell.window(), "match-verdict");
    EXPECT_EQ(queue.count(QueueState::done), 3);
    EXPECT_EQ(shell.find<plots::SegmentedControl>("compareAxis")->current(), 2) << "FLOPs";
    const QString note = shell.text("compareNote");
    EXPECT_TRUE(note.contains(QStringLiteral("eight_domains dense"))) << note.toStdString();
    EXPECT_TRUE(note.contains(QStringLiteral("eight_domains G2")));
    EXPECT_TRUE(note.contains(QStringLiteral("on this machine")));
}

TEST_F(StudyTest, MoreSeedsOfAStoredRunLeaveOutThoseThatAreThere) {
    qputenv("MOESCOPE_ENGINE", "/bin/true");
    FakeRun run;
    run.config = fakeConfig();
    for (const std::int64_t seed : {0, 2}) {
        run.name = "mix-s" + std::to_string(seed);
        run.config = config::withSeed(run.config, seed);
        store.add(run);
    }
    run.config.moe.top_k = 1;
    run.name = "other-s1";
    run.config = config::withSeed(run.config, 1);
    store.add(run);
    Shell shell(store);
    shell.window().queue().setPaused(true);
    const storage::RunRow* row = nullptr;
    for (const storage::RunRow& each : *shell.window().library().runs())
        if (each.name == "mix-s2") row = &each;
    ASSERT_TRUE(row);
    emit shell.find<RunsDock>("runsDock")->seedsRequested(QString::fromStdString(row->ulid), 5);
    QStringList names;
    for (const storage::QueueEntry& entry : shell.window().queue().entries()) names << QString::fromStdString(entry.name);
    EXPECT_EQ(names, (QStringList{"mix-s1", "mix-s3", "mix-s4"}));
    emit shell.find<RunsDock>("runsDock")->seedsRequested(QString::fromStdString(row->ulid), 5);
    EXPECT_EQ(shell.window().queue().entries().size(), 3u) << "what waits counts too";
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(SeedsToShare, TakesThoseThatOneSideHasThenTheLeastThatNobodyHas) {
    const std::vector<std::int64_t> one{0, 1, 2, 7}, other{1, 2, 5};
    EXPECT_EQ(seedsToShare(one, other, 2), std::vector<std::int64_t>{}) << "1 and 2 are shared already";
    EXPECT_EQ(seedsToShare(one, other, 4), (std::vector<std::int64_t>{0, 5}));
    EXPECT_EQ(seedsToShare(one, other, 7), (std::vector<std::int64_t>{0, 5, 7, 3, 4}));
}

class VerdictSeedsTest : public StudyTest {
protected:
    void SetUp() override { qputenv("MOESCOPE_ENGINE", "/bin/true"); }
    void TearDown() override { qunsetenv("MOESCOPE_ENGINE"); }
    QString add(const char* group, std::int64_t topK, std::int64_t seed, double offset) {
        FakeRun run;
        run.config = config::withSeed(fakeConfig(8, topK), seed);
        run.name = std::string(group) + "-s" + std::to_string(seed);
        run.offset = offset;
        return QString::fromStdString(store.add(run));
    }
    void compare(Shell& shell, const QStringList& runs) {
        shell.window().compareRuns(runs);
        ASSERT_TRUE(waitFor([&] { return shell.window().comparePage().complete() && !shell.text("verdictNumber").isEmpty(); }));
    }
    QStringList queued(Shell& shell) {
        QStringList names;
        for (const storage::QueueEntry& entry : shell.window().queue().entries()) names << QString::fromStdString(entry.name);
        return names;
    }
};

TEST_F(VerdictSeedsTest, TheVerdictQueuesTheSeedsItSaysAreMissingForBothGroups) {
    QStringList runs;
    for (const std::int64_t seed : {0, 1, 2}) runs << add("one", 1, seed, 0) << add("two", 2, seed, 0.1 + 0.01 * static_cast<double>(seed));
    Shell shell(store);
    shell.window().queue().setPaused(true);
    compare(shell, runs);
    auto* button = shell.find<QPushButton>("verdictSeeds");
    EXPECT_EQ(button->text(), QStringLiteral("Add 3 seeds")) << "six pairs can reach p = 0.05";
    EXPECT_TRUE(shell.text("verdictWords").contains(QStringLiteral("3 more could reach 0.05")));
    picture(shell.window(), "verdict-seeds");
    button->click();
    EXPECT_EQ(queued(shell), (QStringList{"one-s3", "one-s4", "one-s5", "two-s3", "two-s4", "two-s5"}));
    button->click();
    EXPECT_EQ(queued(shell).size(), 6) << "what waits counts too";
}

TEST_F(VerdictSeedsTest, StoredRunsOfTheSameSettingsJoinTheVerdictWithoutTraining) {
    QStringList runs;
    for (const std::int64_t seed : {0, 1, 2, 3, 4, 5})
        for (const QString& run : {add("one", 1, seed, 0), add("two", 2, seed, 0.1 + 0.01 * static_cast<double>(seed))})
            if (seed < 3) runs << run;
    Shell shell(store);
    compare(shell, runs);
    shell.find<QPushButton>("verdictSeeds")->click();
    ASSERT_TRUE(waitFor([&] { return shell.window().comparePage().complete() && shell.window().comparePage().runs().size() == 12; }));
    EXPECT_TRUE(queued(shell).isEmpty());
    EXPECT_TRUE(waitFor([&] { return shell.text("verdictWords").contains(QStringLiteral("With 6 seeds")); })) << shell.text("verdictWords").toStdString();
    EXPECT_EQ(shell.window().comparePage().runs().front(), runs.front()) << "the baseline stays";
    EXPECT_EQ(shell.find<QPushButton>("verdictSeeds")->text(), QStringLiteral("Add 2 seeds"));
}

TEST_F(StudyTest, TheWindowAsksWhatBecomesOfTheQueueOfLastTime) {
    qputenv("MOESCOPE_ENGINE", "/bin/true");
    storage::QueueFile left;
    left.entries = {{1, 2, "a-s0", "a", config::toJson(fakeConfig(), -1), {}, QueueState::waiting, "", "", 0}};
    left.studies = {{2, "a", "", "", {}, false}};
    storage::writeQueue(store.store(), left);
    Shell shell(store);
    ASSERT_TRUE(waitFor([&] { return shell.find<QMessageBox>("queueQuestion") != nullptr; }));
    auto* question = shell.find<QMessageBox>("queueQuestion");
    EXPECT_EQ(question->text(), QStringLiteral("One run waits in the queue from last time."));
    shell.window().showPage(PageId::train);
    EXPECT_TRUE(shell.shows("queueGoOn")) << "the pane asks the same";
    picture(shell.window(), "queue-held");
    picture(*question, "queue-question");
    question->findChild<QPushButton*>(QStringLiteral("questionClear"))->click();
    EXPECT_TRUE(shell.window().queue().entries().empty());
    EXPECT_FALSE(shell.shows("queuePane"));
    qunsetenv("MOESCOPE_ENGINE");
}

TEST_F(StudyTest, WhatIsInTheStoreAlreadyIsOfferedInsteadOfTrainingItAgain) {
    qputenv("MOESCOPE_ENGINE", "/bin/true");
    FakeRun run;
    run.config = fakeConfig();
    run.name = "there";
    const QString there = QString::fromStdString(store.add(run));
    Shell shell(store);
    shell.window().queue().setPaused(true);
    QueueOrder order;
    order.title = QStringLiteral("again");
    for (const std::int64_t seed : {run.config.training.seed, run.config.training.seed + 1}) order.runs.push_back({"again-s" + std::to_string(seed), "again", {}, seed, config::withSeed(run.config, seed)});
    emit shell.window().newRunPage().studyRequested(order);
    auto* question = shell.find<QMessageBox>("reuseQuestion");
    ASSERT_TRUE(question);
    EXPECT_EQ(question->text(), QStringLiteral("One of these 2 runs is in the store already, finished with the same settings and seed."));
    picture(*question, "reuse-question");
    EXPECT_TRUE(shell.window().queue().entries().empty()) << "nothing before the answer";
    question->findChild<QPushButton*>(QStringLiteral("reuseUse"))->click();
    ASSERT_EQ(shell.window().queue().entries().size(), 2u);
    EXPECT_EQ(shell.window().queue().entries()[0].state, QueueState::done);
    EXPECT_EQ(QString::fromStdString(shell.window().queue().entries()[0].run), there);
    EXPECT_EQ(shell.window().queue().entries()[1].state, QueueState::waiting);
    qunsetenv("MOESCOPE_ENGINE");
}

TEST_F(StudyTest, AValueThatCannotRunKeepsTheStudyFromTheQueueAndSaysWhich) {
    Shell shell(store);
    shell.window().showRecipe(small(), QStringLiteral("a lesson"));
    shell.find<QPushButton>("varyButton")->click();
    auto* train = shell.find<QPushButton>("trainButton");
    EXPECT_FALSE(train->isEnabled()) << "no value was chosen yet";
    EXPECT_TRUE(shell.text("studySum").contains(QStringLiteral("Choose values")));
    auto* key = shell.find<QComboBox>("varyKey:0");
    key->setCurrentIndex(key->findData(QStringLiteral("moe.top_k")));
    auto* values = shell.find<QLineEdit>("varyValues:0");
    QTest::keyClicks(values, QStringLiteral("1, 99"));
    EXPECT_FALSE(train->isEnabled());
    EXPECT_TRUE(shell.text("studySum").contains(QStringLiteral("With moe.top_k = 99"))) << shell.text("studySum").toStdString();
    picture(shell.window(), "study-problem");
    values->clear();
    QTest::keyClicks(values, QStringLiteral("1, 2, 4, 8"));
    EXPECT_TRUE(train->isEnabled());
    EXPECT_EQ(train->text().trimmed(), QStringLiteral("Queue 4 runs"));
    QTest::keyClicks(shell.find<QLineEdit>("studyRandom"), QStringLiteral("2"));
    EXPECT_EQ(train->text().trimmed(), QStringLiteral("Queue 2 runs"));
    shell.window().findChild<QAbstractButton*>(QStringLiteral("varyRemove:0"))->click();
    EXPECT_EQ(train->text().trimmed(), QStringLiteral("Train"));
    EXPECT_EQ(shell.text("studySum"), QString());
}

TEST(MatchWizardTest, SolvesWidthsForWhatIsMadeEqualAndLeavesOutWhatMisses) {
    qputenv("MOESCOPE_ENGINE", "/nowhere/moescope-engine");
    FakeStore store;
    MatchWizard wizard(QString::fromStdString(store.folder().string()));
    auto* table = wizard.findChild<QTableWidget*>(QStringLiteral("matchTable"));
    auto* queue = wizard.findChild<QPushButton*>(QStringLiteral("matchQueue"));
    ASSERT_EQ(table->rowCount(), 5) << "G1 as the reference, dense, G2, G4, G8";
    EXPECT_EQ(table->item(0, 0)->text(), QStringLiteral("G1 (reference)"));
    EXPECT_EQ(queue->text(), QStringLiteral("Queue the set: 15 runs"));
    const auto before = wizard.matched();
    auto* by = wizard.findChild<plots::SegmentedControl*>(QStringLiteral("matchBy"));
    by->setFocus();
    QTest::keyClick(by, Qt::Key_Right);
    ASSERT_EQ(by->current(), 1);
    const auto whole = static_cast<double>(before[0].cost.paramsTotal);
    for (const config::MatchedRun& run : wizard.matched())
        EXPECT_TRUE(config::isTooFar(run) || std::abs(static_cast<double>(run.cost.paramsTotal) - whole) <= 0.02 * whole) << run.name;
    EXPECT_GT(wizard.matched()[1].cost.flopsTokenForward, 2 * before[1].cost.flopsTokenForward) << "a dense model of all those parameters costs more";
    QTest::keyClick(by, Qt::Key_Right);
    EXPECT_FALSE(queue->isEnabled()) << "seconds are not measured yet";
    QTest::keyClick(by, Qt::Key_Left);
    QTest::keyClick(by, Qt::Key_Left);
    const QueueOrder order = wizard.order();
    ASSERT_EQ(order.runs.size(), 15u);
    EXPECT_EQ(order.runs[0].name, "eight_domains G1-s0");
    EXPECT_EQ(order.runs[5].seed, 1);
    EXPECT_EQ(order.axis, QStringLiteral("flops"));
    qunsetenv("MOESCOPE_ENGINE");
}

}  // namespace
}  // namespace moescope::ui
