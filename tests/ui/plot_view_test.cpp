// How plots are looked at: scales, axes, panes, undo, layouts, projector, export, in the real window.
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QSettings>
#include <QSlider>
#include <QTabBar>
#include <QTabWidget>
#include <QTemporaryDir>

#include <qcustomplot.h>

#include "plots/controls.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/page_export.hpp"
#include "ui/preferences.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_page.hpp"
#include "ui/view_history.hpp"

namespace moescope::ui {
namespace {

using namespace testing;
using plots::ScaleKind;

FakeRun anyRun() {
    FakeRun run;
    run.name = "a run";
    run.config = fakeConfig(8, 2, 2);
    run.collapses = true;
    run.steps = 300;
    return run;
}

struct View : ::testing::Test {
    ~View() override { PreferencesHub::instance().set({}); }
    void open() { shell.open(store.add(anyRun())); }
    TrainGrid& grid() { return shell.window().trainPage().grid(); }
    void act(const char* name) {
        shell.find<QAction>(name)->trigger();
        shell.settle();
    }
    FakeStore store;
    Shell shell{store};
};

TEST(ViewHistory, AZoomThatGoesOnIsOneStepAndAChangeOfTheLayerAnother) {
    ViewHistory history;
    PlotView view;
    history.reset(view);
    view.range = plots::XRange{0, 50};
    history.note(view, 1000);
    view.range = plots::XRange{0, 40};
    history.note(view, 1200);
    view.view.moeLayer = 1;
    history.note(view, 1300);
    EXPECT_EQ(history.undo()->view.moeLayer, 0);
    EXPECT_EQ(history.undo()->range, std::nullopt) << "both zooms at once";
    EXPECT_FALSE(history.undo());
    EXPECT_EQ(history.redo()->range, (plots::XRange{0, 40}));
    PlotView other;
    other.maximised = QStringLiteral("lossPanel");
    history.note(other, 9000);
    EXPECT_FALSE(history.canRedo()) << "a new way forgets the old one";
}

TEST_F(View, ControlZTakesBackTheZoomAndControlShiftZBringsItAgain) {
    open();
    plots::CursorHub* hub = shell.window().cursor().plotHub();
    hub->setXRange(plots::XRange{50, 100});
    act("undoView");
    EXPECT_FALSE(hub->xRange());
    act("redoView");
    EXPECT_EQ(hub->xRange(), (plots::XRange{50, 100}));
    act("fitView");
    EXPECT_FALSE(hub->xRange());
}

TEST_F(View, LGoesThroughTheScalesOfThePlotThatIsMeant) {
    open();
    auto* panel = shell.find<plots::ChartPanel>("healthPanel");
    panel->plot()->setFocus();
    QTest::keyClick(panel->plot(), Qt::Key_L);
    EXPECT_EQ(panel->yScale(), ScaleKind::Log);
    QTest::keyClick(panel->plot(), Qt::Key_L);
    EXPECT_EQ(panel->yScale(), ScaleKind::SymLog);
    EXPECT_EQ(shell.find<plots::ChartPanel>("lossPanel")->yScale(), ScaleKind::Linear);
    act("undoView");
    EXPECT_EQ(panel->yScale(), ScaleKind::Log);
}

TEST_F(View, ShiftLChangesTheXAxisOfEveryPlotAndHeatMap) {
    open();
    QTest::keyClick(&shell.window(), Qt::Key_L, Qt::ShiftModifier);
    EXPECT_EQ(shell.window().cursor().plotHub()->xScale().kind, ScaleKind::Log);
    shell.settle();
    EXPECT_FALSE(shell.find<plots::HeatPanel>("loadPanel")->cells().isNull());
}

TEST_F(View, SmoothingIsASliderAndFinerByTyping) {
    open();
    shell.find<QSlider>("smoothingSlider")->setValue(50);
    EXPECT_EQ(shell.find<QLineEdit>("smoothingField")->text(), QStringLiteral("0.50"));
    auto* field = shell.find<QLineEdit>("smoothingField");
    field->setText(QStringLiteral("0.999"));
    emit field->editingFinished();
    EXPECT_EQ(field->text(), QStringLiteral("0.999"));
    EXPECT_EQ(shell.find<QSlider>("smoothingSlider")->value(), 99);
    field->setText(QStringLiteral("a lot"));
    emit field->editingFinished();
    EXPECT_EQ(field->text(), QStringLiteral("0.999")) << "what is no number changes nothing";
    QTest::keyClick(&shell.window(), Qt::Key_BracketLeft);
    EXPECT_EQ(field->text(), QStringLiteral("0.99"));
    // The raw values stay beside the smoothed ones, also in the export.
    EXPECT_TRUE(shell.find<plots::Panel>("lossPanel")->visibleTable().columns.contains(QStringLiteral("train_loss_smoothed")));
}

TEST_F(View, RelativeAndWallTimeGrowWithTheSteps) {
    open();
    const RunData& run = *shell.window().run().data();
    for (const XAxis axis : {XAxis::relative, XAxis::wall, XAxis::seconds}) {
        double before = -1;
        for (const double step : {1.0, 100.0, 200.0, 300.0}) {
            const double now = run.onAxis(axis, step);
            EXPECT_GE(now, before) << static_cast<int>(axis) << ' ' << step;
            before = now;
        }
    }
    EXPECT_NEAR(run.onAxis(XAxis::wall, 300) - run.onAxis(XAxis::wall, 0), run.onAxis(XAxis::relative, 300), 1e-3);
    auto* choice = shell.find<QComboBox>("axisChoice");
    choice->setCurrentIndex(static_cast<int>(XAxis::wall));
    emit choice->activated(static_cast<int>(XAxis::wall));
    shell.settle();
    EXPECT_TRUE(shell.window().cursor().plotHub()->clock());
}

TEST_F(View, AMetricCanBePutOnAPlotOrIntoOneOfItsOwnAndIsTakenBack) {
    open();
    act("showMetrics");
    auto* list = shell.find<QListWidget>("metricList");
    const auto rows = list->findItems(QStringLiteral("gradient_norm"), Qt::MatchExactly);
    ASSERT_EQ(rows.size(), 1);
    list->setCurrentItem(rows.front());
    shell.find<plots::Panel>("lossPanel")->plot()->setFocus();
    QTest::keyClick(list, Qt::Key_Return);
    shell.settle();
    EXPECT_TRUE(shell.find<plots::Panel>("lossPanel")->visibleTable().columns.contains(QStringLiteral("gradient_norm")));
    const auto before = grid().shownPanels().size();
    QTest::keyClick(list, Qt::Key_Return, Qt::ShiftModifier);
    shell.settle();
    ASSERT_EQ(grid().shownPanels().size(), before + 1);
    EXPECT_TRUE(grid().shownPanels().back()->visibleTable().columns.contains(QStringLiteral("gradient_norm")));
    act("undoView");
    EXPECT_EQ(grid().shownPanels().size(), before);
    act("undoView");
    EXPECT_FALSE(shell.find<plots::Panel>("lossPanel")->visibleTable().columns.contains(QStringLiteral("gradient_norm")));
}

TEST_F(View, OutliersAreLeftOutInEveryPlotByOneSwitch) {
    open();
    act("outliersAction");
    for (const char* name : {"lossPanel", "healthPanel", "usePanel"}) EXPECT_TRUE(shell.find<plots::ChartPanel>(name)->ignoresOutliers()) << name;
    EXPECT_TRUE(preferences().ignoreOutliers);
}

TEST_F(View, TheVisibleIsExportedInAllFourFormatsAndARefusalIsSaid) {
    open();
    QTemporaryDir folder;
    const auto exportTo = [&](const QString& name) {
        const QString path = folder.filePath(name);
        shell.window().askPictureName = [path](const QString&) { return path; };
        shell.find<QAction>("exportVisible")->trigger();
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    EXPECT_TRUE(exportTo(QStringLiteral("a.png")).startsWith("\x89PNG"));
    EXPECT_TRUE(exportTo(QStringLiteral("a.pdf")).startsWith("%PDF-"));
    const QByteArray svg = exportTo(QStringLiteral("a.svg")), csv = exportTo(QStringLiteral("a.csv"));
    EXPECT_TRUE(svg.contains("<svg"));
    EXPECT_TRUE(csv.startsWith("plot,x_name,x,series,value\n"));
    EXPECT_TRUE(csv.contains("Loss,step,120,train_loss,"));
    EXPECT_TRUE(csv.contains("Expert load,step,"));
    EXPECT_TRUE(exportTo(QStringLiteral("a.bmp")).isEmpty());
}

TEST_F(View, WhatIsZoomedAwayIsNotInTheExport) {
    open();
    shell.window().cursor().plotHub()->setXRange(plots::XRange{100, 110});
    shell.settle();
    const QByteArray csv = pageCsv(grid());
    EXPECT_TRUE(csv.contains("Loss,step,105,train_loss,"));
    EXPECT_FALSE(csv.contains("Loss,step,120,train_loss,"));
}

TEST_F(View, ProjectorMakesTextBiggerAndLinesThickerAndGoesBack) {
    open();
    const int before = shell.find<QLabel>("statusTraining")->font().pixelSize();
    const double line = plots::lineScale();
    act("projector");
    EXPECT_GT(shell.find<QLabel>("statusTraining")->font().pixelSize(), before);
    EXPECT_GT(plots::lineScale(), line);
    act("projector");
    EXPECT_EQ(shell.find<QLabel>("statusTraining")->font().pixelSize(), before);
    EXPECT_EQ(plots::lineScale(), line);
}

TEST(Projector, ChosenBeforeTheFirstShowScalesMenuTabsOptionsAndKnobsAlike) {
    FakeStore store;
    FakeRun live = anyRun();
    live.state = storage::RunState::running;
    const std::string ulid = store.add(live);
    applyThemeChoice(ThemeChoice::light);
    MainWindow window(QString::fromStdString(store.folder().string()));
    window.askBeforeClosing = [](const QStringList&) { return CloseChoice::keepTraining; };
    auto* tabs = window.findChild<QTabWidget*>(QStringLiteral("pages"));
    const int usual = tabs->tabBar()->font().pixelSize();
    ASSERT_TRUE(window.useLayout(QStringLiteral("projector")));
    window.resize(1366, 768);
    window.openRun(QString::fromStdString(ulid));
    window.show();
    ASSERT_TRUE(waitFor([&] { return window.run().data() != nullptr; }));
    window.prepareForPicture();
    window.grab();
    const int wanted = qRound(1.25 * usual);
    EXPECT_EQ(tabs->tabBar()->font().pixelSize(), wanted);
    for (const char* name : {"primaryButton", "layerChoice"}) EXPECT_GE(window.findChild<QWidget*>(QLatin1String(name))->font().pixelSize(), wanted - 1) << name;
    EXPECT_EQ(window.findChild<QLabel*>(QStringLiteral("statusTraining"))->contentsMargins().right(), 14) << "a change of style takes no label's margins";
    const auto* bar = window.findChild<QMenuBar*>(QStringLiteral("menuBar"));
    for (QAction* menu : bar->actions()) EXPECT_TRUE(bar->rect().contains(bar->actionGeometry(menu))) << menu->text().toStdString();
    const auto knobs = window.findChildren<plots::Knob*>();
    ASSERT_FALSE(knobs.empty());
    for (const plots::Knob* knob : knobs) {
        if (!knob->slider()) continue;
        EXPECT_GE(knob->width(), QFontMetrics(plots::uiFont(12)).horizontalAdvance(knob->accessibleName() + QStringLiteral(" 0.10"))) << knob->accessibleName().toStdString();
    }
    ASSERT_TRUE(window.useLayout(QStringLiteral("research")));
    EXPECT_EQ(tabs->tabBar()->font().pixelSize(), usual);
    EXPECT_EQ(plots::fontScale(), 1);
}

TEST(Layouts, OwnOnesAreSavedByNameAndUsedAgainAndForgotten) {
    FakeStore store;
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    applyThemeChoice(ThemeChoice::light);
    const QString run = QString::fromStdString(store.add(anyRun()));
    const auto opened = [&](MainWindow& window) {
        window.askBeforeClosing = [](const QStringList&) { return CloseChoice::keepTraining; };
        window.resize(1440, 900);
        window.show();
        window.openRun(run);
        return waitFor([&] { return window.run().data() != nullptr; });
    };
    {
        MainWindow window(QString::fromStdString(store.folder().string()), &settings);
        ASSERT_TRUE(opened(window));
        window.useLayout(QStringLiteral("compact"));
        window.trainPage().grid().addMetric(QStringLiteral("gradient_norm"), nullptr);
        window.saveLayout(QStringLiteral("my eyes"));
        window.saveLayout(QStringLiteral("Research"));
        EXPECT_EQ(window.ownLayouts(), QStringList{QStringLiteral("my eyes")}) << "the window's own names stay its own";
    }
    MainWindow window(QString::fromStdString(store.folder().string()), &settings);
    ASSERT_TRUE(opened(window));
    EXPECT_TRUE(window.findChild<QWidget*>(QStringLiteral("runsDock"))->isVisible());
    EXPECT_FALSE(window.useLayout(QStringLiteral("baroque")));
    ASSERT_TRUE(window.useLayout(QStringLiteral("my eyes")));
    EXPECT_FALSE(window.findChild<QWidget*>(QStringLiteral("inspectorDock"))->isVisible());
    EXPECT_EQ(window.trainPage().grid().added(), (std::vector<AddedMetric>{{QStringLiteral("gradient_norm"), QStringLiteral("own1")}}));
    window.findChild<QAction*>(QStringLiteral("forgetLayout-my eyes"))->trigger();
    EXPECT_TRUE(window.ownLayouts().isEmpty());
}

}  // namespace
}  // namespace moescope::ui
