// Main window: studies of several runs, the queue they wait in, and the comparison when the last has ended.
#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "core/config/study.hpp"
#include "core/statistics/comparison.hpp"
#include "ui/compare_page.hpp"
#include "ui/main_window.hpp"
#include "ui/main_window_status.hpp"
#include "ui/match_wizard.hpp"
#include "ui/new_run_page.hpp"
#include "ui/queue_dock.hpp"
#include "ui/run_library.hpp"
#include "ui/run_queue.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_dock.hpp"
#include "ui/study_verdict.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kMessageMs = 8000;

/// The seeds that stored runs of these settings have, finished or on their way.
struct SeedsThere {
    std::vector<std::int64_t> seeds;
    QStringList runs;
};

SeedsThere seedsOf(const config::RunConfig& wanted, const RunLibrary& library, const RunQueue& queue) {
    SeedsThere there;
    const std::string key = statistics::seedlessKey(wanted);
    const auto same = [&](const std::string& json, std::int64_t& seed) {
        config::RunConfig config;
        if (json.empty() || !config::applyJson(config, json).empty()) return false;
        seed = config.training.seed;
        return statistics::seedlessKey(config) == key;
    };
    for (const storage::RunRow& row : *library.runs()) {
        std::int64_t seed = 0;
        const bool lives = RunWords::isAlive(row.state) || row.state == storage::RunState::finished;
        if (!lives || !row.parent.empty() || !same(row.configJson, seed) || std::ranges::find(there.seeds, seed) != there.seeds.end()) continue;
        there.seeds.push_back(seed);
        there.runs.prepend(QString::fromStdString(row.ulid));
    }
    for (const storage::QueueEntry& entry : queue.entries()) {
        std::int64_t seed = 0;
        if (entry.state != storage::QueueState::waiting && entry.state != storage::QueueState::running) continue;
        if (same(entry.config, seed) && std::ranges::find(there.seeds, seed) == there.seeds.end()) there.seeds.push_back(seed);
    }
    return there;
}

}  // namespace

void MainWindow::buildQueue() {
    m_queue = std::make_unique<RunQueue>(*m_library, *m_engines);
    m_studyVerdict = std::make_unique<StudyVerdict>(*m_library);
    m_queuePane = new QueueDock(*m_queue, *m_library, this);
    m_queueDock = new QDockWidget(tr("Queue"), this);
    m_queueDock->setObjectName(QStringLiteral("queueDock"));
    m_queueDock->setTitleBarWidget(new QWidget(m_queueDock));
    m_queueDock->setFeatures(QDockWidget::NoDockWidgetFeatures);
    m_queueDock->setWidget(m_queuePane);
    addDockWidget(Qt::LeftDockWidgetArea, m_queueDock);
    connect(m_queue.get(), &RunQueue::changed, this, [this] {
        showChrome();
        if (m_openQueued && m_queue->count(storage::QueueState::running) + m_queue->count(storage::QueueState::waiting) == 0) {
            m_openQueued = false;  // none of them could start; the queue says why
            m_train->setStarting(false);
        }
    });
    connect(m_queue.get(), &RunQueue::message, this, [this](const QString& sentence) { m_status->showMessage(sentence, kMessageMs); });
    connect(m_queue.get(), &RunQueue::studyFinished, this, &MainWindow::onStudyFinished);
    connect(m_queue.get(), &RunQueue::runStarted, this, [this](const QString& ulid) {
        if (std::exchange(m_openQueued, false) && m_page == PageId::train) openRun(ulid);
    });
    connect(m_library.get(), &RunLibrary::changed, this, &MainWindow::askAboutQueue, Qt::SingleShotConnection);
    connect(m_queuePane, &QueueDock::runActivated, this, &MainWindow::openRun);
    connect(m_queuePane, &QueueDock::compareRequested, this, [this](const QStringList& ulids) { compareRuns(ulids); });
    connect(m_newRun, &NewRunPage::studyRequested, this, &MainWindow::queueStudy);
    connect(m_runs, &RunsDock::seedsRequested, this, &MainWindow::moreSeeds);
    connect(m_studyVerdict.get(), &StudyVerdict::told, this, [this](const QStringList& ulids, const QString& sentences) {
        if (m_compare->runs() == ulids) m_compare->setNote(sentences);
    });
}

/// Asked once, when the list of runs is there; the queue's pane asks the same as long as there is no answer.
void MainWindow::askAboutQueue() {
    if (!m_queue->isHeld()) return;
    const int waiting = m_queue->count(storage::QueueState::waiting);
    auto* question = new QMessageBox(QMessageBox::NoIcon, tr("Queue"), waiting == 1 ? tr("One run waits in the queue from last time.") : tr("%1 runs wait in the queue from last time.").arg(waiting), QMessageBox::NoButton, this);
    question->setObjectName(QStringLiteral("queueQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    auto* clear = question->addButton(tr("Clear"), QMessageBox::DestructiveRole);
    auto* later = question->addButton(tr("Later"), QMessageBox::RejectRole);
    auto* go = question->addButton(tr("Go on"), QMessageBox::AcceptRole);
    clear->setObjectName(QStringLiteral("questionClear"));
    later->setObjectName(QStringLiteral("questionLater"));
    go->setObjectName(QStringLiteral("questionGoOn"));
    go->setProperty("kind", "primary");
    question->setDefaultButton(go);
    connect(go, &QAbstractButton::clicked, m_queue.get(), &RunQueue::goOn);
    connect(clear, &QAbstractButton::clicked, m_queue.get(), &RunQueue::clearWaiting);
    question->open();
}

void MainWindow::addStudyActions(QMenu* run, QMenu* tools) {
    QMenu* seeds = run->addMenu(tr("Seeds of this run"));
    seeds->setObjectName(QStringLiteral("runSeeds"));
    for (const int total : {3, 5, 6, 10}) {
        QAction* action = seeds->addAction(tr("%1 seeds in all").arg(total), this, [this, total] { moreSeeds(m_run->ulid(), total); });
        action->setObjectName(QStringLiteral("runSeeds%1").arg(total));
    }
    QAction* wizard = tools->addAction(tr("Matched-FLOPs wizard…"), this, &MainWindow::openMatchWizard);
    wizard->setObjectName(QStringLiteral("matchWizardAction"));
}

void MainWindow::queueStudy(const QueueOrder& order) {
    const bool idle = m_queue->count(storage::QueueState::running) == 0;
    const QString wrong = m_queue->add(order);
    if (!wrong.isEmpty()) return m_status->showMessage(wrong, kMessageMs);
    m_openQueued = idle && m_queue->count(storage::QueueState::running) > 0;
    m_status->showMessage(tr("%1 runs are in the queue.").arg(order.runs.size()), kMessageMs);
    if (m_openQueued) {
        m_run->close();
        m_train->setStarting(true);
    }
    showPage(PageId::train);
}

void MainWindow::moreSeeds(const QString& ulid, int total) {
    const storage::RunRow* row = m_library->find(ulid);
    config::RunConfig config;
    if (!row || row->configJson.empty() || !config::applyJson(config, row->configJson).empty()) return m_status->showMessage(tr("The settings of this run cannot be read, so it cannot be repeated."), kMessageMs);
    const SeedsThere there = seedsOf(config, *m_library, *m_queue);
    config::StudyPlan plan;
    plan.base = config;
    plan.seeds = config::seedsToReach(static_cast<std::size_t>(total), there.seeds);
    plan.name = row->name;
    if (const std::string suffix = "-s" + std::to_string(config.training.seed); plan.name.ends_with(suffix)) plan.name.resize(plan.name.size() - suffix.size());
    if (plan.seeds.empty()) return m_status->showMessage(tr("There are %1 seeds of this run already, or they are in the queue.").arg(there.seeds.size()), kMessageMs);
    auto answer = config::studyRuns(plan);
    auto* runs = std::get_if<std::vector<config::StudyRun>>(&answer);
    if (!runs) return m_status->showMessage(QString::fromStdString(std::get<base::Problems>(answer).front().text), kMessageMs);
    QStringList tags;
    for (const std::string& tag : row->tags) tags << QString::fromStdString(tag);
    const QString wrong = m_queue->add({std::move(*runs), tags, tr("Seeds of %1").arg(RunWords::oneLine(row->name)), {}, {}, there.runs});
    m_status->showMessage(wrong.isEmpty() ? tr("%1 more seeds of %2 are in the queue.").arg(plan.seeds.size()).arg(RunWords::oneLine(row->name)) : wrong, kMessageMs);
}

void MainWindow::openMatchWizard() {
    auto* wizard = new MatchWizard(m_library->storeFolder(), this);
    wizard->setAttribute(Qt::WA_DeleteOnClose);
    if (m_run->data()) wizard->addReference(tr("The open run: %1").arg(m_run->name()), m_run->data()->config());
    connect(wizard, &MatchWizard::queueRequested, this, &MainWindow::queueStudy);
    wizard->show();
}

/// Compare opens by itself, but never under the hands of somebody who is making another run.
void MainWindow::onStudyFinished(const storage::QueueStudy& study, const QStringList& ulids) {
    if (ulids.isEmpty()) return;
    const QString title = QString::fromStdString(study.title), axis = QString::fromStdString(study.axis);
    if (m_page == PageId::newRun) return m_status->showMessage(tr("%1 has ended. Its runs can be compared from the queue's menu.").arg(title), 4 * kMessageMs);
    compareRuns(ulids, QString::fromStdString(study.groupBy));
    m_compare->setAxis(axis);
    if (axis == QLatin1String("flops") || axis == QLatin1String("seconds")) m_studyVerdict->read(ulids);
    m_status->showMessage(tr("%1 has ended; this is what it says.").arg(title), kMessageMs);
}

}  // namespace moescope::ui
