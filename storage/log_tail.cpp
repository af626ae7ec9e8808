// Keeping the decoded log in step with the database.
#include "storage/log_tail.hpp"

#include <algorithm>

namespace moescope::storage {

void LogTail::refresh(Statements& statements, const Status& status) {
    if (status.generation != m_generation) {
        m_rows.clear();
        m_seq = 0;
        m_generation = status.generation;
    }
    while (!m_rows.empty() && m_rows.front().seq <= status.compactedSeq) m_rows.pop_front();
    m_seq = std::max(m_seq, status.compactedSeq);
    if (status.lastSeq <= m_seq) return;
    Rows rows(statements, "SELECT * FROM step_log WHERE seq > ? ORDER BY seq", m_seq);
    while (rows.next()) {
        requireRow(*rows, "step_log");
        m_rows.push_back({intColumn(*rows, "seq"), decodeLog(textColumn(*rows, "data"))});
    }
    m_seq = status.lastSeq;
}

template <class Visit> void LogTail::visit(const SeriesKey& series, Visit&& visit) const {
    for (const Row& row : m_rows) {
        const auto& blocks = row.row.blocks;   // by series id, as the writer makes them
        const auto block = std::lower_bound(blocks.begin(), blocks.end(), series.id, [](const LogBlock& b, std::int64_t id) { return b.seriesId < id; });
        if (block == blocks.end() || block->seriesId != series.id) continue;
        if (block->width != series.width || block->bytesPerValue != series.bytesPerValue) throw DecodeError("a log row and its series differ in width");
        visit(row, *block);
    }
}

Points LogTail::points(const SeriesKey& series, std::int64_t from, std::int64_t to) const {
    Points all;
    all.width = series.width;
    visit(series, [&](const Row& row, const LogBlock& block) {
        const auto& steps = row.row.axes[block.axis];
        if (steps.empty() || steps.back() < from || steps.front() > to) return;
        Points part;
        appendPoints(row.row, block, part);
        const auto begin = std::lower_bound(steps.begin(), steps.end(), from) - steps.begin(), end = std::upper_bound(steps.begin(), steps.end(), to) - steps.begin();
        append(all, slice(part, static_cast<std::size_t>(begin), static_cast<std::size_t>(end)));
    });
    return all;
}

Points LogTail::pointsAfter(const SeriesKey& series, std::int64_t seq) const {
    Points all;
    all.width = series.width;
    visit(series, [&](const Row& row, const LogBlock& block) {
        if (row.seq > seq) appendPoints(row.row, block, all);
    });
    return all;
}

std::int64_t LogTail::count(const SeriesKey& series, std::int64_t from, std::int64_t to) const {
    std::int64_t count = 0;
    visit(series, [&](const Row& row, const LogBlock& block) {
        const auto& steps = row.row.axes[block.axis];
        count += std::upper_bound(steps.begin(), steps.end(), to) - std::lower_bound(steps.begin(), steps.end(), from);
    });
    return count;
}

std::int64_t LogTail::lastStep(const SeriesKey& series) const {
    std::int64_t last = -1;
    visit(series, [&](const Row& row, const LogBlock& block) {
        if (!row.row.axes[block.axis].empty()) last = row.row.axes[block.axis].back();
    });
    return last;
}

}  // namespace moescope::storage
