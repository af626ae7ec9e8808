// Says whether a store is whole, salvages what is, and takes fingerprints of its series.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace moescope::storage {

struct Finding {
    enum class Kind { note, damage };
    Kind kind = Kind::damage;
    std::string run;      ///< ULID, or empty for the store itself
    std::string where;    ///< file, table and row
    std::string text;     ///< what is wrong and what to do
    bool operator==(const Finding&) const = default;
};

struct VerifyOptions {
    bool deep = false;    ///< also every row's checksum, the pyramid against its values, SQLite's integrity_check, file hashes
    /// Checks the files of a checkpoint folder against its manifest (deep only); returns what is wrong, empty when nothing.
    std::function<std::string(const std::filesystem::path& checkpointFolder)> checkFiles;
};

/// Damage is a finding, not an exception. Order: by run, then table.
std::vector<Finding> verifyRun(const std::filesystem::path& runFolder, const VerifyOptions& options = {});
std::vector<Finding> verifyStore(const Store& store, const VerifyOptions& options = {});

struct RepairResult {
    std::filesystem::path kept;             ///< the original, set aside as run.db.bad-<time>; empty when nothing was wrong
    std::int64_t rowsKept = 0, rowsDropped = 0;
    std::vector<Finding> findings;
};
/// Copies every row whose checksum holds into a new database and puts it in place; the original stays beside it. Needs the
/// run's lock (exit 4).
RepairResult repairRun(const std::filesystem::path& runFolder);

/// XXH3-128 (hexadecimal) of steps and values of each scalar series; time, rate and memory series are left out.
std::map<std::string, std::string> seriesDigest(const std::filesystem::path& runFolder);

}  // namespace moescope::storage
