// Opens, follows and steers one run.
#include "ui/run_watched.hpp"

#include <QFileInfo>
#include <QPointer>

#include "core/telemetry/step_telemetry.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr double kSpeedWindow = 40;  // steps
constexpr int kPatienceMs = 10'000;  // longer than the longest step a person would train with

}  // namespace

WatchedRun::WatchedRun(RunLibrary& library, EngineLink& engines, QObject* parent) : QObject(parent), m_library(library), m_engines(engines) {
    connect(&m_feed, &RunFeed::opened, this, &WatchedRun::onOpened);
    connect(&m_feed, &RunFeed::updated, this, &WatchedRun::onUpdated);
    connect(&m_feed, &RunFeed::failed, this, &WatchedRun::onFailed);
    m_patience.setSingleShot(true);
    m_patience.setInterval(kPatienceMs);
    connect(&m_patience, &QTimer::timeout, this, [this] { setSilent(true); });
}

WatchedRun::~WatchedRun() = default;

void WatchedRun::open(const QString& ulid) {
    if (ulid == m_ulid && m_problem.isEmpty()) return;
    m_ulid = ulid;
    m_problem.clear();
    m_data.reset();
    m_steering = {};
    m_died = false;
    setSilent(false);
    m_feed.open(m_library.runFolder(ulid));
    emit changed();
}

void WatchedRun::close() {
    if (m_ulid.isEmpty()) return;
    m_feed.close();
    m_engines.watch({});
    m_ulid.clear();
    m_problem.clear();
    m_data.reset();
    emit changed();
}

void WatchedRun::onOpened(const RunOpeningPtr& opening) {
    if (QString::fromStdString(opening->folder) != m_library.runFolder(m_ulid) &&
        QFileInfo(QString::fromStdString(opening->folder)) != QFileInfo(m_library.runFolder(m_ulid)))
        return;  // of the run that was open before
    m_data = std::make_unique<RunData>(*opening);
    m_eventsSeen = 0;
    m_steering = steeringOf(*m_data);
    m_engines.watch(QString::fromStdString(m_data->state().socketPath));
    emit opened();
    emit steered();
}

void WatchedRun::onUpdated(const RunUpdatePtr& update) {
    if (!m_data) return;
    const storage::RunState before = state();
    m_data->apply(*update);
    if (RunWords::isAlive(before) && state() == storage::RunState::interrupted) m_died = true;
    if (RunWords::isAlive(state())) m_died = false;
    if (!m_data->state().lockHeld) setSilent(false);
    m_engines.watch(QString::fromStdString(m_data->state().socketPath));
    refreshSteering();
    emit updated();
}

void WatchedRun::onFailed(const QString& sentence) {
    m_problem = sentence;
    m_data.reset();
    emit changed();
}

void WatchedRun::refreshSteering() {
    if (m_data->events().size() == m_eventsSeen) return;
    m_eventsSeen = m_data->events().size();
    m_steering = steeringOf(*m_data);
    emit steered();
}

QString WatchedRun::name() const {
    if (const storage::RunRow* row = m_library.find(m_ulid)) return RunWords::oneLine(row->name);
    return m_data ? RunWords::oneLine(m_data->meta().name) : QString();
}

QString WatchedRun::colour() const {
    const storage::RunRow* row = m_library.find(m_ulid);
    return row ? QString::fromStdString(row->colour) : QString();
}

storage::RunState WatchedRun::state() const { return m_data ? m_data->state().state : storage::RunState::created; }

bool WatchedRun::canSteer() const { return m_data && m_data->state().lockHeld && !m_data->state().socketPath.empty(); }

double WatchedRun::stepsPerSecond() const {
    const Track* seconds = m_data && isTraining() ? m_data->track("seconds") : nullptr;
    if (!seconds || seconds->size() < 2) return telemetry::kNone;
    const std::size_t last = seconds->size() - 1;
    std::size_t from = seconds->at(seconds->step(last) - kSpeedWindow);
    if (from >= last) from = 0;
    const double time = seconds->high(last) - seconds->high(from);
    return time > 0 ? (seconds->step(last) - seconds->step(from)) / time : telemetry::kNone;
}

void WatchedRun::send(const config::Command& command) {
    if (!canSteer()) return;
    const auto key = command.arguments.find("key");
    const auto* named = key == command.arguments.end() ? nullptr : std::get_if<std::string>(&key->second);
    const QString what = QString::fromStdString(named ? *named : command.verb);
    emit sent(what);
    m_patience.start();
    m_engines.send(QString::fromStdString(m_data->state().socketPath), command, [self = QPointer<WatchedRun>(this), what](const CommandAnswer& answer) {
        if (self) self->setSilent(false);
        if (!self || answer.ok) return;
        QStringList sentences;
        for (const base::Problem& problem : answer.problems) sentences << QString::fromStdString(problem.text);
        emit self->refused(what, sentences.join(QLatin1Char(' ')));
    });
}

void WatchedRun::setSilent(bool silent) {
    m_patience.stop();
    if (std::exchange(m_silent, silent) != silent) emit steered();
}

void WatchedRun::askToStop() {
    const storage::RunRow* row = m_library.find(m_ulid);
    if (row && EngineLink::askToStop(row->pid)) return;
    emit refused(QStringLiteral("stop"), tr("No engine of this name was found to be stopped. If %1 still trains, end its process by hand; what is stored is safe.").arg(name()));
}

bool WatchedRun::ask(const config::Command& command, std::function<void(const CommandAnswer&)> answer) {
    if (!canSteer()) return false;
    m_patience.start();
    m_engines.send(QString::fromStdString(m_data->state().socketPath), command, [self = QPointer<WatchedRun>(this), answer = std::move(answer)](const CommandAnswer& result) {
        if (!self) return;
        self->setSilent(false);
        answer(result);
    });
    return true;
}

void WatchedRun::set(const QString& key, const config::Value& value) {
    send({"set", {{"key", key.toStdString()}, {"value", value}}});
}

}  // namespace moescope::ui
