// Questions to one evaluated curve: its value at a point, and where it first falls to a loss and stays.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace moescope::statistics {

/// Evaluations in ascending x (steps, tokens, FLOPs or seconds); finite, as long as each other.
struct Curve {
    std::vector<double> x, y;
};

/// Leaves out points whose x or y is not finite.
Curve finitePart(std::span<const double> x, std::span<const double> y);
/// Exponential moving average without start-up bias; weight 0 leaves the curve as it is, in [0, 1).
Curve smoothed(Curve curve, double weight);
/// Linear between evaluations, exact on them; nothing outside the curve.
std::optional<double> valueAt(const Curve& curve, double x);

inline constexpr std::size_t kStay = 3;
/// x of the first evaluation from which `kStay` in a row, none after `horizon`, are at or below `target`; nothing when that never
/// happens up to the horizon (censored: the true crossing is greater than the horizon, or unconfirmed).
std::optional<double> firstCrossing(const Curve& curve, double target, double horizon);

/// The greatest x that is an evaluation of every curve; nothing when they share none.
std::optional<double> greatestCommon(const std::vector<const Curve*>& curves);
/// The smallest of the curves' last x, if every curve has begun by then.
std::optional<double> commonReach(const std::vector<const Curve*>& curves);

}  // namespace moescope::statistics
