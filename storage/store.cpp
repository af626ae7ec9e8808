// The store's folders: new runs, finding runs, space.
#include "storage/store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/numbers.hpp"
#include "core/base/ulid.hpp"
#include "storage/folder_lock.hpp"
#include "storage/json_text.hpp"
#include "storage/meta_file.hpp"
#include "storage/run_database.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using base::Error;
using base::ExitCode;

namespace {

constexpr std::size_t kNamed = 5;   // candidates a message lists

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::vector<std::string> ulidsIn(const fs::path& folder) {
    std::vector<std::string> ulids;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        std::error_code ignored;
        if (base::isUlid(name) && fs::is_directory(at->symlink_status(ignored))) ulids.push_back(name);
    }
    std::sort(ulids.begin(), ulids.end());
    return ulids;
}

std::string nameOf(const fs::path& folder) {
    try {
        return readMetaFile(folder).name;
    } catch (const Error&) {
        return {};   // a damaged meta.json has no name to find the run by
    }
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
}

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), kNamed); ++i) text.append(i ? ", " : "").append(base::printable(items[i], 60));
    return text + (items.size() > kNamed ? " and " + std::to_string(items.size() - kNamed) + " more" : "");
}

// Newest few: what somebody who mistyped most likely means.
std::string newest(const Store& store, const std::vector<std::string>& ulids) {
    std::vector<std::string> items;
    for (auto ulid = ulids.rbegin(); ulid != ulids.rend() && items.size() < kNamed; ++ulid) items.push_back(*ulid + " (" + nameOf(store.runFolder(*ulid)) + ")");
    return items.empty() ? "the store has no runs yet" : "the newest runs are " + listed(items);
}

std::string defaultName(const Store& store, const std::string& preset) {
    const std::string stem = (preset.empty() ? "run" : preset) + " ";
    std::int64_t highest = 0;
    for (const fs::path& place : {store.runsFolder(), store.trashFolder()})
        for (const std::string& ulid : ulidsIn(place)) {
            const std::string name = nameOf(place / ulid);
            if (name.starts_with(stem)) highest = std::max(highest, base::toInt(std::string_view(name).substr(stem.size())).value_or(0));
        }
    return stem + std::to_string(highest + 1);
}

// Of the palette's colours the one that the fewest runs have, so that the newest few differ.
std::string leastUsedColour(const Store& store) {
    std::array<int, kPalette> used{};
    for (const std::string& ulid : ulidsIn(store.runsFolder())) try {
            if (const auto slot = paletteSlot(readMetaFile(store.runFolder(ulid)).colour)) ++used[static_cast<std::size_t>(*slot)];
        } catch (const Error&) {
            continue;   // a damaged meta.json has no colour to count
        }
    return std::to_string(std::min_element(used.begin(), used.end()) - used.begin());
}

std::string nextUlid(const Store& store) {
    std::string floor;
    for (const fs::path& place : {store.runsFolder(), store.trashFolder()}) {
        const auto ulids = ulidsIn(place);
        if (!ulids.empty()) floor = std::max(floor, ulids.back());
    }
    return base::makeUlid(floor);
}

void makeFolders(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw base::FileError(error.value(), "make the folder", folder);
}

void requireTexts(const NewRun& run) {
    if (!run.name.empty()) requireName(run.name);
    for (const std::string& tag : run.tags) requireTag(tag);
    if (!run.group.empty()) requireName(run.group);
    guarded("configuration", [&] { return parseJson(run.configJson).is_object(); });
}

}  // namespace

fs::path defaultStoreFolder() {
    if (const std::string store = environment("MOESCOPE_STORE"); !store.empty()) return store;
    if (const std::string data = environment("XDG_DATA_HOME"); !data.empty() && fs::path(data).is_absolute()) return fs::path(data) / "moescope";
    const std::string home = environment("HOME");
    if (home.empty()) throw Error(ExitCode::usage, "store.nowhere", "there is no place for the store", "environment", "set MOESCOPE_STORE or HOME, or give --store");
    return fs::path(home) / ".local" / "share" / "moescope";
}

Store::Store(fs::path folder) : m_folder(fs::absolute(folder)) {}

std::vector<std::string> Store::list() const { return ulidsIn(runsFolder()); }

bool Store::writable() const {
    fs::path place = m_folder;
    while (!fs::exists(place) && place.has_relative_path()) place = place.parent_path();
    return ::access(place.c_str(), W_OK) == 0;
}

std::string Store::newRun(const NewRun& run) const {
    requireTexts(run);
    makeFolders(runsFolder());
    const FolderLock lock(runsFolder());
    const std::string ulid = nextUlid(*this), name = run.name.empty() ? defaultName(*this, run.preset) : run.name;
    const fs::path temporary = runsFolder() / (".new-" + ulid);
    base::FileOps& files = base::realFiles();
    files.makeFolder(temporary);
    try {
        NewRun named = run;
        named.name = name;
        createRunDatabase(temporary, named, ulid, base::wallMicroseconds());
        editMetaFile(temporary, [&](MetaFile& meta) {
            meta.ulid = ulid;
            meta.name = name;
            meta.tags = run.tags;
            meta.group = run.group;
            meta.colour = leastUsedColour(*this);
        });
        files.syncFolder(temporary);
        files.renameNew(temporary, runFolder(ulid));
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(temporary, ignored);
        throw;
    }
    files.syncFolder(runsFolder());
    return ulid;
}

std::string Store::resolve(std::string_view text) const {
    const std::vector<std::string> ulids = list();
    const auto unknown = [&] { return Error(ExitCode::usage, "run.unknown", "there is no run \"" + base::printable(text) + "\"", m_folder.string(), newest(*this, ulids)); };
    if (text.empty() || ulids.empty()) throw unknown();
    if (text == "last") return ulids.back();
    const std::string asUlid = upper(text);
    if (std::binary_search(ulids.begin(), ulids.end(), asUlid)) return asUlid;
    std::vector<std::string> byName, byPrefix;
    for (const std::string& ulid : ulids) {
        if (ulid.starts_with(asUlid)) byPrefix.push_back(ulid);
        if (nameOf(runFolder(ulid)) == text) byName.push_back(ulid);
    }
    const std::vector<std::string>& found = byName.empty() ? byPrefix : byName;
    if (found.empty()) throw unknown();
    if (found.size() > 1)
        throw Error(ExitCode::usage, "run.ambiguous", std::to_string(found.size()) + " runs are called \"" + base::printable(text) + "\"", m_folder.string(), "name one by its ULID: " + listed(found));
    return found.front();
}

void Store::requireSpace(const SpaceRule& rule) const {
    fs::path place = m_folder;
    while (!fs::exists(place) && place.has_relative_path()) place = place.parent_path();
    const std::uint64_t needed = rule.checkpointBytes * rule.checkpoints + rule.reserveBytes, available = base::freeBytes(place);
    if (available >= needed) return;
    throw Error(ExitCode::io, "disk.full", "training needs " + std::to_string(needed >> 20) + " MB on this disk, " + std::to_string(available >> 20) + " MB are free",
                m_folder.string(), "free " + std::to_string(((needed - available) >> 20) + 1) + " MB (old runs, the trash), or choose another --store");
}

bool Store::makeBallast(std::uint64_t bytes) const {
    makeFolders(m_folder);
    std::error_code ignored;
    if (fs::exists(ballastFile(), ignored) && fs::file_size(ballastFile(), ignored) >= bytes) return true;
    const int fd = ::open(ballastFile().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return false;
    const bool made = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)) == 0;
    ::close(fd);
    if (!made) fs::remove(ballastFile(), ignored);
    return made;
}

void Store::releaseBallast() const {
    std::error_code ignored;
    fs::remove(ballastFile(), ignored);
}

}  // namespace moescope::storage
