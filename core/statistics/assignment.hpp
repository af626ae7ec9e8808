// Optimal one-to-one matching: which expert of one run corresponds to which of another.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace moescope::statistics {

/// `gain` [rows, columns], finite. Gives each row at most one column and each column at most one row so that the sum of gains is the
/// greatest possible; the smaller side is matched whole. Result: the column of each row, -1 for none. O(n^2 m) (Kuhn, "The Hungarian
/// method for the assignment problem", 1955, in the form with potentials and shortest augmenting paths). Pure.
std::vector<int> bestAssignment(std::span<const double> gain, std::size_t rows, std::size_t columns);

}  // namespace moescope::statistics
