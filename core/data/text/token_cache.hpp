// TokenCache: tokenised texts kept on disk, found again by what they were made from.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.hpp"
#include "core/data/text/tokenise.hpp"

namespace moescope::data {

/// A flat file of 16-bit little-endian codes, read in pieces. Thread: const members from any number of threads.
class TokenFile {
public:
    TokenFile(const std::filesystem::path &path, std::uint64_t tokens);
    ~TokenFile();
    TokenFile(const TokenFile &) = delete;
    TokenFile &operator=(const TokenFile &) = delete;

    std::uint64_t size() const { return m_tokens; }
    /// Codes [first, first + count). Throws base::Error exit 3, "data.cache_damaged", with the byte, when the file was
    /// cut.
    std::vector<std::uint16_t> read(std::uint64_t first, std::size_t count) const;

private:
    std::filesystem::path m_path;
    std::uint64_t m_tokens;
    int m_fd;
};

struct TokenisedText {
    TokenManifest manifest;
    std::filesystem::path folder;
};

/// The text's folder "<cache>/text-<key>", made now if it is not there; the key covers the options and the identity of
/// every source. A half-made folder has another name and is never taken for it; two programs may do this at once.
TokenisedText findOrTokenise(const std::filesystem::path &cache, const SourceList &training,
                             const SourceList *validation, const std::vector<SourceIdentity> &identities,
                             const TokeniseOptions &options);

}  // namespace moescope::data
