// Blocks at fixed places.
#include "core/data/text/identity.hpp"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/hash.hpp"

namespace moescope::data {

namespace {

constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::uint64_t kMostBlocks = 12;

std::uint64_t blockCount(std::uint64_t size) { return std::min(kMostBlocks, (size + kBlockBytes - 1) / kBlockBytes); }

/// First block at 0, last one at the end, the others evenly between.
std::uint64_t blockOffset(std::uint64_t size, std::uint64_t block) {
    const std::uint64_t count = blockCount(size);
    if (count < kMostBlocks) return block * kBlockBytes;
    return static_cast<std::uint64_t>(static_cast<double>(size - kBlockBytes) * static_cast<double>(block) /
                                      static_cast<double>(count - 1));
}

std::vector<std::uint64_t> blockHashes(const SourceFile &file) {
    const base::FileHandle handle(base::realFiles(), file.path, base::OpenMode::read);
    std::vector<std::uint64_t> hashes;
    std::vector<std::byte> block;
    for (std::uint64_t i = 0; i < blockCount(file.size); ++i) {
        const std::uint64_t offset = blockOffset(file.size, i);
        block.resize(std::min(kBlockBytes, file.size - offset));
        handle.read(block, offset);
        hashes.push_back(base::hash64(std::span<const std::byte>(block)));
    }
    return hashes;
}

base::Error changed(const SourceFile &file, const std::string &what, std::uint64_t position) {
    return base::Error(base::ExitCode::badInput, "data.changed", what,
                       fmt::format("{} at byte {}", base::printable(file.path.native(), 400), position),
                       "put the old text back to go on with this run, or start a new one");
}

}  // namespace

SourceIdentity identify(const SourceFile &file) { return {file, blockHashes(file)}; }

void checkUnchanged(const SourceIdentity &identity) {
    const SourceFile &file = identity.file;
    struct stat status {};
    if (::stat(file.path.c_str(), &status) != 0) throw changed(file, "the text is gone", 0);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < file.size)
        throw changed(file, fmt::format("the text was cut from {} to {} bytes", file.size, size), size);
    if (size > file.size)
        throw changed(file, fmt::format("the text grew from {} to {} bytes", file.size, size), file.size);
    if (std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec == file.modified) return;
    const std::vector<std::uint64_t> now = blockHashes(file);
    for (std::uint64_t i = 0; i < now.size(); ++i)
        if (now[i] != identity.blocks[i]) throw changed(file, "the text was changed", blockOffset(file.size, i));
}

}  // namespace moescope::data
