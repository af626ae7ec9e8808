// Averages, decimation, label placement, extents.
#include "plots/series.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

namespace moescope::plots {

std::vector<double> movingAverage(std::span<const double> x, std::span<const double> y, double weight, double unit) {
    std::vector<double> out(y.size(), std::numeric_limits<double>::quiet_NaN());
    const double perX = std::log(std::clamp(weight, 1e-12, 0.999999)) / unit;
    double sum = 0, mass = 0, before = 0;
    for (size_t i = 0; i < y.size(); ++i) {
        if (!std::isfinite(y[i])) continue;
        const double keep = mass == 0 ? weight : std::exp(perX * (x[i] - before));
        sum = keep * sum + (1 - keep) * y[i];
        mass = keep * mass + (1 - keep);
        before = x[i];
        out[i] = mass > 0 ? sum / mass : y[i];
    }
    return out;
}

double medianSpacing(std::span<const double> x) {
    if (x.size() < 2) return 1;
    std::vector<double> gaps(x.size() - 1);
    for (size_t i = 1; i < x.size(); ++i) gaps[i - 1] = x[i] - x[i - 1];
    const auto middle = gaps.begin() + std::ptrdiff_t(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    return *middle > 0 ? *middle : 1;
}

Points decimate(std::span<const double> x, std::span<const double> y, double lo, double hi, int columns) {
    Points out;
    const auto begin = std::lower_bound(x.begin(), x.end(), lo) - x.begin();
    const auto end = std::upper_bound(x.begin(), x.end(), hi) - x.begin();
    const auto first = size_t(std::max<std::ptrdiff_t>(0, begin - 1));
    const auto last = std::min(x.size(), size_t(end) + 1);
    const auto put = [&](size_t i) { out.x.push_back(x[i]), out.y.push_back(y[i]); };
    const double perColumn = columns > 0 ? (hi - lo) / columns : 0;
    const bool thin = perColumn > 0 && last - first > size_t(2 * columns);
    size_t least = last, greatest = last;
    std::int64_t column = std::numeric_limits<std::int64_t>::min();
    const auto flush = [&] {
        if (least == last) return;
        put(std::min(least, greatest));
        if (least != greatest) put(std::max(least, greatest));
        least = greatest = last;
    };
    for (size_t i = first; i < last; ++i) {
        if (!std::isfinite(y[i])) continue;
        if (!thin) {
            put(i);
            continue;
        }
        const auto here = std::int64_t(std::floor((x[i] - lo) / perColumn));
        if (here != column) flush();
        column = here;
        if (least == last || y[i] < y[least]) least = i;
        if (greatest == last || y[i] > y[greatest]) greatest = i;
    }
    flush();
    return out;
}

int nearestIndex(std::span<const double> x, double at) {
    if (x.empty()) return -1;
    const auto above = std::lower_bound(x.begin(), x.end(), at);
    if (above == x.begin()) return 0;
    if (above == x.end()) return int(x.size()) - 1;
    const auto i = above - x.begin();
    return int(at - x[size_t(i - 1)] <= x[size_t(i)] - at ? i - 1 : i);
}

std::vector<double> pushApart(std::vector<double> centres, double gap, double lo, double hi) {
    // Blocks of touching labels share their mean shift; merged from the top until none overlap.
    std::vector<size_t> order(centres.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return centres[a] < centres[b]; });
    struct Block {
        double sum;   // of wished positions of the block's first label
        size_t count;
        double start(double g, double l, double h) const {
            const double s = sum / double(count);
            return std::max(l, std::min(s, h - g * double(count - 1)));
        }
    };
    std::vector<Block> blocks;
    for (const size_t i : order) {
        blocks.push_back({centres[i], 1});
        while (blocks.size() > 1) {
            Block& above = blocks[blocks.size() - 2];
            const Block& below = blocks.back();
            if (above.start(gap, lo, hi) + gap * double(above.count) <= below.start(gap, lo, hi)) break;
            above.sum += below.sum - gap * double(above.count * below.count);
            above.count += below.count;
            blocks.pop_back();
        }
    }
    size_t at = 0;
    for (const Block& block : blocks)
        for (size_t k = 0; k < block.count; ++k) centres[order[at++]] = block.start(gap, lo, hi) + gap * double(k);
    return centres;
}

void Extent::add(double v) {
    if (!std::isfinite(v)) return;
    lo = valid ? std::min(lo, v) : v;
    hi = valid ? std::max(hi, v) : v;
    valid = true;
}

void Extent::add(const Extent& other) {
    if (!other.valid) return;
    add(other.lo);
    add(other.hi);
}

Extent extentOf(std::span<const double> values) {
    Extent extent;
    for (const double v : values) extent.add(v);
    return extent;
}

Extent extentWithoutOutliers(std::span<const double> values) {
    std::vector<double> finite;
    std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](double v) { return std::isfinite(v); });
    if (finite.size() < 20) return extentOf(values);
    const auto quantile = [&](double q) {
        const auto at = finite.begin() + std::ptrdiff_t(q * double(finite.size() - 1));
        std::nth_element(finite.begin(), at, finite.end());
        return *at;
    };
    const double low = quantile(0.01), high = quantile(0.99), margin = (high - low) / 10;
    const Extent all = extentOf(values);
    return {std::max(all.lo, low - margin), std::min(all.hi, high + margin), true};
}

}  // namespace moescope::plots
