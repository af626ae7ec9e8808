// Interventions on experts: who may be killed, frozen, drawn anew, copied, split, merged or swapped, and what is said of it.
#include "core/training/live_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/config/derived.hpp"
#include "core/routers/router.hpp"
#include "core/routers/stage_options.hpp"
#include "core/training/command_words.hpp"

namespace moescope::training {

using base::Problems;
using config::Command;

namespace {

constexpr double kNoise = 0.01;  // of a copy, in standard deviations of each tensor

bool contains(const std::vector<std::int64_t>& sorted, std::int64_t value) { return std::ranges::binary_search(sorted, value); }

std::string percent(double share) { return base::toFixed(100 * share, 1) + " %"; }

double shareOf(const std::vector<std::int64_t>& counts, std::int64_t expert) {
    double all = 0;
    for (const std::int64_t count : counts) all += static_cast<double>(count);
    return all > 0 ? static_cast<double>(counts[static_cast<std::size_t>(expert)]) / all : 0;
}

// What has to be added to z so that the logits that are chosen and weighed by move by `shift`.
double beforeTransform(const routing::RouterSpec& spec, double shift) {
    if (spec.transform != routing::Transform::temperature) return shift;
    return shift * routers::readOptions<routers::StageOptions>(spec.options).temperature;
}

std::string name(std::int64_t expert) { return std::string(1, 'E').append(base::toText(expert)); }

}  // namespace

// --- who is there

bool LiveTrainer::isKilled(std::size_t layer, std::int64_t expert) const { return contains(m_progress.killed[layer], expert); }
bool LiveTrainer::isMuted(std::size_t layer, std::int64_t expert) const { return contains(m_progress.muted[layer], expert); }

std::vector<std::int64_t> LiveTrainer::absent(std::size_t layer) const {
    std::vector<std::int64_t> out;
    std::ranges::set_union(m_progress.muted[layer], m_progress.killed[layer], std::back_inserter(out));
    return out;
}

std::int64_t LiveTrainer::working(std::size_t layer) const { return m_specs[layer].experts - static_cast<std::int64_t>(absent(layer).size()); }

// A slot that another expert may take.
bool LiveTrainer::isFree(std::size_t layer, std::int64_t expert) const {
    return isKilled(layer, expert) || isMuted(layer, expert) || m_idle.dead(layer, static_cast<std::size_t>(expert));
}

std::vector<std::int64_t> LiveTrainer::lastCounts(std::size_t layer) const {
    if (m_counts.empty()) return m_progress.lastCounts[layer];
    const at::Tensor host = m_counts.chosen(layer).cpu();
    return {host.const_data_ptr<std::int64_t>(), host.const_data_ptr<std::int64_t>() + host.numel()};
}

// The expert with the most choices in the last step, the first of equals; -1 if nothing was trained yet.
std::int64_t LiveTrainer::hottest(std::size_t layer, std::int64_t besides) const {
    const std::vector<std::int64_t> counts = lastCounts(layer), silent = absent(layer);
    std::int64_t best = -1;
    for (std::int64_t e = 0; e < static_cast<std::int64_t>(counts.size()); ++e) {
        if (e == besides || contains(silent, e)) continue;
        if (best < 0 || counts[static_cast<std::size_t>(e)] > counts[static_cast<std::size_t>(best)]) best = e;
    }
    return best;
}

Surgeon LiveTrainer::surgeon(std::size_t layer) const {
    return {*m_model, m_optimizer, m_specs[layer], layer, kernels::activationOf(m_config.model.activation),
            static_cast<std::uint64_t>(m_config.training.seed), static_cast<std::uint64_t>(m_progress.steps)};
}

// --- why not

Problems LiveTrainer::checkOneLess(std::size_t layer, std::int64_t expert, const char* fix) const {
    const std::vector<std::int64_t>& pins = m_progress.pins[layer];
    if (const auto pin = std::ranges::find(pins, expert); pin != pins.end())
        return {{"expert", expertName(m_moeLayers[layer], expert) + " has the domain " + m_corpus->domains()[static_cast<std::size_t>(pin - pins.begin())] +
                               " pinned to it: unpin it first."}};
    if (isMuted(layer, expert) || working(layer) - 1 >= m_specs[layer].topK) return {};
    return {{"expert", layerName(m_moeLayers[layer]) + " has " + base::toText(working(layer)) + " experts left and each token takes " +
                           base::toText(m_specs[layer].topK) + ": " + fix + "."}};
}

Problems LiveTrainer::checkAtWork(std::size_t layer, std::int64_t expert, const char* argument) const {
    if (isKilled(layer, expert))
        return {{argument, expertName(m_moeLayers[layer], expert) + " was killed: only a rewind to before that brings it back."}};
    if (isMuted(layer, expert)) return {{argument, expertName(m_moeLayers[layer], expert) + " is muted: unmute it first."}};
    return {};
}

// Zero, copy and constant experts have a router row and nothing else.
Problems LiveTrainer::checkNetwork(std::size_t layer, std::int64_t expert, const char* argument) const {
    const std::int64_t networks = routing::computing(m_specs[layer]);
    if (expert < networks) return {};
    return {{argument, expertName(m_moeLayers[layer], expert) + " is a zero, copy or constant expert and has no weights of its own: take one of E0 to " +
                           name(networks - 1) + "."}};
}

Problems LiveTrainer::checkSlot(std::size_t layer, std::int64_t expert) const {
    if (isFree(layer, expert)) return {};
    std::string free;
    for (std::int64_t e = 0; e < m_specs[layer].experts; ++e)
        if (isFree(layer, e)) free += (free.empty() ? "" : ", ") + name(e);
    const std::string text = expertName(m_moeLayers[layer], expert) + " is at work (" + percent(shareOf(lastCounts(layer), expert)) +
                             " of the last step's choices) and would be lost: ";
    return {{"to", text + (free.empty() ? "mute or kill it first; no expert of the layer is idle." : "take an idle one (" + free + "), or mute or kill it first.")}};
}

Problems LiveTrainer::checkKill(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    if (isKilled(layer, expert)) return {{"expert", expertName(m_moeLayers[layer], expert) + " was killed already."}};
    return checkOneLess(layer, expert, "unmute one first, or lower moe.top_k");
}

Problems LiveTrainer::checkFreeze(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    if (!command.arguments.contains("expert")) {
        if (m_progress.frozenRouters[layer]) return {{"part", layerName(m_moeLayers[layer]) + ": the router is frozen already."}};
        if (surgeon(layer).routerParameters().empty())
            return {{"part", layerName(m_moeLayers[layer]) + ": the router has nothing that trains."}};
        return {};
    }
    const std::int64_t expert = integer(command, "expert");
    if (contains(m_progress.frozen[layer], expert)) return {{"expert", expertName(m_moeLayers[layer], expert) + " is frozen already."}};
    return checkNetwork(layer, expert, "expert");
}

Problems LiveTrainer::checkUnfreeze(const Command& command) const {
    if (!command.arguments.contains("layer")) return {};
    const std::size_t layer = layersMeant(command).front();
    if (!command.arguments.contains("expert"))
        return m_progress.frozenRouters[layer] ? Problems{} : Problems{{"part", layerName(m_moeLayers[layer]) + ": the router is not frozen."}};
    const std::int64_t expert = integer(command, "expert");
    if (contains(m_progress.frozen[layer], expert)) return {};
    return {{"expert", expertName(m_moeLayers[layer], expert) + " is not frozen."}};
}

Problems LiveTrainer::checkReinitialise(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    if (isKilled(layer, integer(command, "expert"))) return checkAtWork(layer, integer(command, "expert"), "expert");
    if (Problems problems = checkNetwork(layer, integer(command, "expert"), "expert"); !problems.empty()) return problems;
    if (word(command, "from", "noise") == "noise" || hottest(layer, integer(command, "expert")) >= 0) return {};
    return {{"from", layerName(m_moeLayers[layer]) + ": nobody is the hottest before a step is trained; take from=noise."}};
}

Problems LiveTrainer::checkCopy(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    if (Problems problems = checkAtWork(layer, integer(command, "expert"), "expert"); !problems.empty()) return problems;
    for (const char* argument : {"expert", "to"})
        if (Problems problems = checkNetwork(layer, integer(command, argument), argument); !problems.empty()) return problems;
    return checkSlot(layer, integer(command, "to"));
}

Problems LiveTrainer::checkSplit(const Command& command) const {
    if (config::moeShape(m_config, integer(command, "layer")).expertWidth < 2)
        return {{"command", "An expert of one hidden unit cannot be split."}};
    return checkCopy(command);
}

Problems LiveTrainer::checkMerge(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t other = integer(command, "with");
    if (Problems problems = checkAtWork(layer, integer(command, "expert"), "expert"); !problems.empty()) return problems;
    if (isKilled(layer, other)) return checkAtWork(layer, other, "with");
    for (const char* argument : {"expert", "with"})
        if (Problems problems = checkNetwork(layer, integer(command, argument), argument); !problems.empty()) return problems;
    return checkOneLess(layer, other, "after the merge there would be too few; lower moe.top_k first");
}

Problems LiveTrainer::checkSwap(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    for (const char* argument : {"expert", "with"})
        if (isKilled(layer, integer(command, argument))) return checkAtWork(layer, integer(command, argument), argument);
    return {};
}

// --- what is done

std::string LiveTrainer::kill(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    std::erase(m_progress.muted[layer], expert);
    insertSorted(m_progress.killed[layer], expert);
    m_idle.forget(layer, static_cast<std::size_t>(expert));
    surgeon(layer).forget(expert);
    return layerName(m_moeLayers[layer]) + ": expert " + name(expert) + " killed: no token chooses it, its moments are zero, the balance losses leave it out";
}

std::string LiveTrainer::freeze(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    if (!command.arguments.contains("expert")) {
        m_progress.frozenRouters[layer] = 1;
        return layerName(m_moeLayers[layer]) + ": router frozen";
    }
    const std::int64_t expert = integer(command, "expert");
    insertSorted(m_progress.frozen[layer], expert);
    return layerName(m_moeLayers[layer]) + ": expert " + name(expert) + " frozen";
}

std::string LiveTrainer::unfreeze(const Command& command) {
    if (!command.arguments.contains("layer")) {
        for (auto& frozen : m_progress.frozen) frozen.clear();
        std::ranges::fill(m_progress.frozenRouters, 0);
        return "All experts and routers train again";
    }
    const std::size_t layer = layersMeant(command).front();
    if (!command.arguments.contains("expert")) {
        m_progress.frozenRouters[layer] = 0;
        return layerName(m_moeLayers[layer]) + ": router trains again";
    }
    const std::int64_t expert = integer(command, "expert");
    std::erase(m_progress.frozen[layer], expert);
    return layerName(m_moeLayers[layer]) + ": expert " + name(expert) + " trains again";
}

std::string LiveTrainer::reinitialise(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    const Surgeon hand = surgeon(layer);
    const bool fresh = word(command, "from", "noise") == "noise";
    const std::int64_t from = fresh ? -1 : hottest(layer, expert);
    const double noise = number(command, "noise", kNoise);
    if (fresh)
        hand.redrawWeights(expert);
    else
        hand.copyWeights(from, expert, noise);
    hand.redrawRow(expert);
    hand.forget(expert);
    setConstant(layer, expert, m_progress.rigs[layer].empty() ? 0 : m_progress.rigs[layer][static_cast<std::size_t>(expert)]);
    m_idle.forget(layer, static_cast<std::size_t>(expert));
    const std::string head = layerName(m_moeLayers[layer]) + ": expert " + name(expert);
    const std::string row = routing::hasLogits(m_specs[layer]) ? "its router row is drawn anew, its moments are zero" : "its router has no row of its own, its moments are zero";
    if (fresh) return head + " has fresh weights; " + row;
    return head + " is a copy of " + name(from) + " (the busiest: " + percent(shareOf(lastCounts(layer), from)) + " of the last step's choices) with noise " +
           base::toText(noise) + "; " + row;
}

// What is added to an expert's logit in all, and how it is made so whatever the rig is.
double LiveTrainer::constantOn(std::size_t layer, std::int64_t expert) const {
    const auto at = [&](const std::vector<double>& list) { return list.empty() ? 0 : list[static_cast<std::size_t>(expert)]; };
    return at(m_progress.rigs[layer]) + at(m_progress.offsets[layer]);
}

void LiveTrainer::setConstant(std::size_t layer, std::int64_t expert, double constant) {
    std::vector<double>& offsets = m_progress.offsets[layer];
    const double missing = constant - constantOn(layer, expert);
    offsets.resize(static_cast<std::size_t>(m_specs[layer].experts), 0);
    offsets[static_cast<std::size_t>(expert)] += missing;
    if (std::ranges::all_of(offsets, [](double b) { return b == 0; })) offsets.clear();
}

// `to` gets the router row of `from`, and both together what the one had: softmax halves with ln 2 less.
void LiveTrainer::takeSlot(std::size_t layer, std::int64_t from, std::int64_t to, double noise) {
    surgeon(layer).copyRow(from, to, noise);
    surgeon(layer).forget(to);
    const double constant = constantOn(layer, from) - beforeTransform(m_specs[layer], std::numbers::ln2);
    for (const std::int64_t expert : {from, to}) setConstant(layer, expert, constant);
    std::erase(m_progress.muted[layer], to);
    std::erase(m_progress.killed[layer], to);
    std::erase(m_progress.frozen[layer], to);
    m_idle.forget(layer, static_cast<std::size_t>(to));
}

std::string LiveTrainer::sharing(std::size_t layer, std::int64_t from, std::int64_t to) const {
    const routing::RouterSpec& spec = m_specs[layer];
    const std::int64_t members = spec.experts / spec.groups;
    if (spec.score == routing::Score::sigmoid)
        return "ln 2 is off both logits; sigmoids do not add up, so the two scores together are between one and two times the one, most where it was near 1";
    if (spec.transform == routing::Transform::normalise)
        return "ln 2 is off both logits before they are normalised, so their joint probability is near that of the one";
    if (spec.score == routing::Score::softmaxGroups && from / members != to / members)
        return "ln 2 is off both logits; they are in different groups with a softmax each, so their probabilities do not add up to that of the one";
    if (spec.score == routing::Score::softmaxSelected) return "ln 2 is off both logits: where both are chosen they share the weight of the one";
    return "ln 2 is off both logits: together they have the probability of the one";
}

std::string LiveTrainer::duplicate(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t from = integer(command, "expert"), to = integer(command, "to");
    const double noise = number(command, "noise", kNoise);
    surgeon(layer).copyWeights(from, to, noise);
    takeSlot(layer, from, to, noise);
    return layerName(m_moeLayers[layer]) + ": expert " + name(from) + " copied into " + name(to) + " with noise " + base::toText(noise) + "; " + sharing(layer, from, to);
}

std::string LiveTrainer::split(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t from = integer(command, "expert"), to = integer(command, "to");
    surgeon(layer).split(from, to);
    surgeon(layer).forget(from);
    takeSlot(layer, from, to, 0);
    return layerName(m_moeLayers[layer]) + ": expert " + name(from) + " split, the second half of its hidden units is now in " + name(to) + "; " +
           sharing(layer, from, to);
}

std::string LiveTrainer::merge(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t into = integer(command, "expert"), other = integer(command, "with");
    const std::vector<std::int64_t> counts = lastCounts(layer);
    double own = shareOf(counts, into), others = shareOf(counts, other);
    if (own + others <= 0) own = others = 0.5;
    const std::int64_t busier = own >= others ? into : other;
    const Surgeon hand = surgeon(layer);
    hand.merge(into, other, own / (own + others));
    const double raised = std::log((own + others) / std::max(own, others));
    const double constant = constantOn(layer, busier) + beforeTransform(m_specs[layer], raised);
    if (busier == other) hand.copyRow(other, into);
    setConstant(layer, into, constant);
    for (const std::int64_t expert : {into, other}) hand.forget(expert);
    std::erase(m_progress.muted[layer], other);
    insertSorted(m_progress.killed[layer], other);
    m_idle.forget(layer, static_cast<std::size_t>(other));
    return layerName(m_moeLayers[layer]) + ": experts " + name(into) + " and " + name(other) + " merged into " + name(into) + " by load (" +
           percent(own / (own + others)) + " of it from " + name(into) + "), router row of " + name(busier) + " raised by " + base::toFixed(raised, 3) + "; " + name(other) + " killed";
}

std::string LiveTrainer::swap(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t one = integer(command, "expert"), other = integer(command, "with");
    surgeon(layer).swapRows(one, other);
    std::vector<double>& offsets = m_progress.offsets[layer];
    if (!offsets.empty()) std::swap(offsets[static_cast<std::size_t>(one)], offsets[static_cast<std::size_t>(other)]);
    return layerName(m_moeLayers[layer]) + ": router rows of " + name(one) + " and " + name(other) + " swapped";
}

}  // namespace moescope::training
