// Balanced k-means on directions: every cluster takes equally many rows, the best fitting pairs first.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/conversion/conversion.hpp"

namespace moescope::conversion {
namespace {

using Matrix = std::vector<double>;   // row-major

/// Rows of length 1; a row of zeros stays.
Matrix directions(const std::vector<float>& rows, std::size_t count, std::size_t width) {
    Matrix out(rows.begin(), rows.end());
    for (std::size_t row = 0; row < count; ++row) {
        double squares = 0;
        for (std::size_t i = 0; i < width; ++i) squares += out[row * width + i] * out[row * width + i];
        if (squares > 0)
            for (std::size_t i = 0; i < width; ++i) out[row * width + i] /= std::sqrt(squares);
    }
    return out;
}

double product(const double* one, const double* other, std::size_t width) { return std::inner_product(one, one + width, other, 0.0); }

/// Row 0, then each time the row least like any taken so far.
Matrix farApart(const Matrix& rows, std::size_t count, std::size_t width, std::size_t clusters) {
    Matrix centres(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(width));
    std::vector<double> nearest(count, -2);
    for (std::size_t cluster = 1; cluster < clusters; ++cluster) {
        const double* last = centres.data() + (cluster - 1) * width;
        for (std::size_t row = 0; row < count; ++row) nearest[row] = std::max(nearest[row], product(rows.data() + row * width, last, width));
        const auto next = static_cast<std::size_t>(std::ranges::min_element(nearest) - nearest.begin());
        centres.insert(centres.end(), rows.begin() + static_cast<std::ptrdiff_t>(next * width), rows.begin() + static_cast<std::ptrdiff_t>((next + 1) * width));
    }
    return centres;
}

std::vector<std::int64_t> assign(const Matrix& rows, const Matrix& centres, std::size_t count, std::size_t width, std::size_t clusters) {
    struct Pair {
        double likeness;
        std::size_t row, cluster;
    };
    std::vector<Pair> pairs;
    for (std::size_t row = 0; row < count; ++row)
        for (std::size_t cluster = 0; cluster < clusters; ++cluster) pairs.push_back({product(rows.data() + row * width, centres.data() + cluster * width, width), row, cluster});
    std::ranges::stable_sort(pairs, std::greater<>(), &Pair::likeness);
    std::vector<std::int64_t> cluster(count, -1);
    std::vector<std::size_t> left(clusters, count / clusters);
    for (const Pair& pair : pairs) {
        if (cluster[pair.row] >= 0 || left[pair.cluster] == 0) continue;
        cluster[pair.row] = static_cast<std::int64_t>(pair.cluster);
        --left[pair.cluster];
    }
    return cluster;
}

Matrix means(const Matrix& rows, const std::vector<std::int64_t>& cluster, std::size_t width, std::size_t clusters) {
    Matrix centres(clusters * width, 0.0);
    for (std::size_t row = 0; row < cluster.size(); ++row)
        for (std::size_t i = 0; i < width; ++i) centres[static_cast<std::size_t>(cluster[row]) * width + i] += rows[row * width + i];
    return centres;
}

Matrix unit(const Matrix& rows, std::size_t width) { return directions(std::vector<float>(rows.begin(), rows.end()), rows.size() / width, width); }

}  // namespace

std::vector<std::int64_t> balancedClusters(const std::vector<float>& values, std::int64_t rowCount, std::int64_t rowWidth, std::int64_t clusterCount, int rounds) {
    const auto count = static_cast<std::size_t>(rowCount), width = static_cast<std::size_t>(rowWidth), clusters = static_cast<std::size_t>(clusterCount);
    const Matrix rows = directions(values, count, width);
    std::vector<std::int64_t> cluster = assign(rows, farApart(rows, count, width, clusters), count, width, clusters);
    for (int round = 1; round < rounds; ++round) {
        std::vector<std::int64_t> next = assign(rows, unit(means(rows, cluster, width, clusters), width), count, width, clusters);
        if (next == cluster) break;
        cluster = std::move(next);
    }
    return cluster;
}

}  // namespace moescope::conversion
