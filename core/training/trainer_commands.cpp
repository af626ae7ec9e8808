// Live commands: settings, mutes and rigs, and the table of all that a trainer takes; each is answered by an event.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/validate.hpp"
#include "core/training/command_words.hpp"

namespace moescope::training {

using base::Problems;
using config::Command;
using telemetry::Event;

struct LiveTrainer::Action {
    std::string_view verb;
    Problems (LiveTrainer::*check)(const Command&) const;
    std::string (LiveTrainer::*act)(const Command&);
};

const LiveTrainer::Action* LiveTrainer::actionOf(const std::string& verb) {
    using T = LiveTrainer;
    static constexpr Action kActions[] = {
        {"set", &T::checkSet, &T::set},
        {"mute", &T::checkMute, &T::mute},
        {"unmute", &T::checkUnmute, &T::unmute},
        {"rig", &T::checkNothing, &T::rig},
        {"kill", &T::checkKill, &T::kill},
        {"freeze", &T::checkFreeze, &T::freeze},
        {"unfreeze", &T::checkUnfreeze, &T::unfreeze},
        {"reinitialise", &T::checkReinitialise, &T::reinitialise},
        {"duplicate", &T::checkCopy, &T::duplicate},
        {"split", &T::checkSplit, &T::split},
        {"merge", &T::checkMerge, &T::merge},
        {"swap", &T::checkSwap, &T::swap},
        {"oracle", &T::checkOracle, &T::oracle},
        {"pin", &T::checkPin, &T::pin},
        {"unpin", &T::checkUnpin, &T::unpin},
    };
    const auto* found = std::ranges::find(kActions, std::string_view(verb), &Action::verb);
    return found == std::end(kActions) ? nullptr : found;
}

Problems LiveTrainer::refusal(const Command& command) const {
    if (Problems problems = config::validate(m_config, command); !problems.empty()) return problems;
    const Action* action = actionOf(command.verb);
    if (!action) return {{"command", command.verb + " is not a command of the trainer: the run's session carries it out."}};
    return (this->*action->check)(command);
}

Problems LiveTrainer::apply(const Command& command, Event& event) {
    if (Problems problems = refusal(command); !problems.empty()) return problems;
    const at::NoGradGuard guard;
    const std::string said = (this->*actionOf(command.verb)->act)(command);
    event = {m_progress.steps, telemetry::Severity::change, "command." + command.verb, said, config::toJson(command)};
    refreshRouters();
    return {};
}

std::vector<std::size_t> LiveTrainer::layersMeant(const Command& command) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < m_moeLayers.size(); ++i)
        if (!command.arguments.contains("layer") || integer(command, "layer") == m_moeLayers[i]) out.push_back(i);
    return out;
}

void LiveTrainer::rigsFromConfig() {
    m_progress.rigs.clear();
    const auto specs = m_moeLayers.empty() ? std::vector<routing::RouterSpec>{} : routing::makeSpecs(m_config);
    for (const routing::RouterSpec& spec : specs) m_progress.rigs.push_back(spec.rig);
}

Problems LiveTrainer::checkSet(const Command& command) const {
    if (m_moeLayers.empty()) return {};
    config::RunConfig changed = m_config;
    config::applyLive(changed, command);
    if (Problems problems = routing::problems(changed); !problems.empty()) return problems;
    const std::vector<routing::RouterSpec> specs = routing::makeSpecs(changed);
    for (std::size_t i = 0; i < specs.size(); ++i)
        if (specs[i].topK > m_specs[i].topK && specs[i].topK > working(i))
            return {{"moe.top_k", layerName(m_moeLayers[i]) + " has " + base::toText(working(i)) + " experts at work, so a token cannot take " +
                                      base::toText(specs[i].topK) + ": unmute some first."}};
    return {};
}

std::string LiveTrainer::set(const Command& command) {
    const std::string key = *config::canonicalKey(word(command, "key"));
    const std::string before = *config::settingJson(m_config, key);
    config::applyLive(m_config, command);
    if (key == "router.rig") rigsFromConfig();
    return key + " " + before + " -> " + *config::settingJson(m_config, key);
}

Problems LiveTrainer::checkMute(const Command& command) const {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    if (isKilled(layer, expert)) return {{"expert", expertName(m_moeLayers[layer], expert) + " was killed: it is silent already."}};
    return isMuted(layer, expert) ? Problems{} : checkOneLess(layer, expert, "unmute one first");
}

std::string LiveTrainer::mute(const Command& command) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    if (!isMuted(layer, expert)) insertSorted(m_progress.muted[layer], expert);
    return layerName(m_moeLayers[layer]) + ": expert E" + base::toText(expert) + " muted";
}

Problems LiveTrainer::checkUnmute(const Command& command) const {
    if (!command.arguments.contains("expert")) return {};
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    if (!isKilled(layer, expert)) return {};
    return {{"expert", expertName(m_moeLayers[layer], expert) + " was killed: only a rewind to before that brings it back."}};
}

std::string LiveTrainer::unmute(const Command& command) {
    const bool all = !command.arguments.contains("expert");
    for (const std::size_t layer : layersMeant(command))
        std::erase_if(m_progress.muted[layer], [&](std::int64_t e) { return all || e == integer(command, "expert"); });
    return all ? std::string("All experts unmuted")
               : layerName(integer(command, "layer")) + ": expert E" + base::toText(integer(command, "expert")) + " unmuted";
}

std::string LiveTrainer::rig(const Command& command) {
    const auto expert = static_cast<std::size_t>(integer(command, "expert"));
    const double bias = number(command, "bias");
    for (const std::size_t layer : layersMeant(command)) {
        std::vector<double>& rig = m_progress.rigs[layer];
        rig.resize(static_cast<std::size_t>(m_specs[layer].experts), 0);
        rig[expert] = bias;
        if (std::ranges::all_of(rig, [](double b) { return b == 0; })) rig.clear();
    }
    const std::string where = command.arguments.contains("layer") ? layerName(integer(command, "layer")) : "All layers";
    return where + ": router rigged by " + base::toText(bias) + " towards E" + base::toText(integer(command, "expert"));
}

}  // namespace moescope::training
