// Main window: interventions, engines that take an idle run, forks, rewinds, twins, the sentinel and the parent's curve.
#include <QAction>
#include <QDockWidget>

#include <algorithm>

#include "core/config/validate.hpp"
#include "plots/figures.hpp"
#include "plots/panel.hpp"
#include "ui/engine_link.hpp"
#include "ui/expert_menu.hpp"
#include "ui/inspector.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/rewind_dialog.hpp"
#include "ui/routing_page.hpp"
#include "ui/run_banner.hpp"
#include "ui/run_library.hpp"
#include "ui/run_parent.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_grid.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kMessageMs = 8000;
constexpr double kCalmer = 0.5;

/// The last step that was not finite and that nothing after it undid.
const telemetry::Event* brokenStep(const RunData& run) {
    const telemetry::Event* broken = nullptr;
    for (const storage::StoredEvent& stored : run.events()) {
        if (stored.superseded) continue;
        if (stored.event.code == "loss.nan") broken = &stored.event;
        if (stored.event.code == "run.continued") broken = nullptr;
    }
    return broken;
}

/// The newest checkpoint from before the trouble; the one taken at it is the last resort.
std::optional<std::int64_t> calmCheckpoint(const RunData& run, std::int64_t step) {
    if (const auto earlier = checkpointBefore(run, static_cast<double>(step) - 1)) return earlier;
    return checkpointBefore(run, static_cast<double>(step));
}

}  // namespace

void MainWindow::connectInterventions() {
    connect(m_interventions, &InterventionsDock::takeRequested, this, &MainWindow::takeRun);
    connect(m_interventions, &InterventionsDock::rewindRequested, this, [this](qint64 checkpoint) { rewindTo(checkpoint, 1); });
    connect(m_interventions, &InterventionsDock::twinRequested, this, &MainWindow::startTwinFrom);
    connect(m_interventions, &InterventionsDock::message, this, [this](const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
    const auto ofShownLayer = [this](int expert, const QPoint& at) {
        const RunData* data = m_run->data();
        const auto layer = static_cast<std::size_t>(m_train->view().moeLayer);
        if (data && layer < data->meta().facts.moeLayers.size()) expertMenu(data->meta().facts.moeLayers[layer], expert, at);
    };
    connect(m_inspector, &Inspector::expertMenuRequested, this, ofShownLayer);
    connect(&m_train->grid(), &TrainGrid::expertMenuRequested, this, ofShownLayer);
    connect(m_routing, &RoutingPage::expertMenuRequested, this, &MainWindow::expertMenu);
    connect(m_interventionsDock, &QDockWidget::visibilityChanged, this, [this](bool shown) {
        if (auto* entry = findChild<QAction*>(QStringLiteral("showInterventions"))) entry->setChecked(m_interventionsDock->isVisible());
        if (shown) m_interventions->refresh(m_cursor->step());
    });
    connect(&m_train->banner(), &RunBanner::actedOtherwise, this, [this](const QString& key) {
        if (key.startsWith(QLatin1String("nan:"))) showGradientNorms();
    });
    for (const auto signal : {&WatchedRun::opened, &WatchedRun::updated}) connect(m_run.get(), signal, this, &MainWindow::sendWhenTaken);
    connect(m_parent.get(), &ParentRun::changed, this, [this] { m_train->grid().setParentRun(m_parent->data()); });
}

void MainWindow::showInterventions() {
    if (!m_run->data() || m_run->data()->experts() == 0) return m_status->showMessage(tr("A run with experts must be open."), kMessageMs);
    if (m_page != PageId::train && m_page != PageId::routing) showPage(PageId::train);
    m_interventionsAsked = true;
    showChrome();
    m_interventionsDock->raise();
    m_interventions->refresh(m_cursor->step());
}

void MainWindow::expertMenu(std::int64_t layer, int expert, const QPoint& at) {
    ExpertMenuHooks hooks;
    hooks.showDock = [this] { showInterventions(); };
    hooks.take = [this] { takeRun(0); };
    hooks.showMean = [this](std::int64_t ofLayer, int chosen) {
        const auto& layers = m_run->data()->meta().facts.moeLayers;
        TrainView view = m_train->view();
        view.moeLayer = std::ranges::find(layers, static_cast<std::int32_t>(ofLayer)) - layers.begin();
        view.expert = chosen;
        m_train->setView(view);
        showPage(PageId::train);
    };
    popUpExpertMenu(this, *m_run, *m_interventions, {layer, expert}, at, hooks);
}

void MainWindow::takeRun(qint64 more) {
    if (!m_ours.isEmpty()) return m_status->showMessage(tr("An engine is already starting."), kMessageMs);
    m_trouble.clear();
    QStringList arguments{QStringLiteral("resume"), m_run->ulid(), QStringLiteral("--hold")};
    if (more > 0 && m_run->data()) arguments << QStringLiteral("--set") << QStringLiteral("training.steps=%1").arg(static_cast<qint64>(m_run->data()->lastStep()) + more);
    m_ours.insert(m_engines->run(arguments));
    m_status->showMessage(tr("Starting an engine that holds %1, paused.").arg(m_run->name()), kMessageMs);
}

void MainWindow::sendWhenTaken() {
    if (m_whenTaken.empty() || !m_run->canSteer()) return;
    for (const config::Command& command : std::exchange(m_whenTaken, {})) m_run->send(command);
}

void MainWindow::rewindTo(qint64 checkpoint, double lrFactor) {
    if (!m_run->data()) return;
    m_status->showMessage(tr("Back to checkpoint %1.").arg(plots::groupedInteger(checkpoint)), kMessageMs);
    if (m_run->canSteer()) {
        config::Command rewind{"rewind", {{"step", std::int64_t{checkpoint}}}};
        if (lrFactor != 1) rewind.arguments["lr_factor"] = lrFactor;
        return m_run->send(rewind);
    }
    if (!m_ours.isEmpty()) return m_status->showMessage(tr("An engine is already starting."), kMessageMs);
    m_trouble.clear();
    if (lrFactor != 1) m_whenTaken = {{"set", {{"key", std::string("training.lr")}, {"value", m_run->steering().config.training.lr * lrFactor}}}};
    m_ours.insert(m_engines->run({QStringLiteral("resume"), m_run->ulid(), QStringLiteral("--from"), QString::number(checkpoint), QStringLiteral("--no-replay"), QStringLiteral("--hold")}));
}

void MainWindow::chooseRewind() {
    const RunData* data = m_run->data();
    if (!data || !checkpointBefore(*data, data->lastStep())) return m_status->showMessage(tr("The open run has no checkpoint to go back to."), kMessageMs);
    if (m_run->canSteer() && !config::isCommand("rewind")) return m_status->showMessage(tr("Stop the run first: then it can go back to a checkpoint."), kMessageMs);
    auto* dialog = new RewindDialog(*data, m_run->name(), m_run->canSteer(), this);
    connect(dialog, &RewindDialog::chosen, this, &MainWindow::rewindTo);
    dialog->open();
}

void MainWindow::forkHere() {
    const RunData* data = m_run->data();
    if (!data) return m_status->showMessage(tr("No run is open."), kMessageMs);
    const auto checkpoint = checkpointBefore(*data, m_cursor->step());
    if (!checkpoint) return m_status->showMessage(tr("%1 has no checkpoint at or before this step.").arg(m_run->name()), kMessageMs);
    if (!m_ours.isEmpty()) return m_status->showMessage(tr("An engine is already starting."), kMessageMs);
    m_ours.insert(m_engines->run({QStringLiteral("fork"), m_run->ulid(), QStringLiteral("--from"), QString::number(*checkpoint)}));
    m_status->showMessage(tr("Forking %1 at checkpoint %2, the newest at or before the shown step.").arg(m_run->name(), plots::groupedInteger(*checkpoint)), kMessageMs);
}

void MainWindow::startTwinFrom(qint64 checkpoint, const QString& words) {
    const QString name = tr("%1 without: %2").arg(m_run->name(), words).left(120);
    m_twins.insert(m_engines->run({QStringLiteral("fork"), m_run->ulid(), QStringLiteral("--from"), QString::number(checkpoint), QStringLiteral("--set"), QStringLiteral("script=[]"),
                                   QStringLiteral("--name"), name}),
                   m_run->ulid());
    m_status->showMessage(tr("Starting the twin from checkpoint %1.").arg(plots::groupedInteger(checkpoint)), kMessageMs);
}

void MainWindow::showGradientNorms() {
    showPage(PageId::train);
    for (plots::Panel* panel : m_train->grid().shownPanels())
        if (panel->objectName() == QLatin1String("healthPanel")) m_train->grid().maximise(panel);
    if (const telemetry::Event* broken = m_run->data() ? brokenStep(*m_run->data()) : nullptr) m_cursor->pin(static_cast<double>(broken->step));
}

void MainWindow::openParent() {
    const std::string& parent = m_run->data()->meta().parent;
    m_parent->open(parent.empty() ? QString() : m_library->runFolder(QString::fromStdString(parent)));
    m_train->grid().setParentRun(m_parent->data());
}

BannerContent MainWindow::sentinelBanner() const {
    const RunData* data = m_run->data();
    const telemetry::Event* broken = data ? brokenStep(*data) : nullptr;
    const storage::RunState state = m_run->state();
    if (!broken || (state != storage::RunState::paused && state != storage::RunState::diverged)) return {};
    const auto checkpoint = calmCheckpoint(*data, broken->step);
    BannerContent content;
    content.key = QStringLiteral("nan:") + m_run->ulid() + QLatin1Char(':') + QString::number(broken->step);
    content.error = true;
    const QString did = state == storage::RunState::paused ? tr("Paused") : tr("Stopped");
    content.sentence = checkpoint ? tr("Loss became NaN at step %1. %2, nothing lost: checkpoint %3 is good.").arg(plots::groupedInteger(broken->step + 1), did, plots::groupedInteger(*checkpoint))
                                  : tr("Loss became NaN at step %1. %2; there is no earlier checkpoint.").arg(plots::groupedInteger(broken->step + 1), did);
    if (checkpoint && (!m_run->canSteer() || config::isCommand("rewind"))) content.action = tr("Rewind, lr / 2");
    content.second = tr("Show gradient norms");
    return content;
}

void MainWindow::calmDown() {
    const telemetry::Event* broken = m_run->data() ? brokenStep(*m_run->data()) : nullptr;
    if (!broken) return;
    if (const auto checkpoint = calmCheckpoint(*m_run->data(), broken->step)) rewindTo(*checkpoint, kCalmer);
}

}  // namespace moescope::ui
