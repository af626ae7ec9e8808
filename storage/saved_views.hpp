// What people keep of the whole store: comparisons and filters under a name, in <store>/views.json.
//
// Beside the catalog, not in it: the catalog is a cache that may be thrown away at any time. Replaced atomically; edits by several
// programs do not lose each other. Any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace moescope::storage {

struct SavedComparison {
    std::string name;                ///< unique
    std::vector<std::string> runs;   ///< ULIDs, in order
    std::string baseline;            ///< ULID
    std::string look;                ///< JSON object of the program that shows it: metric, axis, grouping
    std::int64_t savedUs = 0;
    bool operator==(const SavedComparison&) const = default;
};

struct SavedFilter {
    std::string name, query;         ///< name unique
    bool operator==(const SavedFilter&) const = default;
};

struct SavedViews {
    std::vector<SavedComparison> comparisons;   ///< in the order they were saved first
    std::vector<SavedFilter> filters;
    bool operator==(const SavedViews&) const = default;

    /// Replaces the one of that name, or adds it.
    void keep(SavedComparison comparison);
    void keep(SavedFilter filter);
    void forgetComparison(const std::string& name);
    void forgetFilter(const std::string& name);
};

/// A missing file is empty; a damaged one throws exit 5.
SavedViews readSavedViews(const std::filesystem::path& store);
/// Reads, changes and replaces the file under a lock on the store; a damaged one is set aside as views.json.bad-<time>. Throws exit
/// 2 for a name that is empty, longer than 200 bytes or has control characters, and exit 6 when it cannot be written.
void editSavedViews(const std::filesystem::path& store, const std::function<void(SavedViews&)>& change);

}  // namespace moescope::storage
