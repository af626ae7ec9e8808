// The save protocol: a checkpoint becomes visible only when every byte of it is on the disk.
#include "core/base/ulid.hpp"
#include "core/checkpoint/checkpoint_folder.hpp"
#include "core/checkpoint/manifest.hpp"

#include <algorithm>
#include <array>

namespace moescope::checkpoint {

namespace {

using base::Error;
using base::ExitCode;
using base::FileOps;
using base::Path;
using base::printable;

void requireFinite(const std::vector<NamedTensor>& tensors, const Path& checkpoints) {
    std::string names;
    std::size_t broken = 0;
    for (const NamedTensor& tensor : tensors) {
        const std::uint64_t count = countNonFinite(tensor.dtype, tensor.data);
        if (count == 0) continue;
        if (++broken <= 10) names.append(names.empty() ? "" : ", ").append(printable(tensor.name)).append(" (").append(std::to_string(count)).append(")");
    }
    if (broken == 0) return;
    throw Error(ExitCode::diverged, "ckpt.nonfinite", std::to_string(broken) + " weight tensors hold NaN or infinity: " + names, printable(checkpoints.native(), 400),
                "the checkpoints before are untouched; resume from one with a lower learning rate");
}

[[noreturn]] void refuseFull(std::uint64_t size, std::uint64_t needed, std::uint64_t free, const Path& checkpoints) {
    throw Error(ExitCode::io, "disk.full",
                "a checkpoint of " + std::to_string(size) + " bytes needs " + std::to_string(needed) + " bytes free, there are " + std::to_string(free), printable(checkpoints.native(), 400),
                "free " + std::to_string(needed > free ? needed - free : size) + " bytes on this disk");
}

void requireRoom(FileOps& files, const Path& checkpoints, std::uint64_t size, const SaveOptions& options) {
    const std::uint64_t needed = neededBytes(size, options);
    const std::uint64_t free = files.freeBytes(checkpoints);
    if (free < needed) refuseFull(size, needed, free, checkpoints);
}

void requireNew(FileOps& files, const Path& target) {
    if (!files.exists(target)) return;
    throw Error(ExitCode::io, "ckpt.exists", "there is a checkpoint of this step already", printable(target.native(), 400), "remove it or set it aside before saving this step again");
}

base::Hash128 writeText(FileOps& files, const Path& path, const std::string& text) {
    base::FileHandle file(files, path, base::OpenMode::createNew);
    file.write(base::asBytes(text));
    file.syncAll();
    file.close();
    return base::hash128(text);
}

struct FileOnDisk {
    std::uint64_t bytes = 0;
    base::Hash128 hash;
};

FileOnDisk readBack(FileOps& files, const Path& path) {
    const base::FileHandle file(files, path, base::OpenMode::read);
    FileOnDisk found{file.size(), {}};
    base::Hasher128 hasher;
    std::vector<std::byte> buffer;
    for (std::uint64_t at = 0; at < found.bytes; at += buffer.size()) {
        buffer.resize(std::min<std::uint64_t>(SafetensorsLimits::pieceBytes, found.bytes - at));
        file.read(buffer, at);
        hasher.add(buffer);
    }
    found.hash = hasher.value();
    return found;
}

ManifestEntry checkedEntry(FileOps& files, const Path& path, const base::Hash128& written) {
    const FileOnDisk found = readBack(files, path);
    if (found.hash != written)
        throw Error(ExitCode::io, "ckpt.readback", "the disk gives back other bytes than were written", printable(path.native(), 400), "check the disk and the memory of this machine");
    return {found.bytes, found.hash};
}

Manifest writeFiles(FileOps& files, const Path& folder, std::int64_t step, const CheckpointContents& contents) {
    const std::array<base::Hash128, kFileNames.size()> written = {
        writeSafetensors(files, folder / kFileNames[0], contents.model, contents.metadata),
        writeSafetensors(files, folder / kFileNames[1], contents.optimizer),
        writeSafetensors(files, folder / kFileNames[2], contents.state),
        writeText(files, folder / kFileNames[3], contents.stateJson),
    };
    Manifest manifest{step, {}};
    for (std::size_t i = 0; i < kFileNames.size(); ++i) manifest.files[i] = checkedEntry(files, folder / kFileNames[i], written[i]);
    return manifest;
}

SavedCheckpoint build(FileOps& files, const Path& folder, std::int64_t step, const CheckpointContents& contents) {
    files.makeFolder(folder);
    const Manifest manifest = writeFiles(files, folder, step, contents);
    const std::string text = toJson(manifest);
    const base::Hash128 hash = writeText(files, folder / kManifestName, text);
    checkedEntry(files, folder / kManifestName, hash);
    files.syncFolder(folder);
    return {step, folderName(step), manifest.totalBytes() + text.size(), hash};
}

// What is left of a failed save is of no use; the first error is the one to tell.
void discard(FileOps& files, const Path& folder) noexcept {
    try {
        base::removeTree(folder, files);
    } catch (const std::exception&) {   // the next start removes it
    }
}

// A checkpoint that is visible but not known to survive a power cut is not a checkpoint.
void makeVisible(FileOps& files, const Path& checkpoints, const Path& unfinished, std::int64_t step) {
    const Path target = checkpoints / folderName(step);
    files.renameNew(unfinished, target);
    try {
        files.syncFolder(checkpoints);
    } catch (...) {
        try {
            files.renameNew(target, unfinished);
        } catch (const std::exception&) {
            discard(files, target);
        }
        throw;
    }
}

std::string temporaryName(std::int64_t step) { return "tmp-" + folderName(step).substr(5) + "-" + base::makeUlid(); }

}  // namespace

std::uint64_t sizeOf(const CheckpointContents& contents) {
    return safetensorsSize(contents.model, contents.metadata) + safetensorsSize(contents.optimizer) + safetensorsSize(contents.state) + contents.stateJson.size();
}

std::uint64_t neededBytes(std::uint64_t size, const SaveOptions& options) { return size + size / 10 + options.spareBytes; }

SavedCheckpoint save(FileOps& files, const Path& checkpoints, std::int64_t step, const CheckpointContents& contents, const SaveOptions& options) {
    if (options.refuseNonFinite) requireFinite(contents.model, checkpoints);
    const std::uint64_t size = sizeOf(contents);
    requireRoom(files, checkpoints, size, options);
    requireNew(files, checkpoints / folderName(step));
    const Path unfinished = checkpoints / temporaryName(step);
    try {
        const SavedCheckpoint saved = build(files, unfinished, step, contents);
        makeVisible(files, checkpoints, unfinished, step);
        return saved;
    } catch (const base::FileError& error) {
        discard(files, unfinished);
        if (error.diskFull()) refuseFull(size, neededBytes(size, options), files.freeBytes(checkpoints), checkpoints);
        throw;
    } catch (...) {
        discard(files, unfinished);
        throw;
    }
}

std::unique_ptr<FileOps> checkpointFiles() { return base::hookedFiles(base::realFiles(), "ckpt"); }

}  // namespace moescope::checkpoint
