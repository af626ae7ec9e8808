// A checkpoint is a folder that appears whole or not at all, and never changes after that.
#pragma once

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/checkpoint/safetensors.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::checkpoint {

// <checkpoints>/step-000001200/{model,optimizer,state}.safetensors, state.json, manifest.json. While it is made it is
// <checkpoints>/tmp-000001200-<nonce>. manifest.json: {"format":1,"step":...,"files":[{"name","bytes","xxh3_128"}...]}.

// What is to be saved; the tensors are borrowed until save() returns.
struct CheckpointContents {
    std::vector<NamedTensor> model;
    std::vector<NamedTensor> optimizer;
    std::vector<NamedTensor> state;
    std::string stateJson = "{}";            // the caller's; kept byte for byte
    Metadata metadata;                       // goes into model.safetensors ("format": "pt" for other programs)
};

struct SaveOptions {
    std::uint64_t spareBytes = 64u << 20;    // must stay free beyond 1.1 x the size
    bool refuseNonFinite = true;             // looks at model tensors
};

// What the caller enters in the store (and commits) before retention may delete anything.
struct SavedCheckpoint {
    std::int64_t step = 0;
    std::string folder;                      // "step-000001200"
    std::uint64_t bytes = 0;                 // of all files
    base::Hash128 manifestHash;              // XXH3-128 of manifest.json
    bool operator==(const SavedCheckpoint&) const = default;
};

// "step-%09d" for step >= 0, and back; nothing for any other name.
std::string folderName(std::int64_t step);
std::optional<std::int64_t> stepOf(std::string_view folderName);

std::uint64_t sizeOf(const CheckpointContents& contents);                 // bytes of the files but manifest.json
std::uint64_t neededBytes(std::uint64_t size, const SaveOptions& options = {});

// Saves into the existing folder `checkpoints`: checks room and finiteness; writes and syncs each file in a tmp folder; reads back and hashes;
// writes the manifest; syncs; renames; syncs. After it returns the checkpoint survives a power cut. On any error the tmp folder is removed, other
// checkpoints are untouched, and it throws base::Error: "disk.full" (exit 6, says the bytes needed), "io.fsync_failed", "io.failed", "ckpt.nonfinite" (exit
// 9, names the tensors), "ckpt.exists" (exit 6), "ckpt.readback" (exit 6: the disk gave back other bytes). A failed sync is never tried again.
// Blocking; may run on a thread of its own; one save per folder at a time.
SavedCheckpoint save(base::FileOps& files, const base::Path& checkpoints, std::int64_t step, const CheckpointContents& contents,
                     const SaveOptions& options = {});

// realFiles() with the hooks ckpt.write, ckpt.fsync, ckpt.rename, ckpt.dirsync: what a program hands to save(). One per saving thread.
std::unique_ptr<base::FileOps> checkpointFiles();

// A checkpoint whose every byte has been compared with its manifest.
struct LoadedCheckpoint {
    SavedCheckpoint info;
    std::string stateJson;
    SafetensorsFile model;
    SafetensorsFile optimizer;
    SafetensorsFile state;
};

// `expected`: the manifest's hash in the store, if known. Throws base::Error exit 5 ("ckpt.bad", names the file) when anything is missing, too long,
// too short or changed, exit 7 for a newer format; nothing of a file is given out before all hashes match.
LoadedCheckpoint load(const base::Path& folder, std::optional<base::Hash128> expected = {}, base::FileOps& files = base::realFiles());

// The same checks without opening the tensors.
SavedCheckpoint verify(const base::Path& folder, std::optional<base::Hash128> expected = {}, base::FileOps& files = base::realFiles());

// What lies in `checkpoints`, by the names alone: steps in rising order.
std::vector<std::int64_t> listSteps(const base::Path& checkpoints, base::FileOps& files = base::realFiles());

// A row of the store, as far as it matters here.
struct KnownCheckpoint {
    std::int64_t step = 0;
    bool pinned = false;
    bool good = true;                        // not marked bad or deleting
};

// What is to be done to the store after a start, with the run's lock held.
struct Reconciled {
    std::vector<std::string> removed;        // tmp-* folders, deleted
    std::vector<SavedCheckpoint> adopt;      // valid, but no row
    std::vector<std::int64_t> bad;           // a row, but no folder
    std::vector<std::string> ignored;        // step-* that fail the check and have no row; left where they are
};
Reconciled reconcile(base::FileOps& files, const base::Path& checkpoints, const std::vector<KnownCheckpoint>& known);

// Which steps may go, oldest first, so that `keep` good ones stay: at least 2, never a pinned one, never one that is not good (a bad one
// is evidence and does not count as kept). Pinned ones do not count towards `keep`.
std::vector<std::int64_t> planRetention(std::vector<KnownCheckpoint> known, int keep);

// Deletes a checkpoint's folder, after its row was marked and committed: renamed to tmp-* first, so that a crash leaves no torn
// step-*. Missing is fine. Also the way to make room for a step that is to be saved anew.
void removeCheckpoint(base::FileOps& files, const base::Path& checkpoints, std::int64_t step);

// Renames a damaged checkpoint to "bad-<step>-<ulid>" so that its step can be saved again; returns the new name.
std::string setAside(base::FileOps& files, const base::Path& checkpoints, std::int64_t step);

}  // namespace moescope::checkpoint
