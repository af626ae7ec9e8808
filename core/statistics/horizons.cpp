// Cutting the curves and comparing again.
#include "core/statistics/horizons.hpp"

#include <algorithm>

namespace moescope::statistics {
namespace {

Curve upTo(const Curve& curve, double end) {
    const auto count = static_cast<std::size_t>(std::ranges::upper_bound(curve.x, end) - curve.x.begin());
    return {{curve.x.begin(), curve.x.begin() + static_cast<std::ptrdiff_t>(count)}, {curve.y.begin(), curve.y.begin() + static_cast<std::ptrdiff_t>(count)}};
}

}  // namespace

std::vector<HorizonSavings> savingsOverHorizons(const std::vector<Group>& groups, const Comparison& whole, std::span<const double> shares) {
    std::vector<HorizonSavings> found;
    for (const double share : shares) {
        std::vector<Group> cut = groups;
        const double end = share >= 1 ? whole.horizon : whole.horizon * share;
        for (Group& group : cut)
            for (Member& member : group.members) member.curve = upTo(member.curve, end);
        const auto answer = compare(cut, whole.baseline, whole.question);
        const auto* there = std::get_if<Comparison>(&answer);
        if (!there) continue;
        HorizonSavings savings{share, there->horizon, {}};
        for (const Pair& pair : there->pairs) savings.pairs.push_back(pair.savings.value_or(Savings()));
        found.push_back(std::move(savings));
    }
    return found;
}

}  // namespace moescope::statistics
