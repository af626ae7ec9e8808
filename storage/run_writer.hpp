// The only writer of a run's database: telemetry, events, snapshots, checkpoints, state. The engine owns one.
//
// Appended values wait in memory until commit(), which writes them in one transaction; after commit() returns they
// survive a power cut. If commit() throws, nothing is lost: the values stay and the next commit() writes them.
// Confined to one thread at a time. Errors: base::Error; exit 6 "disk.full" and "io.failed" may be retried.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/records.hpp"
#include "storage/run_lock.hpp"

namespace moescope::storage {

struct WriterOptions {
    std::int64_t compactSteps = 1024;           ///< logged steps until the log becomes chunks
    std::int64_t compactBytes = 8 << 20;        ///< or logged bytes
    std::int64_t passiveBytes = 16 << 20;       ///< WAL size that starts a passive checkpoint
    std::int64_t largeBytes = 64 << 20;         ///< WAL size that is worth an event (readers hold it)
    std::int64_t planeBytes = 64 << 20;         ///< all planes of a run together; beyond it they thin out
    int compression = 1;                        ///< zstd level of chunks; 0 = none
};

class RunWriter {
public:
    /// Opens <lock.runFolder()>/run.db, which Store::newRun made, and migrates it if it is older. Takes the lock over.
    /// Throws exit 5 (not a run database, damaged), 6 (I/O), 7 (newer schema).
    explicit RunWriter(RunLock lock, WriterOptions options = {});
    ~RunWriter();
    RunWriter(RunWriter&&) noexcept;
    RunWriter& operator=(RunWriter&&) noexcept;

    const std::filesystem::path& runFolder() const;
    /// As stored; a run that was killed says `running` here: the lock is ours now.
    RunState state() const;
    RunMeta meta() const;

    /// Begins an attempt after `step` steps (0 = from the start) in one transaction of its own: values beyond `step` leave
    /// the series and go to `superseded`, where they stay until the new attempt has recomputed them to the same bits.
    /// Must come before the first append. Sets the state to running.
    void startAttempt(std::int64_t step, const std::string& environmentJson = "{}");

    /// Goes back to `step` while the run trains: ends the attempt as "rewound" and starts the next one there.
    void rewind(std::int64_t step, const std::string& environmentJson = "{}");

    /// Writes the facts at once. Required before a report with layers; on resume they may be left as stored.
    void setFacts(const RunFacts& facts);

    /// Steps must increase, for reports and for evaluations each; a repeated step is ignored (the first stays). Throws
    /// exit 5 "store.order" for an earlier one and "store.shape" when a vector's width changes.
    void append(const telemetry::StepTelemetry& report);
    void append(const telemetry::Evaluation& evaluation);
    void append(const telemetry::Event& event);
    void append(const telemetry::ProbeSnapshot& probe);
    void append(const telemetry::PlaneSnapshot& plane);
    void append(const telemetry::GeneratedSample& sample);

    void addCheckpoint(const CheckpointRow& row);                  ///< replaces a row of the same step
    void markCheckpoint(std::int64_t step, const std::string& state);
    void pinCheckpoint(std::int64_t step, bool pinned);
    void removeCheckpoint(std::int64_t step);

    /// paused, stopped, diverged, failed, finished end or halt the attempt; these also compact and shrink the WAL at commit.
    void setState(RunState state, const std::string& reason = {});

    void commit();
    bool pending() const;
    std::int64_t pendingBytes() const;
    std::int64_t lastStep() const;            ///< of the newest appended report or evaluation

    /// Turns the whole log into chunks and empties the WAL file; commits first.
    void compact();
    /// Closes and opens the database again (after an I/O error); pending values stay.
    void reopen();
    /// Commits, compacts, ends the attempt and closes; releases the lock. The destructor closes without committing.
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Names of series that differ between equal runs (time, rates, memory): left out of digests and of `superseded`.
bool isVolatileSeries(std::string_view name);

}  // namespace moescope::storage
