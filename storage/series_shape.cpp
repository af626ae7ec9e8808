// Shapes of series.
#include "storage/series_shape.hpp"

#include "core/base/error.hpp"

namespace moescope::storage {

using telemetry::Metric;
using telemetry::Shape;

namespace {

[[noreturn]] void refuse(const Metric& metric, std::int64_t width, const std::string& why) {
    throw base::Error(base::ExitCode::corrupt, "store.shape", "metric " + std::string(metric.name) + " has " + std::to_string(width) + " values" + why,
                      "telemetry", "set the run's facts (layers, domains) before the first report; if they are set, report a defect");
}

void addRest(SeriesInfo& info, const Metric& metric, std::int64_t width, std::string_view dimension) {
    std::int64_t known = 1;
    for (const std::int64_t size : info.sizes) known *= size;
    if (known == 0 || width % known != 0) refuse(metric, width, ", not a multiple of " + std::to_string(known));
    info.dimensions.emplace_back(dimension);
    info.sizes.push_back(width / known);
}

}  // namespace

SeriesRow scalarSeries(std::string_view name, std::string_view unit, bool evaluation) {
    SeriesRow row;
    row.info.name = name;
    row.info.unit = unit;
    row.info.evaluation = evaluation;
    return row;
}

SeriesRow seriesFor(const Metric& metric, std::int64_t width, const RunFacts& facts, bool evaluation) {
    SeriesRow row = scalarSeries(metric.name, metric.unit, evaluation);
    row.info.width = width;
    if (metric.shape == Shape::scalar) return row;
    row.bytesPerValue = evaluation ? 8 : 4;
    if (metric.shape != Shape::domain) {
        row.info.dimensions = {"layer"};
        row.info.sizes = {static_cast<std::int64_t>(facts.moeLayers.size())};
    }
    switch (metric.shape) {
        case Shape::layer:
            if (row.info.sizes[0] != width) refuse(metric, width, ", but the run has " + std::to_string(row.info.sizes[0]) + " layers with experts");
            break;
        case Shape::layerExpert: addRest(row.info, metric, width, "expert"); break;
        case Shape::layerQuantile: addRest(row.info, metric, width, "quantile"); break;
        case Shape::layerPosition: addRest(row.info, metric, width, "position"); break;
        case Shape::layerDomainExpert:
            row.info.dimensions.emplace_back("domain");
            row.info.sizes.push_back(static_cast<std::int64_t>(facts.domains.size()));
            addRest(row.info, metric, width, "expert");
            break;
        case Shape::domain: addRest(row.info, metric, width, "domain"); break;
        case Shape::scalar: break;
    }
    return row;
}

}  // namespace moescope::storage
