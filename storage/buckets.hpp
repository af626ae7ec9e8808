// Points of a series and their buckets of minimum, maximum and mean: the arithmetic of the pyramid.
//
// Sixteen neighbours make one bucket of the next level. Only finite values count; a bucket element without any is NaN.
// Means are weighted by the number of finite values and rounded to the series' format at every level, so that a pyramid
// built in one go and one built over restarts have the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moescope::storage {

inline constexpr std::int64_t kPyramidFactor = 16;
inline constexpr int kPyramidLevels = 8;

/// steps [n], values [n][width].
struct Points {
    std::int64_t width = 1;
    std::vector<std::int64_t> steps;
    std::vector<double> values;
    std::size_t size() const { return steps.size(); }
    bool operator==(const Points&) const = default;
};

/// first, last [n] steps; minimum, maximum, mean, finite [n][width]; count [n] = points a bucket covers.
struct Buckets {
    std::int64_t width = 1;
    std::vector<std::int64_t> first, last, count;
    std::vector<double> minimum, maximum, mean;
    std::vector<std::uint32_t> finite;
    std::size_t size() const { return first.size(); }
};

void append(Points& into, const Points& more, std::size_t from = 0);
void append(Buckets& into, const Buckets& more, std::size_t from = 0);
Points slice(const Points& points, std::size_t from, std::size_t to);
Buckets slice(const Buckets& buckets, std::size_t from, std::size_t to);

/// Each point as a bucket of its own.
Buckets unitBuckets(const Points& points);
/// Items [from, to) of `items` as one bucket at the end of `into`; means rounded to float when bytesPerValue is 4, kept in
/// double when it is 8.
void mergeInto(Buckets& into, const Buckets& items, std::size_t from, std::size_t to, int bytesPerValue);

/// Over all elements: for the columns vmin, vmax and nonfinite.
struct Extremes {
    double minimum, maximum;
    std::int64_t nonfinite;
};
Extremes extremes(const Points& points);
Extremes extremes(const Buckets& buckets);

}  // namespace moescope::storage
