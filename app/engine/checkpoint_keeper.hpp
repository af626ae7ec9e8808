// The checkpoints of one run: saves them by the protocol, enters them in the store, keeps the newest, finds a good one.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/checkpoint/checkpoint_folder.hpp"
#include "storage/records.hpp"
#include "storage/run_writer.hpp"
#include "storage/store_sink.hpp"

namespace moescope::app {

/// A checkpoint that was checked, and what was found wrong on the way to it.
struct ChosenCheckpoint {
    checkpoint::LoadedCheckpoint loaded;
    std::vector<std::string> complaints;     ///< one sentence for each newer one that is damaged
    std::vector<std::int64_t> bad;           ///< their steps
};

/// Confined to the thread that trains.
class CheckpointKeeper {
public:
    CheckpointKeeper(std::filesystem::path runFolder, std::int64_t keep, std::vector<storage::CheckpointRow> rows);

    /// Saves, enters the row, commits, then lets old ones go. Throws base::Error; earlier checkpoints are untouched then.
    storage::CheckpointRow save(std::int64_t step, const checkpoint::CheckpointContents& contents, storage::StoreSink& sink);

    bool folderExists() const;
    std::int64_t newest() const;  ///< step of the newest good one, -1 if none

    /// Checkpoints from before interventions, oldest first: the newest 8 of them outlive others, as long as all that are kept
    /// so take no more room than is still free on the disk; the newest one always does.
    void guard(std::vector<std::int64_t> steps) { m_guarded = std::move(steps); }
    /// choose() among them. Throws as that does.
    ChosenCheckpoint atOrBefore(std::int64_t step) const;
    /// After going back to `step`: what was saved beyond it belongs to no run any more. First the rows, in one commit ...
    void disown(std::int64_t step, storage::StoreSink& sink);
    /// ... and when the commands are settled too, the folders.
    void removeDisowned(storage::StoreSink& sink);

private:
    void retain(storage::StoreSink& sink);
    void remove(std::int64_t step, storage::StoreSink& sink);
    std::vector<std::int64_t> rewindPoints() const;

    std::filesystem::path m_folder;
    std::int64_t m_keep;
    std::vector<storage::CheckpointRow> m_rows;
    std::vector<std::int64_t> m_guarded;
    std::unique_ptr<base::FileOps> m_files;
};

/// Puts rows and folders in agreement after a start (the run's lock is held by `writer`): half-written folders go, whole ones
/// without a row are adopted.
void reconcile(storage::RunWriter& writer, std::vector<storage::CheckpointRow>& rows);

/// For a run that goes on from `step` another way than before: checkpoints beyond it go, rows first.
void abandonAfter(storage::RunWriter& writer, std::vector<storage::CheckpointRow>& rows, std::int64_t step);

/// The newest good checkpoint at or before `from` (< 0: the newest). Throws exit 5 "ckpt.none" if there is none.
ChosenCheckpoint choose(const std::filesystem::path& runFolder, const std::vector<storage::CheckpointRow>& rows, std::int64_t from);

}  // namespace moescope::app
