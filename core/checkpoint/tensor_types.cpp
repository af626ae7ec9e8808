// Element types and shapes: names, sizes, limits.
#include "core/checkpoint/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace moescope::checkpoint {

namespace {

struct TypeRow {
    std::string_view name;
    std::size_t bytes;
};

constexpr std::array<TypeRow, 10> kTypes = {{{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1}, {"U8", 1}, {"BOOL", 1}}};

// Elements whose exponent bits are all ones.
template <class Word>
std::uint64_t countSpecial(base::Bytes data, Word exponent) {
    std::uint64_t count = 0;
    for (std::size_t at = 0; at + sizeof(Word) <= data.size(); at += sizeof(Word)) {
        Word word;
        std::memcpy(&word, data.data() + at, sizeof word);
        count += (word & exponent) == exponent;
    }
    return count;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "the format is little-endian and so must the machine be");

std::size_t bytesOf(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].bytes; }
std::string_view nameOf(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].name; }

std::optional<DType> dtypeNamed(std::string_view name) {
    for (std::size_t i = 0; i < kTypes.size(); ++i)
        if (kTypes[i].name == name) return static_cast<DType>(i);
    return std::nullopt;
}

bool isFloating(DType dtype) { return dtype <= DType::BF16; }

std::optional<std::uint64_t> checkedByteSize(DType dtype, std::span<const std::int64_t> shape) {
    if (shape.size() > SafetensorsLimits::rank) return std::nullopt;
    std::int64_t bound = 1;      // zeros count as ones here, so that [0, huge] is refused too
    bool empty = false;
    for (const std::int64_t dimension : shape) {
        if (dimension < 0) return std::nullopt;
        empty = empty || dimension == 0;
        if (__builtin_mul_overflow(bound, std::max<std::int64_t>(dimension, 1), &bound) || bound > SafetensorsLimits::elements) return std::nullopt;
    }
    return empty ? 0 : static_cast<std::uint64_t>(bound) * bytesOf(dtype);
}

std::uint64_t byteSize(DType dtype, std::span<const std::int64_t> shape) {
    const auto bytes = checkedByteSize(dtype, shape);
    if (!bytes) throw std::invalid_argument("a shape must have at most 8 dimensions, none negative, and at most 2^40 elements");
    return *bytes;
}

std::uint64_t countNonFinite(DType dtype, base::Bytes data) {
    switch (dtype) {
        case DType::F64: return countSpecial<std::uint64_t>(data, 0x7FF0000000000000u);
        case DType::F32: return countSpecial<std::uint32_t>(data, 0x7F800000u);
        case DType::F16: return countSpecial<std::uint16_t>(data, 0x7C00u);
        case DType::BF16: return countSpecial<std::uint16_t>(data, 0x7F80u);
        default: return 0;
    }
}

}  // namespace moescope::checkpoint
