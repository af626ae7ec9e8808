// Names, listing, cleaning up after a crash, and what may be deleted.
#include "core/base/numbers.hpp"
#include "core/base/ulid.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"

#include <algorithm>
#include <stdexcept>

namespace moescope::checkpoint {

namespace {

using base::FileOps;
using base::Path;

constexpr std::string_view kPrefix = "step-";
constexpr std::size_t kDigits = 9;

std::vector<std::string> namesIn(FileOps& files, const Path& checkpoints) {
    return files.exists(checkpoints) ? files.list(checkpoints) : std::vector<std::string>{};
}

std::optional<SavedCheckpoint> verified(FileOps& files, const Path& folder) {
    try {
        return verify(folder, {}, files);
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

bool isKnown(const std::vector<KnownCheckpoint>& known, std::int64_t step) {
    return std::any_of(known.begin(), known.end(), [&](const KnownCheckpoint& row) { return row.step == step; });
}

std::string renameAway(FileOps& files, const Path& checkpoints, std::int64_t step, std::string_view prefix) {
    const std::string name = std::string(prefix) + folderName(step).substr(kPrefix.size()) + "-" + base::makeUlid();
    files.renameNew(checkpoints / folderName(step), checkpoints / name);
    files.syncFolder(checkpoints);
    return name;
}

}  // namespace

std::string folderName(std::int64_t step) {
    if (step < 0) throw std::invalid_argument("a step is never negative");
    std::string digits = std::to_string(step);
    if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
    return std::string(kPrefix) + digits;
}

std::optional<std::int64_t> stepOf(std::string_view name) {
    if (!name.starts_with(kPrefix)) return std::nullopt;
    const auto step = base::toInt(name.substr(kPrefix.size()));
    if (!step || *step < 0 || folderName(*step) != name) return std::nullopt;
    return step;
}

std::vector<std::int64_t> listSteps(const Path& checkpoints, FileOps& files) {
    std::vector<std::int64_t> steps;
    for (const std::string& name : namesIn(files, checkpoints))
        if (const auto step = stepOf(name)) steps.push_back(*step);
    std::sort(steps.begin(), steps.end());
    return steps;
}

Reconciled reconcile(FileOps& files, const Path& checkpoints, const std::vector<KnownCheckpoint>& known) {
    Reconciled result;
    for (const std::string& name : namesIn(files, checkpoints)) {
        if (!name.starts_with("tmp-")) continue;
        base::removeTree(checkpoints / name, files);
        result.removed.push_back(name);
    }
    const std::vector<std::int64_t> present = listSteps(checkpoints, files);
    for (const std::int64_t step : present) {
        if (isKnown(known, step)) continue;
        if (const auto found = verified(files, checkpoints / folderName(step))) result.adopt.push_back(*found);
        else result.ignored.push_back(folderName(step));
    }
    for (const KnownCheckpoint& row : known)
        if (row.good && !std::binary_search(present.begin(), present.end(), row.step)) result.bad.push_back(row.step);
    return result;
}

std::vector<std::int64_t> planRetention(std::vector<KnownCheckpoint> known, int keep) {
    std::erase_if(known, [](const KnownCheckpoint& row) { return row.pinned || !row.good; });
    std::sort(known.begin(), known.end(), [](const KnownCheckpoint& a, const KnownCheckpoint& b) { return a.step < b.step; });
    const std::size_t stay = static_cast<std::size_t>(std::max(keep, 2));
    std::vector<std::int64_t> go;
    for (std::size_t i = 0; i + stay < known.size(); ++i) go.push_back(known[i].step);
    return go;
}

void removeCheckpoint(FileOps& files, const Path& checkpoints, std::int64_t step) {
    if (files.exists(checkpoints / folderName(step))) base::removeTree(checkpoints / renameAway(files, checkpoints, step, "tmp-"), files);
}

std::string setAside(FileOps& files, const Path& checkpoints, std::int64_t step) { return renameAway(files, checkpoints, step, "bad-"); }

}  // namespace moescope::checkpoint
