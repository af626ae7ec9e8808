// What a run's writer does in the database: commits, compaction, going back to an earlier step, tending the WAL.
#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/clock.hpp"
#include "core/base/fault.hpp"
#include "core/base/files.hpp"
#include "core/base/version.hpp"
#include "storage/codec.hpp"
#include "storage/run_writer_impl.hpp"

namespace moescope::storage {

namespace fault = base::fault;

namespace {

constexpr std::int64_t kSupersededPoints = 1024;

void passSite(std::string_view site, const std::filesystem::path& file) {
    if (const int error = fault::systemError(fault::pass(site)); error != 0) throw base::FileError(error, "write", file);
}

std::int64_t numberFrom(Statements& statements, const char* sql) {
    Rows rows(statements, sql);
    return rows.next() && !rows->getColumn(0).isNull() ? rows->getColumn(0).getInt64() : 0;
}

bool sameBits(const Points& a, const Points& b) {
    return a.steps == b.steps && std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), [](double x, double y) {
               return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
           });
}

std::size_t asSize(std::int64_t value) { return static_cast<std::size_t>(value); }

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
    loggedSteps = numberFrom(*statements, "SELECT sum(step_last - step_first + 1) FROM step_log");
    loggedBytes = numberFrom(*statements, "SELECT sum(length(data)) FROM step_log");
    hasSuperseded = numberFrom(*statements, "SELECT count(*) FROM superseded") > 0;
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
    return !batches.empty() || !probes.empty() || !samples.empty() || !changedCheckpoints.empty() || !removedCheckpoints.empty() || !changedSummary.empty() || statusChanged;
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

// Values taken back that have been computed again to the same bits are no longer worth showing.
void RunWriter::Impl::reconcileSuperseded() {
    ChunkWriter chunks(*statements, status.lastSeq, options.compression);
    std::vector<std::int64_t> recomputed;
    for (const auto& [name, row] : seriesByName) {
        Rows rows(*statements, "SELECT * FROM superseded WHERE series_id=? AND step_last<=?", row.info.id, std::max(reportStep, evaluationStep));
        while (rows.next()) {
            requireRow(*rows, "superseded");
            const std::string raw = unpack(static_cast<int>(intColumn(*rows, "codec")), intColumn(*rows, "raw_len"), asSize(row.bytesPerValue), textColumn(*rows, "data"));
            const Points old = decodePoints(raw, intColumn(*rows, "n"), row.info.width, row.bytesPerValue, 0, 0);
            if (sameBits(old, chunks.points(row.key(), old.steps.front(), old.steps.back()))) recomputed.push_back(intColumn(*rows, "seq"));
        }
    }
    for (const std::int64_t seq : recomputed) Rows(*statements, "DELETE FROM superseded WHERE seq=?", seq)->exec();
    hasSuperseded = numberFrom(*statements, "SELECT count(*) FROM superseded") > 0;
}

void RunWriter::Impl::supersede(const SeriesRow& series, const Points& removed) {
    if (isVolatileSeries(series.info.name)) return;
    for (std::size_t at = 0; at < removed.size(); at += kSupersededPoints) {
        const Points part = slice(removed, at, std::min(removed.size(), at + kSupersededPoints));
        const Packed packed = pack(encodePoints(part, series.bytesPerValue, true), asSize(series.bytesPerValue), options.compression);
        insertRow(statements->get("INSERT INTO superseded VALUES(?,?,?,?,?,?,?,?,?,?)"), ++status.lastSeq, status.attempt, series.info.id, part.steps.front(),
                  part.steps.back(), static_cast<std::int64_t>(part.size()), packed.codec, packed.rawBytes, Blob{packed.data});
        hasSuperseded = true;
    }
}

void RunWriter::Impl::cutAfter(std::int64_t step) {
    ChunkWriter chunks(*statements, status.lastSeq, options.compression);
    bool anything = false;
    for (const auto& [name, row] : seriesByName) {
        const Points removed = chunks.cut(row.key(), step);
        anything = anything || removed.size() > 0;
        supersede(row, removed);
    }
    Rows(*statements, "DELETE FROM probe WHERE step>?", step)->exec();
    Rows(*statements, "DELETE FROM sample WHERE step>?", step)->exec();
    if (anything) ++status.generation;
}

// After going back, the summary says what it said at that step.
void RunWriter::Impl::resummarise(std::int64_t step) {
    ChunkReader chunks(*statements);
    const auto last = [&](const char* name) {
        const SeriesRow* row = known(name);
        const auto at = row ? chunks.lastStep(row->key()) : std::nullopt;
        return at ? chunks.points(row->key(), *at, *at).values.back() : telemetry::kNone;
    };
    note("step", static_cast<double>(step));
    for (const char* name : {"tokens", "flops", "seconds"}) note(name, std::isnan(last(name)) ? 0 : last(name));
    for (const char* name : {"loss", "val_loss", "bits_per_byte"}) note(name, last(name));
    note("best_val", telemetry::kNone);
    if (const SeriesRow* row = known("val_loss")) {
        const Points all = chunks.points(row->key(), 0, step);
        const auto best = std::min_element(all.values.begin(), all.values.end(), [](double a, double b) { return std::isfinite(a) && !(b <= a); });
        if (best != all.values.end()) {
            note("best_val", *best);
            note("best_val_step", static_cast<double>(all.steps[asSize(best - all.values.begin())]));
        }
    }
}

// An attempt without an end was killed.
void RunWriter::Impl::endInterrupted() {
    std::vector<Attempt> attempts = readAttempts(*statements);
    if (attempts.empty() || attempts.back().endUs != 0) return;
    const auto step = summary.find("step");
    attempts.back().endUs = std::max(base::wallMicroseconds(), attempts.back().startUs);
    attempts.back().endStep = step == summary.end() ? attempts.back().startStep : static_cast<std::int64_t>(step->second);
    attempts.back().endReason = toText(RunState::interrupted);
    writeAttempt(*statements, attempts.back());
}

void RunWriter::Impl::startAttempt(std::int64_t step, const std::string& environmentJson) {
    commit();
    compactLog();
    const Status before = status;
    Attempt next{status.attempt + 1, base::wallMicroseconds(), 0, step, 0, "", std::string(base::version()), environmentJson};
    try {
        transaction([&] {
            endInterrupted();
            cutAfter(step);
            if (status.attempt > 0) resummarise(step);
            for (const std::string& key : changedSummary) writeSummaryValue(*statements, key, summary.at(key));
            status.attempt = next.id;
            status.state = RunState::running;
            status.reason.clear();
            ++status.lastSeq;
            writeAttempt(*statements, next);
            writeStatus(*statements, status);
        });
    } catch (...) {
        status = before;
        throw;
    }
    changedSummary.clear();
    statusChanged = false;
    attempt = next;
    reportStep = evaluationStep = -1;
    ChunkReader chunks(*statements);
    for (const auto& [name, row] : seriesByName) {
        std::int64_t& kind = row.info.evaluation ? evaluationStep : reportStep;
        kind = std::max(kind, guarded(file, [&] { return chunks.lastStep(row.key()); }).value_or(-1));
    }
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
