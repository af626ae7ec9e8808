// Walking folders without being led astray.
#include "core/data/text/sources.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/data/mixture.hpp"

namespace moescope::data {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 200'000;
constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kMostWarnings = 20;

std::string shown(const fs::path &path) { return base::printable(path.native(), 400); }

base::Error refusal(std::string code, std::string what, const fs::path &path, std::string advice) {
    return base::Error(base::ExitCode::badInput, std::move(code), std::move(what), shown(path), std::move(advice));
}

struct Found {
    fs::path path, relative;
    struct stat status;
};

class Walk {
public:
    void start(const fs::path &root);
    void folder(const fs::path &path, const fs::path &relative, std::size_t depth);
    void entry(const fs::path &path, const fs::path &relative, std::size_t depth);
    std::vector<Found> found;
    std::vector<std::string> warnings() const;

private:
    void skip(const fs::path &relative, std::string_view reason);
    void file(const fs::path &path, const fs::path &relative, const struct stat &status);

    std::set<std::pair<dev_t, ino_t>> m_seen;
    std::vector<std::string> m_warnings;
    std::size_t m_skipped = 0;
};

void Walk::skip(const fs::path &relative, std::string_view reason) {
    if (m_skipped++ < kMostWarnings) m_warnings.push_back(fmt::format("Left out {}: {}.", shown(relative), reason));
}

std::vector<std::string> Walk::warnings() const {
    std::vector<std::string> all = m_warnings;
    if (m_skipped > kMostWarnings)
        all.push_back(fmt::format("{} more files and folders were left out.", m_skipped - kMostWarnings));
    return all;
}

void Walk::start(const fs::path &root) {
    struct stat status {};
    if (::stat(root.c_str(), &status) == 0) m_seen.insert({status.st_dev, status.st_ino});
    folder(root, {}, 0);
}

/// What is really there before what is linked, so that a file goes by its own name.
void Walk::folder(const fs::path &path, const fs::path &relative, std::size_t depth) {
    if (depth > kMostDepth) return skip(relative, "more than 64 folders deep");
    std::vector<std::string> names;
    try {
        names = base::realFiles().list(path);
    } catch (const base::FileError &error) {
        if (relative.empty()) throw refusal("data.unreadable", error.happened(), path, "check who may read it");
        return skip(relative, error.happened());
    }
    std::stable_partition(names.begin(), names.end(),
                          [&](const std::string &name) { return !fs::is_symlink(path / name); });
    for (const std::string &name : names)
        if (name.front() != '.') entry(path / name, relative / name, depth);
}

void Walk::entry(const fs::path &path, const fs::path &relative, std::size_t depth) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return skip(relative,
                    errno == ELOOP ? "a link that leads to itself" : "a link that leads nowhere, or not readable");
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return skip(relative, "not a regular file");
    if (!m_seen.insert({status.st_dev, status.st_ino}).second)
        return skip(relative, "it was met before under another name");
    if (S_ISDIR(status.st_mode)) return folder(path, relative, depth + 1);
    file(path, relative, status);
}

void Walk::file(const fs::path &path, const fs::path &relative, const struct stat &status) {
    if (status.st_size == 0) return skip(relative, "it is empty");
    if (::access(path.c_str(), R_OK) != 0) return skip(relative, "it may not be read");
    found.push_back({path, relative, status});
    if (found.size() > kMostFiles)
        throw refusal("data.too_many_files", "more than 200000 files", path.parent_path(),
                      "join them into fewer, larger files");
}

std::int64_t modified(const struct stat &status) {
    return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

bool hasSubfolders(const std::vector<Found> &found) {
    return std::any_of(found.begin(), found.end(), [](const Found &file) { return file.relative.has_parent_path(); });
}

/// The first folder of the relative path; files beside the sub-folders share the name of the folder itself.
std::string domainOf(const Found &file, bool subfolders, const fs::path &root) {
    if (!subfolders) return base::printable(file.relative.native(), 100);
    if (file.relative.has_parent_path()) return base::printable(file.relative.begin()->native(), 100);
    const fs::path name = root.has_filename() ? root.filename() : root.parent_path().filename();
    return base::printable(name.native(), 98) + "/";
}

/// Names of the domains that keep their own.
std::set<std::string> largest(const std::map<std::string, std::uint64_t> &bytes) {
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const auto &[name, size] : bytes)
        order.emplace_back(size, name);
    std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (order.size() > kMostDomains) order.resize(kMostDomains - 1);
    std::set<std::string> names;
    for (const auto &[size, name] : order)
        names.insert(name);
    return names;
}

void group(const std::vector<Found> &found, const fs::path &root, SourceList &list) {
    const bool subfolders = hasSubfolders(found);
    std::map<std::string, std::uint64_t> bytes;
    for (const Found &file : found)
        bytes[domainOf(file, subfolders, root)] += static_cast<std::uint64_t>(file.status.st_size);
    const std::set<std::string> own = largest(bytes);
    for (const Found &file : found) {
        const std::string name = domainOf(file, subfolders, root);
        if (own.contains(name) && std::find(list.domains.begin(), list.domains.end(), name) == list.domains.end())
            list.domains.push_back(name);
    }
    if (own.size() < bytes.size()) {
        list.warnings.push_back(fmt::format(
            "Of {} domains the {} largest keep their names; the rest is called 'other'.", bytes.size(), own.size()));
        list.domains.emplace_back("other");
    }
    for (const Found &file : found) {
        const auto at = std::find(list.domains.begin(), list.domains.end(), domainOf(file, subfolders, root));
        const auto domain = static_cast<std::size_t>(at - list.domains.begin());
        list.files.push_back({file.path, std::min(domain, list.domains.size() - 1),
                              static_cast<std::uint64_t>(file.status.st_size), modified(file.status)});
    }
    std::stable_sort(list.files.begin(), list.files.end(),
                     [](const SourceFile &a, const SourceFile &b) { return a.domain < b.domain; });
}

SourceList listFolder(const fs::path &path) {
    Walk walk;
    walk.start(path);
    SourceList list;
    list.root = path;
    list.folder = true;
    list.warnings = walk.warnings();
    if (walk.found.empty())
        throw refusal("data.empty",
                      list.warnings.empty() ? "the folder has no files"
                                            : "nothing in the folder can be read as text; " + list.warnings.front(),
                      path, "give a folder with text files");
    group(walk.found, path, list);
    return list;
}

}  // namespace

SourceList listSources(const fs::path &path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        const char *reason = strerrordesc_np(errno);
        throw refusal("data.missing", reason != nullptr ? reason : "cannot be reached", path, "check the path");
    }
    if (S_ISDIR(status.st_mode)) return listFolder(path);
    if (!S_ISREG(status.st_mode))
        throw refusal("data.not_regular", "neither a file nor a folder", path,
                      "give the path of a text file or of a folder of them");
    if (status.st_size == 0) throw refusal("data.empty", "the file is empty", path, "give a file with text");
    if (::access(path.c_str(), R_OK) != 0)
        throw refusal("data.unreadable", "the file may not be read", path, "check who may read it");
    SourceList list;
    list.root = path;
    list.domains = {base::printable(path.filename().native(), 100)};
    list.files.push_back({path, 0, static_cast<std::uint64_t>(status.st_size), modified(status)});
    return list;
}

}  // namespace moescope::data
