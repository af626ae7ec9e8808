// Reading, growing and cutting the chunks of a series.
#include "storage/chunk_table.hpp"

#include <algorithm>

#include "storage/codec.hpp"

namespace moescope::storage {

namespace {

constexpr std::int64_t kChunkBytes = 64 << 10;
constexpr const char* kNewestFirst = "SELECT * FROM chunk WHERE series_id=? AND level=? ORDER BY step_first DESC";
constexpr const char* kInRange =
    "SELECT * FROM chunk WHERE series_id=?1 AND level=?2 AND step_first <= ?4 AND step_first >= "
    "coalesce((SELECT max(step_first) FROM chunk WHERE series_id=?1 AND level=?2 AND step_first <= ?3), ?3) ORDER BY step_first";

std::int64_t pointsPerBucket(int level) { return std::int64_t{1} << (4 * level); }
std::size_t asSize(std::int64_t value) { return static_cast<std::size_t>(value); }

void requireChunk(const Chunk& chunk) {
    const auto& first = chunk.level == 0 ? chunk.points.steps : chunk.buckets.first;
    const auto& last = chunk.level == 0 ? chunk.points.steps : chunk.buckets.last;
    if (first.empty() || first.front() != chunk.stepFirst || last.back() != chunk.stepLast) throw DecodeError("a chunk covers other steps than it says");
}

}  // namespace

std::int64_t chunkCapacity(const SeriesKey& series, int level) {
    const std::int64_t bytes = series.width * series.bytesPerValue * (level == 0 ? 1 : 3);
    const std::int64_t most = level == 0 ? 1024 : 512;
    const std::int64_t fit = std::clamp<std::int64_t>(kChunkBytes / bytes, 1, most);
    return fit >= kPyramidFactor ? fit - fit % kPyramidFactor : fit;
}

Chunk decodeChunk(SQLite::Statement& row, const SeriesKey& series) {
    requireRow(row, "chunk");
    Chunk chunk;
    chunk.seq = intColumn(row, "seq");
    chunk.seriesId = intColumn(row, "series_id");
    chunk.level = static_cast<int>(intColumn(row, "level"));
    chunk.firstIndex = intColumn(row, "first_index");
    chunk.n = intColumn(row, "n");
    chunk.stepFirst = intColumn(row, "step_first");
    chunk.stepLast = intColumn(row, "step_last");
    if (chunk.level < 0 || chunk.level > kPyramidLevels || chunk.n < 1 || chunk.n > 4096) throw DecodeError("a chunk row is out of range");
    const std::string raw = unpack(static_cast<int>(intColumn(row, "codec")), intColumn(row, "raw_len"), asSize(series.bytesPerValue), textColumn(row, "data"));
    if (chunk.level == 0) chunk.points = decodePoints(raw, chunk.n, series.width, series.bytesPerValue, chunk.stepFirst, intColumn(row, "stride"));
    else chunk.buckets = decodeBuckets(raw, chunk.n, series.width, series.bytesPerValue, pointsPerBucket(chunk.level));
    requireChunk(chunk);
    return chunk;
}

std::optional<ChunkReader::Head> ChunkReader::last(const SeriesKey& series, int level) {
    Rows rows(m_statements, "SELECT first_index, n, step_first, step_last FROM chunk WHERE series_id=? AND level=? ORDER BY step_first DESC LIMIT 1", series.id, level);
    if (!rows.next()) return std::nullopt;
    return Head{rows->getColumn(0).getInt64(), rows->getColumn(1).getInt64(), rows->getColumn(2).getInt64(), rows->getColumn(3).getInt64()};
}

std::int64_t ChunkReader::total(const SeriesKey& series, int level) {
    const auto head = last(series, level);
    return head ? head->firstIndex + head->n : 0;
}

std::optional<std::int64_t> ChunkReader::lastStep(const SeriesKey& series) {
    const auto head = last(series, 0);
    return head ? std::optional(head->stepLast) : std::nullopt;
}

std::int64_t ChunkReader::about(const SeriesKey& series, std::int64_t from, std::int64_t to) {
    const auto indexNear = [&](std::int64_t step) -> std::int64_t {
        Rows rows(m_statements, "SELECT first_index, n, step_first, step_last FROM chunk WHERE series_id=? AND level=0 AND step_first<=? ORDER BY step_first DESC LIMIT 1", series.id, step);
        if (!rows.next()) return 0;
        const std::int64_t index = rows->getColumn(0).getInt64(), n = rows->getColumn(1).getInt64(), first = rows->getColumn(2).getInt64(), last = rows->getColumn(3).getInt64();
        if (step >= last) return index + n;
        return index + static_cast<std::int64_t>(static_cast<double>(n) * static_cast<double>(step - first) / static_cast<double>(last - first));
    };
    return std::max<std::int64_t>(0, indexNear(to) - indexNear(from));
}

Points ChunkReader::points(const SeriesKey& series, std::int64_t from, std::int64_t to) {
    Points all;
    all.width = series.width;
    Rows rows(m_statements, kInRange, series.id, 0, from, to);
    while (rows.next()) {
        const Chunk chunk = decodeChunk(*rows, series);
        const auto& steps = chunk.points.steps;
        const auto begin = std::lower_bound(steps.begin(), steps.end(), from), end = std::upper_bound(steps.begin(), steps.end(), to);
        if (begin < end) append(all, slice(chunk.points, asSize(begin - steps.begin()), asSize(end - steps.begin())));
    }
    return all;
}

Buckets ChunkReader::buckets(const SeriesKey& series, int level, std::int64_t from, std::int64_t to, std::int64_t& firstIndex) {
    Buckets all;
    all.width = series.width;
    Rows rows(m_statements, kInRange, series.id, level, from, to);
    while (rows.next()) {
        const Chunk chunk = decodeChunk(*rows, series);
        const auto& b = chunk.buckets;
        const auto begin = std::lower_bound(b.last.begin(), b.last.end(), from) - b.last.begin();
        const auto end = std::upper_bound(b.first.begin(), b.first.end(), to) - b.first.begin();
        if (begin >= end) continue;
        if (all.size() == 0) firstIndex = chunk.firstIndex + begin;
        append(all, slice(b, asSize(begin), asSize(end)));
    }
    return all;
}

Points ChunkReader::pointsFrom(const SeriesKey& series, std::int64_t index) {
    std::vector<Chunk> chunks;
    Rows rows(m_statements, kNewestFirst, series.id, 0);
    while (rows.next()) {
        if (intColumn(*rows, "first_index") + intColumn(*rows, "n") <= index) break;
        chunks.push_back(decodeChunk(*rows, series));
    }
    Points all;
    all.width = series.width;
    for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk)
        append(all, chunk->points, asSize(std::max<std::int64_t>(0, index - chunk->firstIndex)));
    return all;
}

Buckets ChunkReader::bucketsFrom(const SeriesKey& series, int level, std::int64_t index) {
    std::vector<Chunk> chunks;
    Rows rows(m_statements, kNewestFirst, series.id, level);
    while (rows.next()) {
        if (intColumn(*rows, "first_index") + intColumn(*rows, "n") <= index) break;
        chunks.push_back(decodeChunk(*rows, series));
    }
    Buckets all;
    all.width = series.width;
    for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk)
        append(all, chunk->buckets, asSize(std::max<std::int64_t>(0, index - chunk->firstIndex)));
    return all;
}

std::int64_t ChunkReader::indexOf(const SeriesKey& series, std::int64_t step) {
    Rows rows(m_statements, kInRange, series.id, 0, step, step);
    while (rows.next()) {
        const Chunk chunk = decodeChunk(*rows, series);
        const auto& steps = chunk.points.steps;
        return chunk.firstIndex + (std::lower_bound(steps.begin(), steps.end(), step) - steps.begin());
    }
    const auto head = last(series, 0);
    return !head || step < head->stepFirst ? 0 : head->firstIndex + head->n;
}

void ChunkWriter::writeRow(const SeriesKey& series, int level, std::int64_t firstIndex, std::int64_t n, std::int64_t first, std::int64_t last,
                           std::int64_t stride, const Extremes& e, std::string raw) {
    const Packed packed = pack(std::move(raw), asSize(series.bytesPerValue), m_compression);
    insertRow(m_statements.get("INSERT OR REPLACE INTO chunk VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"), ++m_seq, series.id, level, firstIndex, n,
              first, last, stride, e.minimum, e.maximum, e.nonfinite, packed.codec, packed.rawBytes, Blob{packed.data});
}

void ChunkWriter::writePoints(const SeriesKey& series, const Points& points, std::int64_t firstIndex) {
    const auto capacity = asSize(chunkCapacity(series, 0));
    for (std::size_t at = 0; at < points.size(); at += capacity) {
        const Points part = slice(points, at, std::min(points.size(), at + capacity));
        const std::int64_t stride = strideOf(part.steps);
        writeRow(series, 0, firstIndex + static_cast<std::int64_t>(at), static_cast<std::int64_t>(part.size()), part.steps.front(), part.steps.back(), stride,
                 extremes(part), encodePoints(part, series.bytesPerValue, stride == 0));
    }
}

void ChunkWriter::writeBuckets(const SeriesKey& series, int level, const Buckets& buckets, std::int64_t firstIndex) {
    const auto capacity = asSize(chunkCapacity(series, level));
    for (std::size_t at = 0; at < buckets.size(); at += capacity) {
        const Buckets part = slice(buckets, at, std::min(buckets.size(), at + capacity));
        writeRow(series, level, firstIndex + static_cast<std::int64_t>(at), static_cast<std::int64_t>(part.size()), part.first.front(), part.last.back(), 0,
                 extremes(part), encodeBuckets(part, series.bytesPerValue));
    }
}

std::int64_t ChunkWriter::openChunk(const SeriesKey& series, int level) {
    const auto head = last(series, level);
    if (!head) return 0;
    return head->n < chunkCapacity(series, level) ? head->firstIndex : head->firstIndex + head->n;
}

void ChunkWriter::append(const SeriesKey& series, const Points& points) {
    if (points.size() == 0) return;
    const std::int64_t open = openChunk(series, 0), unmerged = total(series, 1) * kPyramidFactor;
    const std::int64_t from = std::min(open, unmerged);
    Points all = pointsFrom(series, from);
    storage::append(all, points);
    writePoints(series, slice(all, asSize(open - from), all.size()), open);
    Buckets below = unitBuckets(slice(all, asSize(unmerged - from), all.size()));
    for (int level = 1; level <= kPyramidLevels && below.size() >= kPyramidFactor; ++level) below = growLevel(series, level, below);
}

// `below` begins at the first item that is in no bucket of this level yet; returns the same for the level above.
Buckets ChunkWriter::growLevel(const SeriesKey& series, int level, const Buckets& below) {
    Buckets fresh;
    for (std::size_t at = 0; at + kPyramidFactor <= below.size(); at += kPyramidFactor)
        mergeInto(fresh, below, at, at + kPyramidFactor, series.bytesPerValue);
    const std::int64_t open = openChunk(series, level);
    const std::int64_t unmerged = level < kPyramidLevels ? total(series, level + 1) * kPyramidFactor : open;
    const std::int64_t from = std::min(open, unmerged);
    Buckets all = bucketsFrom(series, level, from);
    storage::append(all, fresh);
    writeBuckets(series, level, slice(all, asSize(open - from), all.size()), open);
    return slice(all, asSize(unmerged - from), all.size());
}

Points ChunkWriter::cut(const SeriesKey& series, std::int64_t step) {
    const std::int64_t kept = indexOf(series, step + 1), whole = total(series, 0);
    if (kept >= whole) return Points{series.width, {}, {}};
    Points removed = pointsFrom(series, kept);
    std::int64_t count = kept;
    for (int level = 0; level <= kPyramidLevels; ++level, count /= kPyramidFactor) cutLevel(series, level, count);
    return removed;
}

void ChunkWriter::cutLevel(const SeriesKey& series, int level, std::int64_t count) {
    std::optional<Chunk> straddling;
    {
        Rows rows(m_statements, kNewestFirst, series.id, level);
        while (rows.next()) {
            if (intColumn(*rows, "first_index") + intColumn(*rows, "n") <= count) break;
            if (intColumn(*rows, "first_index") < count) straddling = decodeChunk(*rows, series);
        }
    }
    {
        Rows rows(m_statements, "DELETE FROM chunk WHERE series_id=? AND level=? AND first_index + n > ?", series.id, level, count);
        rows->exec();
    }
    if (!straddling) return;
    const std::size_t n = asSize(count - straddling->firstIndex);
    if (level == 0) writePoints(series, slice(straddling->points, 0, n), straddling->firstIndex);
    else writeBuckets(series, level, slice(straddling->buckets, 0, n), straddling->firstIndex);
}

}  // namespace moescope::storage
