// The Train page of the real window shows what the store holds.
#include <QComboBox>

#include "plots/bars.hpp"
#include "plots/controls.hpp"
#include "plots/empty_state.hpp"
#include "plots/scrubber.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/help_text.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

FakeRun collapsed() {
    FakeRun run;
    run.name = "cured at 150";
    run.config = fakeConfig(8, 2, 2);
    run.collapses = true;
    run.steps = 300;
    return run;
}

void choose(Shell& shell, const char* combo, int index) {
    auto* box = shell.find<QComboBox>(combo);
    box->setCurrentIndex(index);
    emit box->activated(index);
    shell.settle();
}

TEST(TrainPage, PanelsShowTheStoredValues) {
    FakeStore store;
    const FakeRun run = collapsed();
    Shell shell(store);
    shell.open(store.add(run));
    EXPECT_NEAR(shell.shown("lossPanel", "train_loss", 120), fakeLoss(run, 120), 1e-6);
    EXPECT_NEAR(shell.shown("lossPanel", "val_loss", 150), fakeValLoss(run, 150), 1e-6);
    EXPECT_NEAR(shell.shown("loadPanel", "E0", 120), 8 * fakeLoad(run, 120, 0, 0), 1e-4);
    EXPECT_NEAR(shell.shown("loadPanel", "E7", 40), 8 * fakeLoad(run, 40, 0, 7), 1e-4);
    EXPECT_NEAR(shell.shown("usePanel", "effective_experts", 200), fakeEffective(run, 200, 0), 1e-4);
}

TEST(TrainPage, ARouterThatDeclaresCurvesHasAPanelOfItsOwn) {
    FakeStore store;
    FakeRun run = collapsed();
    const std::string without = store.add(run);
    run.curves = {"imbalance", "load", "no_such_metric"};
    Shell shell(store);
    shell.open(store.add(run));
    ASSERT_TRUE(shell.shows("routerPanel"));
    EXPECT_NEAR(shell.shown("routerPanel", "load", 120), fakeLoad(run, 120, 0, 0), 1e-6);
    EXPECT_TRUE(helpOf(shell.find<plots::Panel>("routerPanel")->header()).contains(QStringLiteral("Largest load over the fair share")));
    const QRect loss = shell.find<plots::Panel>("lossPanel")->geometry(), health = shell.find<plots::Panel>("healthPanel")->geometry(),
                use = shell.find<plots::Panel>("usePanel")->geometry(), own = shell.find<plots::Panel>("routerPanel")->geometry();
    EXPECT_EQ(own.left(), health.left());
    EXPECT_NEAR(health.bottom(), use.bottom(), 2);
    EXPECT_GT(loss.height(), own.height());
    shell.window().resize(1366, 640);
    shell.settle();
    EXPECT_TRUE(shell.shows("routerPanel"));
    EXPECT_FALSE(shell.shows("healthPanel"));   // too low for three
    shell.window().resize(1366, 900);
    shell.settle();
    EXPECT_TRUE(shell.shows("healthPanel"));
    shell.open(without);
    EXPECT_FALSE(shell.shows("routerPanel"));
}

TEST(TrainPage, TheLayerChoiceReachesEveryPanelAndTheInspector) {
    FakeStore store;
    const FakeRun run = collapsed();
    Shell shell(store);
    shell.open(store.add(run));
    choose(shell, "layerChoice", 1);
    EXPECT_NEAR(shell.shown("loadPanel", "E3", 40), 8 * fakeLoad(run, 40, 1, 3), 1e-4);
    EXPECT_NEAR(shell.shown("usePanel", "effective_experts", 200), fakeEffective(run, 200, 1), 1e-4);
    EXPECT_TRUE(shell.find<plots::Panel>("loadPanel")->header()->unit().startsWith(QStringLiteral("layer 1")));
}

TEST(TrainPage, AnotherAxisMovesTheSameValues) {
    FakeStore store;
    const FakeRun run = collapsed();
    Shell shell(store);
    shell.open(store.add(run));
    choose(shell, "axisChoice", 1);
    EXPECT_NEAR(shell.shown("lossPanel", "train_loss", 120.0 * kFakeTokensPerStep), fakeLoss(run, 120), 1e-6);
}

TEST(TrainPage, ScrubbingMovesInspectorAndSampleAndGoingLiveReturns) {
    FakeStore store;
    const FakeRun run = collapsed();
    Shell shell(store);
    shell.open(store.add(run));
    EXPECT_EQ(shell.text("sampleStep"), QStringLiteral("step 300"));
    shell.window().cursor().pin(120);
    shell.settle();
    EXPECT_EQ(shell.text("inspectorWhen"), QStringLiteral("at step 120"));
    EXPECT_EQ(shell.text("effectiveExperts"), QStringLiteral("1.0"));
    EXPECT_EQ(shell.text("sampleStep"), QStringLiteral("step 100"));
    EXPECT_EQ(shell.find<plots::Pill>("idlePill")->text(), QStringLiteral("7 idle"));
    QTest::keyClick(&shell.window(), Qt::Key_Escape);
    shell.settle();
    EXPECT_EQ(shell.text("inspectorWhen"), QStringLiteral("at the end"));
    EXPECT_EQ(shell.text("effectiveExperts"), QString::number(fakeEffective(run, 300, 0), 'f', 1));
}

TEST(TrainPage, NAndShiftNGoFromEventToEvent) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(collapsed()));
    QTest::keyClick(&shell.window(), Qt::Key_N, Qt::ShiftModifier);
    EXPECT_EQ(shell.window().cursor().pinned(), 262);
    QTest::keyClick(&shell.window(), Qt::Key_N, Qt::ShiftModifier);
    EXPECT_EQ(shell.window().cursor().pinned(), 150);
    QTest::keyClick(&shell.window(), Qt::Key_N);
    EXPECT_EQ(shell.window().cursor().pinned(), 262);
}

TEST(TrainPage, ADenseRunHasNoRouterPanelsAndSaysSo) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig(0, 0, 2);
    Shell shell(store);
    shell.open(store.add(run));
    EXPECT_TRUE(shell.shows("lossPanel"));
    EXPECT_TRUE(shell.shows("healthPanel"));
    EXPECT_TRUE(shell.shows("denseNote"));
    for (const char* panel : {"loadPanel", "concentrationPanel", "logitsPanel", "usePanel", "layerChoice", "inspectorLayer"}) EXPECT_FALSE(shell.shows(panel)) << panel;
}

TEST(TrainPage, SixtyFourExpertsAreSortedAndLayersAreAMap) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig(64, 8, 6);
    run.steps = 60;
    Shell shell(store);
    shell.open(store.add(run));
    EXPECT_TRUE(shell.shows("layersPanel"));
    EXPECT_TRUE(shell.shows("spreadPanel"));
    EXPECT_FALSE(shell.shows("usePanel"));
    EXPECT_EQ(shell.find<plots::HeatPanel>("loadPanel")->visibleTable().columns.size(), 65);
    EXPECT_NEAR(shell.shown("layersPanel", "L3", 40), fakeEffective(run, 40, 3) / 64, 1e-4);
}

TEST(TrainPage, ADamagedRunSaysWhatIsWrongAndTheWindowLives) {
    FakeStore store;
    const std::string good = store.add(collapsed()), bad = store.add(collapsed());
    store.damage(bad);
    Shell shell(store);
    shell.open(bad);
    EXPECT_EQ(shell.window().trainPage().findChild<QLabel*>("emptySentence")->text(), QStringLiteral("This run cannot be shown"));
    EXPECT_FALSE(shell.shows("lossPanel"));
    shell.open(good);
    EXPECT_TRUE(shell.shows("lossPanel"));
}

TEST(TrainPage, AnEmptyStoreOffersTheFirstDemo) {
    FakeStore store;
    Shell shell(store);
    shell.window().showPage(PageId::train);
    EXPECT_EQ(shell.window().trainPage().findChild<QLabel*>("emptySentence")->text(), QStringLiteral("No runs yet"));
    EXPECT_TRUE(shell.window().trainPage().findChild<QPushButton*>("emptyAction0")->isVisible());
}

TEST(TrainPage, ALiveRunGrowsOnTheScreen) {
    FakeStore store;
    FakeRun run = collapsed();
    run.state = storage::RunState::running;
    run.steps = 50;
    const std::string ulid = store.add(run);
    Shell shell(store);
    shell.open(ulid);
    EXPECT_EQ(shell.window().run().data()->lastStep(), 50);
    store.train(ulid, run, 51);
    ASSERT_TRUE(waitFor([&] { return shell.window().run().data()->lastStep() == 51; }));
    shell.settle();
    EXPECT_NEAR(shell.shown("lossPanel", "train_loss", 51), fakeLoss(run, 51), 1e-6);
}

TEST(TrainPage, APanelCanBeMaximisedAndExported) {
    FakeStore store;
    const FakeRun run = collapsed();
    Shell shell(store);
    shell.open(store.add(run));
    auto* panel = shell.find<plots::Panel>("lossPanel");
    emit panel->maximiseRequested();
    EXPECT_TRUE(shell.shows("lossPanel"));
    EXPECT_FALSE(shell.shows("loadPanel"));
    emit panel->maximiseRequested();
    EXPECT_TRUE(shell.shows("loadPanel"));
    const QString path = QString::fromStdString((store.folder() / "loss.csv").string());
    shell.window().trainPage().askFileName = [&](const QString&, const QString&) { return path; };
    emit panel->exportRequested(plots::ExportFormat::Csv);
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_TRUE(file.readLine().contains("train_loss"));
}

}  // namespace
}  // namespace moescope::ui
