// The window: steering through a socket, the cure, dying engines, closing, sizes.
#include <QComboBox>

#include "plots/controls.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/run_words.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun live(const FakeEngine& engine) {
    FakeRun run;
    run.name = "g8-s2";
    run.config = fakeConfig(8, 1, 2);
    run.config.balance.coefficient = 0;
    run.config.capacity.factor = 2;
    run.config.router.rig = {6, 0, 0, 0, 0, 0, 0, 0};
    run.collapses = true;
    run.cured = false;
    run.steps = 140;
    run.state = storage::RunState::running;
    run.socketPath = engine.path();
    return run;
}

TEST(Window, TheCureAppearsInACollapseAndSetsTheBalanceLoss) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    ASSERT_TRUE(shell.shows("bannerAction"));
    EXPECT_TRUE(shell.text("bannerSentence").contains(QStringLiteral("7 of 8 experts idle")));
    shell.find<QPushButton>("bannerAction")->click();
    ASSERT_TRUE(waitFor([&] { return engine.got("balance.coefficient"); }));
    EXPECT_TRUE(engine.got(QStringLiteral("\"command\":\"set\"")));
    EXPECT_TRUE(engine.got(QStringLiteral("0.2")));
    store.writer(ulid).append(telemetry::Event{140, telemetry::Severity::change, "command.set", "balance.coefficient 0 -> 0.05",
                                               R"({"command":"set","key":"balance.coefficient","value":0.05})"});
    store.writer(ulid).commit();
    ASSERT_TRUE(waitFor([&] { return shell.find<plots::Knob>("balanceKnob")->value() == 0.05; }));
    EXPECT_TRUE(waitFor([&] { return shell.find<QPushButton>("bannerAction")->text().contains(QStringLiteral("twin")); }));
}

TEST(Window, ACuredRunThatHasItsTwinOffersNoOther) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig(8, 1, 2);
    run.config.balance.coefficient = 0;
    run.collapses = true;
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.open(ulid);
    ASSERT_TRUE(shell.shows("bannerAction"));
    FakeRun twin = run;
    twin.parent = ulid;
    twin.cured = false;
    store.add(twin);
    EXPECT_TRUE(waitFor([&] { return !shell.shows("bannerAction"); }));
}

TEST(Window, AKnobSendsItsSettingAndWaitsForTheEvent) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    emit shell.find<plots::Knob>("capacityKnob")->committed(1.25);
    ASSERT_TRUE(waitFor([&] { return engine.got("capacity.factor") && engine.got("1.25"); }));
    emit shell.find<plots::Knob>("expertsPerToken")->committed(2);
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"moe.top_k\"")) && engine.got(QStringLiteral("\"value\":2")); }));
}

TEST(Window, ARefusedSettingGoesBackToWhatTheEngineHas) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.refuse("Not now.");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    auto* knob = shell.find<plots::Knob>("capacityKnob");
    knob->setValue(3);
    emit knob->committed(3);
    EXPECT_TRUE(waitFor([&] { return knob->value() == 2; }));
}

TEST(Window, SpaceAndFullStopPauseAndStep) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    Shell shell(store);
    shell.open(store.add(live(engine)));
    QTest::keyClick(&shell.window(), Qt::Key_Space);
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("pause")); }));
    QTest::keyClick(&shell.window(), Qt::Key_Period);
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("step")); }));
}

TEST(Window, KnobsOfARunThatIsNotTrainingSayWhy) {
    FakeStore store;
    FakeRun run;
    run.name = "old";
    run.config = fakeConfig();
    Shell shell(store);
    shell.open(store.add(run));
    auto* knob = shell.find<plots::Knob>("balanceKnob");
    EXPECT_FALSE(knob->isEnabled());
    EXPECT_TRUE(knob->toolTip().contains(QStringLiteral("old is finished")));
    EXPECT_TRUE(shell.find<QPushButton>("primaryButton")->text().contains(QStringLiteral("Train again")));
    EXPECT_FALSE(shell.find<QWidget>("capacityKnob")) << "capacity is not used in this run";
    EXPECT_FALSE(shell.find<QWidget>("noiseKnob")) << "the router has no noise";
}

TEST(Window, AnEngineThatDiesLeavesABannerAndAResume) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    storage::CheckpointRow checkpoint;
    checkpoint.step = 100;
    checkpoint.folder = "step-000000100";
    store.writer(ulid).addCheckpoint(checkpoint);
    store.writer(ulid).commit();
    Shell shell(store);
    shell.open(ulid);
    store.kill(ulid);
    ASSERT_TRUE(waitFor([&] { return shell.text("bannerSentence").contains(QStringLiteral("without saying goodbye")); }));
    EXPECT_TRUE(shell.text("bannerSentence").contains(QStringLiteral("Last checkpoint 100")));
    EXPECT_EQ(shell.find<QPushButton>("bannerAction")->text(), QStringLiteral("Resume"));
    EXPECT_TRUE(shell.window().run().diedHere());
}

TEST(Window, ARunStartedElsewhereCanBeOpenedByOneClick) {
    FakeStore store;
    FakeRun old;
    old.config = fakeConfig();
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    Shell shell(store);
    shell.open(store.add(old));
    ASSERT_TRUE(waitFor([&] { return shell.window().library().runs()->size() == 1; }));
    FakeRun run = live(engine);
    const std::string ulid = store.add(run);
    ASSERT_TRUE(waitFor([&] { return shell.text("bannerSentence").contains(QStringLiteral("g8-s2 has started training")); }));
    shell.find<QPushButton>("bannerAction")->click();
    EXPECT_EQ(shell.window().run().ulid().toStdString(), ulid);
}

TEST(Window, ClosingAsksOnceAndEachAnswerIsKept) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    ASSERT_TRUE(waitFor([&] { return shell.window().library().find(QString::fromStdString(ulid)) != nullptr; }));
    shell.answer = CloseChoice::cancel;
    EXPECT_FALSE(shell.window().close());
    EXPECT_EQ(shell.asked, QStringList{QStringLiteral("g8-s2")});
    EXPECT_TRUE(shell.window().isVisible());
    shell.answer = CloseChoice::checkpointAndStop;
    EXPECT_FALSE(shell.window().close());
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("stop")); }));
    store.writer(ulid).setState(storage::RunState::stopped, "Stopped; a checkpoint is saved.");
    store.writer(ulid).commit();
    store.kill(ulid);
    EXPECT_TRUE(waitFor([&] { return !shell.window().isVisible(); }));
}

TEST(Window, KeepTrainingClosesAndSendsNothing) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    ASSERT_TRUE(waitFor([&] { return shell.window().library().find(QString::fromStdString(ulid)) != nullptr; }));
    shell.answer = CloseChoice::keepTraining;
    EXPECT_TRUE(shell.window().close());
    EXPECT_FALSE(engine.got(QStringLiteral("stop")));
}

TEST(Window, ClosingWithoutTrainingAsksNothing) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    Shell shell(store);
    shell.open(store.add(run));
    EXPECT_TRUE(shell.window().close());
    EXPECT_TRUE(shell.asked.isEmpty());
}

TEST(Window, AnEngineThatCannotStartIsSaidAndNothingHangs) {
    FakeStore store;
    qputenv("MOESCOPE_ENGINE", "/bin/false");
    Shell shell(store);
    shell.find<QPushButton>("demoTileButton")->click();
    EXPECT_EQ(shell.window().page(), PageId::train);
    ASSERT_TRUE(waitFor([&] { return shell.shows("bannerSentence"); }));
    EXPECT_TRUE(shell.text("bannerSentence").contains(QStringLiteral("engine ended before it could start")));
    EXPECT_EQ(shell.window().trainPage().findChild<QLabel*>("emptySentence")->text(), QStringLiteral("No runs yet"));
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(Window, WithoutAnEngineTheStartPageSaysSoAndOffersNoTraining) {
    FakeStore store;
    qputenv("MOESCOPE_ENGINE", "/no/such/engine");
    Shell shell(store);
    EXPECT_TRUE(shell.shows("engineNotice"));
    EXPECT_FALSE(shell.shows("demoTileButton"));
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(Window, AClickInTheRecentRunsOpensTheRun) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    const std::string ulid = store.add(run);
    Shell shell(store);
    auto* recent = shell.find<QWidget>("recentRuns");
    ASSERT_TRUE(waitFor([&] { return recent->isVisible() && recent->height() > 20; }));
    QTest::mouseClick(recent, Qt::LeftButton, {}, QPoint(40, 18));
    EXPECT_EQ(shell.window().run().ulid().toStdString(), ulid);
    EXPECT_EQ(shell.window().page(), PageId::train);
}

class WindowSize : public ::testing::TestWithParam<QSize> {};

TEST_P(WindowSize, StaysAsAskedOnEveryPage) {
    FakeStore store;
    FakeRun run;
    run.name = "a name that goes on and on so that nothing has any room left for it at all, and then some more";
    run.config = fakeConfig(8, 2, 2);
    run.config.capacity.factor = 1.25;
    run.config.router.noise = "logit_gauss_fixed";
    run.collapses = true;
    const std::string ulid = store.add(run);
    Shell shell(store, GetParam());
    EXPECT_EQ(shell.window().size(), GetParam());
    shell.open(ulid);
    EXPECT_EQ(shell.window().size(), GetParam());
    EXPECT_EQ(shell.window().grab().size(), GetParam());
    for (const PageId page : {PageId::compare, PageId::newRun, PageId::start}) {
        shell.window().showPage(page);
        QCoreApplication::processEvents();
        EXPECT_EQ(shell.window().size(), GetParam()) << static_cast<int>(page);
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, WindowSize, ::testing::Values(QSize(1440, 900), QSize(1366, 768), QSize(1024, 640)));

}  // namespace
}  // namespace moescope::ui
