// The best one-to-one matching of n rows to n columns: how the hidden units of two experts are laid over each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace moescope::training {

/// `score` [n, n], row-major, finite. Returns the column of each row so that the sum of scores is largest, by the Hungarian
/// method with potentials (Kuhn 1955; Jonker and Volgenant 1987): O(n^3), exact, ties always broken the same way.
std::vector<std::int64_t> bestMatching(std::span<const double> score, std::int64_t n);

}  // namespace moescope::training
