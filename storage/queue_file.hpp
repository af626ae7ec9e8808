// The queue of runs that wait to be trained, as a file of the store: queue.json, replaced atomically.
//
// One program at a time works on it (QueueLock). What is in the file comes from outside: it is checked, and a damaged one
// is set aside. A waiting entry holds its whole configuration, so nothing else is needed to train it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace moescope::storage {

enum class QueueState { waiting, running, done, failed };

struct QueueEntry {
    std::int64_t id = 0, study = 0;    ///< study 0 = none
    std::string name, group, config;   ///< config: JSON of the run to train
    std::vector<std::string> tags;
    QueueState state = QueueState::waiting;
    std::string run;                   ///< ULID as soon as there is one
    std::string reason;                ///< why it failed
    std::int64_t startedUs = 0;        ///< when an engine was last started for it
    bool operator==(const QueueEntry&) const = default;
};

/// Runs that belong together; when the last has ended they are compared.
struct QueueStudy {
    std::int64_t id = 0;
    std::string title;
    std::string axis, groupBy;         ///< how Compare opens: "step", "flops" ...; a setting, or empty = by seeds
    std::vector<std::string> runs;     ///< ULIDs there were before, compared with the new ones
    bool told = false;                 ///< its end has been shown
    bool operator==(const QueueStudy&) const = default;
};

struct QueueFile {
    bool paused = false;
    int atOnce = 0;                    ///< engines at the same time; 0 = as the machine allows
    std::int64_t next = 1;             ///< the next id
    std::vector<QueueEntry> entries;   ///< in the order in which they are trained
    std::vector<QueueStudy> studies;
    bool operator==(const QueueFile&) const = default;
};

struct QueueRead {
    QueueFile file;
    std::string complaint;             ///< what was wrong with the file that was set aside
};
/// No file is an empty queue. A damaged one becomes "queue.json.bad-<time>" and is told. Throws exit 7 for a newer one.
QueueRead readQueue(const Store& store);
/// Throws base::Error (exit 6).
void writeQueue(const Store& store, const QueueFile& file);

/// Held by the program that works on the queue; nothing when another one does, or the store cannot be written.
class QueueLock {
public:
    static std::optional<QueueLock> tryAcquire(const Store& store);
    ~QueueLock();
    QueueLock(QueueLock&& other) noexcept;
    QueueLock(const QueueLock&) = delete;
    QueueLock& operator=(const QueueLock&) = delete;
    QueueLock& operator=(QueueLock&& other) noexcept;

private:
    explicit QueueLock(int fd) : m_fd(fd) {}
    int m_fd;
};

}  // namespace moescope::storage
