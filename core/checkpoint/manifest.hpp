// manifest.json: name, size and XXH3-128 of each file of a checkpoint.
#pragma once

#include "core/base/hash.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::checkpoint {

inline constexpr int kManifestFormat = 1;
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::uint64_t kManifestLimit = 64u << 10;

// The files of a checkpoint, in the order they are written. A manifest names these and nothing else.
inline constexpr std::array<std::string_view, 4> kFileNames = {"model.safetensors", "optimizer.safetensors", "state.safetensors", "state.json"};

struct ManifestEntry {
    std::uint64_t bytes = 0;
    base::Hash128 hash;
    bool operator==(const ManifestEntry&) const = default;
};

struct Manifest {
    std::int64_t step = 0;
    std::array<ManifestEntry, kFileNames.size()> files;   // as kFileNames
    std::uint64_t totalBytes() const;
    bool operator==(const Manifest&) const = default;
};

std::string toJson(const Manifest& manifest);

// Accepts exactly what toJson writes, byte for byte, so that every change is seen. Throws base::Error naming `where`: exit 5
// ("ckpt.bad"), or exit 7 ("ckpt.newer") for a whole manifest of a later format.
Manifest parseManifest(std::string_view text, std::string_view where);

}  // namespace moescope::checkpoint
