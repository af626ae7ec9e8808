// Merging neighbours into buckets.
#include "storage/buckets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::storage {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <class T> void appendRange(std::vector<T>& into, const std::vector<T>& more, std::size_t from, std::size_t to) {
    into.insert(into.end(), more.begin() + static_cast<std::ptrdiff_t>(from), more.begin() + static_cast<std::ptrdiff_t>(to));
}

void appendPart(Buckets& into, const Buckets& more, std::size_t from, std::size_t to) {
    const auto w = static_cast<std::size_t>(more.width);
    into.width = more.width;
    appendRange(into.first, more.first, from, to);
    appendRange(into.last, more.last, from, to);
    appendRange(into.count, more.count, from, to);
    appendRange(into.minimum, more.minimum, from * w, to * w);
    appendRange(into.maximum, more.maximum, from * w, to * w);
    appendRange(into.mean, more.mean, from * w, to * w);
    appendRange(into.finite, more.finite, from * w, to * w);
}

struct Element {
    double minimum = std::numeric_limits<double>::infinity(), maximum = -minimum, sum = 0;
    std::uint64_t finite = 0;
};

Element mergeElement(const Buckets& items, std::size_t from, std::size_t to, std::size_t element) {
    Element all;
    for (std::size_t i = from; i < to; ++i) {
        const std::size_t at = i * static_cast<std::size_t>(items.width) + element;
        const std::uint32_t finite = items.finite[at];
        if (finite == 0) continue;
        all.minimum = std::min(all.minimum, items.minimum[at]);
        all.maximum = std::max(all.maximum, items.maximum[at]);
        all.sum += items.mean[at] * finite;
        all.finite += finite;
    }
    return all;
}

// A mean lies between its extremes; the sum of numbers near the largest double may not.
double meanOf(const Element& e, int bytesPerValue) {
    const double mean = std::clamp(e.sum / static_cast<double>(e.finite), e.minimum, e.maximum);
    return bytesPerValue == 4 ? static_cast<double>(static_cast<float>(mean)) : mean;
}

}  // namespace

void append(Points& into, const Points& more, std::size_t from) {
    into.width = more.width;
    appendRange(into.steps, more.steps, from, more.size());
    appendRange(into.values, more.values, from * static_cast<std::size_t>(more.width), more.values.size());
}

void append(Buckets& into, const Buckets& more, std::size_t from) { appendPart(into, more, from, more.size()); }

Points slice(const Points& points, std::size_t from, std::size_t to) {
    Points part;
    const auto w = static_cast<std::size_t>(points.width);
    part.width = points.width;
    appendRange(part.steps, points.steps, from, to);
    appendRange(part.values, points.values, from * w, to * w);
    return part;
}

Buckets slice(const Buckets& buckets, std::size_t from, std::size_t to) {
    Buckets part;
    appendPart(part, buckets, from, to);
    return part;
}

Buckets unitBuckets(const Points& points) {
    Buckets units;
    units.width = points.width;
    units.first = units.last = points.steps;
    units.count.assign(points.size(), 1);
    units.finite.reserve(points.values.size());
    units.mean.reserve(points.values.size());
    for (const double value : points.values) {
        units.finite.push_back(std::isfinite(value) ? 1 : 0);
        units.mean.push_back(std::isfinite(value) ? value : kNan);
    }
    units.minimum = units.maximum = units.mean;
    return units;
}

void mergeInto(Buckets& into, const Buckets& items, std::size_t from, std::size_t to, int bytesPerValue) {
    into.width = items.width;
    into.first.push_back(items.first[from]);
    into.last.push_back(items.last[to - 1]);
    std::int64_t count = 0;
    for (std::size_t i = from; i < to; ++i) count += items.count[i];
    into.count.push_back(count);
    for (std::size_t element = 0; element < static_cast<std::size_t>(items.width); ++element) {
        const Element all = mergeElement(items, from, to, element);
        into.minimum.push_back(all.finite ? all.minimum : kNan);
        into.maximum.push_back(all.finite ? all.maximum : kNan);
        into.mean.push_back(all.finite ? meanOf(all, bytesPerValue) : kNan);
        into.finite.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(all.finite, UINT32_MAX)));
    }
}

Extremes extremes(const Points& points) { return extremes(unitBuckets(points)); }

Extremes extremes(const Buckets& buckets) {
    Extremes all{kNan, kNan, 0};
    const auto w = static_cast<std::size_t>(buckets.width);
    for (std::size_t at = 0; at < buckets.finite.size(); ++at) {
        all.nonfinite += buckets.count[at / w] - buckets.finite[at];
        if (buckets.finite[at] == 0) continue;
        all.minimum = std::isnan(all.minimum) ? buckets.minimum[at] : std::min(all.minimum, buckets.minimum[at]);
        all.maximum = std::isnan(all.maximum) ? buckets.maximum[at] : std::max(all.maximum, buckets.maximum[at]);
    }
    return all;
}

}  // namespace moescope::storage
