// Main window: studies of several runs, the queue they wait in, and the comparison when the last has ended.
#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <optional>

#include "core/config/config_json.hpp"
#include "core/config/study.hpp"
#include "core/statistics/comparison.hpp"
#include "ui/compare_page.hpp"
#include "ui/finished_runs.hpp"
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
#include "ui/seed_orders.hpp"
#include "ui/study_verdict.hpp"
#include "ui/train_page.hpp"

namespace moescope::ui {
namespace {

constexpr int kMessageMs = 8000;

/// The settings of a stored run; nothing when they cannot be read.
std::optional<config::RunConfig> configOf(const storage::RunRow* row) {
    config::RunConfig config;
    if (!row || row->configJson.empty() || !config::applyJson(config, row->configJson).empty()) return {};
    return config;
}

QStringList tagsOf(const storage::RunRow& row) {
    QStringList tags;
    for (const std::string& tag : row.tags) tags << QString::fromStdString(tag);
    return tags;
}

/// Adds the run's settings with these seeds; a sentence when they cannot run.
QString addRuns(std::vector<config::StudyRun>& runs, const storage::RunRow& row, const config::RunConfig& config, std::vector<std::int64_t> seeds) {
    if (seeds.empty()) return {};
    config::StudyPlan plan;
    plan.base = config;
    plan.seeds = std::move(seeds);
    plan.name = nameWithoutSeed(row.name, config.training.seed);
    auto answer = config::studyRuns(plan);
    if (const auto* wrong = std::get_if<base::Problems>(&answer)) return QString::fromStdString(wrong->front().text);
    std::ranges::move(std::get<std::vector<config::StudyRun>>(answer), std::back_inserter(runs));
    return {};
}

std::vector<std::int64_t> lacking(const std::vector<std::int64_t>& wanted, const std::vector<std::int64_t>& there) {
    std::vector<std::int64_t> seeds;
    std::ranges::copy_if(wanted, std::back_inserter(seeds), [&](std::int64_t seed) { return std::ranges::find(there, seed) == there.end(); });
    return seeds;
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
    connect(m_compare, &ComparePage::seedsRequested, this, &MainWindow::pairSeeds);
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
    std::vector<std::string> finished = finishedAlready(order.runs, *m_library);
    if (std::ranges::all_of(finished, &std::string::empty)) startStudy(order);
    else askToReuse(order, std::move(finished));
}

void MainWindow::askToReuse(const QueueOrder& order, std::vector<std::string> finished) {
    const auto there = std::ranges::count_if(finished, [](const std::string& ulid) { return !ulid.empty(); });
    const QString counted = there == 1 ? tr("One of these %1 runs is in the store already").arg(order.runs.size()) : tr("%1 of these %2 runs are in the store already").arg(there).arg(order.runs.size());
    auto* question = new QMessageBox(QMessageBox::NoIcon, tr("Queue"), tr("%1, finished with the same settings and seed.").arg(counted), QMessageBox::NoButton, this);
    question->setObjectName(QStringLiteral("reuseQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    auto* cancel = question->addButton(tr("Cancel"), QMessageBox::RejectRole);
    auto* again = question->addButton(tr("Train all again"), QMessageBox::DestructiveRole);
    auto* use = question->addButton(tr("Use what is there"), QMessageBox::AcceptRole);
    cancel->setObjectName(QStringLiteral("reuseCancel"));
    again->setObjectName(QStringLiteral("reuseAgain"));
    use->setObjectName(QStringLiteral("reuseUse"));
    use->setProperty("kind", "primary");
    question->setDefaultButton(use);
    connect(again, &QAbstractButton::clicked, this, [this, order] { startStudy(order); });
    connect(use, &QAbstractButton::clicked, this, [this, order, finished = std::move(finished)] {
        QueueOrder shorter = order;
        shorter.finished = finished;
        startStudy(shorter);
    });
    question->open();
}

void MainWindow::startStudy(const QueueOrder& order) {
    const bool idle = m_queue->count(storage::QueueState::running) == 0;
    const QString wrong = m_queue->add(order);
    if (!wrong.isEmpty()) return m_status->showMessage(wrong, kMessageMs);
    if (order.finished.size() == order.runs.size() && std::ranges::none_of(order.finished, &std::string::empty)) return;  // Compare has them
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
    const auto config = configOf(row);
    if (!config) return m_status->showMessage(tr("The settings of this run cannot be read, so it cannot be repeated."), kMessageMs);
    const SeedsThere there = seedsOf(*config, *m_library, *m_queue);
    const std::vector<std::int64_t> seeds = config::seedsToReach(static_cast<std::size_t>(total), there.seeds);
    if (seeds.empty()) return m_status->showMessage(tr("There are %1 seeds of this run already, or they are in the queue.").arg(there.seeds.size()), kMessageMs);
    const QString name = RunWords::oneLine(row->name);
    std::vector<config::StudyRun> runs;
    QString wrong = addRuns(runs, *row, *config, seeds);
    if (wrong.isEmpty()) wrong = m_queue->add({std::move(runs), tagsOf(*row), tr("Seeds of %1").arg(name), {}, {}, there.runs});
    m_status->showMessage(wrong.isEmpty() ? tr("%1 more seeds of %2 are in the queue.").arg(seeds.size()).arg(name) : wrong, kMessageMs);
}

/// Further seeds that both groups of a verdict will share; what is stored already joins the comparison without training.
void MainWindow::pairSeeds(const QString& ulid, const QString& baseline, int total) {
    const storage::RunRow *row = m_library->find(ulid), *base = m_library->find(baseline);
    const auto config = configOf(row), baseConfig = configOf(base);
    if (!config || !baseConfig) return m_status->showMessage(tr("The settings of these runs cannot be read, so they cannot be repeated."), kMessageMs);
    if (!row->parent.empty() || !base->parent.empty() || statistics::seedlessKey(*config) == statistics::seedlessKey(*baseConfig))
        return m_status->showMessage(tr("These runs differ in what was done to one of them, or began from another run: further seeds of their settings would not repeat that."), kMessageMs);
    const SeedsThere there = seedsOf(*config, *m_library, *m_queue), baseThere = seedsOf(*baseConfig, *m_library, *m_queue);
    QStringList compared = m_compare->runs();
    compared.removeAll(baseline);
    compared.prepend(baseline);
    const auto shared = compared.size();
    for (const QString& stored : baseThere.runs + there.runs)
        if (!compared.contains(stored)) compared << stored;
    const auto seeds = seedsToShare(there.seeds, baseThere.seeds, static_cast<std::size_t>(total));
    std::vector<config::StudyRun> runs;
    QString wrong = addRuns(runs, *base, *baseConfig, lacking(seeds, baseThere.seeds));
    if (wrong.isEmpty()) wrong = addRuns(runs, *row, *config, lacking(seeds, there.seeds));
    if (!wrong.isEmpty()) return m_status->showMessage(wrong, kMessageMs);
    if (runs.empty() && compared.size() == shared) return m_status->showMessage(tr("These seeds are in the queue already."), kMessageMs);
    if (runs.empty()) {
        m_status->showMessage(tr("%1 runs with these settings were in the store: nothing to train.").arg(compared.size() - shared), kMessageMs);
        return compareRuns(compared);
    }
    const auto count = runs.size();
    wrong = m_queue->add({std::move(runs), tagsOf(*row), tr("Seeds of %1 and %2").arg(RunWords::oneLine(nameWithoutSeed(base->name, baseConfig->training.seed)), RunWords::oneLine(nameWithoutSeed(row->name, config->training.seed))),
                          m_compare->axis(), {}, compared});
    m_status->showMessage(wrong.isEmpty() ? tr("%1 runs are in the queue; when the last has ended the verdict is renewed.").arg(count) : wrong, kMessageMs);
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
