// Blobs: byte shuffle and zstd, columns, log rows.
#include "storage/codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::storage {

namespace {

// First bytes of all whole elements, then second bytes ...; a rest follows as it is.
std::string shuffled(std::string_view raw, std::size_t elementBytes, bool back) {
    std::string out(raw.size(), '\0');
    const std::size_t elements = raw.size() / elementBytes, whole = elements * elementBytes;
    for (std::size_t byte = 0; byte < elementBytes; ++byte)
        for (std::size_t i = 0; i < elements; ++i) {
            const std::size_t apart = byte * elements + i, together = i * elementBytes + byte;
            out[back ? together : apart] = raw[back ? apart : together];
        }
    std::copy(raw.begin() + static_cast<std::ptrdiff_t>(whole), raw.end(), out.begin() + static_cast<std::ptrdiff_t>(whole));
    return out;
}

std::vector<std::int64_t> evenSteps(std::int64_t first, std::int64_t stride, std::int64_t n) {
    std::int64_t last = 0;
    if (__builtin_mul_overflow(stride, n - 1, &last) || __builtin_add_overflow(last, first, &last))
        throw DecodeError("steps overflow");
    std::vector<std::int64_t> steps(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) steps[static_cast<std::size_t>(i)] = first + i * stride;
    return steps;
}

void requireAscending(const std::vector<std::int64_t>& steps) {
    if (std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) != steps.end())
        throw DecodeError("steps do not ascend");
}

std::vector<double> takeValues(ByteReader& in, std::int64_t count, int bytesPerValue) {
    std::vector<double> values;
    appendValues(in.take(static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(bytesPerValue)), bytesPerValue, values);
    return values;
}

// 4096 rows of 2^24 values is far below overflow, but far above a blob: check before multiplying further.
std::int64_t checkedCount(std::int64_t n, std::int64_t width) {
    if (n < 0 || width < 1 || n > 1 << 24 || width > 1 << 24 || n * width > kMostBlobBytes)
        throw DecodeError("a blob claims too many values");
    return n * width;
}

}  // namespace

Packed pack(std::string raw, std::size_t elementBytes, int level) {
    Packed packed{0, static_cast<std::int64_t>(raw.size()), {}};
    if (level > 0 && raw.size() >= 64) {
        const std::string input = shuffled(raw, elementBytes, false);
        packed.data.resize(ZSTD_compressBound(input.size()));
        const std::size_t size = ZSTD_compress(packed.data.data(), packed.data.size(), input.data(), input.size(), level);
        if (ZSTD_isError(size) == 0 && size < raw.size()) {
            packed.data.resize(size);
            packed.codec = 1;
            return packed;
        }
    }
    packed.data = std::move(raw);
    return packed;
}

std::string unpack(int codec, std::int64_t rawBytes, std::size_t elementBytes, std::string_view data) {
    if (rawBytes < 0 || rawBytes > kMostBlobBytes) throw DecodeError("a blob claims an impossible size");
    const auto size = static_cast<std::size_t>(rawBytes);
    if (codec == 0) {
        if (data.size() != size) throw DecodeError("a blob has another size than it claims");
        return std::string(data);
    }
    if (codec != 1) throw DecodeError("a blob has an unknown codec");
    std::string out(size, '\0');
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
    if (ZSTD_isError(got) != 0 || got != size) throw DecodeError("a compressed blob is damaged");
    return shuffled(out, elementBytes, true);
}

std::int64_t strideOf(const std::vector<std::int64_t>& steps) {
    if (steps.size() < 2) return 0;
    const std::int64_t stride = steps[1] - steps[0];
    for (std::size_t i = 2; i < steps.size(); ++i)
        if (steps[i] - steps[i - 1] != stride) return 0;
    return stride;
}

void putValues(std::string& bytes, const std::vector<double>& values, int bytesPerValue) {
    if (bytesPerValue == 8) {
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
        return;
    }
    const std::size_t at = bytes.size();
    bytes.resize(at + values.size() * sizeof(float));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto value = static_cast<float>(values[i]);
        std::memcpy(bytes.data() + at + i * sizeof(float), &value, sizeof value);
    }
}

void appendValues(std::string_view bytes, int bytesPerValue, std::vector<double>& into) {
    const std::size_t at = into.size(), n = bytes.size() / static_cast<std::size_t>(bytesPerValue);
    into.resize(at + n);
    if (bytesPerValue == 8) {
        if (n > 0) std::memcpy(into.data() + at, bytes.data(), n * sizeof(double));
        return;
    }
    for (std::size_t i = 0; i < n; ++i) {
        float value;
        std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof value);
        into[at + i] = static_cast<double>(value);
    }
}

std::string encodePoints(const Points& points, int bytesPerValue, bool withSteps) {
    ByteWriter out;
    if (withSteps) out.putAll(points.steps);
    std::string bytes = out.take();
    putValues(bytes, points.values, bytesPerValue);
    return bytes;
}

Points decodePoints(std::string_view raw, std::int64_t n, std::int64_t width, int bytesPerValue, std::int64_t firstStep,
                    std::int64_t stride) {
    const std::int64_t values = checkedCount(n, width);
    ByteReader in(raw);
    Points points;
    points.width = width;
    points.steps = stride == 0 ? in.getAll<std::int64_t>(static_cast<std::uint64_t>(n)) : evenSteps(firstStep, stride, n);
    requireAscending(points.steps);
    points.values = takeValues(in, values, bytesPerValue);
    in.finish();
    return points;
}

std::string encodeBuckets(const Buckets& b, int bytesPerValue) {
    const auto w = static_cast<std::size_t>(b.width);
    bool gaps = false;
    for (std::size_t i = 0; i < b.finite.size(); ++i) gaps = gaps || b.finite[i] != b.count[i / w];
    ByteWriter out;
    out.put<std::uint64_t>(gaps ? 1 : 0);
    out.putAll(b.first);
    out.putAll(b.last);
    std::string bytes = out.take();
    putValues(bytes, b.minimum, bytesPerValue);
    putValues(bytes, b.maximum, bytesPerValue);
    putValues(bytes, b.mean, bytesPerValue);
    if (gaps) bytes.append(reinterpret_cast<const char*>(b.finite.data()), b.finite.size() * sizeof(std::uint32_t));
    return bytes;
}

Buckets decodeBuckets(std::string_view raw, std::int64_t n, std::int64_t width, int bytesPerValue, std::int64_t fullCount) {
    const std::int64_t values = checkedCount(n, width);
    const auto rows = static_cast<std::uint64_t>(n);
    ByteReader in(raw);
    Buckets b;
    b.width = width;
    const bool gaps = in.get<std::uint64_t>() == 1;
    b.first = in.getAll<std::int64_t>(rows);
    b.last = in.getAll<std::int64_t>(rows);
    b.count.assign(rows, fullCount);
    b.minimum = takeValues(in, values, bytesPerValue);
    b.maximum = takeValues(in, values, bytesPerValue);
    b.mean = takeValues(in, values, bytesPerValue);
    b.finite = gaps ? in.getAll<std::uint32_t>(static_cast<std::uint64_t>(values))
                    : std::vector<std::uint32_t>(static_cast<std::size_t>(values), static_cast<std::uint32_t>(fullCount));
    in.finish();
    return b;
}

std::string encodeLog(const LogRow& row) {
    ByteWriter out;
    out.put(static_cast<std::uint32_t>(row.axes.size()));
    out.put(static_cast<std::uint32_t>(row.blocks.size()));
    for (const auto& axis : row.axes) {
        out.put(static_cast<std::uint32_t>(axis.size()));
        out.putAll(axis);
    }
    std::string bytes = out.take();
    for (const LogBlock& block : row.blocks) {
        ByteWriter head;
        head.put(static_cast<std::uint32_t>(block.seriesId));
        head.put(block.axis);
        head.put(static_cast<std::uint32_t>(block.bytesPerValue));
        head.put(static_cast<std::uint32_t>(block.width));
        bytes += head.take();
        bytes += block.values;
    }
    return bytes;
}

LogRow decodeLog(std::string_view data) {
    ByteReader in(data);
    LogRow row;
    const auto axes = in.get<std::uint32_t>(), blocks = in.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < axes; ++i) {
        row.axes.push_back(in.getAll<std::int64_t>(in.get<std::uint32_t>()));
        requireAscending(row.axes.back());
    }
    for (std::uint32_t i = 0; i < blocks; ++i) {
        LogBlock block;
        block.seriesId = in.get<std::uint32_t>();
        block.axis = in.get<std::uint32_t>();
        block.bytesPerValue = static_cast<int>(in.get<std::uint32_t>());
        block.width = in.get<std::uint32_t>();
        if (block.axis >= axes || (block.bytesPerValue != 4 && block.bytesPerValue != 8)) throw DecodeError("a log block is damaged");
        const std::int64_t values = checkedCount(static_cast<std::int64_t>(row.axes[block.axis].size()), block.width);
        block.values = in.take(static_cast<std::uint64_t>(values * block.bytesPerValue));
        row.blocks.push_back(std::move(block));
    }
    in.finish();
    return row;
}

void appendPoints(const LogRow& row, const LogBlock& block, Points& into) {
    const auto& steps = row.axes[block.axis];
    into.width = block.width;
    into.steps.insert(into.steps.end(), steps.begin(), steps.end());
    appendValues(block.values, block.bytesPerValue, into.values);
}

}  // namespace moescope::storage
