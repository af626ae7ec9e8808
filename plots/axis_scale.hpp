// Axis scale: where a value stands on a linear, logarithmic or symmetric-logarithmic axis, and its ticks.
#pragma once

#include "plots/figures.hpp"

namespace moescope::plots {

enum class ScaleKind { Linear, Log, SymLog };

// Log: log10 v, minus infinity where v <= 0. SymLog: sign(v) log10(1 + |v| / threshold): nearly linear within the
// threshold, logarithmic beyond, and 0 and negative values have a place.
struct AxisScale {
    ScaleKind kind = ScaleKind::Linear;
    double threshold = 1;                              // > 0, SymLog only
    double to(double value) const;                     // place on the axis
    double from(double place) const;                   // its inverse
    bool operator==(const AxisScale&) const = default;
};

// Values inside [lo, hi] to write at the axis, about `most` of them. `plain` as in niceTicks.
Ticks scaleTicks(const AxisScale&, double lo, double hi, int most, bool plain = false);

// Times of day: seconds since 1970 UTC at whole seconds, minutes, hours or days of the local clock.
Ticks clockTicks(double lo, double hi, int most);
QString clockText(double seconds, double step = 1);    // "14:05:30"; whole minutes "14:05"; whole days "22 Nov"

// Power of ten at or below the smallest tenth of the magnitudes that are not 0; 1 when there are none.
double symLogThreshold(const std::vector<double>& values);

}  // namespace moescope::plots
