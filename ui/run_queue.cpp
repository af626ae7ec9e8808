// Keeps the queue, starts what is next, and follows what trains.
#include "ui/run_queue.hpp"

#include <QDir>

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "ui/engine_link.hpp"
#include "ui/machine.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using storage::QueueEntry;
using storage::QueueState;
using storage::RunRow;
using storage::RunState;

constexpr double kEngineBytes = 400e6;      // the engine itself, before a model
constexpr std::int64_t kVocabularyGuess = 256;
constexpr int kLookMs = 1000;
constexpr std::int64_t kListNs = 3'000'000'000;  // by then the list of runs is newer than the engine's end

QString text(const std::string& value) { return QString::fromStdString(value); }

double bytesNeeded(const QueueEntry& entry) {
    config::RunConfig config;
    config::applyJson(config, entry.config);
    return kEngineBytes + config::memoryBytes(config, kVocabularyGuess);
}

bool isOver(const QueueEntry& entry) { return entry.state == QueueState::done || entry.state == QueueState::failed; }

/// The run an entry made before the window that started it went away.
const RunRow* orphanOf(const QueueEntry& entry, const RunLibrary& library) {
    for (const RunRow& row : *library.runs())
        if (row.name == entry.name && row.group == entry.group && row.createdUs >= entry.startedUs) return &row;
    return nullptr;
}

QString whyEnded(const RunRow& row, const QString& lastWords) {
    if (!row.reason.empty()) return RunWords::oneLine(row.reason);
    if (row.state == RunState::stopped) return RunQueue::tr("Stopped at step %1.").arg(row.step);
    if (!lastWords.isEmpty()) return lastWords;
    return RunQueue::tr("Its engine ended at step %1 without a word.").arg(row.step);
}

}  // namespace

RunQueue::RunQueue(RunLibrary& library, EngineLink& link, QObject* parent) : QObject(parent), m_library(library), m_link(link) {
    connect(&link, &EngineLink::started, this, &RunQueue::onStarted);
    connect(&link, &EngineLink::refused, this, &RunQueue::onRefused);
    connect(&link, &EngineLink::ended, this, &RunQueue::onEnded);
    connect(&library, &RunLibrary::changed, this, &RunQueue::pump);
    connect(&m_timer, &QTimer::timeout, this, &RunQueue::pump);
    m_timer.setInterval(kLookMs);
    open();
}

void RunQueue::open() {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::path(m_library.storeFolder().toStdString()) / "queue.json", ignored)) acquire();  // an empty queue needs no lock yet
}

/// Takes the queue over with what is in its file. Empty, or why that cannot be.
QString RunQueue::acquire() {
    if (m_lock) return {};
    const storage::Store store(m_library.storeFolder().toStdString());
    m_lock = storage::QueueLock::tryAcquire(store);
    if (!m_lock) return store.writable() ? tr("Another window works on this store's queue. Add the runs there.") : tr("The store %1 cannot be written, so nothing can wait in it.").arg(m_library.storeFolder());
    std::error_code ignored;
    if (!std::filesystem::exists(store.folder() / "queue.json", ignored)) return {};
    try {
        storage::QueueRead read = storage::readQueue(store);
        m_file = std::move(read.file);
        m_complaint = text(read.complaint);
    } catch (const base::Error& error) {
        m_lock.reset();
        return m_complaint = RunWords::sentence(error);
    }
    m_adopted = false;
    m_held = count(QueueState::waiting) > 0 && !m_file.paused;
    return {};
}

/// After the first list of runs: what an engine began for an earlier window is followed, what never began waits again.
void RunQueue::adopt() {
    m_adopted = true;
    if (!m_complaint.isEmpty()) emit message(std::exchange(m_complaint, {}));
    for (QueueEntry& entry : m_file.entries) {
        if (entry.state != QueueState::running || !entry.run.empty()) continue;
        const RunRow* row = orphanOf(entry, m_library);
        if (row) entry.run = row->ulid;
        else entry.state = QueueState::waiting;
    }
    std::erase_if(m_file.entries, [this](const QueueEntry& entry) {
        const auto study = std::ranges::find(m_file.studies, entry.study, &storage::QueueStudy::id);
        return entry.state == QueueState::done && (study == m_file.studies.end() || study->told);
    });
    emit changed();
}

const QueueEntry* RunQueue::find(std::int64_t id) const {
    const auto at = std::ranges::find(m_file.entries, id, &QueueEntry::id);
    return at == m_file.entries.end() ? nullptr : &*at;
}

QueueEntry* RunQueue::entry(std::int64_t id) { return const_cast<QueueEntry*>(find(id)); }

QueueEntry* RunQueue::byToken(int token) { return m_tokens.contains(token) ? entry(m_tokens.value(token)) : nullptr; }

int RunQueue::count(QueueState state) const { return static_cast<int>(std::ranges::count(m_file.entries, state, &QueueEntry::state)); }

int RunQueue::atOnce() const { return m_file.atOnce > 0 ? m_file.atOnce : enginesAtOnce(); }

/// Engines at work: those of the queue, and runs that somebody started by hand.
int RunQueue::training() const {
    int at = count(QueueState::running);
    for (const RunRow& row : *m_library.runs()) {
        if (row.state != RunState::running) continue;
        const bool ours = std::ranges::any_of(m_file.entries, [&](const QueueEntry& entry) { return entry.run == row.ulid && entry.state == QueueState::running; });
        // A run that has just started is in the list before its engine has said its name.
        const bool starting = std::ranges::any_of(m_file.entries, [&](const QueueEntry& entry) { return entry.run.empty() && entry.state == QueueState::running && entry.name == row.name; });
        if (!ours && !starting) ++at;
    }
    return at;
}

QString RunQueue::waitsFor() const {
    const auto next = std::ranges::find(m_file.entries, QueueState::waiting, &QueueEntry::state);
    if (next == m_file.entries.end()) return {};
    if (m_held) return tr("Left from last time.");
    if (m_file.paused) return tr("Paused.");
    const int busy = training();
    if (busy >= atOnce()) return count(QueueState::running) > 0 ? QString() : tr("Waits until the run that trains has ended.");
    const double needed = bytesNeeded(*next), room = freeMemory();
    if (busy > 0 && room > 0 && needed > room) return tr("Waits for memory: %1 needed, %2 free.").arg(RunWords::bytes(needed), RunWords::bytes(room));
    return {};
}

QString RunQueue::add(const QueueOrder& order) {
    if (EngineLink::enginePath().isEmpty()) return tr("Training needs moescope-engine. Build it, or name it in MOESCOPE_ENGINE.");
    if (m_library.storeMissing()) return tr("The store %1 is not there, so nothing can be trained into it.").arg(m_library.storeFolder());
    if (const QString wrong = acquire(); !wrong.isEmpty()) return wrong;
    storage::QueueStudy study{m_file.next++, order.title.toStdString(), order.axis.toStdString(), order.groupBy.toStdString(), {}, false};
    for (const QString& ulid : order.others) study.runs.push_back(ulid.toStdString());
    const std::int64_t threads = atOnce() > 1 ? std::max(1, coresHere() / atOnce()) : 0;
    for (const config::StudyRun& run : order.runs) {
        QueueEntry entry;
        entry.id = m_file.next++;
        entry.study = study.id;
        entry.name = run.name;
        entry.group = run.group;
        for (const QString& tag : order.tags) entry.tags.push_back(tag.toStdString());
        config::RunConfig config = run.config;
        if (config.training.threads == 0) config.training.threads = threads;  // engines side by side share the cores
        entry.config = config::toJson(config, -1);
        const auto at = static_cast<std::size_t>(&run - order.runs.data());
        if (at < order.finished.size() && !order.finished[at].empty()) {
            entry.state = QueueState::done;
            entry.run = order.finished[at];
        }
        m_file.entries.push_back(std::move(entry));
    }
    m_file.studies.push_back(std::move(study));
    m_held = false;
    save();
    pump();
    return {};
}

void RunQueue::setPaused(bool on) {
    m_file.paused = on;
    m_held = false;
    save();
    pump();
}

void RunQueue::setAtOnce(int engines) {
    m_file.atOnce = std::clamp(engines, 0, 64);
    save();
    pump();
}

void RunQueue::goOn() {
    m_held = false;
    pump();
    emit changed();
}

void RunQueue::clearWaiting() {
    std::erase_if(m_file.entries, [](const QueueEntry& entry) { return entry.state == QueueState::waiting; });
    m_held = false;
    save();
    pump();
}

void RunQueue::clearEnded() {
    std::erase_if(m_file.entries, isOver);
    save();
}

void RunQueue::move(std::int64_t id, int places) {
    auto& entries = m_file.entries;
    const auto at = std::ranges::find(entries, id, &QueueEntry::id);
    if (at == entries.end() || at->state != QueueState::waiting) return;
    // Only what waits has an order; the others stay where they are.
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].state == QueueState::waiting) waiting.push_back(i);
    const auto from = static_cast<std::ptrdiff_t>(std::ranges::find(waiting, static_cast<std::size_t>(at - entries.begin())) - waiting.begin());
    const auto to = std::clamp<std::ptrdiff_t>(from + places, 0, static_cast<std::ptrdiff_t>(waiting.size()) - 1);
    for (std::ptrdiff_t i = from; i != to; i += to > from ? 1 : -1) std::swap(entries[waiting[static_cast<std::size_t>(i)]], entries[waiting[static_cast<std::size_t>(i + (to > from ? 1 : -1))]]);
    save();
}

void RunQueue::remove(std::int64_t id) {
    std::erase_if(m_file.entries, [id](const QueueEntry& entry) { return entry.id == id && entry.state != QueueState::running; });
    save();
    pump();
}

void RunQueue::retry(std::int64_t id) {
    QueueEntry* again = entry(id);
    if (!again || again->state != QueueState::failed) return;
    again->state = QueueState::waiting;
    again->reason.clear();
    if (const RunRow* row = m_library.find(text(again->run)); !row || !RunWords::canResume(row->state)) again->run.clear();
    for (storage::QueueStudy& study : m_file.studies)
        if (study.id == again->study) study.told = false;
    save();
    pump();
}

QStringList RunQueue::runsOfStudy(std::int64_t id) const {
    QStringList ulids;
    const auto add = [&](const std::string& ulid) {
        if (!ulid.empty() && !ulids.contains(text(ulid)) && m_library.find(text(ulid))) ulids << text(ulid);
    };
    for (const storage::QueueStudy& study : m_file.studies)
        if (study.id == id) std::ranges::for_each(study.runs, add);
    for (const QueueEntry& each : m_file.entries)
        if (each.study == id && id != 0) add(each.run);
    return ulids;
}

// ---- what happens by itself ------------------------------------------------------------------------------------

void RunQueue::pump() {
    if (!m_library.loaded() || m_library.storeMissing()) return;
    if (!m_adopted) adopt();
    bool news = follow();
    const double room = freeMemory();
    int busy = training();
    for (QueueEntry& next : m_file.entries) {
        if (m_file.paused || m_held || busy >= atOnce()) break;
        if (next.state != QueueState::waiting) continue;
        if (busy > 0 && room > 0 && bytesNeeded(next) > room) break;
        start(next);
        ++busy;
        news = true;
        if (busy > 1) break;  // memory is measured anew before another one starts beside it
    }
    if (news) save();
    tellStudies();
    const bool busyHere = count(QueueState::running) > 0 || (count(QueueState::waiting) > 0 && !m_file.paused && !m_held);
    if (busyHere != m_timer.isActive()) busyHere ? m_timer.start() : m_timer.stop();
}

bool RunQueue::follow() {
    bool news = false;
    for (QueueEntry& entry : m_file.entries)
        if (entry.state == QueueState::running && !entry.run.empty()) news = followOne(entry) || news;
    return news;
}

bool RunQueue::followOne(QueueEntry& entry) {
    if (m_tokens.values().contains(entry.id)) return false;  // its engine says when it ends
    const RunRow* row = m_library.find(text(entry.run));
    if (row ? RunWords::isAlive(row->state) : QDir(m_library.runFolder(text(entry.run))).exists()) return false;  // the list is not new enough
    const auto ended = m_endedNs.find(entry.id);
    if (row && row->state == RunState::created && ended != m_endedNs.end() && base::monotonicNanoseconds() - *ended < kListNs) return false;
    const bool finished = row && row->state == RunState::finished;
    entry.state = finished ? QueueState::done : QueueState::failed;
    if (finished) entry.config.clear();
    else entry.reason = (row ? whyEnded(*row, m_lastWords.value(entry.id)) : tr("The run is not in the store any more.")).toStdString();
    m_lastWords.remove(entry.id);
    m_endedNs.remove(entry.id);
    return true;
}

void RunQueue::start(QueueEntry& entry) {
    entry.state = QueueState::running;
    entry.startedUs = base::wallMicroseconds();
    if (!entry.run.empty()) {
        m_tokens.insert(m_link.run({QStringLiteral("resume"), text(entry.run)}), entry.id);
        return;
    }
    config::RunConfig config;
    config::applyJson(config, entry.config);
    QStringList tags;
    for (const std::string& tag : entry.tags) tags << text(tag);
    m_tokens.insert(m_link.train(config, text(entry.name), tags, text(entry.group)), entry.id);
}

void RunQueue::onStarted(int token, const QString& ulid) {
    QueueEntry* begun = byToken(token);
    if (!begun) return;
    begun->run = ulid.toStdString();
    save();
    emit runStarted(ulid);
}

void RunQueue::onRefused(int token, const QString& sentence) {
    QueueEntry* refused = byToken(token);
    m_tokens.remove(token);
    if (!refused) return;
    refused->state = QueueState::failed;
    refused->reason = (sentence.isEmpty() ? tr("The engine ended before it could start the run.") : sentence).toStdString();
    save();
    pump();
}

void RunQueue::onEnded(int token, int, const QString& lastWords) {
    const QueueEntry* over = byToken(token);
    m_tokens.remove(token);
    if (!over) return;
    m_lastWords.insert(over->id, lastWords);
    m_endedNs.insert(over->id, base::monotonicNanoseconds());
    m_library.edit([](storage::Catalog&) {});  // a new list comes for certain
}

void RunQueue::tellStudies() {
    for (storage::QueueStudy& study : m_file.studies) {
        if (study.told) continue;
        bool any = false, open = false;
        for (const QueueEntry& entry : m_file.entries) {
            if (entry.study != study.id) continue;
            any = any || entry.state == QueueState::done;
            open = open || !isOver(entry);
        }
        if (open) continue;
        study.told = true;
        const storage::QueueStudy ended = study;
        const QStringList ulids = runsOfStudy(study.id);
        save();
        if (any) emit studyFinished(ended, ulids);
        return;  // the list may be another one now
    }
}

void RunQueue::save() {
    std::erase_if(m_file.studies, [this](const storage::QueueStudy& study) {
        return std::ranges::none_of(m_file.entries, [&](const QueueEntry& entry) { return entry.study == study.id; });
    });
    if (m_lock) m_library.edit([file = m_file](storage::Catalog& catalog) { storage::writeQueue(catalog.store(), file); });
    emit changed();
}

}  // namespace moescope::ui
