// Savings against the length of training: the comparison repeated as if all runs had stopped earlier.
#pragma once

#include <span>
#include <vector>

#include "core/statistics/comparison.hpp"

namespace moescope::statistics {

struct HorizonSavings {
    double share = 1;                     ///< of the whole comparison's horizon
    double horizon = kUnknown;            ///< on the axis, as compare() found it there
    std::vector<Savings> pairs;           ///< in the order of the comparison's pairs; share NaN where nothing can be said
};

/// What compare() says of the runs cut off at each share of `whole`'s horizon. A share at which there is nothing to compare is left
/// out. `groups` and `baseline` are those that gave `whole`. Pure.
std::vector<HorizonSavings> savingsOverHorizons(const std::vector<Group>& groups, const Comparison& whole, std::span<const double> shares);

inline constexpr double kHorizonShares[] = {0.25, 0.5, 0.75, 1.0};

}  // namespace moescope::statistics
