// Routing over the router's head: oracles and pinned domains, and what of all that a layer's spec is told.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/training/command_words.hpp"

namespace moescope::training {

using base::Problems;
using config::Command;

namespace {

routing::Oracle oracleOf(const std::string& word) {
    if (word == "round_robin") return routing::Oracle::roundRobin;
    return word == "random" ? routing::Oracle::random : routing::Oracle::none;
}

std::string oracleText(const std::string& kind) {
    if (kind == "none") return "the router chooses again";
    return kind == "random" ? "experts are drawn at random, whatever the router says" : "tokens are dealt out in turn, whatever the router says";
}

}  // namespace

Problems LiveTrainer::checkOracle(const Command& command) const {
    if (word(command, "kind") == "none") return {};
    for (const std::size_t layer : layersMeant(command))
        if (working(layer) < m_specs[layer].topK)
            return {{"kind", layerName(m_moeLayers[layer]) + " has too few experts at work: unmute some first."}};
    return {};
}

std::string LiveTrainer::oracle(const Command& command) {
    for (const std::size_t layer : layersMeant(command)) m_progress.oracles[layer] = word(command, "kind");
    const std::string where = command.arguments.contains("layer") ? layerName(integer(command, "layer")) : "All layers";
    return where + ": " + oracleText(word(command, "kind"));
}

std::int64_t LiveTrainer::domainOf(const Command& command) const {
    const auto found = std::ranges::find(m_corpus->domains(), word(command, "domain"));
    return found == m_corpus->domains().end() ? -1 : found - m_corpus->domains().begin();
}

Problems LiveTrainer::checkPin(const Command& command) const {
    if (m_corpus->domains().empty())
        return {{"domain", "This run's data has no domains, so none can be pinned; train on generated domains or on a folder with several files."}};
    if (domainOf(command) < 0) {
        std::string known;
        for (const std::string& domain : m_corpus->domains()) known += (known.empty() ? "" : ", ") + domain;
        return {{"domain", "There is no domain \"" + base::printable(word(command, "domain"), 60) + "\"; there are " + known + "."}};
    }
    for (const std::size_t layer : layersMeant(command))
        if (Problems problems = checkAtWork(layer, integer(command, "expert"), "expert"); !problems.empty()) return problems;
    return {};
}

std::string LiveTrainer::pin(const Command& command) {
    for (const std::size_t layer : layersMeant(command)) {
        m_progress.pins[layer].resize(m_corpus->domains().size(), -1);
        m_progress.pins[layer][static_cast<std::size_t>(domainOf(command))] = integer(command, "expert");
    }
    const std::string where = command.arguments.contains("layer") ? layerName(integer(command, "layer")) : "All layers";
    return where + ": every token of " + word(command, "domain") + " goes to E" + base::toText(integer(command, "expert")) + " first";
}

Problems LiveTrainer::checkUnpin(const Command& command) const {
    if (!command.arguments.contains("domain")) return {};
    const std::int64_t domain = domainOf(command);
    for (const std::size_t layer : layersMeant(command)) {
        const std::vector<std::int64_t>& pins = m_progress.pins[layer];
        if (domain >= 0 && !pins.empty() && pins[static_cast<std::size_t>(domain)] >= 0) return {};
    }
    return {{"domain", "The domain " + base::printable(word(command, "domain"), 60) + " is not pinned there."}};
}

std::string LiveTrainer::unpin(const Command& command) {
    const std::int64_t domain = command.arguments.contains("domain") ? domainOf(command) : -1;
    for (const std::size_t layer : layersMeant(command)) {
        std::vector<std::int64_t>& pins = m_progress.pins[layer];
        if (domain >= 0 && !pins.empty()) pins[static_cast<std::size_t>(domain)] = -1;
        if (domain < 0 || std::ranges::all_of(pins, [](std::int64_t e) { return e < 0; })) pins.clear();
    }
    const std::string where = command.arguments.contains("layer") ? layerName(integer(command, "layer")) : "All layers";
    return where + ": " + (domain < 0 ? std::string("no domain is pinned") : word(command, "domain") + " is not pinned") + " any more";
}

// Rigs, offsets, kills, oracles and pins of a layer, as its router takes them.
void LiveTrainer::overrule(std::size_t layer) {
    routing::RouterSpec& spec = m_specs[layer];
    spec.rig = m_progress.rigs[layer];
    const std::vector<double>& offsets = m_progress.offsets[layer];
    if (!offsets.empty()) spec.rig.resize(offsets.size(), 0);
    for (std::size_t e = 0; e < offsets.size(); ++e) spec.rig[e] += offsets[e];
    spec.killed = m_progress.killed[layer];
    spec.pins = m_progress.pins[layer];
    spec.domains = static_cast<std::int64_t>(m_corpus->domains().size());
    spec.oracle = oracleOf(m_progress.oracles[layer]);
    if (spec.oracle == routing::Oracle::none) return;
    const std::vector<std::int64_t> silent = absent(layer);
    for (std::int64_t e = 0; e < spec.experts; ++e)
        if (!std::ranges::binary_search(silent, e)) spec.oracleExperts.push_back(e);
}

}  // namespace moescope::training
