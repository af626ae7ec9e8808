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

/// Confined to the thread that trains.
class CheckpointKeeper {
public:
    CheckpointKeeper(std::filesystem::path runFolder, std::int64_t keep, std::vector<storage::CheckpointRow> rows);

    /// Saves, enters the row, commits, then lets old ones go. Throws base::Error; earlier checkpoints are untouched then.
    storage::CheckpointRow save(std::int64_t step, const checkpoint::CheckpointContents& contents, storage::StoreSink& sink);

    std::int64_t newest() const;  ///< step of the newest good one, -1 if none

private:
    void retain(storage::StoreSink& sink);

    std::filesystem::path m_folder;
    std::int64_t m_keep;
    std::vector<storage::CheckpointRow> m_rows;
    std::unique_ptr<base::FileOps> m_files;
};

/// A checkpoint that was checked, and what was found wrong on the way to it.
struct ChosenCheckpoint {
    checkpoint::LoadedCheckpoint loaded;
    std::vector<std::string> complaints;     ///< one sentence for each newer one that is damaged
    std::vector<std::int64_t> bad;           ///< their steps
};

/// Puts rows and folders in agreement after a start (the run's lock is held by `writer`): half-written folders go, whole ones
/// without a row are adopted.
void reconcile(storage::RunWriter& writer, std::vector<storage::CheckpointRow>& rows);

/// The newest good checkpoint at or before `from` (< 0: the newest). Throws exit 5 "ckpt.none" if there is none.
ChosenCheckpoint choose(const std::filesystem::path& runFolder, const std::vector<storage::CheckpointRow>& rows, std::int64_t from);

}  // namespace moescope::app
