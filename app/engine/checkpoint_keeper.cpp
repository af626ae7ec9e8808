// Saves, enters, retires and chooses checkpoints.
#include "app/engine/checkpoint_keeper.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace moescope::app {
namespace {

using storage::CheckpointRow;

constexpr std::size_t kRewindPoints = 8;

CheckpointRow rowOf(const checkpoint::SavedCheckpoint& saved) {
    CheckpointRow row;
    row.step = saved.step;
    row.folder = saved.folder;
    row.bytes = static_cast<std::int64_t>(saved.bytes);
    row.createdUs = base::wallMicroseconds();
    row.manifestHash = base::hex(saved.manifestHash);
    return row;
}

bool good(const CheckpointRow& row) { return row.state == "good" || row.state == "verified"; }

std::vector<checkpoint::KnownCheckpoint> known(const std::vector<CheckpointRow>& rows) {
    std::vector<checkpoint::KnownCheckpoint> list;
    for (const CheckpointRow& row : rows) list.push_back({row.step, row.pinned, good(row)});
    return list;
}

/// What a person can choose from: "there are 200, 400".
std::string steps(const std::vector<CheckpointRow>& rows) {
    std::string text;
    for (const CheckpointRow& row : rows)
        if (good(row)) text += (text.empty() ? "there are " : ", ") + std::to_string(row.step);
    return text.empty() ? "start the run again" : text;
}

void replaceRow(std::vector<CheckpointRow>& rows, CheckpointRow row) {
    std::erase_if(rows, [&](const CheckpointRow& old) { return old.step == row.step; });
    rows.push_back(std::move(row));
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
}

std::filesystem::path checkpointsOf(const std::filesystem::path& runFolder) { return runFolder / "checkpoints"; }

}  // namespace

CheckpointKeeper::CheckpointKeeper(std::filesystem::path runFolder, std::int64_t keep, std::vector<CheckpointRow> rows)
    : m_folder(checkpointsOf(runFolder)), m_keep(keep), m_rows(std::move(rows)), m_files(checkpoint::checkpointFiles()) {
    std::filesystem::create_directories(m_folder);
}

CheckpointRow CheckpointKeeper::save(std::int64_t step, const checkpoint::CheckpointContents& contents, storage::StoreSink& sink) {
    if (m_files->exists(m_folder / checkpoint::folderName(step))) checkpoint::removeCheckpoint(*m_files, m_folder, step);
    const CheckpointRow row = rowOf(checkpoint::save(*m_files, m_folder, step, contents));
    sink.transact([&](storage::RunWriter& writer) { writer.addCheckpoint(row); });
    replaceRow(m_rows, row);
    retain(sink);
    return row;
}

bool CheckpointKeeper::folderExists() const { return m_files->exists(m_folder); }

std::int64_t CheckpointKeeper::newest() const {
    std::int64_t step = -1;
    for (const CheckpointRow& row : m_rows)
        if (good(row)) step = std::max(step, row.step);
    return step;
}

std::vector<std::int64_t> CheckpointKeeper::rewindPoints() const {
    std::error_code failed;
    const std::filesystem::space_info disk = std::filesystem::space(m_folder, failed);
    const auto room = failed ? 0 : static_cast<std::int64_t>(std::min<std::uintmax_t>(disk.available, std::numeric_limits<std::int64_t>::max()));
    std::vector<std::int64_t> out;
    std::int64_t bytes = 0;
    for (auto step = m_guarded.rbegin(); step != m_guarded.rend() && out.size() < kRewindPoints; ++step) {
        const auto row = std::ranges::find(m_rows, *step, &CheckpointRow::step);
        if (row == m_rows.end() || !good(*row)) continue;
        bytes += row->bytes;
        if (!out.empty() && bytes > room) break;
        out.push_back(*step);
    }
    return out;
}

void CheckpointKeeper::remove(std::int64_t step, storage::StoreSink& sink) {
    checkpoint::removeCheckpoint(*m_files, m_folder, step);
    sink.transact([&](storage::RunWriter& writer) { writer.removeCheckpoint(step); });
    std::erase_if(m_rows, [&](const CheckpointRow& row) { return row.step == step; });
}

void CheckpointKeeper::retain(storage::StoreSink& sink) {
    std::vector<checkpoint::KnownCheckpoint> all = known(m_rows);
    const std::vector<std::int64_t> points = rewindPoints();
    for (checkpoint::KnownCheckpoint& row : all) row.pinned = row.pinned || std::ranges::find(points, row.step) != points.end();
    for (const std::int64_t step : checkpoint::planRetention(std::move(all), static_cast<int>(m_keep))) {
        sink.transact([&](storage::RunWriter& writer) { writer.markCheckpoint(step, "deleting"); });
        remove(step, sink);
    }
}

ChosenCheckpoint CheckpointKeeper::atOrBefore(std::int64_t step) const { return choose(m_folder.parent_path(), m_rows, step); }

void CheckpointKeeper::disown(std::int64_t step, storage::StoreSink& sink) {
    sink.transact([&](storage::RunWriter& writer) {
        for (const CheckpointRow& row : m_rows)
            if (row.step > step) writer.markCheckpoint(row.step, "deleting");
    });
    for (CheckpointRow& row : m_rows)
        if (row.step > step) row.state = "deleting";
}

void CheckpointKeeper::removeDisowned(storage::StoreSink& sink) {
    std::vector<std::int64_t> gone;
    for (const CheckpointRow& row : m_rows)
        if (row.state == "deleting") gone.push_back(row.step);
    for (const std::int64_t step : gone) remove(step, sink);
}

void abandonAfter(storage::RunWriter& writer, std::vector<CheckpointRow>& rows, std::int64_t step) {
    std::vector<std::int64_t> gone;
    for (const CheckpointRow& row : rows)
        if (row.step > step) gone.push_back(row.step);
    for (const std::int64_t at : gone) writer.markCheckpoint(at, "deleting");
    writer.commit();
    for (const std::int64_t at : gone) {
        checkpoint::removeCheckpoint(base::realFiles(), checkpointsOf(writer.runFolder()), at);
        writer.removeCheckpoint(at);
    }
    writer.commit();
    std::erase_if(rows, [&](const CheckpointRow& row) { return row.step > step; });
}

void reconcile(storage::RunWriter& writer, std::vector<CheckpointRow>& rows) {
    const std::filesystem::path folder = checkpointsOf(writer.runFolder());
    std::filesystem::create_directories(folder);
    const checkpoint::Reconciled found = checkpoint::reconcile(base::realFiles(), folder, known(rows));
    for (const checkpoint::SavedCheckpoint& saved : found.adopt) {
        writer.addCheckpoint(rowOf(saved));
        replaceRow(rows, rowOf(saved));
    }
    for (const std::int64_t step : found.bad) {
        writer.markCheckpoint(step, "bad");
        for (CheckpointRow& row : rows)
            if (row.step == step) row.state = "bad";
    }
    writer.commit();
}

ChosenCheckpoint choose(const std::filesystem::path& runFolder, const std::vector<CheckpointRow>& rows, std::int64_t from) {
    std::vector<std::string> complaints;
    std::vector<std::int64_t> bad;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (!good(*row) || (from >= 0 && row->step > from)) continue;
        try {
            return {checkpoint::load(checkpointsOf(runFolder) / row->folder, base::parseHash128(row->manifestHash)), complaints, bad};
        } catch (const base::Error& error) {
            if (error.exit() != base::ExitCode::corrupt) throw;
            complaints.push_back("Checkpoint " + std::to_string(row->step) + " is damaged (" + error.happened() + "); an earlier one is used.");
            bad.push_back(row->step);
        }
    }
    throw base::Error(base::ExitCode::corrupt, "ckpt.none", from < 0 ? "no good checkpoint" : "no good checkpoint at or before step " + std::to_string(from),
                      runFolder.string(), steps(rows));
}

}  // namespace moescope::app
