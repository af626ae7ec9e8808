// Main window: what happens when data, views and cursor change.
#include <QElapsedTimer>
#include <QTabWidget>
#include <QTimer>

#include <algorithm>

#include "plots/scrubber.hpp"
#include "ui/compare_page.hpp"
#include "ui/data_page.hpp"
#include "ui/device_page.hpp"
#include "ui/engine_link.hpp"
#include "ui/inspector.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/metric_list.hpp"
#include "ui/new_run_page.hpp"
#include "ui/preferences.hpp"
#include "ui/routers_page.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_banner.hpp"
#include "ui/run_library.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_dock.hpp"
#include "ui/start_page.hpp"
#include "ui/toolbar.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_options.hpp"
#include "ui/train_page.hpp"
#include "ui/view_history.hpp"

namespace moescope::ui {
namespace {

constexpr int kMessageMs = 8000, kSecondMs = 1000;
constexpr int kRestFactor = 3;  // at most a quarter of the time goes into drawing

}  // namespace

void MainWindow::connectRun() {
    connect(m_run.get(), &WatchedRun::changed, this, &MainWindow::onRunChanged);
    connect(m_run.get(), &WatchedRun::opened, this, &MainWindow::onOpened);
    connect(m_run.get(), &WatchedRun::updated, this, &MainWindow::onUpdated);
    connect(m_run.get(), &WatchedRun::steered, this, &MainWindow::refreshText);
    connect(m_run.get(), &WatchedRun::refused, this, [this](const QString&, const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
    connect(m_cursor.get(), &TrainCursor::moved, this, [this] {
        m_train->showStep();
        m_routing->showStep();
        m_inspector->refresh(m_train->view().moeLayer, m_cursor->step(), !m_cursor->shown());
    });
    connect(m_library.get(), &RunLibrary::changed, this, &MainWindow::onLibrary);
    connect(m_library.get(), &RunLibrary::failed, this, [this](const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
}

void MainWindow::connectPages() {
    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int index) {
        static constexpr PageId pages[] = {PageId::train, PageId::routing, PageId::compare, PageId::data, PageId::device, PageId::routers};
        if (std::ranges::find(pages, m_page) != std::end(pages)) showPage(pages[index]);
    });
    connect(m_train, &TrainPage::viewChanged, this, &MainWindow::onView);
    connect(m_routing, &RoutingPage::layerChosen, m_options, &TrainOptions::layerChosen);
    connect(m_routing, &RoutingPage::newRunRequested, this, [this] { showPage(PageId::newRun); });
    connect(m_train, &TrainPage::message, this, [this](const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
    connect(m_compare, &ComparePage::message, this, [this](const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
    connect(m_train, &TrainPage::newRunRequested, this, [this] { showPage(PageId::newRun); });
    connect(m_train, &TrainPage::startDemoRequested, this, [this] { trainPreset(QStringLiteral("collapse")); });
    connect(m_options, &TrainOptions::layerChosen, this, [this](qint64 layer) {
        TrainView view = m_train->view();
        view.moeLayer = layer;
        m_train->setView(view);
    });
    connect(m_options, &TrainOptions::axisChosen, this, [this](XAxis axis) {
        TrainView view = m_train->view();
        view.axis = axis;
        m_train->setView(view);
    });
    connect(m_options, &TrainOptions::smoothingChosen, this, [this](double weight) { m_train->grid().setSmoothing(weight); });
    m_train->grid().setSmoothing(m_options->smoothing());
    m_train->grid().setIgnoreOutliers(preferences().ignoreOutliers);
    connect(m_runs, &RunsDock::runActivated, this, &MainWindow::openRun);
    connect(m_runs, &RunsDock::newRunRequested, this, [this] { showPage(PageId::newRun); });
    connect(m_runs, &RunsDock::compareRequested, this, [this](const QStringList& ulids) { compareRuns(ulids); });
    connect(m_data, &DataPage::newRunRequested, this, [this] { showPage(PageId::newRun); });
    connect(m_data, &DataPage::sampleChosen, this, [this](int token) {
        m_cursor->pin(std::nullopt);
        showPage(PageId::routing);
        m_routing->showToken(token);
    });
    connect(m_compare, &ComparePage::runActivated, this, &MainWindow::openRun);
    connect(m_compare, &ComparePage::newRunRequested, this, [this] { showPage(PageId::newRun); });
    connect(m_newRun, &NewRunPage::trainRequested, this, &MainWindow::trainConfig);
    connect(m_newRun, &NewRunPage::cancelled, this, [this] { showPage(m_run->ulid().isEmpty() ? PageId::start : PageId::train); });
    connect(m_routers, &RoutersPage::trainRequested, this, &MainWindow::showRecipe);
    connect(m_routers, &RoutersPage::studyRequested, this, &MainWindow::queueStudy);
    connect(m_start, &StartPage::presetRequested, this, [this](const QString& id) {
        trainPreset(id);
        m_guideWanted = id == QLatin1String("four_alphabets") && !m_ours.isEmpty();
    });
    connect(m_start, &StartPage::runActivated, this, &MainWindow::openRun);
    connect(m_start, &StartPage::openRequested, this, &MainWindow::openRunPicker);
    connect(m_start, &StartPage::presetChosen, this, [this](const QString& id) {
        m_newRun->setPreset(id);
        showPage(PageId::newRun);
    });
    connect(m_start, &StartPage::ownTextRequested, this, [this] { openOwnText(askTextFiles()); });
}

void MainWindow::openRun(const QString& ulid) {
    m_train->setStarting(false);
    m_run->open(ulid);
    showPage(m_page == PageId::routing ? PageId::routing : PageId::train);
}

void MainWindow::onRunChanged() {
    leaveSolo();
    m_cursor->pin(std::nullopt);
    m_cursor->setRun(nullptr);
    m_metrics->setRun(nullptr);
    m_options->setRun(nullptr);
    m_trouble.clear();
    m_routing->reload();
    m_train->reload();
    m_data->reload();
    m_device->refresh();
    m_toolbar->refresh();
    m_runs->setCurrentRun(m_run->ulid());
    showChrome();
    showBanner();
    refreshText();
}

void MainWindow::onOpened() {
    m_cursor->setRun(m_run->data());
    m_metrics->setRun(m_run->data());
    m_options->setRun(m_run->data());
    m_routing->reload();
    m_train->reload();
    m_data->reload();
    m_device->refresh();
    openParent();
    onView(m_train->view());
    m_toolbar->refresh();
    showChrome();
    refreshScrubber();
    showBanner();
    refreshText();
    m_history->reset(plotView());
}

void MainWindow::onUpdated() {
    m_dataDirty = true;
    if (!m_dataTimer->isActive()) m_dataTimer->start(0);
}

void MainWindow::onView(const TrainView& view) {
    m_options->setLayer(view.moeLayer);
    m_routing->setLayer(view.moeLayer);
    m_options->setAxis(view.axis);
    m_cursor->setAxis(view.axis);
    if (m_run->data()) m_inspector->refresh(view.moeLayer, m_cursor->step(), !m_cursor->shown());
}

// Drawn at most as often as people prefer, and less often where drawing is dear, so that the window stays free.
void MainWindow::refreshData() {
    if (!std::exchange(m_dataDirty, false)) return;
    QElapsedTimer cost;
    cost.start();
    m_cursor->refresh();
    m_train->refresh();
    m_routing->refresh();
    m_data->refresh();
    m_device->refresh();
    if (m_metricsWanted) m_metrics->setRun(m_run->data());
    refreshScrubber();
    m_dataTimer->start(std::max<int>(kSecondMs / preferences().plotRate, static_cast<int>(cost.elapsed()) * kRestFactor));
}

void MainWindow::refreshScrubber() {
    const RunData* data = m_run->data();
    if (!data) return;
    plots::ScrubberState state;
    state.last = data->lastStep();
    state.total = static_cast<double>(data->totalSteps());
    state.interval = static_cast<double>(std::max<std::int64_t>(1, data->config().telemetry.report_every));
    state.training = RunWords::isAlive(m_run->state());
    state.stateWord = RunWords::state(m_run->state());
    m_scrubber->setState(state);
}

void MainWindow::refreshText() {
    m_status->refresh();
    if (m_page != PageId::train && m_page != PageId::routing) return;
    m_toolbar->refresh();
    if (!m_interventions->visibleRegion().isEmpty()) m_interventions->refresh(m_cursor->step());
    if (m_page != PageId::train) return;
    m_inspector->refresh(m_train->view().moeLayer, m_cursor->step(), !m_cursor->shown());
    showBanner();
}

void MainWindow::onLibrary() {
    m_train->setStoreEmpty(m_library->runs()->empty() && !m_library->storeMissing());
    const bool first = m_known.isEmpty();
    for (const storage::RunRow& row : *m_library->runs()) {
        const QString ulid = QString::fromStdString(row.ulid);
        if (m_known.contains(ulid)) continue;
        m_known.insert(ulid);
        if (!first && !m_startedHere.contains(ulid) && ulid != m_run->ulid()) m_appeared = ulid;
    }
    showBanner();
    if (m_library->storeMissing()) m_status->showMessage(m_train->banner().content().sentence, kMessageMs);
    refreshText();
}

}  // namespace moescope::ui
