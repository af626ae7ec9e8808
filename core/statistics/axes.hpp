// What each axis says about the same pair: better per FLOP and slower per second are both true of many a mixture.
#pragma once

#include <string>

#include "core/statistics/comparison.hpp"

namespace moescope::statistics {

/// One sentence on a pair of groups compared over FLOPs and over seconds: what it takes to reach the baseline's final loss on
/// each, with the intervals there are, and which axis is in favour. Empty when neither comparison knows savings.
std::string axesSentence(const Comparison& flops, const Comparison& seconds, std::size_t group);

}  // namespace moescope::statistics
