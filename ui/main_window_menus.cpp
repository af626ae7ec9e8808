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

#include "core/base/version.hpp"
#include "plots/icons.hpp"
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

constexpr int kMenuHeight = 38;

/// An entry for the open run: it acts on the pages with plots, and its bare key never steals a typed letter.
QAction* keyed(QMenu* menu, const char* name, const QString& text, const QString& key) {
    QAction* action = menu->addAction(text);
    action->setObjectName(QString::fromLatin1(name));
    ActionBook::setKey(action, QKeySequence(key));
    ActionBook::setPlace(action, kOnPlots);
    return action;
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
    mark->setFixedHeight(kMenuHeight);
    const auto draw = [mark] { mark->setPixmap(plots::logo(20, mark->devicePixelRatioF())); };
    draw();
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, mark, draw);
    auto* bar = new QMenuBar(rowBox);
    bar->setNativeMenuBar(false);
    bar->setFixedHeight(30);
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
    const auto add = [this](QMenu* menu, const char* name, const QString& text, const QKeySequence& key, auto&& act) {
        QAction* action = menu->addAction(text, this, act);
        action->setObjectName(QString::fromLatin1(name));
        ActionBook::setKey(action, key);
        return action;
    };
    m_book = new ActionBook(bar, this);
    QMenu* file = bar->addMenu(tr("&File"));
    add(file, "newRun", tr("New run…"), QKeySequence(Qt::CTRL | Qt::Key_N), [this] { showPage(PageId::newRun); });
    add(file, "ownText", tr("Train on my own text…"), {}, [this] { openOwnText(askTextFiles()); });
    add(file, "openFile", tr("Open…"), QKeySequence(Qt::CTRL | Qt::Key_O), [this] {
        if (const QString path = askPath(); !path.isEmpty()) openPaths({path});
    });
    add(file, "openRun", tr("Open a run…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), [this] { openRunPicker(); });
    add(file, "startPage", tr("Start page"), {}, [this] { showPage(PageId::start); });
    add(file, "exportVisible", tr("Export what is visible…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E), [this] { exportPage(); });
    ActionBook::setPlace(findChild<QAction*>(QStringLiteral("exportVisible")), kOnTabs);
    add(file, "saveReport", tr("Report of the comparison…"), {}, [this] { m_compare->saveReport(); });
    file->addSeparator();
    add(file, "quit", tr("Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { close(); });

    buildEditMenu(bar->addMenu(tr("&Edit")));

    QMenu* view = bar->addMenu(tr("&View"));
    add(view, "showTrain", tr("Train"), QKeySequence(Qt::CTRL | Qt::Key_1), [this] { showPage(PageId::train); });
    add(view, "showRouting", tr("Routing"), QKeySequence(Qt::CTRL | Qt::Key_2), [this] { showPage(PageId::routing); });
    add(view, "showCompare", tr("Compare"), QKeySequence(Qt::CTRL | Qt::Key_3), [this] { showPage(PageId::compare); });
    add(view, "showData", tr("Data"), QKeySequence(Qt::CTRL | Qt::Key_4), [this] { showPage(PageId::data); });
    add(view, "showDevice", tr("Device"), QKeySequence(Qt::CTRL | Qt::Key_5), [this] { showPage(PageId::device); });
    view->addSeparator();
    const auto toggle = [&](const char* name, const QString& text, bool MainWindow::*wanted) {
        QAction* action = add(view, name, text, {}, [this, wanted] {
            this->*wanted = !(this->*wanted);
            showChrome();
        });
        action->setCheckable(true);
        action->setChecked(true);
    };
    toggle("showRuns", tr("List of runs"), &MainWindow::m_runsWanted);
    toggle("showInspector", tr("Inspector"), &MainWindow::m_inspectorWanted);
    add(view, "showInterventions", tr("Interventions"), {}, [this] {
        m_interventionsWanted = !m_interventionsDock->isVisible();
        m_interventionsAsked = m_interventionsWanted;
        showChrome();
        if (m_interventionsWanted) showInterventions();
    })->setCheckable(true);
    toggle("showMetrics", tr("Metrics"), &MainWindow::m_metricsWanted);
    findChild<QAction*>(QStringLiteral("showMetrics"))->setChecked(false);
    m_layoutMenu = view->addMenu(tr("Layout"));
    view->addSeparator();
    buildPlotMenu(view);
    connect(keyed(view, "smoother", tr("Smoother"), QStringLiteral("]")), &QAction::triggered, this, [this] { m_options->stepSmoothing(1); });
    connect(keyed(view, "rougher", tr("Less smooth"), QStringLiteral("[")), &QAction::triggered, this, [this] { m_options->stepSmoothing(-1); });
    connect(keyed(view, "layerDown", tr("Next layer"), QStringLiteral("PgDown")), &QAction::triggered, this, [this] { m_options->stepLayer(1); });
    connect(keyed(view, "layerUp", tr("Previous layer"), QStringLiteral("PgUp")), &QAction::triggered, this, [this] { m_options->stepLayer(-1); });
    add(view, "fullScreen", tr("Full screen"), QKeySequence(Qt::Key_F11), [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    buildLevelMenu(view->addMenu(tr("Level")));
    QMenu* themes = view->addMenu(tr("Theme"));
    auto* group = new QActionGroup(this);
    for (const auto& [choice, text] : {std::pair{ThemeChoice::system, tr("As the system")}, {ThemeChoice::light, tr("Light")}, {ThemeChoice::dark, tr("Dark")}}) {
        QAction* action = themes->addAction(text, this, [this, choice = choice] { chooseTheme(choice); });
        action->setObjectName(QStringLiteral("theme-") + themeWord(choice));
        action->setCheckable(true);
        action->setChecked(m_settings && storedTheme(*m_settings) == choice);
        group->addAction(action);
    }

    QMenu* run = bar->addMenu(tr("&Run"));
    connect(keyed(run, "trainOrPause", tr("Train or pause"), QStringLiteral("Space")), &QAction::triggered, m_toolbar, &Toolbar::primary);
    connect(keyed(run, "oneStep", tr("One step"), QStringLiteral(".")), &QAction::triggered, m_toolbar, &Toolbar::step);
    connect(keyed(run, "stopRun", tr("Stop and keep"), {}), &QAction::triggered, m_toolbar, &Toolbar::stop);
    connect(keyed(run, "checkpointNow", tr("Checkpoint now"), {}), &QAction::triggered, this, [this] { m_run->send({"checkpoint", {}}); });
    add(run, "forkHere", tr("Fork here"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F), [this] { forkHere(); });
    add(run, "rewindTo", tr("Rewind to checkpoint…"), {}, [this] { chooseRewind(); });
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
    connect(keyed(run, "goLive", tr("To the newest step"), QStringLiteral("Esc")), &QAction::triggered, m_scrubber, &plots::Scrubber::goLive);

    buildRoutingMenu(bar->addMenu(tr("R&outing")));

    addCompareMenu(*bar, *this);
    QMenu* tools = bar->addMenu(tr("&Tools"));
    addStudyActions(run, tools);
    add(tools, "routerByHand", tr("Router by hand"), QKeySequence(Qt::CTRL | Qt::Key_R), [this] {
        showPage(PageId::routing);
        m_routing->setView(QStringLiteral("hand"));
    });

    QMenu* help = bar->addMenu(tr("&Help"));
    add(help, "cheatSheetAction", tr("Keys"), QKeySequence(Qt::Key_Question), [this] { new CheatSheet(m_book->entries(), this); });
    add(help, "paletteAction", tr("Command palette"), QKeySequence(Qt::CTRL | Qt::Key_K), [this] { openPalette(); });
    add(help, "whatIsThis", tr("What is this?"), QKeySequence(Qt::Key_F1), [this] {
        if (!HelpCard::showIn(this)) m_status->showMessage(tr("Point at a plot, a knob or a part of the inspector and press F1."));
    });
    add(help, "about", tr("About MoEScope"), {}, [this] {
        QMessageBox::about(this, tr("About MoEScope"),
                           tr("<b>MoEScope %1</b><br>Trains small mixture-of-experts models on this computer and shows what the router does.<br><br>"
                              "Free software under the GNU General Public License, version 3 or later.<br>Inter and JetBrains Mono under the SIL Open Font License.")
                               .arg(QString::fromUtf8(base::version().data(), static_cast<qsizetype>(base::version().size()))));
    });
    finishActions();
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
    if (!m_book->press(event)) QMainWindow::keyPressEvent(event);
}

}  // namespace moescope::ui
