// Folds command events over a configuration.
#include "ui/run_steering.hpp"

#include <algorithm>
#include <cmath>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "ui/standing_commands.hpp"

namespace moescope::ui {
namespace {

using config::Command;

std::optional<double> numberOf(const Command& command, const char* name) {
    const auto found = command.arguments.find(name);
    if (found == command.arguments.end()) return std::nullopt;
    if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&found->second)) return *real;
    return std::nullopt;
}

std::vector<std::int64_t> layersMeant(const RunData& run, const Command& command) {
    if (const auto layer = numberOf(command, "layer")) return {static_cast<std::int64_t>(*layer)};
    return {run.meta().facts.moeLayers.begin(), run.meta().facts.moeLayers.end()};
}

void setRig(Steering& steering, std::int64_t layer, std::int64_t expert, double bias) {
    if (bias == 0)
        steering.rig.erase({layer, expert});
    else
        steering.rig[{layer, expert}] = bias;
}

void rigFromConfig(const RunData& run, Steering& steering) {
    steering.rig.clear();
    const config::RouterConfig& router = steering.config.router;
    const auto& only = router.rig_layers;
    for (const std::int64_t layer : run.meta().facts.moeLayers)
        for (std::size_t e = 0; e < router.rig.size(); ++e)
            if (only.empty() || std::ranges::find(only, layer) != only.end()) setRig(steering, layer, static_cast<std::int64_t>(e), router.rig[e]);
}

void mute(const RunData& run, Steering& steering, const Command& command) {
    const auto expert = numberOf(command, "expert");
    for (const std::int64_t layer : layersMeant(run, command)) {
        if (command.verb == "mute" && expert) steering.muted.insert({layer, static_cast<std::int64_t>(*expert)});
        if (command.verb == "unmute")
            std::erase_if(steering.muted, [&](const auto& place) { return place.first == layer && !steering.killed.contains(place) && (!expert || place.second == static_cast<std::int64_t>(*expert)); });
    }
}

/// Killed experts take no tokens; those a merge took in are killed.
void kill(const RunData& run, Steering& steering, const Command& command) {
    const auto expert = numberOf(command, command.verb == "merge" ? "with" : "expert");
    if (!expert) return;
    for (const std::int64_t layer : layersMeant(run, command)) {
        steering.killed.insert({layer, static_cast<std::int64_t>(*expert)});
        steering.muted.insert({layer, static_cast<std::int64_t>(*expert)});
    }
}

/// The copy works again, whatever it was before.
void revive(const RunData& run, Steering& steering, const Command& command) {
    const auto to = numberOf(command, "to");
    if (!to) return;
    for (const std::int64_t layer : layersMeant(run, command)) {
        steering.killed.erase({layer, static_cast<std::int64_t>(*to)});
        steering.muted.erase({layer, static_cast<std::int64_t>(*to)});
    }
}

void freeze(const RunData& run, Steering& steering, const Command& command) {
    const bool on = command.verb == "freeze";
    const auto expert = numberOf(command, "expert");
    const bool everything = !on && !expert && !command.arguments.contains("part");
    for (const std::int64_t layer : layersMeant(run, command)) {
        if (on && expert) steering.frozen.insert({layer, static_cast<std::int64_t>(*expert)});
        if (on && !expert) steering.frozenRouters.insert(layer);
        if (on) continue;
        if (everything || !expert) steering.frozenRouters.erase(layer);
        std::erase_if(steering.frozen, [&](const auto& place) { return place.first == layer && (everything || (expert && place.second == static_cast<std::int64_t>(*expert))); });
    }
}

void overrule(Steering& steering, const Command& command) {
    const auto kind = command.arguments.find("kind");
    if (command.verb == "oracle") steering.oracle = kind != command.arguments.end() && kind->second != config::Value(std::string("none"));
}

void pin(const RunData& run, Steering& steering, const Command& command) {
    const auto given = command.arguments.find("domain");
    const auto* domain = given == command.arguments.end() ? nullptr : std::get_if<std::string>(&given->second);
    const auto expert = numberOf(command, "expert");
    for (const std::int64_t layer : layersMeant(run, command)) {
        if (command.verb == "pin" && domain && expert) steering.pins[{layer, *domain}] = static_cast<std::int64_t>(*expert);
        if (command.verb == "unpin") std::erase_if(steering.pins, [&](const auto& each) { return each.first.first == layer && (!domain || each.first.second == *domain); });
    }
}

void apply(const RunData& run, Steering& steering, const Command& command) {
    if (command.verb == "set") {
        const auto* key = std::get_if<std::string>(&command.arguments.at("key"));
        config::applyLive(steering.config, command);
        if (key && *key == "router.rig") rigFromConfig(run, steering);
    } else if (command.verb == "rig") {
        const auto expert = numberOf(command, "expert"), bias = numberOf(command, "bias");
        for (const std::int64_t layer : layersMeant(run, command))
            if (expert && bias) setRig(steering, layer, static_cast<std::int64_t>(*expert), *bias);
    } else if (command.verb == "kill" || command.verb == "merge") {
        kill(run, steering, command);
    } else if (command.verb == "duplicate" || command.verb == "split") {
        revive(run, steering, command);
    } else if (command.verb == "freeze" || command.verb == "unfreeze") {
        freeze(run, steering, command);
    } else if (command.verb == "pin" || command.verb == "unpin") {
        pin(run, steering, command);
    } else {
        mute(run, steering, command);
        overrule(steering, command);
    }
}

}  // namespace

const std::string* Steering::domainPinnedTo(std::int64_t layer, std::int64_t expert) const {
    const auto found = std::ranges::find_if(pins, [&](const auto& each) { return each.first.first == layer && each.second == expert; });
    return found == pins.end() ? nullptr : &found->first.second;
}

double Steering::rigOf(std::int64_t layer, std::int64_t expert) const {
    const auto found = rig.find({layer, expert});
    return found == rig.end() ? 0 : found->second;
}

Steering steeringOf(const RunData& run) {
    Steering steering;
    steering.config = run.config();
    rigFromConfig(run, steering);
    for (const storage::StoredEvent* stored : standingCommands(run.events())) {
        Command command;
        if (!config::parseCommand(stored->event.detailJson, command).empty()) continue;
        command.arguments.erase("checkpoint");  // what it can be undone by, beside what was sent
        if (config::validate(steering.config, command).empty()) apply(run, steering, command);
    }
    return steering;
}

std::optional<Collapse> collapseOf(const RunData& run, const Steering& steering) {
    const Track* effective = run.track("effective_experts");
    if (!effective || !steering.rigged() || steering.config.balance.coefficient != 0 || steering.config.balance.kind == "none") return std::nullopt;
    if (run.experts() < 3) return std::nullopt;
    std::optional<Collapse> worst;
    const Track* dead = run.track("dead");
    for (std::int64_t m = 0; m < run.moeLayers(); ++m) {
        const double value = effective->mean(effective->size() - 1, run.element(*effective, m));
        if (!(value < 2) || (worst && worst->effective <= value)) continue;
        const double idle = dead ? dead->mean(dead->size() - 1, run.element(*dead, m)) : 0;
        worst = Collapse{run.meta().facts.moeLayers[static_cast<std::size_t>(m)], std::isnan(idle) ? 0 : std::lround(idle), run.experts(), value};
    }
    return worst;
}

}  // namespace moescope::ui
