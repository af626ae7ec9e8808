// What a session does with commands: those of the script, those repeated by a resume, and those that come in now.
#include "app/engine/session.hpp"
#include "core/base/error.hpp"
#include "core/config/commands.hpp"
#include "core/config/config_json.hpp"
#include "core/config/validate.hpp"

namespace moescope::app {
namespace {

using telemetry::Severity;

Json sessionPart(const std::string& stateJson) {
    const Json state = Json::parse(stateJson, nullptr, false);
    return state.is_object() && state.contains("session") ? state["session"] : Json::object();
}

std::string refusal(const base::Problems& problems) { return Json{{"ok", false}, {"problems", toJson(problems)}}.dump(); }

}  // namespace

std::int64_t Session::scriptAppliedIn(const std::string& stateJson) { return sessionPart(stateJson).value("script_applied", std::int64_t{0}); }

std::size_t Session::commandsAppliedIn(const std::string& stateJson) { return sessionPart(stateJson).value("commands_applied", std::size_t{0}); }

training::Patience Session::patienceIn(const std::string& stateJson) {
    const Json part = sessionPart(stateJson), best = part.value("best_val_loss", Json());
    training::Patience patience;
    if (best.is_number()) patience.best = best.get<double>();
    patience.since = part.value("evaluations_since_best", std::int64_t{0});
    return patience;
}

void Session::applyScript() {
    const auto& script = m.trainer.config().script;
    while (m.scriptApplied < static_cast<std::int64_t>(script.size()) && !ended()) {
        const config::ScriptedCommand entry = script[static_cast<std::size_t>(m.scriptApplied)];
        if (entry.step > step()) return;
        ++m.scriptApplied;
        applyQuietly(entry.command, "script");
    }
}

void Session::applyPending() {
    while (const config::Command* command = m.commands.due(step())) applyQuietly(*command, "replay");
}

void Session::applyQuietly(const config::Command& command, const char* why) {
    m_repeating = true;
    const base::Problems problems = apply(command);
    m_repeating = false;
    guardRewindPoints();
    for (const base::Problem& problem : problems)
        event(Severity::warning, "command.refused", std::string("A command of the ") + why + " was refused: " + problem.text,
              {{"command", Json::parse(config::toJson(command))}});
}

void Session::serve(int milliseconds) {
    auto request = m.control.next(milliseconds);
    for (; request; request = m.control.next(0)) m.control.answer(request->id, handle(request->line));
}

std::string Session::handle(const std::string& line) {
    const Json peek = Json::parse(line, nullptr, false);
    if (peek.is_object() && peek.value("command", Json()) == "status") return status().dump();
    if (peek.is_object() && peek.value("command", Json()) == "mute_delta") return muteDelta(line).dump();
    config::Command command;
    base::Problems problems = config::parseCommand(line, command);
    if (problems.empty()) problems = apply(command);
    if (!problems.empty()) {
        event(Severity::info, "command.bad", "A command was refused: " + problems.front().text);
        return refusal(problems);
    }
    if (config::findCommand(command.verb)->kind != config::CommandKind::control) {
        record(command);
    }
    return Json{{"ok", true}, {"applied_at_step", step()}}.dump();
}

/// A question, no change: the loss of each domain with and without one expert.
Json Session::muteDelta(const std::string& line) {
    config::Command place;
    base::Problems problems = config::parseCommand(line, place);
    place.verb = "mute";
    if (problems.empty()) problems = config::validate(m.trainer.config(), place);
    if (!problems.empty()) return {{"ok", false}, {"problems", toJson(problems)}};
    const std::int64_t layer = std::get<std::int64_t>(place.arguments.at("layer")), expert = std::get<std::int64_t>(place.arguments.at("expert"));
    try {
        const training::MuteEffect effect = m.trainer.muteEffect(layer, expert);
        Json domains = Json::array();
        for (std::size_t d = 0; d < effect.with.size(); ++d)
            domains.push_back({{"name", m.corpus.domains()[d]}, {"with", number(effect.with[d])}, {"without", number(effect.without[d])}});
        return {{"ok", true}, {"applied_at_step", step()}, {"layer", layer}, {"expert", expert}, {"domains", domains},
                {"with", number(effect.lossWith)}, {"without", number(effect.lossWithout)}};
    } catch (const base::Error& error) {
        if (error.exit() != base::ExitCode::usage) throw;
        return {{"ok", false}, {"problems", toJson(base::Problems{{"expert", error.happened() + ": " + error.advice()}})}};
    }
}

base::Problems Session::apply(const config::Command& command) {
    if (base::Problems problems = config::validate(m.trainer.config(), command); !problems.empty()) return problems;
    const config::CommandKind kind = config::findCommand(command.verb)->kind;
    if (kind == config::CommandKind::control) return control(command);
    if (base::Problems problems = m.trainer.refusal(command); !problems.empty()) return problems;
    Json detail = Json::parse(config::toJson(command));
    std::string undo;
    if (kind == config::CommandKind::intervention) {
        if (base::Problems problems = saveBefore(command.verb); !problems.empty()) return problems;
        if (m_lastSaved == step()) undo = "; checkpoint " + std::to_string(step()) + " is from before it";
        if (m_lastSaved == step()) detail["checkpoint"] = step();
    }
    telemetry::Event change;
    if (base::Problems problems = m.trainer.apply(command, change); !problems.empty()) return problems;
    event(Severity::change, "command." + command.verb, change.text + undo, detail);
    return {};
}

/// What an intervention is undone by. One that a resume or a script repeats goes on without it if it must.
base::Problems Session::saveBefore(const std::string& verb) {
    saveCheckpoint();
    if (m_lastSaved == step() || m_repeating) return {};
    return {{"command", "The checkpoint before it could not be saved, so " + verb + " was left undone; free some space and send it again."}};
}

base::Problems Session::control(const config::Command& command) {
    const std::string& verb = command.verb;
    if (verb == "rewind") return rewind(command);
    if (verb == "pause") setPaused(true, "by command");
    if (verb == "resume") setPaused(false, "by command");
    if (verb == "step") m_stepOnce = true;
    if (verb == "stop") m_end = m_held && step() >= steps() ? End::finished : End::stopped;
    if (verb == "resume" || verb == "step") m_held = false;
    if (verb == "checkpoint") saveCheckpoint();
    return {};
}

void Session::setPaused(bool paused, const std::string& why) {
    if (m_paused == paused) return;
    m_paused = paused;
    event(Severity::info, paused ? "run.paused" : "run.continued", (paused ? "Paused: " : "Going on: ") + why + ".");
    m.sink.transact([&](storage::RunWriter& writer) {
        writer.setState(paused ? storage::RunState::paused : storage::RunState::running, paused ? why : std::string());
    });
}

void Session::record(const config::Command& command) {
    m.commands.add(step(), command);
    storeCommands();
    guardRewindPoints();
}

/// Stored before it is answered, so that an acknowledged command survives whatever comes.
void Session::storeCommands() {
    Json more = Json::parse(m.facts.moreJson);
    more["commands"] = Json::parse(m.commands.json());
    m.facts.moreJson = more.dump();
    m.sink.transact([this](storage::RunWriter& writer) { writer.setFacts(m.facts); });
}

Json Session::status() const {
    return {{"ok", true}, {"run", m.run}, {"step", step()}, {"steps", steps()}, {"paused", m_paused},
            {"device", m.trainer.device()}, {"config", Json::parse(config::toJson(m.trainer.config(), -1))}};
}

}  // namespace moescope::app
