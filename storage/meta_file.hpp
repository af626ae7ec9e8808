// meta.json: what people give a run. Replaced atomically by whoever edits it; edits by several programs do not lose each other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moescope::storage {

struct MetaFile {
    std::string ulid, name, note, group;
    std::string colour;              ///< #rrggbb that a person chose, else the place in the palette the run got, "0" to "7"; empty in old runs
    std::vector<std::string> tags;   ///< unique, in the order they were given
    bool star = false, archived = false;
    std::int64_t deletedUs = 0;      ///< when it went to the trash, or 0
    bool operator==(const MetaFile&) const = default;
};

inline constexpr int kPalette = 8;   ///< colours of runs
/// The place in the palette that a colour names; nothing for one that a person chose, or none.
std::optional<int> paletteSlot(const std::string& colour);

/// A missing file gives defaults; a damaged one throws exit 5 (3 when it is absurdly large), and an edit sets it aside as
/// meta.json.bad-<time>. Keys this program does not know are kept by edits.
MetaFile readMetaFile(const std::filesystem::path& runFolder);
/// Reads, changes and replaces the file under a lock on the run's folder. Throws exit 6 when it cannot be written.
void editMetaFile(const std::filesystem::path& runFolder, const std::function<void(MetaFile&)>& change);

/// Throw exit 2 naming what is wrong.
void requireName(const std::string& name);
void requireTag(const std::string& tag);
void requireNote(const std::string& note);
void requireColour(const std::string& rgb);

}  // namespace moescope::storage
