// Live commands: settings, mutes and rigs, each answered by an event that says what changed.
#include "core/training/live_trainer.hpp"

#include <algorithm>

#include "core/base/numbers.hpp"
#include "core/config/config_json.hpp"
#include "core/config/validate.hpp"

namespace moescope::training {

namespace {

using base::Problems;
using config::Command;
using telemetry::Event;

std::int64_t integer(const Command& command, const char* name) { return std::get<std::int64_t>(command.arguments.at(name)); }

double number(const Command& command, const char* name) {
    const config::Value& value = command.arguments.at(name);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::get<double>(value);
}

std::string layerName(std::int64_t layer) { return "Layer " + base::toText(layer); }

Event eventOf(const Command& command, std::int64_t step, std::string text) {
    return {step, telemetry::Severity::change, "command." + command.verb, std::move(text), config::toJson(command)};
}

}  // namespace

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

Problems LiveTrainer::set(const Command& command, Event& event) {
    const std::string key = *config::canonicalKey(std::get<std::string>(command.arguments.at("key")));
    const std::string before = *config::settingJson(m_config, key);
    config::RunConfig changed = m_config;
    config::applyLive(changed, command);
    if (!m_moeLayers.empty())
        if (Problems problems = routing::problems(changed); !problems.empty()) return problems;
    m_config = std::move(changed);
    if (key == "router.rig") rigsFromConfig();
    event = eventOf(command, m_progress.steps, key + " " + before + " -> " + *config::settingJson(m_config, key));
    return {};
}

Problems LiveTrainer::mute(const Command& command, Event& event) {
    const std::size_t layer = layersMeant(command).front();
    const std::int64_t expert = integer(command, "expert");
    std::vector<std::int64_t>& muted = m_progress.muted[layer];
    const routing::RouterSpec& spec = m_specs[layer];
    const bool already = std::ranges::find(muted, expert) != muted.end();
    if (!already && spec.experts - static_cast<std::int64_t>(muted.size()) - 1 < spec.topK)
        return {{"expert", layerName(m_moeLayers[layer]) + " has " + base::toText(spec.experts - static_cast<std::int64_t>(muted.size())) +
                               " experts left and each token takes " + base::toText(spec.topK) + ": unmute one first."}};
    if (!already) muted.insert(std::ranges::lower_bound(muted, expert), expert);
    event = eventOf(command, m_progress.steps, layerName(m_moeLayers[layer]) + ": expert E" + base::toText(expert) + " muted");
    return {};
}

Problems LiveTrainer::unmute(const Command& command, Event& event) {
    const bool all = !command.arguments.contains("expert");
    for (const std::size_t layer : layersMeant(command))
        std::erase_if(m_progress.muted[layer], [&](std::int64_t e) { return all || e == integer(command, "expert"); });
    event = eventOf(command, m_progress.steps,
                    all ? std::string("All experts unmuted")
                        : layerName(integer(command, "layer")) + ": expert E" + base::toText(integer(command, "expert")) + " unmuted");
    return {};
}

Problems LiveTrainer::rig(const Command& command, Event& event) {
    const auto expert = static_cast<std::size_t>(integer(command, "expert"));
    const double bias = number(command, "bias");
    for (const std::size_t layer : layersMeant(command)) {
        std::vector<double>& rig = m_progress.rigs[layer];
        rig.resize(static_cast<std::size_t>(m_specs[layer].experts), 0);
        rig[expert] = bias;
        if (std::ranges::all_of(rig, [](double b) { return b == 0; })) rig.clear();
    }
    const std::string where = command.arguments.contains("layer") ? layerName(integer(command, "layer")) : "All layers";
    event = eventOf(command, m_progress.steps, where + ": router rigged by " + base::toText(bias) + " towards E" + base::toText(integer(command, "expert")));
    return {};
}

Problems LiveTrainer::apply(const Command& command, Event& event) {
    Problems problems = config::validate(m_config, command);
    if (!problems.empty()) return problems;
    if (command.verb == "set")
        problems = set(command, event);
    else if (command.verb == "mute")
        problems = mute(command, event);
    else if (command.verb == "unmute")
        problems = unmute(command, event);
    else if (command.verb == "rig")
        problems = rig(command, event);
    else
        return {{"command", command.verb + " is not a command of the trainer; it takes set, mute, unmute and rig."}};
    if (problems.empty()) refreshRouters();
    return problems;
}

}  // namespace moescope::training
