// Gaussian elimination and sums.
#include "core/data/domains/entropy.hpp"

#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace moescope::data {

namespace {

std::size_t pivotRow(const std::vector<double> &matrix, std::size_t n, std::size_t column) {
    std::size_t best = column;
    for (std::size_t row = column + 1; row < n; ++row)
        if (std::fabs(matrix[row * n + column]) > std::fabs(matrix[best * n + column])) best = row;
    return best;
}

void swapRows(std::vector<double> &matrix, std::vector<double> &right, std::size_t n, std::size_t a, std::size_t b) {
    if (a == b) return;
    for (std::size_t k = 0; k < n; ++k)
        std::swap(matrix[a * n + k], matrix[b * n + k]);
    std::swap(right[a], right[b]);
}

}  // namespace

std::vector<double> solve(std::vector<double> matrix, std::vector<double> right) {
    const std::size_t n = right.size();
    for (std::size_t column = 0; column < n; ++column) {
        swapRows(matrix, right, n, column, pivotRow(matrix, n, column));
        for (std::size_t row = column + 1; row < n; ++row) {
            const double factor = matrix[row * n + column] / matrix[column * n + column];
            if (factor == 0) continue;
            for (std::size_t k = column; k < n; ++k)
                matrix[row * n + k] -= factor * matrix[column * n + k];
            right[row] -= factor * right[column];
        }
    }
    for (std::size_t row = n; row-- > 0;) {
        for (std::size_t k = row + 1; k < n; ++k)
            right[row] -= matrix[row * n + k] * right[k];
        right[row] /= matrix[row * n + row];
    }
    return right;
}

std::vector<double> expectedVisits(std::span<const double> moves, std::span<const double> start) {
    const std::size_t n = start.size();
    std::vector<double> matrix(n * n);
    for (std::size_t from = 0; from < n; ++from)
        for (std::size_t to = 0; to < n; ++to)
            matrix[to * n + from] = (from == to ? 1.0 : 0.0) - moves[from * n + to];
    return solve(std::move(matrix), std::vector<double>(start.begin(), start.end()));
}

double entropy(std::span<const double> probabilities) {
    double sum = 0;
    for (const double p : probabilities)
        if (p > 0) sum -= p * std::log(p);
    return sum;
}

std::vector<double> cumulative(std::span<const double> weights) {
    std::vector<double> sums(weights.size());
    std::partial_sum(weights.begin(), weights.end(), sums.begin());
    const double total = sums.empty() ? 1 : sums.back();
    for (double &sum : sums)
        sum /= total;
    return sums;
}

}  // namespace moescope::data
