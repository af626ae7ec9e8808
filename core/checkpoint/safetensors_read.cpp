// Reading safetensors files by pread into memory the caller owns.
#include "core/checkpoint/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace moescope::checkpoint {

namespace {

using base::Error;
using base::ExitCode;

constexpr std::uint64_t kLengthBytes = 8;

[[noreturn]] void refuse(const std::string& what, const base::Path& path, const std::string& at) {
    throw Error(ExitCode::badInput, "safetensors.bad", what, base::printable(path.native(), 400) + ", " + at, "fetch the file again, or check that it is a safetensors file");
}

std::uint64_t headerLength(const base::FileHandle& file, std::uint64_t fileBytes) {
    if (fileBytes < kLengthBytes) refuse("the file has " + std::to_string(fileBytes) + " bytes, the header's length alone takes 8", file.path(), "byte 0");
    std::array<std::byte, kLengthBytes> raw{};
    file.read(raw, 0);
    std::uint64_t length = 0;
    std::memcpy(&length, raw.data(), sizeof length);
    if (length > SafetensorsLimits::headerBytes) refuse("a header of " + std::to_string(length) + " bytes; at most 33554432 are allowed", file.path(), "byte 0");
    if (length > fileBytes - kLengthBytes)
        refuse("a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(fileBytes) + " bytes", file.path(), "byte 0");
    return length;
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const base::Path& path, base::FileOps& files) { return from(base::FileHandle(files, path, base::OpenMode::read)); }

SafetensorsFile SafetensorsFile::from(base::FileHandle file) {
    const std::uint64_t fileBytes = file.size();
    const std::uint64_t length = headerLength(file, fileBytes);
    std::string header(length, '\0');
    file.read(std::as_writable_bytes(std::span(header)), kLengthBytes);
    const std::uint64_t dataStart = kLengthBytes + length;
    ParsedHeader parsed = parseSafetensorsHeader(header, fileBytes - dataStart, base::printable(file.path().native(), 400));
    return SafetensorsFile(std::move(file), std::move(parsed), dataStart);
}

SafetensorsFile::SafetensorsFile(base::FileHandle file, ParsedHeader header, std::uint64_t dataStart)
    : m_file(std::move(file)), m_header(std::move(header)), m_dataStart(dataStart) {
    for (std::size_t i = 0; i < m_header.tensors.size(); ++i) m_byName.emplace(m_header.tensors[i].name, i);
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
    const auto found = m_byName.find(name);
    return found == m_byName.end() ? nullptr : &m_header.tensors[found->second];
}

void SafetensorsFile::read(const TensorInfo& tensor, std::span<std::byte> into) const {
    if (into.size() != tensor.bytes())
        refuse("the tensor has " + std::to_string(tensor.bytes()) + " bytes, " + std::to_string(into.size()) + " were asked for", path(), "tensor \"" + base::printable(tensor.name) + "\"");
    for (std::size_t done = 0; done < into.size();) {
        const std::size_t count = std::min(SafetensorsLimits::pieceBytes, into.size() - done);
        readPiece(tensor, done, into.subspan(done, count));
        done += count;
    }
}

void SafetensorsFile::readPiece(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> into) const {
    if (offset > tensor.bytes() || into.size() > tensor.bytes() - offset) throw std::invalid_argument("a piece beyond the tensor's end: " + tensor.name);
    m_file.read(into, m_dataStart + tensor.begin + offset);
}

void SafetensorsFile::read(std::string_view name, std::span<std::byte> into) const {
    const TensorInfo* tensor = find(name);
    if (tensor == nullptr) refuse("no such tensor", path(), "tensor \"" + base::printable(name) + "\"");
    read(*tensor, into);
}

}  // namespace moescope::checkpoint
