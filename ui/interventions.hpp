// What a person may do to an expert or to the routing while a run is held: one list for the dock and for every menu. Pure.
#pragma once

#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/run_config.hpp"
#include "ui/run_data.hpp"
#include "ui/run_steering.hpp"

namespace moescope::ui {

/// The one argument an action takes besides layer and expert.
enum class ActionArgument { none, other, source, domain, oracle };

struct InterventionAction {
    const char* id;          ///< of buttons and menu entries: "muteExpert"
    const char* verb;        ///< command of the engine
    const char* group;       ///< heading, to be translated in the context "Interventions"
    const char* title;
    const char* meaning;     ///< what it will do
    const char* cost;        ///< what it costs, how it is undone
    ActionArgument argument = ActionArgument::none;
    const char* argumentKey = nullptr;
    bool wholeLayer = false; ///< of the layer's router, whatever the expert
};

/// Where: a layer of the model and one of its experts, both counted from 0.
struct ExpertPlace {
    std::int64_t layer = 0, expert = 0;
    bool operator==(const ExpertPlace&) const = default;
};

/// In the order they are shown; only verbs that the engine of this build knows.
const std::vector<InterventionAction>& interventionActions();
/// nullptr for an unknown id.
const InterventionAction* findAction(const QString& id);
QString actionTitle(const InterventionAction& action);

/// A value an argument may take and how people read it: experts, "fresh weights", domains.
struct ArgumentChoice {
    QString text;
    config::Value value;
};
std::vector<ArgumentChoice> argumentChoices(const InterventionAction& action, const RunData& run, const ExpertPlace& place);

config::Command commandOf(const InterventionAction& action, const ExpertPlace& place, const std::optional<config::Value>& argument);
config::Command rigCommand(const ExpertPlace& place, double bias);

/// The verb that takes an action back at this place ("unmute"), when it is in force; nothing otherwise.
std::optional<config::Command> undoOf(const InterventionAction& action, const Steering& steering, const ExpertPlace& place);

/// Why this run refuses the action whatever its state; empty = it may be tried.
QString whyRefused(const InterventionAction& action, const RunData& run, const Steering& steering, const ExpertPlace& place);

/// One change of a run by a person or its script, newest first in a list.
struct PastIntervention {
    std::int64_t step = 0;
    QString words;
    std::optional<std::int64_t> checkpoint;   ///< newest good one at or before the step: its state is from before the change
    std::optional<config::Command> pin = {};  ///< of a domain
    bool operator==(const PastIntervention&) const = default;
};
std::vector<PastIntervention> pastInterventions(const RunData& run);

/// The command that ends a pin alone, as long as it is in force.
std::optional<config::Command> unpinOf(const config::Command& pin, const Steering& steering);

/// The newest good checkpoint at or before a step.
std::optional<std::int64_t> checkpointBefore(const RunData& run, double step);

}  // namespace moescope::ui
