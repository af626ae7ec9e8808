// The newest rows of table step_log, decoded and kept by a reader until they become chunks.
#pragma once

#include <cstdint>
#include <deque>

#include "storage/codec.hpp"
#include "storage/run_tables.hpp"

namespace moescope::storage {

class LogTail {
public:
    /// Brings the tail up to `status`, inside the caller's read transaction.
    void refresh(Statements& statements, const Status& status);

    Points points(const SeriesKey& series, std::int64_t from, std::int64_t to) const;
    /// Points of rows with a seq above `seq`.
    Points pointsAfter(const SeriesKey& series, std::int64_t seq) const;
    std::int64_t count(const SeriesKey& series, std::int64_t from, std::int64_t to) const;
    std::int64_t lastStep(const SeriesKey& series) const;   ///< -1 when it has none here

private:
    struct Row {
        std::int64_t seq = 0;
        LogRow row;
    };
    template <class Visit> void visit(const SeriesKey& series, Visit&& visit) const;

    std::deque<Row> m_rows;
    std::int64_t m_seq = 0, m_generation = 0;
};

}  // namespace moescope::storage
