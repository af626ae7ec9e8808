// Entropies of small sources, exactly: expected visits of an absorbing chain and entropies of distributions, in nats.
#pragma once

#include <span>
#include <vector>

namespace moescope::data {

/// x with matrix x = right; row-major [n, n], regular. Gaussian elimination with row pivots.
std::vector<double> solve(std::vector<double> matrix, std::vector<double> right);

/// Expected visits of each transient state: start[i] = chance to begin in i, moves[i, j] = chance to go from i to j,
/// each row sums to less than 1 somewhere along every path (the rest is absorption).
std::vector<double> expectedVisits(std::span<const double> moves, std::span<const double> start);

/// -sum p ln p over entries > 0.
double entropy(std::span<const double> probabilities);

/// Running sums of the weights divided by their total: the last one is 1.
std::vector<double> cumulative(std::span<const double> weights);

}  // namespace moescope::data
