// Learner, Standard, Expert: controls come and go, state stays.
#include <QAction>
#include <QSettings>
#include <QTemporaryDir>

#include "plots/controls.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/new_run_page.hpp"
#include "ui/preferences.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

/// Back to the usual preferences, whatever a test did.
struct Level : ::testing::Test {
    ~Level() override { PreferencesHub::instance().set({}); }
};

FakeRun noisyRun() {
    FakeRun run;
    run.config = fakeConfig(8, 2, 2);
    run.config.router.noise = "logit_gauss_fixed";
    run.config.capacity.factor = 1.25;
    return run;
}

TEST_F(Level, TheToolbarShowsTheKnobsOfTheLevel) {
    FakeStore store;
    Shell shell(store, {1920, 1080});
    shell.open(store.add(noisyRun()));
    EXPECT_TRUE(shell.shows("noiseKnob"));
    EXPECT_FALSE(shell.shows("zLossKnob"));
    shell.find<QAction>("level-learner")->trigger();
    EXPECT_TRUE(shell.shows("balanceKnob"));
    EXPECT_FALSE(shell.shows("noiseKnob"));
    EXPECT_FALSE(shell.shows("balanceScope"));
    shell.find<QAction>("level-expert")->trigger();
    EXPECT_TRUE(shell.shows("noiseKnob"));
    EXPECT_TRUE(shell.find<QWidget>("zLossKnob"));
}

TEST_F(Level, NoPanelGoesWithTheLevel) {
    FakeStore store;
    Shell shell(store);
    shell.open(store.add(noisyRun()));
    const auto before = shell.window().trainPage().grid().shownPanels();
    shell.find<QAction>("level-learner")->trigger();
    EXPECT_EQ(shell.window().trainPage().grid().shownPanels(), before);
    for (plots::Panel* panel : before) EXPECT_TRUE(panel->isVisible()) << panel->objectName().toStdString();
}

TEST_F(Level, ALearnersFormHasTheFieldsOfTheLessonsAndWhatDiffers) {
    FakeStore store;
    Shell shell(store);
    shell.window().showPage(PageId::newRun);
    shell.window().newRunPage().setPreset(QStringLiteral("eight_domains"));
    EXPECT_TRUE(shell.shows("router.select"));
    shell.find<QAction>("level-learner")->trigger();
    EXPECT_TRUE(shell.shows("balance.coefficient"));
    EXPECT_FALSE(shell.shows("router.select"));
    EXPECT_FALSE(shell.shows("settingsLevel"));
    shell.find<QAction>("level-expert")->trigger();
    EXPECT_TRUE(shell.shows("router.select"));
    EXPECT_TRUE(shell.find<QWidget>("telemetry.report_every")->isVisibleTo(&shell.window().newRunPage())) << "all settings";
}

TEST_F(Level, IsKeptInTheSettings) {
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    Preferences wanted;
    wanted.level = DetailLevel::expert;
    wanted.textPoints = 12;
    wanted.smoothing = 0.5;
    storePreferences(settings, wanted);
    EXPECT_EQ(storedPreferences(settings), wanted);
    settings.setValue(QStringLiteral("view/textPoints"), 99);
    settings.setValue(QStringLiteral("view/level"), QStringLiteral("wizard"));
    EXPECT_EQ(storedPreferences(settings).textPoints, 24);
    EXPECT_EQ(storedPreferences(settings).level, DetailLevel::standard);
}

}  // namespace
}  // namespace moescope::ui
