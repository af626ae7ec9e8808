// The parts of RunWriter: what it remembers between commits.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "storage/database.hpp"
#include "storage/pending_log.hpp"
#include "storage/run_writer.hpp"

namespace moescope::storage {

/// Values of one commit. After a failed commit it is closed, so that it can be told whether it reached the file after all.
struct Batch {
    PendingLog log;
    std::vector<StoredEvent> events;
};

struct RunWriter::Impl {
    Impl(RunLock held, WriterOptions chosen);

    // run_writer.cpp: what is appended
    Batch& batch();
    SeriesRow& series(const telemetry::Metric& metric, std::int64_t width, bool evaluation);
    SeriesRow& scalar(std::string_view name, std::string_view unit, bool evaluation);
    SeriesRow* known(std::string_view name);
    SeriesRow& add(SeriesRow row);
    bool advances(std::int64_t& last, std::int64_t step, std::string_view what) const;
    void summarise(const telemetry::StepTelemetry& report);
    void summarise(const telemetry::Evaluation& evaluation);
    void note(const std::string& key, double value);
    CheckpointRow& checkpoint(std::int64_t step);

    // run_commit.cpp: what happens in the database
    void open();
    void load();
    void transaction(const std::function<void()>& work);
    void writePending();
    void clearPending(std::size_t written);
    void dropCommitted();
    bool anythingPending() const;
    void commit();
    void compactLog();
    void compactIfDue();
    void reconcileSuperseded();
    void startAttempt(std::int64_t step, const std::string& environmentJson);
    void endInterrupted();
    void cutAfter(std::int64_t step);
    void supersede(const SeriesRow& series, const Points& removed);
    void resummarise(std::int64_t step);
    void tendWal();
    bool emptyWal();
    void endAttempt();
    void close();

    RunLock lock;
    WriterOptions options;
    std::filesystem::path file;
    Connection connection;
    std::optional<Statements> statements;

    Status status;              // as it will be after the next commit, but for seqs
    RunFacts facts;
    std::optional<Attempt> attempt;
    std::map<std::string, SeriesRow, std::less<>> seriesByName;
    std::set<std::int64_t> unsavedSeries;
    std::map<std::int64_t, CheckpointRow> checkpoints;
    SummaryValues summary;

    std::deque<Batch> batches;
    std::size_t attemptedBatches = 0;
    std::int64_t attemptedSeq = 0;   // last_seq of a commit that failed, or 0
    std::vector<telemetry::ProbeSnapshot> probes;
    std::vector<telemetry::PlaneSnapshot> planes;
    std::vector<telemetry::GeneratedSample> samples;
    std::set<std::int64_t> changedCheckpoints, removedCheckpoints;
    std::set<std::string> changedSummary;
    bool statusChanged = false;
    std::int64_t otherBytes = 0;

    std::int64_t reportStep = -1, evaluationStep = -1;
    std::int64_t loggedSteps = 0, loggedBytes = 0;
    std::int64_t walPages = 0, walPagesTended = 0;
    bool walLargeTold = false;
    bool hasSuperseded = false;
};

}  // namespace moescope::storage
