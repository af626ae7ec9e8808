// Series: the pure arithmetic between stored points and drawn lines.
#pragma once

#include <span>
#include <vector>

namespace moescope::plots {

// One curve: x ascending. low/high are empty or as long as x (a band, or the min and max of a bucket).
// NaN or infinite y is a measurement that went wrong: it is drawn as a mark, never as a hole.
struct Points {
    std::vector<double> x, y, low, high;
    bool empty() const { return x.empty(); }
    bool operator==(const Points&) const = default;
};

// Debiased exponential moving average weighted by distance in x:
//   d_i = weight^((x_i - x_{i-1}) / unit), s_i = d_i s_{i-1} + (1 - d_i) y_i, c_i likewise of 1, out = s_i / c_i,
// with d_0 = weight. weight in [0, 1); unit > 0 is the x distance at which `weight` holds. Non-finite y is skipped (out NaN).
std::vector<double> movingAverage(std::span<const double> x, std::span<const double> y, double weight, double unit);
double medianSpacing(std::span<const double> x);   // 1 for fewer than two points

// At most two points per column (the least and the greatest, in order of x) for `columns` columns over [lo, hi];
// the nearest point on either side of the range is kept so that lines leave the picture correctly. Non-finite y is dropped.
Points decimate(std::span<const double> x, std::span<const double> y, double lo, double hi, int columns);

// Index of the point nearest to x, or -1 when empty.
int nearestIndex(std::span<const double> x, double at);

// Moves label centres apart to at least `gap`, inside [lo, hi], keeping their order and the shifts small.
std::vector<double> pushApart(std::vector<double> centres, double gap, double lo, double hi);

struct Extent {
    double lo = 0, hi = 0;
    bool valid = false;
    void add(double v);                            // ignores non-finite values
    void add(const Extent&);
    bool operator==(const Extent&) const = default;
};
Extent extentOf(std::span<const double> values);
Extent extentWithoutOutliers(std::span<const double> values);  // 1st to 99th percentile, with a tenth of it as margin

}  // namespace moescope::plots
