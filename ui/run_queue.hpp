// RunQueue: runs that wait for an engine; starts them one after the other, and outlives the window in a file of the store.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <optional>
#include <vector>

#include "core/config/study.hpp"
#include "storage/queue_file.hpp"

namespace moescope::ui {

class EngineLink;
class RunLibrary;

/// A study as it is put into the queue.
struct QueueOrder {
    std::vector<config::StudyRun> runs;
    QStringList tags;
    QString title;                ///< "order: router.weigh raw, renorm"
    QString axis = {};            ///< Compare opens on it ("flops"); empty = steps
    QString groupBy = {};         ///< and grouped by this setting; empty = by seeds
    QStringList others = {};      ///< ULIDs of stored runs that belong to it
    std::vector<std::string> finished = {};   ///< ULID of the stored run that stands for runs[i], or empty; none at all = train all
};

/// GUI thread. The next run starts when a place is free: fewer engines train than may at once, and the memory it is
/// estimated to need is there (the first may always start). A run that fails says why and the next one starts.
class RunQueue : public QObject {
    Q_OBJECT
public:
    RunQueue(RunLibrary& library, EngineLink& link, QObject* parent = nullptr);

    const std::vector<storage::QueueEntry>& entries() const { return m_file.entries; }
    const storage::QueueEntry* find(std::int64_t id) const;
    int count(storage::QueueState state) const;
    bool isPaused() const { return m_file.paused; }
    /// Runs were waiting when the window opened, and nobody has said what shall become of them.
    bool isHeld() const { return m_held; }
    /// Why the next one does not start now; empty when it does or nothing waits.
    QString waitsFor() const;
    int atOnce() const;
    bool isAtOnceAutomatic() const { return m_file.atOnce == 0; }

    /// Puts the runs at the end. Returns a sentence when they were refused: another window works on the queue, there is no
    /// engine, the store is gone.
    QString add(const QueueOrder& order);
    void setPaused(bool on);
    void setAtOnce(int engines);      ///< 0 = as the machine allows
    void goOn();                      ///< the answer to isHeld
    void clearWaiting();
    void clearEnded();
    void move(std::int64_t id, int places);
    void remove(std::int64_t id);     ///< not while it trains
    void retry(std::int64_t id);      ///< resumes the run where it can be, else trains it anew
    /// ULIDs of the study that an entry belongs to, those of before first.
    QStringList runsOfStudy(std::int64_t study) const;

signals:
    void changed();
    void message(const QString& sentence);
    void runStarted(const QString& ulid);
    void studyFinished(const moescope::storage::QueueStudy& study, const QStringList& ulids);

private:
    void open();
    QString acquire();
    void adopt();
    void pump();
    bool follow();
    bool followOne(storage::QueueEntry& entry);
    void start(storage::QueueEntry& entry);
    void onStarted(int token, const QString& ulid);
    void onRefused(int token, const QString& sentence);
    void onEnded(int token, int exit, const QString& lastWords);
    void tellStudies();
    void save();
    int training() const;
    storage::QueueEntry* entry(std::int64_t id);
    storage::QueueEntry* byToken(int token);

    RunLibrary& m_library;
    EngineLink& m_link;
    storage::QueueFile m_file;
    std::optional<storage::QueueLock> m_lock;
    QHash<int, std::int64_t> m_tokens;              ///< of engines started here: the entry
    QHash<std::int64_t, QString> m_lastWords;       ///< of entries whose engine has ended
    QHash<std::int64_t, std::int64_t> m_endedNs;    ///< of the same: when
    QTimer m_timer;
    QString m_complaint;                            ///< about the file, until it has been told
    bool m_held = false, m_adopted = false;
};

}  // namespace moescope::ui
