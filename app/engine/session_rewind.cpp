// Going back to a checkpoint while the run trains, as if what was sent since had never been.
#include <algorithm>
#include <optional>
#include <utility>

#include "app/engine/session.hpp"
#include "core/base/error.hpp"
#include "core/base/numbers.hpp"
#include "core/config/commands.hpp"
#include "core/config/config_json.hpp"
#include "core/training/devices.hpp"

namespace moescope::app {
namespace {

using telemetry::Severity;

const config::Value* argument(const config::Command& command, const char* name) {
    const auto found = command.arguments.find(name);
    return found == command.arguments.end() ? nullptr : &found->second;
}

double numberOf(const config::Value& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole ? static_cast<double>(*whole) : std::get<double>(value);
}

}  // namespace

/// The checkpoint, and how many of the commands sent so far stay: those after its own are repeated at their steps.
struct Session::Rewind {
    std::optional<ChosenCheckpoint> from;
    std::size_t keep = 0;
};

/// The commands of script and log that a checkpoint was taken for, at the steps where it was.
void Session::guardRewindPoints() {
    std::vector<std::int64_t> steps;
    const auto add = [&](const config::ScriptedCommand& entry) {
        if (config::isIntervention(entry.command.verb)) steps.push_back(entry.step);
    };
    const auto& script = m.trainer.config().script;
    std::for_each(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(m.scriptApplied), add);
    std::for_each(m.commands.all().begin(), m.commands.all().begin() + static_cast<std::ptrdiff_t>(m.commands.applied()), add);
    std::ranges::sort(steps);
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    m.checkpoints.guard(std::move(steps));
}

base::Problems Session::findRewind(const config::Command& command, Rewind& to) {
    const config::Value* wanted = argument(command, "step");
    std::int64_t step = wanted ? std::get<std::int64_t>(*wanted) : 0;
    if (wanted && step > this->step())
        return {{"step", "The run is at step " + std::to_string(this->step()) + "; a rewind goes back."}};
    if (!wanted) {
        const auto& sent = m.commands.all();
        to.keep = m.commands.applied();
        while (to.keep > 0 && !config::isIntervention(sent[to.keep - 1].command.verb)) --to.keep;
        if (to.keep == 0) return {{"step", "Nothing to undo: no intervention was sent to this run. Name the step of a checkpoint to go back to."}};
        step = sent[--to.keep].step;
    }
    try {
        to.from.emplace(m.checkpoints.atOrBefore(step));
        while (!wanted && commandsAppliedIn(to.from->loaded.stateJson) > to.keep)
            to.from.emplace(m.checkpoints.atOrBefore(to.from->loaded.info.step - 1));
    } catch (const base::Error& error) {
        return {{"step", "No checkpoint to go back to: " + error.happened() + "; " + error.advice() + "."}};
    }
    if (wanted) to.keep = commandsAppliedIn(to.from->loaded.stateJson);
    return {};
}

/// Each line leaves the run's folder as a run that a resume can take up: first as if nothing had been undone, then rewound.
void Session::goBack(const Rewind& to) {
    const std::int64_t target = to.from->loaded.info.step;
    const std::string& state = to.from->loaded.stateJson;
    m.checkpoints.disown(target, m.sink);
    m.commands.goBack(commandsAppliedIn(state), to.keep);
    storeCommands();
    m.sink.transact([&](storage::RunWriter& writer) {
        writer.rewind(target, training::environmentJson());
        if (m_paused) writer.setState(storage::RunState::paused, "rewound");
    });
    m.trainer.restore(to.from->loaded);
    m.scriptApplied = scriptAppliedIn(state);
    m.patience = patienceIn(state);
    m_lastSaved = target;
    m_lastEvaluated = m_lastProbed = m_lastSampled = -1;
    m_checkpointFailed = false;
    guardRewindPoints();
    m.checkpoints.removeDisowned(m.sink);
}

base::Problems Session::rewind(const config::Command& command) {
    Rewind to;
    if (base::Problems problems = findRewind(command, to); !problems.empty()) return problems;
    const std::int64_t before = step();
    const double rate = m.trainer.config().training.lr;
    Json undone = Json::array();
    for (std::size_t i = to.keep; i < m.commands.applied(); ++i) undone.push_back(Json::parse(config::toJson(m.commands.all()[i].command)));
    goBack(to);
    for (const std::string& complaint : to.from->complaints) event(Severity::warning, "ckpt.bad", complaint);
    std::string text = "Rewound from step " + std::to_string(before) + " to checkpoint " + std::to_string(step());
    if (!undone.empty()) text += "; undone: " + std::to_string(undone.size()) + (undone.size() == 1 ? " command" : " commands");
    event(Severity::change, "run.rewound", text, {{"from", before}, {"step", step()}, {"undone", undone}});
    applyPending();
    base::Problems problems;
    if (const config::Value* factor = argument(command, "lr_factor")) {
        const config::Command slower{"set", {{"key", std::string("training.lr")}, {"value", rate * numberOf(*factor)}}};
        problems = apply(slower);
        if (problems.empty()) record(slower);
    }
    if (std::exchange(m_broken, false)) setPaused(false, "rewound");
    return problems;
}

}  // namespace moescope::app
