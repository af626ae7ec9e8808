// From compared runs to lines and rows: means with their bands, the numbers of the table. Pure.
#pragma once

#include <QString>

#include <optional>
#include <string>
#include <vector>

#include "plots/chart_data.hpp"
#include "ui/compare_grouping.hpp"

namespace moescope::ui {

/// One line of the table: of a run, or the mean over a group's runs.
struct CompareNumbers {
    double step = telemetry::kNone, valLast = telemetry::kNone, valBest = telemetry::kNone, effective = telemetry::kNone, params = telemetry::kNone,
           flops = telemetry::kNone, tokensPerSecond = telemetry::kNone;
};
/// What a run's curve of the chosen metric was: "@last", "@min", "@max", or "@at" the x that is given; NaN when unknown.
double curveNumber(const ComparedRun& run, const std::string& which, double x);
CompareNumbers numbersOf(const ComparedRun& run);
CompareNumbers meanOf(const std::vector<CompareNumbers>& numbers);

/// One entry for each group that was read: its first run under the group's name, with the mean of the domains' losses.
std::vector<CompareEntry> representatives(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups);

/// What the band of a group shows: the 95 % bootstrap interval of its mean, one standard deviation of its runs to either side,
/// its least and greatest run, or nothing.
enum class Band { interval, deviation, range, none };

/// Mean and band over the runs at the points of the first, as far as all of them reach; linear between points.
plots::Points meanPoints(const std::vector<const ComparedRun*>& runs, Band band);

/// The line of a group: its mean with a band, or its run; nothing when none of its runs has a point to draw. `baseline` is an
/// index of entries or -1.
std::optional<plots::Curve> groupCurve(const std::vector<CompareEntry>& entries, const CompareGroup& group, int baseline, const CompareMetric& metric, Band band);
/// One lane for each value of the facet, ascending; every lane has the baseline.
struct FacetLane {
    RunValue facet;
    plots::Lane lane;
};
std::vector<FacetLane> compareLanes(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, Band band);

}  // namespace moescope::ui
