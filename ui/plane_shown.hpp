// From a stored plane to what the Plane view shows: maps, one point's card, the table. Pure: no widget, no file.
#pragma once

#include <QStringList>

#include <vector>

#include "core/telemetry/records.hpp"
#include "plots/plane_map.hpp"
#include "plots/plot_export.hpp"

namespace moescope::ui {

/// The values that the sequential scale spans: of the targets, or of the classes.
struct PlaneScale {
    double low = 0, high = 1;
    bool classes = false;
    int outputs = 1;
    /// Place of a value on the scale, 0..1; of class c: (c + 0.5) / classes.
    double level(double value) const;
};
PlaneScale scaleOf(const telemetry::PlaneSnapshot& plane);

/// Who decides where: the likeliest expert's colour, as strong as its probability; `solo` >= 0: that expert's alone.
plots::PlaneMapData gateMap(const telemetry::PlaneSnapshot& plane, int solo);
/// What one expert would answer, as strong as the gate trusts it there; `own` = all of it, everywhere.
plots::PlaneMapData expertMap(const telemetry::PlaneSnapshot& plane, int expert, bool everywhere);
/// The mixture's answer.
plots::PlaneMapData outputMap(const telemetry::PlaneSnapshot& plane);
/// Where it errs: regions pale, points by their loss, the scale ending at the 95th percentile `most`.
plots::PlaneMapData lossMap(const telemetry::PlaneSnapshot& plane, double& most);
void addTargets(plots::PlaneMapData& map, const telemetry::PlaneSnapshot& plane);

/// Share of the points at which an expert is the likeliest, [expert].
std::vector<double> sharesOfPoints(const telemetry::PlaneSnapshot& plane);

struct PlanePoint {
    double x = 0, y = 0;
    std::vector<double> probabilities, weights;  ///< [expert]
    std::vector<QString> answers;                ///< [expert] "0.42", "class 1, 93 %"
    QString answer;                              ///< of the mixture
    int nearest = -1;                            ///< data point within 0.06, or -1
    bool operator==(const PlanePoint&) const = default;
};
/// The numbers of the cell that (x, y) lies in.
PlanePoint pointAt(const telemetry::PlaneSnapshot& plane, double x, double y);

/// Every data point: place, target, loss, and what gate and mixture make of its cell.
plots::Table pointTable(const telemetry::PlaneSnapshot& plane);

}  // namespace moescope::ui
