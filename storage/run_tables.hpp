// The small tables of run.db as values: meta, status, summary, attempts, series, events, probes, planes, samples, checkpoints.
//
// Readers throw DecodeError on a row that does not match its checksum. Writers run inside the caller's transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/chunk_table.hpp"
#include "storage/records.hpp"
#include "storage/statements.hpp"

namespace moescope::storage {

struct Status {
    RunState state = RunState::created;
    std::string reason;
    std::int64_t generation = 1, lastSeq = 0, compactedSeq = 0, checkpointsSeq = 0, attempt = 0;
};
Status readStatus(Statements& statements);
void writeStatus(Statements& statements, const Status& status);

std::map<std::string, std::string> readMetaTexts(Statements& statements);
void writeMetaText(Statements& statements, const std::string& key, const std::string& text);
RunMeta readMeta(Statements& statements);
void writeFacts(Statements& statements, const RunFacts& facts);

using SummaryValues = std::map<std::string, double>;
SummaryValues readSummaryValues(Statements& statements);
void writeSummaryValue(Statements& statements, const std::string& key, double value);
Summary toSummary(const SummaryValues& values, const std::vector<std::string>& domains);

struct SeriesRow {
    SeriesInfo info;
    int bytesPerValue = 8;
    SeriesKey key() const { return {info.id, info.width, bytesPerValue}; }
};
std::vector<SeriesRow> readSeries(Statements& statements);   ///< by id
void writeSeries(Statements& statements, const SeriesRow& row);

std::vector<Attempt> readAttempts(Statements& statements);
void writeAttempt(Statements& statements, const Attempt& attempt);

/// `superseded` is set from the attempts' first steps.
std::vector<StoredEvent> readEvents(Statements& statements, std::int64_t afterSeq);
void writeEvent(Statements& statements, const StoredEvent& event);

std::vector<std::int64_t> readProbeSteps(Statements& statements, std::int64_t afterSeq);
std::optional<telemetry::ProbeSnapshot> readProbe(Statements& statements, std::int64_t step);
void writeProbe(Statements& statements, std::int64_t seq, const telemetry::ProbeSnapshot& probe, int compression);

/// Files of schema 1 have no such table.
bool hasPlanes(Statements& statements);
/// The newest at or before `step`, if any.
std::optional<telemetry::PlaneSnapshot> readPlane(Statements& statements, std::int64_t step);
std::vector<std::int64_t> readPlaneSteps(Statements& statements);
/// Every second row goes when all together exceed `budget` bytes; the first and the newest stay.
void writePlane(Statements& statements, std::int64_t seq, const telemetry::PlaneSnapshot& plane, int compression, std::int64_t budget);

std::vector<telemetry::GeneratedSample> readSamples(Statements& statements, std::int64_t afterSeq);
void writeSample(Statements& statements, std::int64_t seq, const telemetry::GeneratedSample& sample, int compression);

std::vector<CheckpointRow> readCheckpoints(Statements& statements);
void writeCheckpoint(Statements& statements, const CheckpointRow& row);

}  // namespace moescope::storage
