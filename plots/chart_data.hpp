// Chart data: the plain values that line panels draw.
#pragma once

#include "plots/figures.hpp"
#include "plots/series.hpp"
#include "plots/theme.hpp"

#include <QString>

#include <optional>
#include <vector>

namespace moescope::plots {

// Train: raw faint with the smoothed line on it. Validation: open circles, at most 12 on screen. Domain: thin grey,
// only the extremes labelled. Statistic: 2 px. Second: dashed, another statistic of the same run. Baseline: dashed in
// text colour. Run: 2 px with a label at its end (Compare).
enum class CurveRole { Train, Validation, Domain, Statistic, Second, Baseline, Run };

struct Curve {
    QString id;                       // stable key and CSV column, e.g. "train_loss"
    QString name;                     // what people read, e.g. "train"
    CurveRole role = CurveRole::Statistic;
    Ink ink = Ink::run(0);
    Points points;                    // low/high present: drawn as a band behind the line
    bool smoothed = false;            // follows the panel's smoothing (Train and Run curves of noisy things)
    double spacing = 0;               // x distance at which the smoothing weight holds; 0 = median spacing
    bool endLabel = false;            // name at the line's end
    bool nameOnLine = false;          // name above the line, early in the picture
    double width = 0;                 // pen in px; 0 = as its role says
    bool inReadout = true;            // named with its value under the title
    QString readoutName;              // there; empty = name
    Figure figure = Figure::Auto;
    QString unit;                     // after the value: "%"
    bool operator==(const Curve&) const = default;
};

struct ReferenceLine {                // what a uniform router or chance would give
    double y = 0;
    QString label;                    // "1/8 = fair share"
    bool operator==(const ReferenceLine&) const = default;
};

struct Area {                         // a count over time, filled below (idle experts)
    QString id, name;
    Points points;                    // step-left
    Ink ink{Ink::Amber, 0, 0, {}};
    bool operator==(const Area&) const = default;
};

struct Band {                         // between two curves: quantiles
    QString id, name;
    std::vector<double> x, low, high;
    Ink ink{Ink::Text3, 0, 0, {}};
    double opacity = 0.18;
    bool operator==(const Band&) const = default;
};

struct YAxis {
    std::optional<double> lo, hi;     // fixed ends; otherwise from the data
    bool zero = false;                // starts at 0
    bool operator==(const YAxis&) const = default;
};

// Quantities of one unit over a common y axis.
struct Lane {
    QString name;                     // right-aligned inside the lane; empty when the title says it
    double stretch = 1;
    std::vector<Curve> curves;
    std::vector<ReferenceLine> references;
    std::vector<Area> areas;
    std::vector<Band> bands;
    YAxis y;
    bool operator==(const Lane&) const = default;
};

// Router logits over time: quantiles over tokens and experts, and the mean of one chosen expert. All vectors as long
// as x; the expert's may be empty.
struct FanData {
    std::vector<double> x, p05, p25, p50, p75, p95;
    int expert = -1, experts = 0;     // -1 = none chosen
    std::vector<double> expertMean;
    bool operator==(const FanData&) const = default;
};

}  // namespace moescope::plots
