// What lies in the blobs: compression, columns of values, the log row of a commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/buckets.hpp"
#include "storage/bytes.hpp"

namespace moescope::storage {

inline constexpr std::int64_t kMostBlobBytes = 64 << 20;

/// codec 0 = as is, 1 = shuffled and zstd (schema/run.sql).
struct Packed {
    int codec = 0;
    std::int64_t rawBytes = 0;
    std::string data;
};
/// Compresses at `level` (0 = never); keeps the plain bytes when that is no smaller.
Packed pack(std::string raw, std::size_t elementBytes, int level);
/// Throws DecodeError.
std::string unpack(int codec, std::int64_t rawBytes, std::size_t elementBytes, std::string_view data);

/// Distance of evenly spaced steps, 0 when they are uneven or fewer than two.
std::int64_t strideOf(const std::vector<std::int64_t>& steps);

std::string encodePoints(const Points& points, int bytesPerValue, bool withSteps);
Points decodePoints(std::string_view raw, std::int64_t n, std::int64_t width, int bytesPerValue, std::int64_t firstStep,
                    std::int64_t stride);
std::string encodeBuckets(const Buckets& buckets, int bytesPerValue);
Buckets decodeBuckets(std::string_view raw, std::int64_t n, std::int64_t width, int bytesPerValue, std::int64_t fullCount);

/// A commit's values as one blob: blocks that share their steps through an axis.
struct LogBlock {
    std::int64_t seriesId = 0;
    std::uint32_t axis = 0;
    int bytesPerValue = 8;
    std::int64_t width = 1;
    std::string values;             ///< [n][width] in bytesPerValue
};
struct LogRow {
    std::vector<std::vector<std::int64_t>> axes;
    std::vector<LogBlock> blocks;
};
std::string encodeLog(const LogRow& row);
LogRow decodeLog(std::string_view data);
/// Appends block `b`'s points to `into`.
void appendPoints(const LogRow& row, const LogBlock& block, Points& into);

void putValues(std::string& bytes, const std::vector<double>& values, int bytesPerValue);
void appendValues(std::string_view bytes, int bytesPerValue, std::vector<double>& into);

}  // namespace moescope::storage
