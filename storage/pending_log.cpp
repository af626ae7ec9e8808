// Columns of a commit.
#include "storage/pending_log.hpp"

#include <algorithm>

namespace moescope::storage {

PendingLog::Column& PendingLog::column(const SeriesRow& series, std::int64_t step) {
    Column& column = m_columns[series.info.id];
    column.key = series.key();
    column.steps.push_back(step);
    m_bytes += static_cast<std::int64_t>(sizeof step) + series.info.width * series.bytesPerValue;
    m_first = std::min(m_first, step);
    m_last = std::max(m_last, step);
    return column;
}

void PendingLog::add(const SeriesRow& series, std::int64_t step, double value) { add(series, step, std::span<const double>(&value, 1)); }

void PendingLog::add(const SeriesRow& series, std::int64_t step, std::span<const double> values) {
    putValues(column(series, step).values, {values.begin(), values.end()}, series.bytesPerValue);
}

void PendingLog::add(const SeriesRow& series, std::int64_t step, std::span<const float> values) {
    if (series.bytesPerValue == 4) column(series, step).values.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    else putValues(column(series, step).values, {values.begin(), values.end()}, series.bytesPerValue);
}

LogRow PendingLog::row() const {
    LogRow row;
    for (const auto& [id, column] : m_columns) {
        const auto known = std::find(row.axes.begin(), row.axes.end(), column.steps);
        const auto axis = static_cast<std::uint32_t>(known - row.axes.begin());
        if (known == row.axes.end()) row.axes.push_back(column.steps);
        row.blocks.push_back({id, axis, column.key.bytesPerValue, column.key.width, column.values});
    }
    return row;
}

}  // namespace moescope::storage
