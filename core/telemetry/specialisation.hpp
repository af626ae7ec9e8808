// What experts are about: information between experts and domains or tokens on a probe, with what chance would give.
#pragma once

#include <cstdint>
#include <vector>

#include "core/telemetry/records.hpp"

namespace moescope::telemetry {

/// One MoE layer of a probe; the expert of a token is its first choice unless said otherwise. Natural logarithms.
struct Specialisation {
    std::int64_t layer = 0;            ///< model layer
    double domainInformation = kNone;  ///< (I(expert; domain) - mean of the null) / H(domain), 0..1; NaN with one domain
    double domainNull95 = kNone;       ///< 95th percentile of the null after the same subtraction, / H(domain)
    double tokenInformation = kNone;   ///< the same with token ids in place of domains
    double tokenNull95 = kNone;
    double purity = kNone;             ///< share of tokens that lie in their expert's most frequent domain
    std::vector<std::vector<double>> share;             ///< [domain][expert]: share of the domain's tokens that chose the expert (all slots, so it sums to k); byWeight: of its combine weight, so it sums to 1
    bool byWeight = false;                              ///< every token chose every expert (dense mixtures, slots): who counts is told by the weights alone
    double expertsPerToken = kNone;                     ///< chosen, mean over tokens
    std::vector<std::vector<double>> coactivationLift;  ///< [expert][expert]: N_ij T / (N_i N_j); NaN where never chosen; empty for one slot
};

/// `domains` = number of domains; a snapshot of a text has none (0) and NaN for what needs them. The null permutes the labels of whole sequences (for tokens: of all positions) 200 times by
/// counter-based draws, so two calls agree. Thread: pure function.
Specialisation specialise(const ProbeSnapshot& probe, std::int32_t moeLayer, std::int64_t domains);

/// How often one expert takes a label, against chance.
struct LabelLift {
    std::int32_t label = 0;
    std::int64_t count = 0;   ///< tokens of the expert with this label
    double share = 0;         ///< of the expert's tokens
    double lift = 0;          ///< that share over the label's share of all routed tokens; 1 = as everywhere
    double null95 = 0;        ///< 95th percentile of the lift when labels are shuffled over tokens
};
/// One entry for each label that `expert` takes at least once, ascending by label. `experts` and `labels` [token]; -1 in `experts` =
/// routed nowhere, left out. block = 1: labels are shuffled one by one (the exact hypergeometric percentile); else in blocks of so many
/// tokens, 200 times, as in specialise(). Thread: pure function.
std::vector<LabelLift> labelLifts(const std::vector<std::int32_t>& experts, const std::vector<std::int32_t>& labels, std::int32_t expert, std::size_t block);

/// I(a; b) in nats from joint counts [rows][columns].
double mutualInformation(const std::vector<std::vector<std::int64_t>>& counts);

}  // namespace moescope::telemetry
