// Keys, folders, and reading with pread.
#include "core/data/text/token_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/hash.hpp"
#include "core/base/numbers.hpp"

namespace moescope::data {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kManifestLimit = 64 << 20;
constexpr std::uint64_t kSmallText = 4 << 20;  // only here the window decides how the text is split

std::string keyOf(const SourceList &training, const SourceList *validation,
                  const std::vector<SourceIdentity> &identities, const TokeniseOptions &options) {
    base::Hasher128 hash;
    std::uint64_t bytes = 0;
    for (const SourceFile &file : training.files)
        bytes += file.size;
    hash.add(fmt::format("text 1 bytes {} share {} window {} vocabulary {} document {} apart {}\n", options.bytes,
                         base::toText(options.validationShare), bytes < kSmallText ? options.window : 0,
                         options.vocabularyLimit, options.documentBytes, validation != nullptr));
    for (const SourceIdentity &identity : identities) {
        hash.add(identity.file.path.native());
        hash.addNumber(identity.file.domain);
        hash.addNumber(identity.file.size);
        hash.addNumber(static_cast<std::uint64_t>(identity.file.modified));
        for (const std::uint64_t block : identity.blocks)
            hash.addNumber(block);
    }
    return base::hex(hash.value());
}

bool hasSize(const fs::path &path, std::uint64_t tokens) {
    std::error_code error;
    return fs::file_size(path, error) == 2 * tokens && !error;
}

/// The domains' ranges cover a part without gaps.
bool covers(const std::vector<TokenisedDomain> &domains, std::uint64_t TokenisedDomain::*begin,
            std::uint64_t TokenisedDomain::*end, std::uint64_t tokens) {
    std::uint64_t sum = 0, last = 0;
    for (const TokenisedDomain &domain : domains) {
        if (domain.*begin > domain.*end) return false;
        sum += domain.*end - domain.*begin;
        last = std::max(last, domain.*end);
    }
    return sum == tokens && (sum == 0 || last == tokens);
}

bool isSound(const TokenManifest &manifest) {
    return covers(manifest.domains, &TokenisedDomain::trainingBegin, &TokenisedDomain::trainingEnd,
                  manifest.trainingTokens) &&
           covers(manifest.domains, &TokenisedDomain::validationBegin, &TokenisedDomain::validationEnd,
                  manifest.validationTokens);
}

/// Nothing unless all three files are there and whole.
std::optional<TokenManifest> kept(const fs::path &folder) {
    if (!base::realFiles().exists(folder / kManifestFile)) return std::nullopt;
    auto manifest = manifestFromJson(base::readWhole(folder / kManifestFile, kManifestLimit));
    if (!manifest || !isSound(*manifest) || !hasSize(folder / kTrainingFile, manifest->trainingTokens) ||
        !hasSize(folder / kValidationFile, manifest->validationTokens))
        return std::nullopt;
    return manifest;
}

void makeFolders(const fs::path &folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw base::FileError(error.value(), "make the folder", folder);
}

fs::path workFolder(const fs::path &folder) {
    static std::atomic<std::uint64_t> count{0};
    fs::path work = folder;
    work += fmt::format(".tmp-{}-{}-{}", ::getpid(), base::monotonicNanoseconds(), count++);
    return work;
}

/// What another program made meanwhile is as good as ours.
void putInPlace(const fs::path &work, const fs::path &folder) {
    try {
        base::realFiles().renameNew(work, folder);
    } catch (const base::FileError &) {
        if (!kept(folder)) throw;
        base::removeTree(work);
    }
    base::realFiles().syncFolder(folder.parent_path());
}

}  // namespace

TokenFile::TokenFile(const fs::path &path, std::uint64_t tokens)
    : m_path(path), m_tokens(tokens), m_fd(base::realFiles().open(path, base::OpenMode::read)) {
    ::posix_fadvise(m_fd, 0, 0, POSIX_FADV_RANDOM);
}

TokenFile::~TokenFile() { ::close(m_fd); }

std::vector<std::uint16_t> TokenFile::read(std::uint64_t first, std::size_t count) const {
    std::vector<std::byte> bytes(2 * count);
    for (std::size_t filled = 0; filled < bytes.size();) {
        const std::uint64_t offset = 2 * first + filled;
        const std::size_t got = base::realFiles().readSome(m_fd, std::span(bytes).subspan(filled), offset);
        if (got == 0)
            throw base::Error(base::ExitCode::badInput, "data.cache_damaged", "the tokenised text was cut",
                              fmt::format("{} at byte {}", base::printable(m_path.native(), 400), offset),
                              "delete its folder and resume: it is made anew from the text");
        filled += got;
    }
    std::vector<std::uint16_t> codes(count);
    for (std::size_t i = 0; i < count; ++i)
        codes[i] = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[2 * i]) |
                                              (std::to_integer<unsigned>(bytes[2 * i + 1]) << 8));
    return codes;
}

TokenisedText findOrTokenise(const fs::path &cache, const SourceList &training, const SourceList *validation,
                             const std::vector<SourceIdentity> &identities, const TokeniseOptions &options) {
    const fs::path folder = cache / ("text-" + keyOf(training, validation, identities, options));
    if (auto manifest = kept(folder)) return {std::move(*manifest), folder};
    base::removeTree(folder);
    makeFolders(cache);
    const fs::path work = workFolder(folder);
    base::realFiles().makeFolder(work);
    try {
        TokenManifest manifest = tokenise(training, validation, work, options);
        for (const SourceIdentity &identity : identities)
            checkUnchanged(identity);
        base::replaceAtomically(work / kManifestFile, toJson(manifest));
        putInPlace(work, folder);
        return {std::move(manifest), folder};
    } catch (...) {
        base::removeTree(work);
        throw;
    }
}

}  // namespace moescope::data
