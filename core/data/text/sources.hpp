// Sources: the files of a text, each with its domain, in an order that depends on their names alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moescope::data {

struct SourceFile {
    std::filesystem::path path;
    std::size_t domain = 0;  ///< index into SourceList::domains
    std::uint64_t size = 0;
    std::int64_t modified = 0;  ///< nanoseconds since 1970
};

/// Files of one domain are neighbours; domains are in order of their first path.
struct SourceList {
    std::filesystem::path root;  ///< what was asked for
    std::vector<SourceFile> files;
    std::vector<std::string> domains;
    std::vector<std::string> warnings;  ///< what was left out, and why
    bool folder = false;
};

/// A file is one domain. In a folder (read with all below it) a domain is a sub-folder, or a file where there are no
/// sub-folders with text; beyond 64 domains the smallest become "other". Hidden, empty and special files, links in a
/// circle and what was met before are left out. Throws base::Error exit 3: "data.missing", "data.not_regular",
/// "data.empty", "data.unreadable".
SourceList listSources(const std::filesystem::path &path);

}  // namespace moescope::data
