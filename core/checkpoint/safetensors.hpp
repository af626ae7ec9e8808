// The safetensors format, written and read without trust (huggingface.co/docs/safetensors: 8-byte little-endian header length, JSON header,
// tensor data).
#pragma once

#include "core/base/files.hpp"
#include "core/base/hash.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::checkpoint {

enum class DType : std::uint8_t { F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL };

std::size_t bytesOf(DType dtype);
std::string_view nameOf(DType dtype);            // as the format writes it: "F32"
std::optional<DType> dtypeNamed(std::string_view name);
bool isFloating(DType dtype);

using Shape = std::vector<std::int64_t>;         // row-major; {} is one element; rank <= 8, elements <= 2^40
using Metadata = std::map<std::string, std::string>;

// Elements of a shape times the element's size. Throws std::invalid_argument if the shape breaks the limits above.
std::uint64_t byteSize(DType dtype, std::span<const std::int64_t> shape);
std::optional<std::uint64_t> checkedByteSize(DType dtype, std::span<const std::int64_t> shape);   // nothing instead of a throw

// A tensor to be written: row-major, contiguous; `data` is borrowed and has byteSize(dtype, shape) bytes.
struct NamedTensor {
    std::string name;
    DType dtype = DType::F32;
    Shape shape;
    base::Bytes data;
};

// A tensor in a file: its bytes are [begin, end) after the header.
struct TensorInfo {
    std::string name;
    DType dtype = DType::F32;
    Shape shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t bytes() const { return end - begin; }
    bool operator==(const TensorInfo&) const = default;
};

// The limits of the reader; the writer keeps them too.
struct SafetensorsLimits {
    static constexpr std::uint64_t headerBytes = 32u << 20;
    static constexpr std::size_t tensors = 200'000;
    static constexpr std::size_t nameBytes = 512;
    static constexpr std::size_t rank = 8;
    static constexpr std::int64_t elements = std::int64_t{1} << 40;
    static constexpr std::size_t pieceBytes = 8u << 20;       // one read or write
};

// The bytes before the data: length, header sorted by (alignment falling, name), padded with spaces to a multiple of 8.
// Throws std::invalid_argument on a repeated or illegal name or a size that does not fit the shape: a mistake of the caller.
std::string safetensorsHeader(std::span<const NamedTensor> tensors, const Metadata& metadata = {});

// What is wrong with a tensor's name (a clause like "is longer than 512 bytes"); empty: nothing.
std::string_view nameProblem(std::string_view name);

// Bytes the file will have.
std::uint64_t safetensorsSize(std::span<const NamedTensor> tensors, const Metadata& metadata = {});

// Writes a new file, and syncs its data before it is closed. The path must not exist. Returns the XXH3-128 of the bytes handed over.
// Throws base::FileError; the unfinished file is left to the caller.
base::Hash128 writeSafetensors(base::FileOps& files, const base::Path& path, std::span<const NamedTensor> tensors, const Metadata& metadata = {});

// Validates bytes that claim to be a header (without the 8 length bytes) of a file with `dataBytes` bytes of data.
// `where` names the file in errors. Throws base::Error (exit 3, "safetensors.bad") naming the offset or the field.
struct ParsedHeader {
    std::vector<TensorInfo> tensors;                          // in the order of the data
    Metadata metadata;
};
ParsedHeader parseSafetensorsHeader(std::string_view header, std::uint64_t dataBytes, std::string_view where);

// An open file whose header has passed every check: names are unique valid UTF-8, the tensors lie one after another without gap or overlap and
// fill the file exactly. Errors are base::Error with exit 3. One thread at a time.
class SafetensorsFile {
public:
    static SafetensorsFile open(const base::Path& path, base::FileOps& files = base::realFiles());
    // The same for a file that is open already.
    static SafetensorsFile from(base::FileHandle file);

    const std::vector<TensorInfo>& tensors() const noexcept { return m_header.tensors; }
    const Metadata& metadata() const noexcept { return m_header.metadata; }
    const TensorInfo* find(std::string_view name) const;      // nullptr: not there
    const base::Path& path() const noexcept { return m_file.path(); }

    // `into` must have exactly the tensor's bytes. Reads in pieces of 8 MB.
    void read(const TensorInfo& tensor, std::span<std::byte> into) const;
    void read(std::string_view name, std::span<std::byte> into) const;
    // Bytes [offset, offset + into.size()) of the tensor, for those who read piece by piece.
    void readPiece(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> into) const;

private:
    SafetensorsFile(base::FileHandle file, ParsedHeader header, std::uint64_t dataStart);

    base::FileHandle m_file;
    ParsedHeader m_header;
    std::map<std::string, std::size_t, std::less<>> m_byName;
    std::uint64_t m_dataStart;
};

// Elements of a floating tensor that are NaN or infinite; 0 for other types.
std::uint64_t countNonFinite(DType dtype, base::Bytes data);

}  // namespace moescope::checkpoint
