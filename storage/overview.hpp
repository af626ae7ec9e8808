// A series as few points: whole values when they are few, else buckets from the level of the pyramid that fits.
#pragma once

#include "storage/chunk_table.hpp"
#include "storage/log_tail.hpp"
#include "storage/run_reader.hpp"

namespace moescope::storage {

/// Reads at most about 16 x maxPoints stored items, however long the series is.
SeriesData readOverview(ChunkReader& chunks, const LogTail& tail, const SeriesKey& series, const SeriesQuery& query);

/// Element `element` of each point; all when negative.
Points pick(Points points, std::int64_t element);
SeriesData toData(Points points);

}  // namespace moescope::storage
