// Starting an attempt: going back to an earlier step, and what becomes of the values beyond it.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/clock.hpp"
#include "core/base/version.hpp"
#include "storage/codec.hpp"
#include "storage/run_writer_impl.hpp"

namespace moescope::storage {

namespace {

constexpr std::int64_t kSupersededPoints = 1024;

bool sameBits(const Points& a, const Points& b) {
    return a.steps == b.steps && std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), [](double x, double y) {
               return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
           });
}

std::size_t asSize(std::int64_t value) { return static_cast<std::size_t>(value); }

}  // namespace

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
    hasSuperseded = firstNumber(*statements, "SELECT count(*) FROM superseded") > 0;
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
    Rows(*statements, "DELETE FROM plane WHERE step>?", step)->exec();
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

}  // namespace moescope::storage
