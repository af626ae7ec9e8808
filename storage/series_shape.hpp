// From a metric and the run's facts to the shape of its series.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/run_tables.hpp"

namespace moescope::storage {

/// Dimensions and sizes of a metric of `width` values; vectors of reports are float, all others double. Throws exit 5
/// "store.shape" when the width does not divide into the run's layers, domains and so on.
SeriesRow seriesFor(const telemetry::Metric& metric, std::int64_t width, const RunFacts& facts, bool evaluation);
/// A number per evaluation (or per report, for the axes).
SeriesRow scalarSeries(std::string_view name, std::string_view unit, bool evaluation);

}  // namespace moescope::storage
