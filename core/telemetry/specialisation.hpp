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
    std::vector<std::vector<double>> share;             ///< [domain][expert]: share of the domain's tokens that chose the expert (all slots, so it sums to k)
    std::vector<std::vector<double>> coactivationLift;  ///< [expert][expert]: N_ij T / (N_i N_j); NaN where never chosen; empty for one slot
};

/// `domains` = number of domains. The null permutes the labels of whole sequences (for tokens: of all positions) 200 times by
/// counter-based draws, so two calls agree. Thread: pure function.
Specialisation specialise(const ProbeSnapshot& probe, std::int32_t moeLayer, std::int64_t domains);

/// I(a; b) in nats from joint counts [rows][columns].
double mutualInformation(const std::vector<std::vector<std::int64_t>>& counts);

}  // namespace moescope::telemetry
