// Bootstrap, sign flips and Holm's correction.
#include "core/statistics/resampling.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/base/counter_random.hpp"

namespace moescope::statistics {
namespace {

constexpr std::uint64_t kSeed = 20'250'711;
enum Stream : std::uint32_t { resampleStream = 0x53AA, flipStream = 0x53AB };

base::RandomStream stream(Stream which) { return base::RandomStream({kSeed, base::Purpose::null, which, 0}); }

std::vector<double> resampled(std::size_t n, const Statistic& statistic, int resamples) {
    const base::RandomStream random = stream(resampleStream);
    std::vector<std::size_t> chosen(n);
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(resamples));
    std::uint64_t draw = 0;
    for (int i = 0; i < resamples; ++i) {
        for (std::size_t& index : chosen) index = static_cast<std::size_t>(random.below(draw++, n));
        values.push_back(statistic(chosen));
    }
    std::ranges::sort(values);
    return values;
}

/// The sample's numbers with each index left out once.
std::vector<double> jackknife(std::size_t n, const Statistic& statistic) {
    std::vector<double> values;
    for (std::size_t left = 0; left < n; ++left) {
        std::vector<std::size_t> rest;
        for (std::size_t i = 0; i < n; ++i)
            if (i != left) rest.push_back(i);
        values.push_back(statistic(rest));
    }
    return values;
}

double acceleration(std::span<const double> leftOut) {
    const double centre = mean(leftOut);
    double squares = 0, cubes = 0;
    for (const double value : leftOut) {
        squares += (centre - value) * (centre - value);
        cubes += (centre - value) * (centre - value) * (centre - value);
    }
    return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

/// z of the share of resamples below the sample's own number, ties counted half.
double bias(std::span<const double> ascending, double own) {
    const auto below = std::ranges::lower_bound(ascending, own) - ascending.begin(), upTo = std::ranges::upper_bound(ascending, own) - ascending.begin();
    return normalQuantile(0.5 * static_cast<double>(below + upTo) / static_cast<double>(ascending.size()));
}

double bcaShare(double z, double z0, double a) { return normalBelow(z0 + (z0 + z) / (1 - a * (z0 + z))); }

double sumOf(std::span<const double> differences, const auto& isFlipped) {
    double sum = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) sum += isFlipped(i) ? -differences[i] : differences[i];
    return std::abs(sum);
}

}  // namespace

double mean(std::span<const double> values) {
    return values.empty() ? kUnknown : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation(std::span<const double> values) {
    if (values.size() < 2) return kUnknown;
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double quantile(std::span<const double> ascending, double share) {
    const double place = share * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= ascending.size()) return ascending.back();
    return ascending[below] + (place - static_cast<double>(below)) * (ascending[below + 1] - ascending[below]);
}

double normalBelow(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normalQuantile(double probability) {
    if (probability <= 0) return -std::numeric_limits<double>::infinity();
    if (probability >= 1) return std::numeric_limits<double>::infinity();
    double low = -40, high = 40;
    for (int i = 0; i < 80; ++i) {
        const double middle = (low + high) / 2;
        (normalBelow(middle) < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

Interval bootstrap(std::size_t n, const Statistic& statistic, int resamples) {
    if (n < 2) return {};
    const std::vector<double> values = resampled(n, statistic, resamples);
    double low = (1 - kLevel) / 2, high = 1 - low;
    std::vector<std::size_t> all(n);
    std::iota(all.begin(), all.end(), 0);
    const double z0 = bias(values, statistic(all));
    if (n < kEnoughForBca || !std::isfinite(z0)) return {quantile(values, low), quantile(values, high), Method::percentile};
    const double a = acceleration(jackknife(n, statistic)), z = normalQuantile(high);
    return {quantile(values, bcaShare(-z, z0, a)), quantile(values, bcaShare(z, z0, a)), Method::bca};
}

Interval meanInterval(std::span<const double> values, int resamples) {
    return bootstrap(values.size(), [values](std::span<const std::size_t> chosen) {
        double sum = 0;
        for (const std::size_t index : chosen) sum += values[index];
        return sum / static_cast<double>(chosen.size());
    }, resamples);
}

std::vector<Interval> meanBand(const std::vector<std::vector<double>>& runs) {
    const std::size_t n = runs.size(), points = runs.empty() ? 0 : runs.front().size();
    std::vector<Interval> band(points);
    if (n < 2 || points == 0) return band;
    std::vector<double> means(std::clamp<std::size_t>(2'000'000 / (n * points), 200, 2000));
    const base::RandomStream random = stream(resampleStream);
    std::vector<std::size_t> chosen(means.size() * n);
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = static_cast<std::size_t>(random.below(i, n));
    for (std::size_t point = 0; point < points; ++point) {
        for (std::size_t i = 0; i < means.size(); ++i) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) sum += runs[chosen[i * n + k]][point];
            means[i] = sum / static_cast<double>(n);
        }
        std::ranges::sort(means);
        band[point] = {quantile(means, (1 - kLevel) / 2), quantile(means, (1 + kLevel) / 2), Method::percentile};
    }
    return band;
}

SignFlip signFlip(std::span<const double> differences) {
    const std::size_t n = differences.size();
    if (n == 0) return {};
    const double own = sumOf(differences, [](std::size_t) { return false; });
    double total = 0;
    for (const double difference : differences) total += std::abs(difference);
    const double least = own - 1e-12 * total;  // rounding must not split patterns of equal mean
    std::int64_t hits = 0;
    SignFlip test;
    test.exact = n <= kMostExactFlips;
    test.flips = test.exact ? std::int64_t{1} << n : kDrawnFlips;
    const base::RandomStream random = stream(flipStream);
    std::vector<base::RandomBlock> drawn((n + 127) / 128);  // one bit a sign
    for (std::int64_t flip = 0; flip < test.flips; ++flip) {
        const auto pattern = static_cast<std::uint64_t>(flip);
        if (!test.exact)
            for (std::size_t block = 0; block < drawn.size(); ++block) drawn[block] = random.bits(pattern * drawn.size() + block);
        hits += sumOf(differences, [&](std::size_t i) { return test.exact ? (pattern >> i & 1) != 0 : (drawn[i / 128][i % 128 / 32] >> i % 32 & 1) != 0; }) >= least;
    }
    const double counted = static_cast<double>(test.flips), found = static_cast<double>(hits);
    if (n >= 2) test.p = test.exact ? found / counted : (1 + found) / (1 + counted);
    test.smallest = test.exact ? 2 / counted : 1 / (1 + counted);
    return test;
}

std::size_t pairsToReach(double p) {
    std::size_t n = 1;
    while (std::ldexp(1.0, 1 - static_cast<int>(n)) > p) ++n;
    return n;
}

std::vector<double> holm(std::span<const double> p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (!std::isnan(p[i])) order.push_back(i);
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
    std::vector<double> adjusted(p.size(), kUnknown);
    double least = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        least = std::max(least, std::min(1.0, p[order[rank]] * static_cast<double>(order.size() - rank)));
        adjusted[order[rank]] = least;
    }
    return adjusted;
}

}  // namespace moescope::statistics
