// The store: a folder of run folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "storage/records.hpp"

namespace moescope::storage {

/// $MOESCOPE_STORE, else $XDG_DATA_HOME/moescope, else ~/.local/share/moescope.
std::filesystem::path defaultStoreFolder();

/// What must be free before training starts: `checkpoints` x checkpointBytes + reserveBytes. Tests lower it.
struct SpaceRule {
    std::uint64_t checkpointBytes = 0;
    std::uint64_t checkpoints = 3;
    std::uint64_t reserveBytes = 256ull << 20;
};

/// Value-like handle on a store folder; makes folders only when a run is made. Any thread, several processes at once.
class Store {
public:
    explicit Store(std::filesystem::path folder = defaultStoreFolder());

    const std::filesystem::path& folder() const { return m_folder; }
    std::filesystem::path runsFolder() const { return m_folder / "runs"; }
    std::filesystem::path trashFolder() const { return m_folder / "trash"; }
    std::filesystem::path runFolder(std::string_view ulid) const { return runsFolder() / ulid; }

    /// Makes the run's folder with meta.json and run.db (state `created`), visible to others only when complete and
    /// durable. Returns its ULID, greater than any in the store. Throws exit 2 (bad name or tag), exit 6 (cannot write).
    std::string newRun(const NewRun& run) const;

    /// The ULID of "last" (the greatest), a ULID, a unique name, or a unique prefix of a ULID. Throws exit 2 "run.unknown"
    /// with the nearest names, or "run.ambiguous" with the candidates.
    std::string resolve(std::string_view text) const;

    /// ULIDs of the run folders, ascending. Files, links and odd names are left out.
    std::vector<std::string> list() const;

    bool writable() const;

    /// Throws exit 6 "disk.full" with needed and free bytes.
    void requireSpace(const SpaceRule& rule) const;

    /// One file per store that is given up when the disk is full, so that the store can close cleanly. Making it is
    /// skipped (false) when the disk has no room or cannot reserve.
    bool makeBallast(std::uint64_t bytes = 64ull << 20) const;
    void releaseBallast() const;
    std::filesystem::path ballastFile() const { return m_folder / "ballast"; }

private:
    std::filesystem::path m_folder;
};

}  // namespace moescope::storage
