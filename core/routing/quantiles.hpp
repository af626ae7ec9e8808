// Exact quantiles of many numbers without sorting them.
#pragma once

#include "core/tensor.hpp"

#include <span>
#include <vector>

namespace moescope::routing {

/// Minimum, the quantiles `q` (in [0, 1], ascending; linear between neighbours, at q (n - 1)), maximum of all values of
/// `parts`, as float64 on their device. CPU: a histogram of the leading bits, then a sort of the few bins that matter.
at::Tensor quantilesOf(const std::vector<at::Tensor>& parts, std::span<const double> q);
at::Tensor quantilesByTensors(const std::vector<at::Tensor>& parts, std::span<const double> q);

}  // namespace moescope::routing
