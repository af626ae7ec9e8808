// Main window: starting, resuming, curing and twinning runs, and the banner that offers it.
#include <QStringList>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "plots/figures.hpp"
#include "ui/compare_page.hpp"
#include "ui/engine_link.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/new_run_page.hpp"
#include "ui/run_banner.hpp"
#include "ui/run_library.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/toolbar.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr double kCure = 0.2;
constexpr int kMessageMs = 8000;

QString cureSentence(const Collapse& collapse) {
    const QString cure = MainWindow::tr("Cure: balance loss 0 → %1.").arg(plots::figure(kCure));
    if (collapse.idle > 0) return MainWindow::tr("Layer %1: %2 of %3 experts idle. %4").arg(collapse.layer).arg(collapse.idle).arg(collapse.experts).arg(cure);
    return MainWindow::tr("Layer %1: one of %2 experts does nearly all the work. %3").arg(collapse.layer).arg(collapse.experts).arg(cure);
}

std::int64_t newestCheckpoint(const RunData& run) {
    std::int64_t newest = -1;
    for (const storage::CheckpointRow& row : run.checkpoints())
        if (row.state != "bad" && row.state != "deleting") newest = std::max(newest, row.step);
    return newest;
}

/// The run was rigged, left alone, and then balanced: the story that a twin without the cure tells.
bool wasCured(const RunData& run, const Steering& steering) {
    return steering.rigged() && run.config().balance.coefficient == 0 && steering.config.balance.coefficient > 0;
}

}  // namespace

void MainWindow::connectEngines() {
    connect(m_engines.get(), &EngineLink::started, this, &MainWindow::onEngineStarted);
    connect(m_engines.get(), &EngineLink::refused, this, &MainWindow::onEngineRefused);
    connect(m_engines.get(), &EngineLink::ended, this, [this](int, int, const QString&) { m_library->refresh(); });
    connect(&m_train->banner(), &RunBanner::acted, this, &MainWindow::onBanner);
    connect(m_toolbar, &Toolbar::resumeRequested, this, &MainWindow::resumeRun);
    connect(m_toolbar, &Toolbar::trainAgainRequested, this, &MainWindow::trainAgain);
}

void MainWindow::showRecipe(const config::RunConfig& config, const QString& from) {
    m_newRun->setConfig(config, from);
    showPage(PageId::newRun);
}

void MainWindow::trainPreset(const QString& id) {
    config::RunConfig config;
    try {
        const base::Problems problems = config::applyPreset(config, id.toStdString());
        if (problems.empty()) return trainConfig(config, {}, {});
        m_status->showMessage(QString::fromStdString(problems.front().text), kMessageMs);
    } catch (const base::Error& error) {
        m_status->showMessage(RunWords::sentence(error), kMessageMs);
    }
}

void MainWindow::trainConfig(const config::RunConfig& config, const QString& name, const QStringList& tags) {
    m_ours.insert(m_engines->train(config, name, tags));
    m_guideWanted = false;
    m_run->close();
    m_trouble.clear();
    m_train->setStarting(true);
    showPage(PageId::train);
}

void MainWindow::trainAgain() {
    if (m_run->data()) trainConfig(m_run->data()->config(), {}, {});
}

void MainWindow::resumeRun() {
    if (!m_ours.isEmpty()) return m_status->showMessage(tr("An engine is already starting."), kMessageMs);
    m_trouble.clear();
    m_ours.insert(m_engines->run({QStringLiteral("resume"), m_run->ulid()}));
    m_status->showMessage(tr("Starting an engine to resume %1.").arg(m_run->name()), kMessageMs);
}

void MainWindow::startTwin(const QString& kind) {
    if (m_run->ulid().isEmpty()) return;
    m_twins.insert(m_engines->run({QStringLiteral("twin"), m_run->ulid(), kind}), m_run->ulid());
    m_twinned = m_run->ulid();
    m_status->showMessage(tr("Starting the twin of %1.").arg(m_run->name()), kMessageMs);
    showBanner();
}

void MainWindow::onEngineStarted(int token, const QString& ulid) {
    m_startedHere.insert(ulid);
    m_library->refresh();
    if (const QString original = m_twins.take(token); !original.isEmpty()) {
        compareRuns({original, ulid});
    } else if (m_ours.remove(token) && ulid != m_run->ulid()) {
        if (std::exchange(m_guideWanted, false)) m_guided = ulid;
        openRun(ulid);
    }
}

void MainWindow::onEngineRefused(int token, const QString& sentence) {
    const bool ours = m_ours.remove(token) || !m_twins.take(token).isEmpty();
    if (!ours) return;
    m_train->setStarting(false);
    m_trouble = sentence.isEmpty() ? tr("The engine ended before it could start the run.") : sentence;
    m_status->showMessage(m_trouble, kMessageMs);
    showBanner();
}

void MainWindow::compareRuns(const QStringList& ulids, const QString& groupBy) {
    m_compare->setRuns(ulids, groupBy);
    showPage(PageId::compare);
}

bool MainWindow::hasControlTwin() const {
    const std::string parent = m_run->ulid().toStdString();
    return std::ranges::any_of(*m_library->runs(), [&](const storage::RunRow& row) { return row.parent == parent && row.parentStep == 0 && row.experts > 0; });
}

void MainWindow::cure() { m_run->set(QStringLiteral("balance.coefficient"), kCure); }

void MainWindow::showBanner() { m_train->banner().setContent(bannerContent()); }

BannerContent MainWindow::bannerContent() const {
    const QString ulid = m_run->ulid();
    if (!m_trouble.isEmpty()) return {QStringLiteral("trouble:") + m_trouble, m_trouble, {}, true, true};
    if (m_library->storeMissing())
        return {QStringLiteral("store"), tr("The store %1 cannot be found any more. Put it back in its place; nothing is written until then.").arg(m_library->storeFolder()), {}, true, false};
    const RunData* data = m_run->data();
    if (m_run->isSilent())
        return {QStringLiteral("silent:") + ulid, tr("The engine of %1 holds its lock but does not answer. It may be in a long step; what is stored is safe.").arg(m_run->name()), tr("Stop with checkpoint"), true, true};
    if (data && data->state().state == storage::RunState::interrupted) {
        const std::int64_t checkpoint = newestCheckpoint(*data);
        const QString kept = checkpoint < 0 ? tr("It left no checkpoint.") : tr("Last checkpoint %1.").arg(checkpoint);
        return {QStringLiteral("interrupted:") + ulid,
                tr("%1 stopped at step %2 without saying goodbye. Everything up to there is kept. %3").arg(m_run->name()).arg(data->lastStep(), 0, 'f', 0).arg(kept),
                checkpoint < 0 ? QString() : tr("Resume"), true, true};
    }
    if (BannerContent broken = sentinelBanner(); !broken.key.isEmpty()) return broken;
    if (data && (data->state().state == storage::RunState::failed || data->state().state == storage::RunState::diverged))
        return {QStringLiteral("ended:") + ulid, RunWords::oneLine(data->state().reason), newestCheckpoint(*data) < 0 ? QString() : tr("Resume"), true, true};
    if (data && m_run->canSteer())
        if (const auto collapse = collapseOf(*data, m_run->steering())) return {QStringLiteral("cure:") + ulid, cureSentence(*collapse), tr("Cure"), false, false};
    if (BannerContent guide = guideBanner(); !guide.key.isEmpty()) return guide;
    if (data && m_twinned != ulid && !hasControlTwin() && wasCured(*data, m_run->steering()))
        return {QStringLiteral("twin:") + ulid, tr("Balance loss is on. What would have happened without it?"), tr("Compare with the uncured twin"), false, true};
    if (const storage::RunRow* row = m_library->find(m_appeared); row && RunWords::isAlive(row->state) && m_appeared != ulid)
        return {QStringLiteral("appeared:") + m_appeared, tr("%1 has started training.").arg(RunWords::oneLine(row->name)), tr("Open it"), false, true};
    return {};
}

void MainWindow::onBanner(const QString& key) {
    if (key.startsWith(QLatin1String("cure:"))) cure();
    if (key.startsWith(QLatin1String("nan:"))) calmDown();
    if (key.startsWith(QLatin1String("guide-"))) followGuide(key);
    if (key.startsWith(QLatin1String("twin:"))) startTwin(QStringLiteral("--control"));
    if (key.startsWith(QLatin1String("interrupted:")) || key.startsWith(QLatin1String("ended:"))) resumeRun();
    if (key.startsWith(QLatin1String("silent:"))) m_run->askToStop();
    if (key.startsWith(QLatin1String("appeared:"))) openRun(std::exchange(m_appeared, {}));
}

}  // namespace moescope::ui
