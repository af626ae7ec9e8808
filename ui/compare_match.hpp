// Which expert of one run corresponds to which of another, by what they do with the tokens of the probe. Pure.
#pragma once

#include <QStringList>

#include <vector>

#include "core/telemetry/records.hpp"

namespace moescope::ui {

struct ExpertMatch {
    bool byTokens = false;             ///< both probes are the same text: matched token by token, else by domain
    std::vector<int> partner;          ///< [expert of A] expert of B, or -1
    std::vector<double> overlap;       ///< [expert of A] of the pair, 0..1 (below); 0 without a partner
    /// byTokens: share of the probe's tokens whose first choices are partners; else the mean over domains of the shared part of usage.
    double agreement = 0;
    double chance = 0;                 ///< the same after the tokens (or domains) of B were shuffled, mean of 20 shuffles, matched anew
    std::vector<double> usageA;        ///< [domain, expert of A]: share of the domain's kept assignments
    std::vector<double> usageB;        ///< [domain, place]: of B in the order of A's partners, then those without one
    std::vector<int> orderB;           ///< [place] expert of B; -1 where an expert of A has no partner
};

/// One MoE layer of each. The matching has the greatest sum of: tokens both chose first (overlap of a pair = those tokens over the tokens
/// that either chose), or the common part of their usage of each domain (overlap = that part over the larger of both).
ExpertMatch matchExperts(const telemetry::ProbeSnapshot& a, int layerA, const telemetry::ProbeSnapshot& b, int layerB, int domains);

}  // namespace moescope::ui
