// Construction of the main window and its behaviour as a window.
#include "ui/main_window.hpp"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QInputDialog>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolBar>

#include "plots/scaled.hpp"
#include "plots/scrubber.hpp"
#include "ui/action_book.hpp"
#include "ui/compare_page.hpp"
#include "ui/data_page.hpp"
#include "ui/device_page.hpp"
#include "ui/engine_link.hpp"
#include "ui/inspector.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/main_window_status.hpp"
#include "ui/metric_list.hpp"
#include "ui/new_run_page.hpp"
#include "ui/routers_page.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_library.hpp"
#include "ui/run_parent.hpp"
#include "ui/run_queue.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_dock.hpp"
#include "ui/start_page.hpp"
#include "ui/study_verdict.hpp"
#include "ui/toolbar.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_options.hpp"
#include "ui/train_page.hpp"
#include "ui/undo_toast.hpp"
#include "ui/view_history.hpp"

namespace moescope::ui {
namespace {

constexpr int kTextMs = 500, kCloseMs = 200, kCloseTries = 150;
constexpr int kNarrow = 1400, kNoInspector = 1200, kVeryShort = 700;

QDockWidget* makeDock(QMainWindow* window, const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area) {
    auto* dock = new QDockWidget(title, window);
    dock->setObjectName(QString::fromLatin1(name));
    dock->setTitleBarWidget(new QWidget(dock));
    dock->setFeatures(QDockWidget::NoDockWidgetFeatures);
    dock->setWidget(content);
    window->addDockWidget(area, dock);
    return dock;
}

QToolBar* makeBar(QMainWindow* window, const char* name, QWidget* content, Qt::ToolBarArea area) {
    auto* bar = new QToolBar(window);
    bar->setObjectName(QString::fromLatin1(name));
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->setContentsMargins(0, 0, 0, 0);
    content->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    bar->addWidget(content);
    window->addToolBar(area, bar);
    return bar;
}

}  // namespace

MainWindow::MainWindow(const QString& storeFolder, QSettings* settings, QWidget* parent)
    : QMainWindow(parent), m_settings(settings), m_library(std::make_unique<RunLibrary>(storeFolder)), m_engines(std::make_unique<EngineLink>(storeFolder)),
      m_run(std::make_unique<WatchedRun>(*m_library, *m_engines)), m_cursor(std::make_unique<TrainCursor>()),
      m_parent(std::make_unique<ParentRun>()) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("MoEScope"));
    setAcceptDrops(true);
    setMinimumSize(800, 560);
    askBeforeClosing = [this](const QStringList& names) { return ui::askBeforeClosing(this, names); };
    m_history = std::make_unique<ViewHistory>();
    askPictureName = [this](const QString& suggested) {
        return QFileDialog::getSaveFileName(this, tr("Export what is visible"), suggested, tr("Picture (*.png);;Vector picture (*.svg);;PDF (*.pdf);;Numbers (*.csv)"));
    };
    askLayoutName = [this] { return QInputDialog::getText(this, tr("Save layout"), tr("Name of this layout")); };
    askPath = [this] {
        return QFileDialog::getOpenFileName(this, tr("Open a recipe, a text, or the run.db of a run"), {}, tr("Recipes, texts and runs (*.json *.moe *.txt *.md *.text run.db);;All files (*)"));
    };
    askTextFiles = [this] { return QFileDialog::getOpenFileNames(this, tr("Text to train on"), {}, tr("Text (*.txt *.md *.text);;All files (*)")); };
    buildPages();
    buildDocks();
    buildBars();
    buildQueue();
    buildMenus();
    m_dataTimer = new QTimer(this);
    m_dataTimer->setSingleShot(true);
    m_textTimer = new QTimer(this);
    connect(m_dataTimer, &QTimer::timeout, this, &MainWindow::refreshData);
    connect(m_textTimer, &QTimer::timeout, this, &MainWindow::refreshText);
    m_textTimer->start(kTextMs);
    connectRun();
    connectEngines();
    connectPages();
    connectInterventions();
    connectView();
    resize(1440, 900);
    if (m_settings) restoreGeometry(m_settings->value(QStringLiteral("window/geometry")).toByteArray());
    showPage(PageId::start);
}

MainWindow::~MainWindow() {
    m_textTimer->stop();
    qApp->removeEventFilter(this);
    m_run->disconnect(this);
    m_library->disconnect(this);
    m_engines->disconnect(this);
    m_queue->disconnect(this);
    // Pages borrow run, cursor and library: they go before them.
    delete takeCentralWidget();
    for (QWidget* part : std::initializer_list<QWidget*>{m_runsDock, m_inspectorDock, m_metricsDock, m_interventionsDock, m_queueDock, m_topBar, m_bottomBar, m_status}) delete part;
}

void MainWindow::buildPages() {
    m_stack = new QStackedWidget(this);
    m_tabs = new QTabWidget(m_stack);
    m_tabs->setObjectName(QStringLiteral("pages"));
    m_tabs->tabBar()->setFont(plots::uiFont(13, QFont::Medium));
    m_tabs->tabBar()->setDrawBase(false);
    m_tabs->setProperty("role", "surface");
    m_tabs->setAttribute(Qt::WA_StyledBackground);
    m_start = new StartPage(*m_library, m_stack);
    m_train = new TrainPage(*m_run, *m_cursor, m_tabs);
    m_routing = new RoutingPage(*m_run, *m_cursor, [this](const QString& ulid) { return m_library->runFolder(ulid); }, m_tabs);
    m_compare = new ComparePage(*m_library, *m_engines, m_tabs);
    m_compare->setSettings(m_settings);
    m_newRun = new NewRunPage(*m_library, *m_engines, m_stack);
    m_data = new DataPage(*m_run, m_library->storeFolder(), [this](const QString& ulid) { return m_library->runFolder(ulid); }, [this] { return m_newRun->config(); }, m_tabs);
    m_device = new DevicePage(*m_run, m_library->storeFolder(), m_tabs);
    m_routers = new RoutersPage(m_tabs);
    m_options = new TrainOptions(m_tabs);
    m_tabs->addTab(m_train, tr("Train"));
    m_tabs->addTab(m_routing, tr("Routing"));
    m_tabs->addTab(m_compare, tr("Compare"));
    m_tabs->addTab(m_data, tr("Data"));
    m_tabs->addTab(m_device, tr("Device"));
    m_tabs->addTab(m_routers, tr("Routers"));
    m_tabs->setCornerWidget(m_options, Qt::TopRightCorner);
    for (QWidget* each : std::initializer_list<QWidget*>{m_start, m_tabs, m_newRun}) m_stack->addWidget(each);
    m_start->setEngineMissing(EngineLink::enginePath().isEmpty());
    setCentralWidget(m_stack);
    m_word = new UndoToast(m_stack);
    m_word->setObjectName(QStringLiteral("windowWord"));
}

void MainWindow::buildDocks() {
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    setDockOptions(QMainWindow::AnimatedDocks);
    m_runs = new RunsDock(*m_library, *m_engines, this);
    m_inspector = new Inspector(*m_run, this);
    m_interventions = new InterventionsDock(*m_run, this);
    for (QWidget* content : std::initializer_list<QWidget*>{m_runs, m_inspector, m_interventions}) content->setMinimumHeight(100);
    m_runsDock = makeDock(this, "runsDock", tr("Runs"), m_runs, Qt::LeftDockWidgetArea);
    m_inspectorDock = makeDock(this, "inspectorDock", tr("Inspector"), m_inspector, Qt::RightDockWidgetArea);
    m_interventionsDock = makeDock(this, "interventionsDock", tr("Interventions"), m_interventions, Qt::RightDockWidgetArea);
    setTabPosition(Qt::RightDockWidgetArea, QTabWidget::North);
    tabifyDockWidget(m_inspectorDock, m_interventionsDock);
    m_inspectorDock->raise();
    m_metrics = new MetricList(this);
    m_metricsDock = makeDock(this, "metricsDock", tr("Metrics"), m_metrics, Qt::LeftDockWidgetArea);
}

void MainWindow::buildBars() {
    m_toolbar = new Toolbar(*m_run, this);
    m_topBar = makeBar(this, "steeringBar", m_toolbar, Qt::TopToolBarArea);
    m_scrubber = new plots::Scrubber(this);
    m_scrubber->setObjectName(QStringLiteral("scrubber"));
    m_scrubber->setHub(m_cursor->stepHub());
    m_bottomBar = makeBar(this, "scrubberBar", m_scrubber, Qt::BottomToolBarArea);
    m_status = new StatusRow(*m_run, *m_library, *m_cursor, this);
    setStatusBar(m_status);
}

void MainWindow::showPage(PageId page) {
    m_page = page;
    const bool tabPage = page != PageId::start && page != PageId::newRun;
    m_stack->setCurrentWidget(page == PageId::start ? static_cast<QWidget*>(m_start) : page == PageId::newRun ? static_cast<QWidget*>(m_newRun) : m_tabs);
    if (page == PageId::train) m_tabs->setCurrentWidget(m_train);
    if (page == PageId::routing) m_tabs->setCurrentWidget(m_routing);
    if (page == PageId::compare) m_tabs->setCurrentWidget(m_compare);
    if (page == PageId::data) m_tabs->setCurrentWidget(m_data);
    if (page == PageId::device) m_tabs->setCurrentWidget(m_device);
    if (page == PageId::routers) m_tabs->setCurrentWidget(m_routers);
    showChrome();
    if (page == PageId::train) m_train->refresh();
    if (page == PageId::routing) m_routing->refresh();
    (tabPage ? m_tabs->currentWidget() : m_stack->currentWidget())->setFocus();
}

void MainWindow::showChrome() {
    const bool train = m_page == PageId::train, stepped = train || m_page == PageId::routing, tabs = m_page != PageId::start && m_page != PageId::newRun;
    const bool open = m_run->data() != nullptr;
    m_topBar->setVisible(stepped && open);
    m_bottomBar->setVisible(stepped && open);
    m_options->setVisible(train && open);
    m_runsDock->setVisible(tabs && m_runsWanted);
    m_queueDock->setVisible(tabs && m_runsWanted && !m_queue->entries().empty());
    m_inspectorDock->setVisible(train && open && m_inspectorWanted && width() >= kNoInspector);
    const bool experts = open && m_run->data()->experts() > 0;
    const bool inFront = m_interventionsAsked && !m_interventionsDock->isVisible();
    m_interventionsDock->setVisible(stepped && experts && (m_interventionsAsked || (train && m_interventionsWanted && width() >= kNoInspector)));
    if (inFront) m_interventionsDock->raise();
    m_metricsDock->setVisible(train && open && m_metricsWanted);
    m_book->enableFor(train ? kOnTrain : m_page == PageId::routing ? kOnRouting : m_page == PageId::compare ? kOnCompare : kEverywhere, open);
}

void MainWindow::fitToSize() {
    const bool narrow = width() < kNarrow;
    const int left = plots::scaled(narrow ? 216 : 232), right = plots::scaled(narrow ? 236 : 264);
    m_runs->setMinimumWidth(left);
    m_inspector->setMinimumWidth(right);
    m_interventions->setMinimumWidth(right);
    resizeDocks({m_runsDock, m_inspectorDock}, {left, right}, Qt::Horizontal);
    m_train->setShort(height() < kVeryShort);
    showChrome();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    fitToSize();
}

bool MainWindow::isComplete() const {
    if (!m_library->loaded()) return false;
    if (!m_run->ulid().isEmpty() && !m_run->data() && m_run->problem().isEmpty()) return false;
    if (m_page == PageId::routing) return m_routing->complete();
    if (m_page == PageId::data) return m_data->complete();
    if (m_page == PageId::device) return m_device->complete();
    return m_page != PageId::compare || m_compare->complete();
}

void MainWindow::prepareForPicture() {
    refreshData();
    if (m_run->data()) m_train->grid().fillAll();
    refreshText();
}

// ---- closing ---------------------------------------------------------------------------------------------------

QStringList MainWindow::trainingNames(QStringList* sockets) const {
    QStringList names;
    for (const storage::RunRow& row : *m_library->runs()) {
        const QString ulid = QString::fromStdString(row.ulid);
        if (!RunWords::isAlive(row.state) || !(m_startedHere.contains(ulid) || ulid == m_run->ulid())) continue;
        names << RunWords::oneLine(row.name);
        if (sockets) *sockets << QString::fromStdString(row.socketPath);
    }
    return names;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_settings) m_settings->setValue(QStringLiteral("window/geometry"), saveGeometry());
    const QStringList names = trainingNames();
    if (names.isEmpty() || m_closing) return event->accept();
    const CloseChoice choice = askBeforeClosing(names);
    if (choice == CloseChoice::keepTraining) return event->accept();
    event->ignore();
    if (choice == CloseChoice::checkpointAndStop) closeWhenStopped();
}

void MainWindow::closeWhenStopped() {
    QStringList sockets;
    trainingNames(&sockets);
    for (const QString& socket : sockets) m_engines->send(socket, {"stop", {}});
    m_status->showMessage(tr("Saving a checkpoint, then closing."));
    auto* wait = new QTimer(this);
    wait->setProperty("tries", 0);
    connect(wait, &QTimer::timeout, this, [this, wait] {
        const int tries = wait->property("tries").toInt() + 1;
        wait->setProperty("tries", tries);
        m_library->refresh();
        if (trainingNames().isEmpty()) {
            m_closing = true;
            wait->deleteLater();
            close();
        } else if (tries > kCloseTries) {
            wait->deleteLater();
            m_status->showMessage(tr("The engine does not stop. It goes on; close again to leave it training."));
        }
    });
    wait->start(kCloseMs);
}

}  // namespace moescope::ui
