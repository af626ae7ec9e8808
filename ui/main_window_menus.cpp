// Main window: menu row and keys. Single keys act only where nobody types.
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QVBoxLayout>

#include <tuple>

#include "core/base/version.hpp"
#include "plots/icons.hpp"
#include "plots/scaled.hpp"
#include "plots/scrubber.hpp"
#include "ui/action_book.hpp"
#include "ui/cheat_sheet.hpp"
#include "ui/compare_menu.hpp"
#include "ui/compare_page.hpp"
#include "ui/help_card.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/main_window_theme.hpp"
#include "ui/run_watched.hpp"
#include "ui/routing_page.hpp"
#include "ui/toolbar.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_options.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kMenuHeight = 38, kBarHeight = 30;

/// An entry for the open run: it acts on the pages with plots, and its bare key never steals a typed letter.
QAction* keyed(QMenu* menu, const char* name, const QString& text, const QString& key) {
    QAction* action = menu->addAction(text);
    action->setObjectName(QString::fromLatin1(name));
    ActionBook::setKey(action, QKeySequence(key));
    ActionBook::setPlace(action, kOnPlots);
    return action;
}

/// An entry that has something to do everywhere.
QAction* entry(QMenu* menu, const char* name, const QString& text, QKeySequence key = {}) {
    QAction* action = menu->addAction(text);
    action->setObjectName(QString::fromLatin1(name));
    ActionBook::setKey(action, key);
    return action;
}

void showAbout(QWidget* window) {
    QMessageBox::about(window, MainWindow::tr("About MoEScope"),
                       MainWindow::tr("<b>MoEScope %1</b><br>Trains small mixture-of-experts models on this computer and shows what the router does.<br><br>"
                                      "Free software under the GNU General Public License, version 3 or later.<br>Inter and JetBrains Mono under the SIL Open Font License.")
                           .arg(QString::fromUtf8(base::version().data(), static_cast<qsizetype>(base::version().size()))));
}

}  // namespace

QMenuBar* MainWindow::buildMenuRow() {
    auto* rowBox = new QWidget(this);
    rowBox->setProperty("role", "window");
    rowBox->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(rowBox);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 12, 0);
    row->setSpacing(6);
    auto* mark = new QLabel(rowBox);
    auto* bar = new QMenuBar(rowBox);
    bar->setNativeMenuBar(false);
    const auto draw = [mark, bar] {
        mark->setPixmap(plots::logo(plots::scaled(20), mark->devicePixelRatioF()));
        mark->setFixedHeight(plots::scaled(kMenuHeight));
        bar->setFixedHeight(plots::scaled(kBarHeight));  // a bar too low for its entries draws none
    };
    draw();
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, mark, draw);
    bar->setObjectName(QStringLiteral("menuBar"));
    row->addWidget(mark);
    row->addWidget(bar, 1, Qt::AlignVCenter);
    column->addLayout(row);
    auto* line = new QFrame(rowBox);
    line->setProperty("role", "hairline");
    column->addWidget(line);
    setMenuWidget(rowBox);
    return bar;
}

void MainWindow::buildMenus() {
    QMenuBar* bar = buildMenuRow();
    m_book = new ActionBook(bar, this);
    buildFileMenu(bar->addMenu(tr("&File")));
    buildEditMenu(bar->addMenu(tr("&Edit")));
    buildViewMenu(bar->addMenu(tr("&View")));
    QMenu* run = bar->addMenu(tr("&Run"));
    buildRunMenu(run);
    buildRoutingMenu(bar->addMenu(tr("R&outing")));
    addCompareMenu(*bar, *this);
    QMenu* tools = bar->addMenu(tr("&Tools"));
    addStudyActions(run, tools);
    connect(entry(tools, "routerByHand", tr("Router by hand"), Qt::CTRL | Qt::Key_R), &QAction::triggered, this, [this] {
        showPage(PageId::routing);
        m_routing->setView(QStringLiteral("hand"));
    });
    buildHelpMenu(bar->addMenu(tr("&Help")));
    finishActions();
}

void MainWindow::buildFileMenu(QMenu* file) {
    connect(entry(file, "newRun", tr("New run…"), Qt::CTRL | Qt::Key_N), &QAction::triggered, this, [this] { showPage(PageId::newRun); });
    connect(entry(file, "ownText", tr("Train on my own text…")), &QAction::triggered, this, [this] { openOwnText(askTextFiles()); });
    connect(entry(file, "openFile", tr("Open…"), Qt::CTRL | Qt::Key_O), &QAction::triggered, this, [this] {
        if (const QString path = askPath(); !path.isEmpty()) openPaths({path});
    });
    connect(entry(file, "openRun", tr("Open a run…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O), &QAction::triggered, this, &MainWindow::openRunPicker);
    connect(entry(file, "startPage", tr("Start page")), &QAction::triggered, this, [this] { showPage(PageId::start); });
    QAction* visible = entry(file, "exportVisible", tr("Export what is visible…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E);
    ActionBook::setPlace(visible, kOnTabs);
    connect(visible, &QAction::triggered, this, &MainWindow::exportPage);
    connect(entry(file, "saveReport", tr("Report of the comparison…")), &QAction::triggered, this, [this] { m_compare->saveReport(); });
    file->addSeparator();
    connect(entry(file, "quit", tr("Quit"), Qt::CTRL | Qt::Key_Q), &QAction::triggered, this, &QWidget::close);
}

void MainWindow::buildViewMenu(QMenu* view) {
    const std::tuple<const char*, QString, Qt::Key, PageId> pages[] = {{"showTrain", tr("Train"), Qt::Key_1, PageId::train}, {"showRouting", tr("Routing"), Qt::Key_2, PageId::routing},
                                                                       {"showCompare", tr("Compare"), Qt::Key_3, PageId::compare}, {"showData", tr("Data"), Qt::Key_4, PageId::data},
                                                                       {"showDevice", tr("Device"), Qt::Key_5, PageId::device}, {"showRouters", tr("Routers"), Qt::Key_6, PageId::routers}};
    for (const auto& [name, text, key, page] : pages) connect(entry(view, name, text, Qt::CTRL | key), &QAction::triggered, this, [this, page = page] { showPage(page); });
    view->addSeparator();
    buildDockEntries(view);
    m_layoutMenu = view->addMenu(tr("Layout"));
    view->addSeparator();
    buildPlotMenu(view);
    connect(keyed(view, "smoother", tr("Smoother"), QStringLiteral("]")), &QAction::triggered, this, [this] { m_options->stepSmoothing(1); });
    connect(keyed(view, "rougher", tr("Less smooth"), QStringLiteral("[")), &QAction::triggered, this, [this] { m_options->stepSmoothing(-1); });
    connect(keyed(view, "layerDown", tr("Next layer"), QStringLiteral("PgDown")), &QAction::triggered, this, [this] { m_options->stepLayer(1); });
    connect(keyed(view, "layerUp", tr("Previous layer"), QStringLiteral("PgUp")), &QAction::triggered, this, [this] { m_options->stepLayer(-1); });
    connect(entry(view, "fullScreen", tr("Full screen"), Qt::Key_F11), &QAction::triggered, this, [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    buildLevelMenu(view->addMenu(tr("Level")));
    buildThemeMenu(view->addMenu(tr("Theme")));
}

void MainWindow::buildDockEntries(QMenu* view) {
    const auto toggle = [&](const char* name, const QString& text, bool MainWindow::*wanted) {
        QAction* action = entry(view, name, text);
        action->setCheckable(true);
        action->setChecked(this->*wanted);
        connect(action, &QAction::triggered, this, [this, wanted] {
            this->*wanted = !(this->*wanted);
            showChrome();
        });
    };
    toggle("showRuns", tr("List of runs"), &MainWindow::m_runsWanted);
    toggle("showInspector", tr("Inspector"), &MainWindow::m_inspectorWanted);
    QAction* interventions = entry(view, "showInterventions", tr("Interventions"));
    interventions->setCheckable(true);
    connect(interventions, &QAction::triggered, this, [this] {
        m_interventionsWanted = !m_interventionsDock->isVisible();
        m_interventionsAsked = m_interventionsWanted;
        showChrome();
        if (m_interventionsWanted) showInterventions();
    });
    toggle("showMetrics", tr("Metrics"), &MainWindow::m_metricsWanted);
}

void MainWindow::buildThemeMenu(QMenu* themes) {
    auto* group = new QActionGroup(this);
    for (const auto& [choice, text] : {std::pair{ThemeChoice::system, tr("As the system")}, {ThemeChoice::light, tr("Light")}, {ThemeChoice::dark, tr("Dark")}}) {
        QAction* action = themes->addAction(text, this, [this, choice = choice] { chooseTheme(choice); });
        action->setObjectName(QStringLiteral("theme-") + themeWord(choice));
        action->setCheckable(true);
        action->setChecked(m_settings && storedTheme(*m_settings) == choice);
        group->addAction(action);
    }
}

void MainWindow::buildRunMenu(QMenu* run) {
    connect(keyed(run, "trainOrPause", tr("Train or pause"), QStringLiteral("Space")), &QAction::triggered, m_toolbar, &Toolbar::primary);
    connect(keyed(run, "oneStep", tr("One step"), QStringLiteral(".")), &QAction::triggered, m_toolbar, &Toolbar::step);
    connect(keyed(run, "stopRun", tr("Stop and keep"), {}), &QAction::triggered, m_toolbar, &Toolbar::stop);
    connect(keyed(run, "checkpointNow", tr("Checkpoint now"), {}), &QAction::triggered, this, [this] { m_run->send({"checkpoint", {}}); });
    connect(entry(run, "forkHere", tr("Fork here"), Qt::CTRL | Qt::SHIFT | Qt::Key_F), &QAction::triggered, this, &MainWindow::forkHere);
    connect(entry(run, "rewindTo", tr("Rewind to checkpoint…")), &QAction::triggered, this, &MainWindow::chooseRewind);
    connect(keyed(run, "muteChosen", tr("Mute the chosen expert"), QStringLiteral("M")), &QAction::triggered, this, [this] {
        showInterventions();
        m_interventions->apply(QStringLiteral("muteExpert"), std::nullopt);
    });
    run->addSeparator();
    connect(keyed(run, "denseTwin", tr("Train its dense twin"), {}), &QAction::triggered, this, [this] { startTwin(QStringLiteral("--dense")); });
    connect(keyed(run, "controlTwin", tr("Train its twin without the interventions"), {}), &QAction::triggered, this, [this] { startTwin(QStringLiteral("--control")); });
    run->addSeparator();
    connect(keyed(run, "nextEvent", tr("Next event"), QStringLiteral("N")), &QAction::triggered, m_cursor.get(), &TrainCursor::nextEvent);
    connect(keyed(run, "previousEvent", tr("Previous event"), QStringLiteral("Shift+N")), &QAction::triggered, m_cursor.get(), &TrainCursor::previousEvent);
    connect(keyed(run, "goLive", tr("Leave solo, then to the newest step"), QStringLiteral("Esc")), &QAction::triggered, this, [this] {
        if (!leaveSolo()) m_scrubber->goLive();
    });
}

void MainWindow::buildHelpMenu(QMenu* help) {
    connect(entry(help, "cheatSheetAction", tr("Keys"), Qt::Key_Question), &QAction::triggered, this, [this] { new CheatSheet(m_book->entries(), this); });
    connect(entry(help, "paletteAction", tr("Command palette"), Qt::CTRL | Qt::Key_K), &QAction::triggered, this, &MainWindow::openPalette);
    connect(entry(help, "whatIsThis", tr("What is this?"), Qt::Key_F1), &QAction::triggered, this, [this] {
        if (!HelpCard::showIn(this)) m_status->showMessage(tr("Point at a plot, a knob, a setting or a part of the inspector and press F1."));
    });
    connect(entry(help, "about", tr("About MoEScope")), &QAction::triggered, this, [this] { showAbout(this); });
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
    if (!m_book->press(event)) QMainWindow::keyPressEvent(event);
}

}  // namespace moescope::ui
