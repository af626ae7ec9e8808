// Routing over the router's head: what of it a layer's spec is told.
#include "core/training/live_trainer.hpp"

#include <algorithm>

namespace moescope::training {

namespace {

routing::Oracle oracleOf(const std::string& word) {
    if (word == "round_robin") return routing::Oracle::roundRobin;
    return word == "random" ? routing::Oracle::random : routing::Oracle::none;
}

}  // namespace

// Rigs, offsets, kills, oracles and pins of a layer, as its router takes them.
void LiveTrainer::overrule(std::size_t layer) {
    routing::RouterSpec& spec = m_specs[layer];
    spec.rig = m_progress.rigs[layer];
    const std::vector<double>& offsets = m_progress.offsets[layer];
    if (!offsets.empty()) spec.rig.resize(offsets.size(), 0);
    for (std::size_t e = 0; e < offsets.size(); ++e) spec.rig[e] += offsets[e];
    spec.killed = m_progress.killed[layer];
    spec.pins = m_progress.pins[layer];
    spec.oracle = oracleOf(m_progress.oracles[layer]);
    if (spec.oracle == routing::Oracle::none) return;
    const std::vector<std::int64_t> silent = absent(layer);
    for (std::int64_t e = 0; e < spec.experts; ++e)
        if (!std::ranges::binary_search(silent, e)) spec.oracleExperts.push_back(e);
}

}  // namespace moescope::training
