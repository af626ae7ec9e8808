// What Compare can draw: the losses and every metric of the step or of a layer, with names and units.
#pragma once

#include <QString>

#include <string>
#include <vector>

namespace moescope::ui {

/// What picks one curve out of a stored series.
enum class MetricPart { none, layer, domain };

struct CompareMetric {
    std::string series;      ///< name in the store
    QString title, unit, help;
    MetricPart part = MetricPart::none;
    bool noisy = false;      ///< follows the smoothing
};

/// Losses first, then what routers do, then the rest; from the one list of metrics.
const std::vector<CompareMetric>& compareMetrics();
/// Index of the series, or 0 (validation loss).
int compareMetricIndex(const std::string& series);

}  // namespace moescope::ui
