// Table `chunk`: the values of a series and their pyramid (schema/run.sql), read by step or by index, grown and cut.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "storage/buckets.hpp"
#include "storage/row.hpp"
#include "storage/statements.hpp"

namespace moescope::storage {

inline constexpr std::int64_t kLastStep = std::numeric_limits<std::int64_t>::max();

/// What the table needs to know of a series.
struct SeriesKey {
    std::int64_t id = 0, width = 1;
    int bytesPerValue = 8;
};

/// Values or buckets a chunk holds when full.
std::int64_t chunkCapacity(const SeriesKey& series, int level);

/// A chunk row decoded; throws DecodeError on a wrong checksum or blob. `points` at level 0, else `buckets`.
struct Chunk {
    std::int64_t seq = 0, seriesId = 0, firstIndex = 0, n = 0, stepFirst = 0, stepLast = 0;
    int level = 0;
    Points points;
    Buckets buckets;
};
Chunk decodeChunk(SQLite::Statement& row, const SeriesKey& series);

class ChunkReader {
public:
    explicit ChunkReader(Statements& statements) : m_statements(statements) {}

    /// Stored values (level 0) or whole buckets of a level.
    std::int64_t total(const SeriesKey& series, int level);
    std::optional<std::int64_t> lastStep(const SeriesKey& series);
    /// About how many values lie in [from, to]: exact but for the two chunks at the ends.
    std::int64_t about(const SeriesKey& series, std::int64_t from, std::int64_t to);

    Points points(const SeriesKey& series, std::int64_t from, std::int64_t to);
    /// Buckets that overlap [from, to]; `firstIndex` gets the index of the first.
    Buckets buckets(const SeriesKey& series, int level, std::int64_t from, std::int64_t to, std::int64_t& firstIndex);
    Points pointsFrom(const SeriesKey& series, std::int64_t index);
    Buckets bucketsFrom(const SeriesKey& series, int level, std::int64_t index);
    /// Index of the first value with a step of at least `step` (= total when there is none).
    std::int64_t indexOf(const SeriesKey& series, std::int64_t step);

protected:
    struct Head {
        std::int64_t firstIndex = 0, n = 0, stepFirst = 0, stepLast = 0;
    };
    std::optional<Head> last(const SeriesKey& series, int level);
    Statements& m_statements;
};

/// Writes inside the caller's transaction. `seq` is the run's counter.
class ChunkWriter : public ChunkReader {
public:
    ChunkWriter(Statements& statements, std::int64_t& seq, int compression)
        : ChunkReader(statements), m_seq(seq), m_compression(compression) {}

    /// Adds points at the end (their steps are above all stored ones) and completes the pyramid.
    void append(const SeriesKey& series, const Points& points);
    /// Takes back everything after `step` and returns it.
    Points cut(const SeriesKey& series, std::int64_t step);

private:
    void writePoints(const SeriesKey& series, const Points& points, std::int64_t firstIndex);
    void writeBuckets(const SeriesKey& series, int level, const Buckets& buckets, std::int64_t firstIndex);
    void writeRow(const SeriesKey& series, int level, std::int64_t firstIndex, std::int64_t n, std::int64_t first, std::int64_t last,
                  std::int64_t stride, const Extremes& extremes, std::string raw);
    Buckets growLevel(const SeriesKey& series, int level, const Buckets& below);
    void cutLevel(const SeriesKey& series, int level, std::int64_t total);
    /// Index of the chunk that is not full yet, or the total.
    std::int64_t openChunk(const SeriesKey& series, int level);

    std::int64_t& m_seq;
    int m_compression;
};

}  // namespace moescope::storage
