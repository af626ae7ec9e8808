// Tokenising: the sources read once, from front to back, into two flat files of 16-bit codes, in memory that does not
// grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/data/text/identity.hpp"
#include "core/data/text/token_manifest.hpp"

namespace moescope::data {

struct TokeniseOptions {
    bool bytes = false;
    double validationShare = 0.05;       ///< of the documents, by their hash; unused when there is a validation source
    std::uint64_t window = 257;          ///< tokens that each part must have
    std::size_t vocabularyLimit = 4096;  ///< tokens, the unknown one among them
    std::size_t documentBytes = 0;       ///< 0 = 1/200 of the text, 128 .. 4096
    std::size_t bufferBytes = 1 << 20;
};

/// Names of the files in a folder of tokens.
inline constexpr const char *kTrainingFile = "training.u16";
inline constexpr const char *kValidationFile = "validation.u16";
inline constexpr const char *kManifestFile = "manifest.json";

/// Writes the three files into `folder` (there, and empty). Where a small text leaves too little for validation, a
/// larger share is kept for it, with a warning. Throws base::Error exit 3 for texts that cannot serve ("data.binary",
/// "data.too_short", "data.changed"), exit 6 when the folder cannot be written.
TokenManifest tokenise(const SourceList &training, const SourceList *validation, const std::filesystem::path &folder,
                       const TokeniseOptions &options);

}  // namespace moescope::data
