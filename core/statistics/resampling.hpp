// Means, bootstrap intervals and the exact sign-flip test for a handful of seeds.
//
// Pure functions of finite numbers; every random draw is a function of a fixed seed, so the same numbers give the same
// answer on every machine. A value that cannot be known from so few numbers is NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace moescope::statistics {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kLevel = 0.95;             ///< of every interval
inline constexpr int kResamples = 10'000;
inline constexpr std::size_t kEnoughForBca = 8;    ///< below, intervals are percentile and rough
inline constexpr std::size_t kMostExactFlips = 16; ///< above, flips are drawn
inline constexpr std::int64_t kDrawnFlips = 100'000;

double mean(std::span<const double> values);               ///< NaN for none
double deviation(std::span<const double> values);          ///< sample standard deviation (n - 1); NaN below two values
/// Linear between order statistics (Hyndman and Fan's type 7); `ascending` not empty, share in [0, 1].
double quantile(std::span<const double> ascending, double share);
double normalBelow(double z);                              ///< standard normal distribution function
double normalQuantile(double probability);                 ///< its inverse for (0, 1); +-infinity at the ends

enum class Method { none, percentile, bca };

/// 95 % interval; `none` (both ends NaN) below two values.
struct Interval {
    double low = kUnknown, high = kUnknown;
    Method method = Method::none;
    bool rough() const { return method == Method::percentile; }
    bool known() const { return method != Method::none; }
};

/// A number computed from the chosen indexes of a sample; indexes may repeat.
using Statistic = std::function<double(std::span<const std::size_t>)>;

/// Draws n of n indexes with replacement, `resamples` times. n >= 8: bias-corrected and accelerated (Efron, "Better
/// bootstrap confidence intervals", JASA 1987); below: percentiles. Percentiles too where all resamples lie on one side.
Interval bootstrap(std::size_t n, const Statistic& statistic, int resamples = kResamples);
Interval meanInterval(std::span<const double> values, int resamples = kResamples);

/// Percentile intervals of the mean at every point, `runs` [run][point]: for a picture. The resamples are shared by all points and
/// fewer where there are many points (2000 down to 200). Method none below two runs.
std::vector<Interval> meanBand(const std::vector<std::vector<double>>& runs);

/// Two-sided test of "the sign of each paired difference is a coin" on the mean.
struct SignFlip {
    double p = kUnknown;            ///< share of sign patterns whose mean is at least as far from 0; NaN for fewer than two
    double smallest = kUnknown;     ///< what p cannot fall below with so many pairs: 2^(1-n) when exact
    std::int64_t flips = 0;         ///< patterns counted: 2^n, or kDrawnFlips above 16 pairs
    bool exact = true;              ///< false: drawn with a fixed seed, p = (1 + hits) / (1 + flips)
};
SignFlip signFlip(std::span<const double> differences);

/// Fewest pairs with which p can reach `p`: 6 for 0.05.
std::size_t pairsToReach(double p);

/// Holm's step-down correction (Scand. J. Statistics 1979): adjusted p values in the order given; NaN stays and is not counted.
std::vector<double> holm(std::span<const double> p);

}  // namespace moescope::statistics
