// What a run's writer does in the database: commits, compaction, tending the WAL.
#include <sqlite3.h>

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/fault.hpp"
#include "core/base/files.hpp"
#include "core/base/version.hpp"
#include "storage/codec.hpp"
#include "storage/run_writer_impl.hpp"

namespace moescope::storage {

namespace fault = base::fault;

namespace {

void passSite(std::string_view site, const std::filesystem::path& file) {
    if (const int error = fault::systemError(fault::pass(site)); error != 0) throw base::FileError(error, "write", file);
}

}  // namespace

RunWriter::Impl::Impl(RunLock held, WriterOptions chosen) : lock(std::move(held)), options(chosen), file(lock.runFolder() / "run.db") {
    open();
    guarded(file, [&] { load(); });
}

void RunWriter::Impl::open() {
    Connection fresh = openForWriting(file, runSchema());
    statements.reset();
    connection = std::move(fresh);
    statements.emplace(*connection);
    walPages = walPagesTended = 0;
    sqlite3_wal_hook(connection->getHandle(), [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<std::int64_t*>(pages) = count;
        return SQLITE_OK;
    }, &walPages);
}

void RunWriter::Impl::load() {
    status = readStatus(*statements);
    facts = readMeta(*statements).facts;
    summary = readSummaryValues(*statements);
    for (SeriesRow& row : readSeries(*statements)) seriesByName.emplace(row.info.name, row);
    for (CheckpointRow& row : readCheckpoints(*statements)) checkpoints[row.step] = row;
    loggedSteps = firstNumber(*statements, "SELECT sum(step_last - step_first + 1) FROM step_log");
    loggedBytes = firstNumber(*statements, "SELECT sum(length(data)) FROM step_log");
    hasSuperseded = firstNumber(*statements, "SELECT count(*) FROM superseded") > 0;
}

void RunWriter::Impl::transaction(const std::function<void()>& work) {
    guarded(file, [&] {
        passSite("db.begin", file);
        connection->exec("BEGIN IMMEDIATE");
        try {
            work();
            passSite("db.commit", file);
            connection->exec("COMMIT");
        } catch (...) {
            connection->tryExec("ROLLBACK");
            throw;
        }
    });
}

void RunWriter::Impl::writePending() {
    std::int64_t& seq = status.lastSeq;
    for (const auto& [name, row] : seriesByName)
        if (unsavedSeries.contains(row.info.id)) writeSeries(*statements, row);
    for (const Batch& batch : batches) {
        if (!batch.log.empty()) {
            const std::string data = encodeLog(batch.log.row());
            insertRow(statements->get("INSERT INTO step_log VALUES(?,?,?,?,?,?,?,?)"), ++seq, status.attempt, batch.log.firstStep(), batch.log.lastStep(),
                      base::wallMicroseconds(), base::monotonicNanoseconds(), Blob{data});
        }
        for (StoredEvent event : batch.events) {
            event.seq = ++seq;
            writeEvent(*statements, event);
        }
    }
    for (const auto& probe : probes) writeProbe(*statements, ++seq, probe, options.compression);
    for (const auto& plane : planes) writePlane(*statements, ++seq, plane, options.compression, options.planeBytes);
    for (const auto& sample : samples) writeSample(*statements, ++seq, sample, options.compression);
    for (const std::int64_t step : removedCheckpoints) Rows(*statements, "DELETE FROM checkpoints WHERE step=?", step)->exec();
    for (const std::int64_t step : changedCheckpoints) writeCheckpoint(*statements, checkpoints.at(step));
    if (!removedCheckpoints.empty() || !changedCheckpoints.empty()) status.checkpointsSeq = ++seq;
    for (const std::string& key : changedSummary) writeSummaryValue(*statements, key, summary.at(key));
    if (attempt) writeAttempt(*statements, *attempt);
    ++seq;   // so that a changed state alone is news, too
    writeStatus(*statements, status);
}

bool RunWriter::Impl::anythingPending() const {
    return !batches.empty() || !probes.empty() || !planes.empty() || !samples.empty() || !changedCheckpoints.empty() || !removedCheckpoints.empty() || !changedSummary.empty() || statusChanged;
}

// The first `written` batches are in the file.
void RunWriter::Impl::clearPending(std::size_t written) {
    for (std::size_t i = 0; i < written; ++i) {
        const PendingLog& log = batches.front().log;
        if (!log.empty()) loggedSteps += log.lastStep() - log.firstStep() + 1;
        loggedBytes += log.bytes();
        batches.pop_front();
    }
    attemptedBatches = 0;
    attemptedSeq = 0;
}

// A COMMIT that reported an error may yet have reached the file.
void RunWriter::Impl::dropCommitted() {
    if (attemptedSeq == 0) return;
    const std::int64_t stored = guarded(file, [&] { return readStatus(*statements).lastSeq; });
    if (stored == attemptedSeq) status.lastSeq = stored;
    clearPending(stored == attemptedSeq ? attemptedBatches : 0);
}

void RunWriter::Impl::commit() {
    const bool ending = statusChanged && status.state != RunState::running;
    dropCommitted();
    if (anythingPending()) {
        const Status before = status;
        try {
            transaction([&] {
                writePending();
                attemptedSeq = status.lastSeq;
            });
        } catch (...) {
            attemptedBatches = batches.size();
            status.lastSeq = before.lastSeq;
            status.checkpointsSeq = before.checkpointsSeq;
            throw;
        }
        clearPending(batches.size());
        unsavedSeries.clear();
        probes.clear();
        planes.clear();
        samples.clear();
        changedCheckpoints.clear();
        removedCheckpoints.clear();
        changedSummary.clear();
        statusChanged = false;
        otherBytes = 0;
    }
    if (ending) compactLog();
    else compactIfDue();
    if (ending) emptyWal();
    else tendWal();
}

void RunWriter::Impl::compactIfDue() {
    if (loggedSteps >= options.compactSteps || loggedBytes >= options.compactBytes) compactLog();
}

void RunWriter::Impl::compactLog() {
    if (loggedBytes == 0) return;
    const Status before = status;
    try {
        transaction([&] {
            std::map<std::int64_t, Points> columns;
            {
                Rows rows(*statements, "SELECT * FROM step_log ORDER BY seq");
                while (rows.next()) {
                    requireRow(*rows, "step_log");
                    const LogRow row = decodeLog(textColumn(*rows, "data"));
                    for (const LogBlock& block : row.blocks) appendPoints(row, block, columns[block.seriesId]);
                    status.compactedSeq = intColumn(*rows, "seq");
                }
            }
            ChunkWriter chunks(*statements, status.lastSeq, options.compression);
            for (const auto& [name, row] : seriesByName)
                if (const auto column = columns.find(row.info.id); column != columns.end()) chunks.append(row.key(), column->second);
            Rows(*statements, "DELETE FROM step_log")->exec();
            if (hasSuperseded) reconcileSuperseded();
            writeStatus(*statements, status);
        });
    } catch (...) {
        status.lastSeq = before.lastSeq;
        status.compactedSeq = before.compactedSeq;
        throw;
    }
    loggedSteps = loggedBytes = 0;
}

void RunWriter::Impl::tendWal() {
    const std::int64_t page = runSchema().pageSize;
    if (walPages * page < options.passiveBytes || (walPages - walPagesTended) * page < options.passiveBytes / 4) return;
    walPagesTended = walPages;
    passSite("db.ckpt", file);
    sqlite3_wal_checkpoint_v2(connection->getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (walPages * page < options.largeBytes) {
        walLargeTold = false;
    } else if (!emptyWal() && !walLargeTold) {
        walLargeTold = true;
        batch().events.push_back({0, status.attempt, base::wallMicroseconds(), false,
                          {std::max(reportStep, evaluationStep), telemetry::Severity::warning, "db.wal_large",
                           "A program reads this run without pause; its log file grows until that program lets go.",
                           "{\"bytes\":" + std::to_string(walPages * page) + "}"}});
    }
}

bool RunWriter::Impl::emptyWal() {
    passSite("db.ckpt", file);
    sqlite3_busy_timeout(connection->getHandle(), 500);
    const int result = sqlite3_wal_checkpoint_v2(connection->getHandle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(connection->getHandle(), 5000);
    if (result == SQLITE_OK) walPages = walPagesTended = 0;
    return result == SQLITE_OK;
}

void RunWriter::Impl::endAttempt() {
    if (!attempt || attempt->endUs != 0) return;
    attempt->endUs = std::max(base::wallMicroseconds(), attempt->startUs);
    attempt->endStep = std::max({reportStep, evaluationStep, attempt->startStep});
    attempt->endReason = toText(status.state);
}

void RunWriter::Impl::close() {
    if (attempt && attempt->endUs == 0) {
        if (status.state == RunState::running || status.state == RunState::paused) status.state = RunState::stopped;
        endAttempt();
        statusChanged = true;
    }
    commit();
    compactLog();
    emptyWal();
    statements.reset();
    sqlite3_busy_timeout(connection->getHandle(), 0);
    connection->tryExec("PRAGMA journal_mode=DELETE");   // one plain file, unless somebody is reading
    connection.reset();
    lock.release();
}

}  // namespace moescope::storage
