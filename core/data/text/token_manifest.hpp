// TokenManifest: what is known of a tokenised text, kept as JSON beside its token files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moescope::data {

/// A domain's place in the two token files (ranges of tokens) and its size.
struct TokenisedDomain {
    std::string name;
    std::uint64_t trainingBegin = 0, trainingEnd = 0;
    std::uint64_t validationBegin = 0, validationEnd = 0;
    std::uint64_t documents = 0, bytes = 0;
    bool operator==(const TokenisedDomain &) const = default;
};

/// In the token files stand codes: bytes, or the place of a character in `characters` plus 1 (0 = unknown). Tokens are
/// made of codes on reading, when it is known which characters are frequent enough: those of `vocabulary`, ascending.
struct TokenManifest {
    bool bytes = false;
    std::u32string characters;
    std::u32string vocabulary;
    std::vector<TokenisedDomain> domains;
    std::uint64_t documents = 0, sourceBytes = 0;
    std::uint64_t trainingTokens = 0, validationTokens = 0, validationBytes = 0;
    std::string content;  ///< hash of text, split and vocabulary
    std::vector<std::string> warnings;
    bool operator==(const TokenManifest &) const = default;
};

std::string toJson(const TokenManifest &manifest);
/// Nothing when the text is not what toJson wrote: broken, changed, or of another version.
std::optional<TokenManifest> manifestFromJson(const std::string &text);

}  // namespace moescope::data
