// Identity: what tells that a source file is still the one that was tokenised, without reading all of it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/text/sources.hpp"

namespace moescope::data {

/// Path, size, time of change, and hashes of a few blocks spread over the file (of all of it when small).
struct SourceIdentity {
    SourceFile file;
    std::vector<std::uint64_t> blocks;
};

SourceIdentity identify(const SourceFile &file);

/// Throws base::Error exit 3, "data.changed", naming the file and the byte from which it differs, unless it is
/// unchanged or only its time is new.
void checkUnchanged(const SourceIdentity &identity);

}  // namespace moescope::data
