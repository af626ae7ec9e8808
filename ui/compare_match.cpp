// Counting, matching, and what chance would give.
#include "ui/compare_match.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "core/statistics/assignment.hpp"

namespace moescope::ui {
namespace {

using telemetry::ProbeSnapshot;

constexpr int kShuffles = 20;

std::size_t cell(const ProbeSnapshot& probe, int layer, int token, int slot) {
    return (static_cast<std::size_t>(layer) * static_cast<std::size_t>(probe.tokens) + static_cast<std::size_t>(token)) * static_cast<std::size_t>(probe.slotsPerToken) + static_cast<std::size_t>(slot);
}

std::vector<int> firstChoices(const ProbeSnapshot& probe, int layer) {
    std::vector<int> first;
    for (int token = 0; token < probe.tokens; ++token) first.push_back(probe.expertIds[cell(probe, layer, token, 0)]);
    return first;
}

/// [domain, expert]: share of the domain's kept assignments.
std::vector<double> usageOf(const ProbeSnapshot& probe, int layer, int domains) {
    const auto experts = static_cast<std::size_t>(probe.experts);
    std::vector<double> usage(static_cast<std::size_t>(domains) * experts, 0.0);
    for (int token = 0; token < probe.tokens; ++token) {
        const int domain = probe.domains[static_cast<std::size_t>(token)];
        if (domain < 0 || domain >= domains) continue;
        for (int slot = 0; slot < probe.slotsPerToken; ++slot) {
            const std::size_t at = cell(probe, layer, token, slot);
            if (probe.kept[at] != 0 && probe.expertIds[at] >= 0) ++usage[static_cast<std::size_t>(domain) * experts + static_cast<std::size_t>(probe.expertIds[at])];
        }
    }
    for (int domain = 0; domain < domains; ++domain) {
        const auto row = usage.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(domain) * experts);
        const double sum = std::accumulate(row, row + probe.experts, 0.0);
        if (sum > 0) std::for_each(row, row + probe.experts, [sum](double& share) { share /= sum; });
    }
    return usage;
}

/// Gains, and for each pair the whole of which the gain is a part.
struct Gains {
    std::size_t a = 0, b = 0;
    std::vector<double> gain, whole;   ///< [expert of A, expert of B]
    double total = 1;                  ///< what all gains together could reach
};

Gains tokenGains(const std::vector<int>& first, const std::vector<int>& second, int expertsA, int expertsB) {
    Gains gains{static_cast<std::size_t>(expertsA), static_cast<std::size_t>(expertsB), {}, {}, static_cast<double>(std::max<std::size_t>(1, first.size()))};
    gains.gain.assign(gains.a * gains.b, 0.0);
    std::vector<double> countA(gains.a, 0.0), countB(gains.b, 0.0);
    for (std::size_t token = 0; token < first.size(); ++token) {
        if (first[token] >= 0) ++countA[static_cast<std::size_t>(first[token])];
        if (second[token] >= 0) ++countB[static_cast<std::size_t>(second[token])];
        if (first[token] >= 0 && second[token] >= 0) ++gains.gain[static_cast<std::size_t>(first[token]) * gains.b + static_cast<std::size_t>(second[token])];
    }
    for (std::size_t i = 0; i < gains.a; ++i)
        for (std::size_t j = 0; j < gains.b; ++j) gains.whole.push_back(countA[i] + countB[j] - gains.gain[i * gains.b + j]);
    return gains;
}

Gains domainGains(const std::vector<double>& usageA, const std::vector<double>& usageB, int expertsA, int expertsB, const std::vector<int>& domains) {
    Gains gains{static_cast<std::size_t>(expertsA), static_cast<std::size_t>(expertsB), {}, {}, static_cast<double>(std::max<std::size_t>(1, domains.size()))};
    for (std::size_t i = 0; i < gains.a; ++i)
        for (std::size_t j = 0; j < gains.b; ++j) {
            double both = 0, either = 0;
            for (std::size_t d = 0; d < domains.size(); ++d) {
                const double one = usageA[d * gains.a + i], other = usageB[static_cast<std::size_t>(domains[d]) * gains.b + j];
                both += std::min(one, other);
                either += std::max(one, other);
            }
            gains.gain.push_back(both);
            gains.whole.push_back(either);
        }
    return gains;
}

double reached(const Gains& gains, const std::vector<int>& partner) {
    double sum = 0;
    for (std::size_t i = 0; i < gains.a; ++i)
        if (partner[i] >= 0) sum += gains.gain[i * gains.b + static_cast<std::size_t>(partner[i])];
    return sum / gains.total;
}

template <class GainsOf>
double byChance(std::vector<int> labels, const GainsOf& gainsOf) {
    std::mt19937_64 random(20);   // fixed: the same probes give the same number
    double sum = 0;
    for (int shuffle = 0; shuffle < kShuffles; ++shuffle) {
        for (std::size_t i = labels.size(); i > 1; --i) std::swap(labels[i - 1], labels[random() % i]);
        const Gains gains = gainsOf(labels);
        sum += reached(gains, statistics::bestAssignment(gains.gain, gains.a, gains.b));
    }
    return sum / kShuffles;
}

/// B's experts in the order of A's, those without a partner last, and its usage in that order.
void align(ExpertMatch& match, const std::vector<double>& usageB, int expertsB, int domains) {
    match.orderB = match.partner;
    for (int expert = 0; expert < expertsB; ++expert)
        if (std::ranges::find(match.partner, expert) == match.partner.end()) match.orderB.push_back(expert);
    for (int domain = 0; domain < domains; ++domain)
        for (const int expert : match.orderB)
            match.usageB.push_back(expert < 0 ? telemetry::kNone : usageB[static_cast<std::size_t>(domain) * static_cast<std::size_t>(expertsB) + static_cast<std::size_t>(expert)]);
}

}  // namespace

ExpertMatch matchExperts(const ProbeSnapshot& a, int layerA, const ProbeSnapshot& b, int layerB, int domains) {
    ExpertMatch match;
    match.byTokens = a.tokens > 0 && !a.tokenIds.empty() && a.tokenIds == b.tokenIds;  // points of planes have no ids
    match.usageA = usageOf(a, layerA, domains);
    const std::vector<double> usageB = usageOf(b, layerB, domains);
    const std::vector<int> first = firstChoices(a, layerA), second = firstChoices(b, layerB);
    const auto tokens = [&](const std::vector<int>& choices) { return tokenGains(first, choices, a.experts, b.experts); };
    const auto overDomains = [&](const std::vector<int>& order) { return domainGains(match.usageA, usageB, a.experts, b.experts, order); };
    std::vector<int> order(static_cast<std::size_t>(domains));
    std::iota(order.begin(), order.end(), 0);
    const Gains gains = match.byTokens ? tokens(second) : overDomains(order);
    match.partner = statistics::bestAssignment(gains.gain, gains.a, gains.b);
    for (std::size_t i = 0; i < gains.a; ++i) {
        const std::size_t at = i * gains.b + static_cast<std::size_t>(std::max(0, match.partner[i]));
        match.overlap.push_back(match.partner[i] >= 0 && gains.whole[at] > 0 ? gains.gain[at] / gains.whole[at] : 0);
    }
    match.agreement = reached(gains, match.partner);
    match.chance = match.byTokens ? byChance(second, tokens) : byChance(order, overDomains);
    align(match, usageB, b.experts, domains);
    return match;
}

}  // namespace moescope::ui
