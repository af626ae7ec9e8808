// run.lock: the kernel's word on whether an engine owns a run. A run is running iff this lock is held.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace moescope::storage {

/// Who holds a run. `pid` 0 when the holder has not written itself in yet. `startTicks` is the process's start time in
/// clock ticks since boot (/proc/PID/stat), so that a signal never meets a later process of the same number.
struct Holder {
    std::int64_t pid = 0, startUs = 0, startTicks = 0;
    std::string socketPath;
    bool operator==(const Holder&) const = default;
};

/// The exclusive lock, held for this object's life; the kernel drops it when the process dies. Movable; any one thread.
class RunLock {
public:
    /// Locks <runFolder>/run.lock and writes this process and `socketPath` into it. Probes of windows hold a shared lock
    /// for an instant, so it tries for `patience`. Throws exit 4 "run.locked" naming the holder, exit 6 when the folder
    /// cannot be written.
    static RunLock acquire(const std::filesystem::path& runFolder, const std::string& socketPath = {},
                           std::chrono::milliseconds patience = std::chrono::seconds(1));
    ~RunLock();
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&& other) noexcept;

    const std::filesystem::path& runFolder() const { return m_folder; }
    void release();

private:
    RunLock(std::filesystem::path folder, int fd) : m_folder(std::move(folder)), m_fd(fd) {}
    std::filesystem::path m_folder;
    int m_fd = -1;
};

/// The holder if an engine (of this or another process) holds the run now, else nothing. Never blocks, changes nothing.
std::optional<Holder> probeRunning(const std::filesystem::path& runFolder);

/// Whether the process named by `holder` is still that process.
bool isAlive(const Holder& holder);

}  // namespace moescope::storage
