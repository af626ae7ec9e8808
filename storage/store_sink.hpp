// The trainer's way into the store: a bounded queue and a thread that commits every so often. Nothing is dropped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/telemetry/records.hpp"
#include "storage/run_writer.hpp"

namespace moescope::storage {

/// Health of the sink. `retrying`: the disk is full or failing, everything is kept in memory and tried again; the engine
/// should pause. `failed`: cannot go on (damaged database); report() throws the error from now on.
enum class SinkHealth { good, retrying, failed };

/// The callbacks run on the sink's thread and must not call the sink.
struct SinkOptions {
    std::chrono::milliseconds commitEvery{150};
    std::chrono::milliseconds retryEvery{10'000};
    std::int64_t queueBytes = 64 << 20;
    /// After COMMIT returned, with the last step it holds (for --ack). May be empty.
    std::function<void(std::int64_t step)> onCommit;
    /// When the health changes; `text` says what happened and how many bytes are needed.
    std::function<void(SinkHealth health, const std::string& text)> onHealth;
    /// Once, before the first retry of a full disk: give up the ballast here.
    std::function<void()> onDiskFull;
};

/// Takes the writer over. report() ... sample() and transact() may be called from any thread; each waits while the queue is
/// full, and the wait is counted.
class StoreSink final : public telemetry::TelemetrySink {
public:
    StoreSink(RunWriter writer, SinkOptions options = {});
    ~StoreSink() override;   ///< flushes what it can within one attempt, then closes the database
    StoreSink(const StoreSink&) = delete;
    StoreSink& operator=(const StoreSink&) = delete;

    void report(const telemetry::StepTelemetry& telemetry) override;
    void evaluated(const telemetry::Evaluation& evaluation) override;
    void event(const telemetry::Event& event) override;
    void probe(const telemetry::ProbeSnapshot& probe) override;
    void plane(const telemetry::PlaneSnapshot& plane) override;
    void sample(const telemetry::GeneratedSample& sample) override;

    /// Runs `change` on the sink's thread after everything queued before it, commits, and returns; rethrows its error and
    /// a commit's. For checkpoint rows and states.
    void transact(std::function<void(RunWriter&)> change);
    /// Returns when everything queued before the call is committed; throws when it cannot be.
    void flush();
    /// Flushes, ends the attempt, compacts, closes the database and releases the run's lock.
    void close();

    /// From now on a disk that does not take data is tried once more and then an error to everybody who waits: for a user
    /// who wants to stop without waiting for space. Any thread.
    void giveUp();

    SinkHealth health() const;
    double waitedSeconds() const;        ///< so far, by callers, for the queue
    std::int64_t queuedBytes() const;
    std::int64_t committedStep() const;  ///< newest step known to be on disk

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace moescope::storage
