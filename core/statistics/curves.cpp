// Values, crossings and the common horizon of curves.
#include "core/statistics/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::statistics {

Curve finitePart(std::span<const double> x, std::span<const double> y) {
    Curve curve;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
        curve.x.push_back(x[i]);
        curve.y.push_back(y[i]);
    }
    return curve;
}

Curve smoothed(Curve curve, double weight) {
    double sum = 0, share = 0;
    for (double& y : curve.y) {
        sum = weight * sum + (1 - weight) * y;
        share = weight * share + (1 - weight);
        y = sum / share;
    }
    return curve;
}

std::optional<double> valueAt(const Curve& curve, double x) {
    const auto after = std::ranges::lower_bound(curve.x, x);
    if (after == curve.x.end()) return std::nullopt;
    const auto i = static_cast<std::size_t>(after - curve.x.begin());
    if (*after == x) return curve.y[i];
    if (i == 0) return std::nullopt;
    return curve.y[i - 1] + (x - curve.x[i - 1]) / (curve.x[i] - curve.x[i - 1]) * (curve.y[i] - curve.y[i - 1]);
}

std::optional<double> firstCrossing(const Curve& curve, double target, double horizon) {
    std::size_t below = 0;
    for (std::size_t i = 0; i < curve.x.size() && curve.x[i] <= horizon; ++i) {
        below = curve.y[i] <= target ? below + 1 : 0;
        if (below == kStay) return curve.x[i + 1 - kStay];
    }
    return std::nullopt;
}

std::optional<double> greatestCommon(const std::vector<const Curve*>& curves) {
    if (curves.empty()) return std::nullopt;
    const std::vector<double>& first = curves.front()->x;
    const auto everywhere = [&](double x) { return std::ranges::all_of(curves, [x](const Curve* curve) { return std::ranges::binary_search(curve->x, x); }); };
    const auto found = std::find_if(first.rbegin(), first.rend(), everywhere);
    return found == first.rend() ? std::nullopt : std::optional(*found);
}

std::optional<double> commonReach(const std::vector<const Curve*>& curves) {
    double begin = -std::numeric_limits<double>::infinity(), end = std::numeric_limits<double>::infinity();
    for (const Curve* curve : curves) {
        if (curve->x.empty()) return std::nullopt;
        begin = std::max(begin, curve->x.front());
        end = std::min(end, curve->x.back());
    }
    return curves.empty() || begin > end ? std::nullopt : std::optional(end);
}

}  // namespace moescope::statistics
