// The list of actions and what becomes of them as commands.
#include "ui/interventions.hpp"

#include <QCoreApplication>

#include <algorithm>

#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/validate.hpp"
#include "ui/events_list.hpp"
#include "ui/run_words.hpp"
#include "ui/standing_commands.hpp"

namespace moescope::ui {
namespace {

QString text(const char* source) { return QCoreApplication::translate("Interventions", source); }

constexpr const char* kMute = QT_TRANSLATE_NOOP("Interventions", "Mute");
constexpr const char* kChange = QT_TRANSLATE_NOOP("Interventions", "Change");
constexpr const char* kRoute = QT_TRANSLATE_NOOP("Interventions", "Route");

const std::vector<InterventionAction>& everyAction() {
    static const std::vector<InterventionAction> all{
        {"muteExpert", "mute", kMute, QT_TRANSLATE_NOOP("Interventions", "Mute"), QT_TRANSLATE_NOOP("Interventions", "No token chooses it any more; weights and optimizer stay."),
         QT_TRANSLATE_NOOP("Interventions", "Taken back at any time.")},
        {"killExpert", "kill", kMute, QT_TRANSLATE_NOOP("Interventions", "Kill"),
         QT_TRANSLATE_NOOP("Interventions", "Muted, its optimizer moments zeroed, out of the balance loss."), QT_TRANSLATE_NOOP("Interventions", "Only a rewind brings it back.")},
        {"freezeExpert", "freeze", kChange, QT_TRANSLATE_NOOP("Interventions", "Freeze"), QT_TRANSLATE_NOOP("Interventions", "No optimizer step for its weights; moments are kept."),
         QT_TRANSLATE_NOOP("Interventions", "Taken back at any time.")},
        {"freezeRouter", "freeze", kChange, QT_TRANSLATE_NOOP("Interventions", "Freeze the router"),
         QT_TRANSLATE_NOOP("Interventions", "No optimizer step for the layer's router; the experts learn on."), QT_TRANSLATE_NOOP("Interventions", "Taken back at any time."), ActionArgument::none,
         nullptr, true},
        {"reinitialiseExpert", "reinitialise", kChange, QT_TRANSLATE_NOOP("Interventions", "Re-initialise"),
         QT_TRANSLATE_NOOP("Interventions", "New weights and a new router row, moments zeroed."), QT_TRANSLATE_NOOP("Interventions", "What it had learned is gone; a rewind brings it back."),
         ActionArgument::source, "from"},
        {"duplicateExpert", "duplicate", kChange, QT_TRANSLATE_NOOP("Interventions", "Duplicate into"),
         QT_TRANSLATE_NOOP("Interventions", "A noisy copy takes the place of an idle expert; both share its tokens."), QT_TRANSLATE_NOOP("Interventions", "The other one's weights are replaced."),
         ActionArgument::other, "to"},
        {"splitExpert", "split", kChange, QT_TRANSLATE_NOOP("Interventions", "Split into"),
         QT_TRANSLATE_NOOP("Interventions", "Each of the two keeps half of its hidden units."), QT_TRANSLATE_NOOP("Interventions", "The other one's weights are replaced."), ActionArgument::other, "to"},
        {"mergeExperts", "merge", kChange, QT_TRANSLATE_NOOP("Interventions", "Merge with"),
         QT_TRANSLATE_NOOP("Interventions", "Becomes the load-weighted mean of both; the other one is killed."), QT_TRANSLATE_NOOP("Interventions", "A rewind brings both back."), ActionArgument::other,
         "with"},
        {"swapRows", "swap", kRoute, QT_TRANSLATE_NOOP("Interventions", "Swap router rows with"),
         QT_TRANSLATE_NOOP("Interventions", "Each gets the other's tokens: shows whether it matters who is who."), QT_TRANSLATE_NOOP("Interventions", "Swap again to take it back."),
         ActionArgument::other, "with"},
        {"pinDomain", "pin", kRoute, QT_TRANSLATE_NOOP("Interventions", "Pin a domain to it"),
         QT_TRANSLATE_NOOP("Interventions", "All its tokens go to this expert: an upper bound of specialisation."), QT_TRANSLATE_NOOP("Interventions", "Taken back at any time."),
         ActionArgument::domain, "domain"},
        {"oracleBalance", "oracle", kRoute, QT_TRANSLATE_NOOP("Interventions", "Oracle balance"),
         QT_TRANSLATE_NOOP("Interventions", "The router is not asked: an upper bound of throughput."), QT_TRANSLATE_NOOP("Interventions", "Taken back at any time."), ActionArgument::oracle, "kind", true},
    };
    return all;
}

/// "pin" with what it names, so that it can be taken back alone.
std::optional<config::Command> pinOf(const telemetry::Event& event) {
    config::Command command;
    if (!config::parseCommand(event.detailJson, command).empty() || command.verb != "pin") return {};
    command.arguments.erase("checkpoint");
    return command;
}

}  // namespace

const std::vector<InterventionAction>& interventionActions() {
    static const std::vector<InterventionAction> known = [] {
        std::vector<InterventionAction> found = everyAction();
        std::erase_if(found, [](const InterventionAction& action) { return !config::isCommand(action.verb); });
        return found;
    }();
    return known;
}

const InterventionAction* findAction(const QString& id) {
    const auto& all = interventionActions();
    const auto found = std::ranges::find_if(all, [&](const InterventionAction& action) { return id == QLatin1String(action.id); });
    return found == all.end() ? nullptr : &*found;
}

QString actionTitle(const InterventionAction& action) { return text(action.title); }

std::vector<ArgumentChoice> argumentChoices(const InterventionAction& action, const RunData& run, const ExpertPlace& place) {
    std::vector<ArgumentChoice> choices;
    switch (action.argument) {
        case ActionArgument::none: break;
        case ActionArgument::other:
            for (std::int64_t e = 0; e < run.experts(); ++e)
                if (e != place.expert) choices.push_back({QStringLiteral("E%1").arg(e), e});
            break;
        case ActionArgument::source: choices = {{text("fresh weights"), std::string("noise")}, {text("copy of the hottest"), std::string("hottest")}}; break;
        case ActionArgument::domain:
            for (const std::string& domain : run.meta().facts.domains) choices.push_back({RunWords::oneLine(domain), domain});
            break;
        case ActionArgument::oracle: choices = {{text("round robin"), std::string("round_robin")}, {text("at random"), std::string("random")}}; break;
    }
    return choices;
}

config::Command commandOf(const InterventionAction& action, const ExpertPlace& place, const std::optional<config::Value>& argument) {
    config::Command command;
    command.verb = action.verb;
    const bool oracle = action.argument == ActionArgument::oracle;
    if (!oracle) command.arguments["layer"] = place.layer;
    if (!action.wholeLayer) command.arguments["expert"] = place.expert;
    if (action.wholeLayer && !oracle) command.arguments["part"] = std::string("router");
    if (argument) command.arguments[action.argumentKey] = *argument;
    return command;
}

config::Command rigCommand(const ExpertPlace& place, double bias) { return {"rig", {{"layer", place.layer}, {"expert", place.expert}, {"bias", bias}}}; }

std::optional<config::Command> undoOf(const InterventionAction& action, const Steering& steering, const ExpertPlace& place) {
    const std::string verb = action.verb;
    const config::Values at{{"layer", place.layer}, {"expert", place.expert}};
    if (verb == "mute" && steering.isMuted(place.layer, place.expert)) return config::Command{"unmute", at};
    if (verb == "freeze" && !action.wholeLayer && steering.frozen.contains({place.layer, place.expert})) return config::Command{"unfreeze", at};
    if (verb == "freeze" && action.wholeLayer && steering.frozenRouters.contains(place.layer))
        return config::Command{"unfreeze", {{"layer", place.layer}, {"part", std::string("router")}}};
    if (verb == "oracle" && steering.oracle) return config::Command{"oracle", {{"kind", std::string("none")}}};
    if (verb == "pin")
        if (const std::string* domain = steering.domainPinnedTo(place.layer, place.expert)) return config::Command{"unpin", {{"domain", *domain}, {"layer", place.layer}}};
    return std::nullopt;
}

QString whyRefused(const InterventionAction& action, const RunData& run, const Steering& steering, const ExpertPlace& place) {
    const auto choices = argumentChoices(action, run, place);
    if (action.argument == ActionArgument::other && choices.empty()) return text("There is no other expert.");
    if (action.argument == ActionArgument::domain && choices.empty()) return text("This run's data has no domains.");
    std::optional<config::Value> argument;
    if (!choices.empty()) argument = choices.front().value;
    const base::Problems problems = config::validate(steering.config, commandOf(action, place, argument));
    return problems.empty() ? QString() : QString::fromStdString(problems.front().text);
}

std::optional<std::int64_t> checkpointBefore(const RunData& run, double step) {
    std::optional<std::int64_t> newest;
    for (const storage::CheckpointRow& row : run.checkpoints())
        if (row.state != "bad" && row.state != "deleting" && static_cast<double>(row.step) <= step && (!newest || row.step > *newest)) newest = row.step;
    return newest;
}

std::optional<config::Command> unpinOf(const config::Command& pin, const Steering& steering) {
    const auto domain = pin.arguments.find("domain"), layer = pin.arguments.find("layer"), expert = pin.arguments.find("expert");
    if (domain == pin.arguments.end() || expert == pin.arguments.end()) return {};
    const bool inForce = std::ranges::any_of(steering.pins, [&](const auto& each) {
        return config::Value(each.first.second) == domain->second && config::Value(each.second) == expert->second && (layer == pin.arguments.end() || config::Value(each.first.first) == layer->second);
    });
    if (!inForce) return {};
    config::Command unpin{"unpin", {{"domain", domain->second}}};
    if (layer != pin.arguments.end()) unpin.arguments["layer"] = layer->second;
    return unpin;
}

std::vector<PastIntervention> pastInterventions(const RunData& run) {
    std::vector<PastIntervention> past;
    for (const storage::StoredEvent* stored : standingCommands(run.events())) {
        const QString words = eventWords(stored->event).section(QStringLiteral("; checkpoint "), 0, 0);  // the links say which one
        past.push_back({stored->event.step, words, checkpointBefore(run, static_cast<double>(stored->event.step)), pinOf(stored->event)});
    }
    std::ranges::reverse(past);
    return past;
}

}  // namespace moescope::ui
