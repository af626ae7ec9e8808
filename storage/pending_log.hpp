// Values that wait for the next commit, column-wise.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "storage/codec.hpp"
#include "storage/run_tables.hpp"

namespace moescope::storage {

class PendingLog {
public:
    void add(const SeriesRow& series, std::int64_t step, double value);
    void add(const SeriesRow& series, std::int64_t step, std::span<const float> values);
    void add(const SeriesRow& series, std::int64_t step, std::span<const double> values);

    bool empty() const { return m_columns.empty(); }
    std::int64_t bytes() const { return m_bytes; }
    std::int64_t firstStep() const { return m_first; }
    std::int64_t lastStep() const { return m_last; }
    LogRow row() const;
    void clear() { *this = {}; }

private:
    struct Column {
        SeriesKey key;
        std::vector<std::int64_t> steps;
        std::string values;
    };
    Column& column(const SeriesRow& series, std::int64_t step);

    std::map<std::int64_t, Column> m_columns;
    std::int64_t m_bytes = 0, m_first = kLastStep, m_last = -1;
};

}  // namespace moescope::storage
