// Counts experts against labels and compares with permuted labels.
#include "core/telemetry/specialisation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/counter_random.hpp"

namespace moescope::telemetry {
namespace {

constexpr int kDraws = 200;
using Counts = std::vector<std::vector<std::int64_t>>;
using Labels = std::vector<std::int32_t>;

double entropy(const std::vector<std::int64_t>& counts) {
    const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    double sum = 0;
    for (const std::int64_t count : counts)
        if (count > 0) sum -= static_cast<double>(count) / total * std::log(static_cast<double>(count) / total);
    return sum;
}

Counts count(const Labels& experts, const Labels& labels, std::int64_t expertCount, std::int64_t labelCount) {
    Counts counts(static_cast<std::size_t>(expertCount), std::vector<std::int64_t>(static_cast<std::size_t>(labelCount)));
    for (std::size_t i = 0; i < std::min(experts.size(), labels.size()); ++i)
        if (experts[i] >= 0) ++counts[static_cast<std::size_t>(experts[i])][static_cast<std::size_t>(labels[i])];
    return counts;
}

/// Labels with blocks of `block` tokens put in another order (Fisher-Yates by counter-based draws).
Labels permuted(const Labels& labels, std::size_t block, std::uint64_t draw) {
    std::vector<std::size_t> order(labels.size() / block);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const base::RandomKey key{0, base::Purpose::null, 0, draw};
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[base::below(key, i, i)]);
    Labels result;
    result.reserve(labels.size());
    for (const std::size_t at : order)
        result.insert(result.end(), labels.begin() + static_cast<std::ptrdiff_t>(at * block), labels.begin() + static_cast<std::ptrdiff_t>((at + 1) * block));
    result.insert(result.end(), labels.begin() + static_cast<std::ptrdiff_t>(result.size()), labels.end());
    return result;
}

struct Score {
    double information = kNone, null95 = kNone;
};

Score score(const Labels& experts, const Labels& labels, std::int64_t expertCount, std::int64_t labelCount, std::size_t block) {
    std::vector<std::int64_t> labelCounts(static_cast<std::size_t>(labelCount));
    for (const std::int32_t label : labels) ++labelCounts[static_cast<std::size_t>(label)];
    const double whole = entropy(labelCounts);
    if (whole <= 0) return {};
    std::vector<double> null;
    for (int draw = 0; draw < kDraws; ++draw)
        null.push_back(mutualInformation(count(experts, permuted(labels, block, static_cast<std::uint64_t>(draw)), expertCount, labelCount)));
    const double mean = std::accumulate(null.begin(), null.end(), 0.0) / kDraws;
    std::sort(null.begin(), null.end());
    const double found = mutualInformation(count(experts, labels, expertCount, labelCount));
    return {(found - mean) / whole, (null[kDraws * 95 / 100] - mean) / whole};
}

std::size_t slotAt(const ProbeSnapshot& p, std::int32_t layer, std::int32_t token, std::int32_t slot) {
    return (static_cast<std::size_t>(layer) * static_cast<std::size_t>(p.tokens) + static_cast<std::size_t>(token)) * static_cast<std::size_t>(p.slotsPerToken) + static_cast<std::size_t>(slot);
}

Labels firstChoices(const ProbeSnapshot& p, std::int32_t layer) {
    Labels first;
    for (std::int32_t t = 0; t < p.tokens; ++t) first.push_back(p.expertIds[slotAt(p, layer, t, 0)]);
    return first;
}

/// Token ids renumbered 0, 1, ... in order of first appearance.
Labels dense(const Labels& ids, std::int64_t& distinct) {
    std::map<std::int32_t, std::int32_t> seen;
    Labels result;
    for (const std::int32_t id : ids) result.push_back(seen.emplace(id, static_cast<std::int32_t>(seen.size())).first->second);
    distinct = static_cast<std::int64_t>(seen.size());
    return result;
}

double purityOf(const Counts& counts) {
    std::int64_t best = 0, all = 0;
    for (const auto& row : counts) {
        if (row.empty()) continue;
        best += *std::max_element(row.begin(), row.end());
        all += std::accumulate(row.begin(), row.end(), std::int64_t{0});
    }
    return all ? static_cast<double>(best) / static_cast<double>(all) : kNone;
}

/// Chosen experts of all tokens.
std::int64_t chosen(const ProbeSnapshot& p, std::int32_t layer) {
    const auto first = p.expertIds.begin() + static_cast<std::ptrdiff_t>(slotAt(p, layer, 0, 0));
    return std::count_if(first, first + static_cast<std::ptrdiff_t>(p.tokens) * p.slotsPerToken, [](std::int16_t e) { return e >= 0; });
}

std::vector<std::vector<double>> shares(const ProbeSnapshot& p, std::int32_t layer, std::int64_t domains, bool byWeight) {
    std::vector<std::vector<double>> share(static_cast<std::size_t>(domains), std::vector<double>(static_cast<std::size_t>(p.experts)));
    std::vector<double> size(static_cast<std::size_t>(domains));
    for (std::int32_t t = 0; t < static_cast<std::int32_t>(p.domains.size()); ++t) {
        const auto domain = static_cast<std::size_t>(p.domains[static_cast<std::size_t>(t)]);
        if (!byWeight) ++size[domain];
        for (std::int32_t s = 0; s < p.slotsPerToken; ++s) {
            const std::size_t at = slotAt(p, layer, t, s);
            if (p.expertIds[at] < 0) continue;
            const double counts = byWeight ? static_cast<double>(p.weights[at]) : 1;
            share[domain][static_cast<std::size_t>(p.expertIds[at])] += counts;
            if (byWeight) size[domain] += counts;
        }
    }
    for (std::size_t d = 0; d < share.size(); ++d)
        for (double& value : share[d]) value = size[d] > 0 ? value / size[d] : kNone;
    return share;
}

std::vector<std::vector<double>> lift(const ProbeSnapshot& p, std::int32_t layer) {
    const auto experts = static_cast<std::size_t>(p.experts);
    std::vector<std::vector<double>> pairs(experts, std::vector<double>(experts));
    for (std::int32_t t = 0; t < p.tokens; ++t)
        for (std::int32_t a = 0; a < p.slotsPerToken; ++a)
            for (std::int32_t b = 0; b < p.slotsPerToken; ++b) {
                const std::int16_t i = p.expertIds[slotAt(p, layer, t, a)], j = p.expertIds[slotAt(p, layer, t, b)];
                if (i >= 0 && j >= 0) ++pairs[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
            }
    std::vector<std::vector<double>> result(experts, std::vector<double>(experts, kNone));
    for (std::size_t i = 0; i < experts; ++i)
        for (std::size_t j = 0; j < experts; ++j)
            if (pairs[i][i] > 0 && pairs[j][j] > 0) result[i][j] = pairs[i][j] * p.tokens / (pairs[i][i] * pairs[j][j]);
    return result;
}

/// Smallest count that at least 95 % of draws do not exceed: `drawn` of `all` without putting back, `marked` of them marked.
double hypergeometric95(double all, double marked, double drawn) {
    const auto logChoose = [](double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); };
    double sum = 0;
    for (double count = std::max(0.0, marked + drawn - all); count < std::min(marked, drawn); ++count) {
        sum += std::exp(logChoose(marked, count) + logChoose(all - marked, drawn - count) - logChoose(all, drawn));
        if (sum >= 0.95) return count;
    }
    return std::min(marked, drawn);
}

std::map<std::int32_t, std::int64_t> countsOf(const Labels& experts, const Labels& labels, std::int32_t expert) {
    std::map<std::int32_t, std::int64_t> counts;
    for (std::size_t i = 0; i < experts.size(); ++i)
        if (experts[i] == expert) ++counts[labels[i]];
    return counts;
}

/// 95th percentile of the count of each label over shuffles of blocks.
std::map<std::int32_t, double> shuffled95(const Labels& experts, const Labels& labels, std::int32_t expert, std::size_t block) {
    std::map<std::int32_t, std::vector<std::int64_t>> draws;
    for (const std::int32_t label : labels) draws[label];
    for (int draw = 0; draw < kDraws; ++draw) {
        const auto counts = countsOf(experts, permuted(labels, block, static_cast<std::uint64_t>(draw)), expert);
        for (auto& [label, all] : draws) all.push_back(counts.contains(label) ? counts.at(label) : 0);
    }
    std::map<std::int32_t, double> level;
    for (auto& [label, all] : draws) {
        std::sort(all.begin(), all.end());
        level[label] = static_cast<double>(all[kDraws * 95 / 100]);
    }
    return level;
}

}  // namespace

std::vector<LabelLift> labelLifts(const Labels& experts, const Labels& labels, std::int32_t expert, std::size_t block) {
    std::map<std::int32_t, std::int64_t> whole;
    double routed = 0;
    for (std::size_t i = 0; i < experts.size(); ++i)
        if (experts[i] >= 0) {
            ++whole[labels[i]];
            ++routed;
        }
    const auto own = countsOf(experts, labels, expert);
    double size = 0;
    for (const auto& [label, count] : own) size += static_cast<double>(count);
    const auto blocks = block > 1 ? shuffled95(experts, labels, expert, block) : std::map<std::int32_t, double>();
    std::vector<LabelLift> lifts;
    for (const auto& [label, count] : own) {
        const double all = static_cast<double>(whole[label]), fair = size * all / routed;
        const double chance = block > 1 ? blocks.at(label) : hypergeometric95(routed, all, size);
        lifts.push_back({label, count, static_cast<double>(count) / size, static_cast<double>(count) / fair, chance / fair});
    }
    return lifts;
}

double mutualInformation(const std::vector<std::vector<std::int64_t>>& counts) {
    std::vector<std::int64_t> rows, columns(counts.empty() ? 0 : counts.front().size()), all;
    for (const auto& row : counts) {
        rows.push_back(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
        for (std::size_t c = 0; c < row.size(); ++c) columns[c] += row[c];
        all.insert(all.end(), row.begin(), row.end());
    }
    return entropy(rows) + entropy(columns) - entropy(all);
}

Specialisation specialise(const ProbeSnapshot& probe, std::int32_t moeLayer, std::int64_t domains) {
    Specialisation result;
    result.layer = probe.moeLayerIndex[static_cast<std::size_t>(moeLayer)];
    const Labels first = firstChoices(probe, moeLayer);
    const auto block = static_cast<std::size_t>(std::max(1, probe.sequenceLength));
    const Score byDomain = score(first, probe.domains, probe.experts, domains, block);
    result.domainInformation = byDomain.information;
    result.domainNull95 = byDomain.null95;
    if (!probe.tokenIds.empty()) {  // points of a plane have none
        std::int64_t distinct = 0;
        const Labels tokens = dense(probe.tokenIds, distinct);
        const Score byToken = score(first, tokens, probe.experts, distinct, 1);
        result.tokenInformation = byToken.information;
        result.tokenNull95 = byToken.null95;
    }
    result.purity = purityOf(count(first, probe.domains, probe.experts, domains));
    const std::int64_t all = chosen(probe, moeLayer);
    result.byWeight = probe.experts > 1 && probe.weights.size() == probe.expertIds.size() && all == static_cast<std::int64_t>(probe.tokens) * probe.experts;
    if (probe.tokens > 0) result.expertsPerToken = static_cast<double>(all) / probe.tokens;
    result.share = shares(probe, moeLayer, domains, result.byWeight);
    if (probe.slotsPerToken > 1) result.coactivationLift = lift(probe, moeLayer);
    return result;
}

}  // namespace moescope::telemetry
