// Takes back what rewinds undid. An event at the step of the checkpoint itself is not superseded, so the list of the rewind counts.
#include "ui/standing_commands.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/config/config_json.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;
using Events = std::vector<const storage::StoredEvent*>;

bool isCommandEvent(const std::string& code) { return code.starts_with("command.") && code != "command.refused" && code != "command.bad"; }

config::Command commandIn(const std::string& json) {
    config::Command command;
    if (!config::parseCommand(json, command).empty()) return {};
    command.arguments.erase("checkpoint");
    return command;
}

void takeBack(Events& standing, const telemetry::Event& rewound) {
    const Json detail = Json::parse(rewound.detailJson, nullptr, false);
    if (!detail.is_object() || !detail.contains("undone") || !detail["undone"].is_array()) return;
    for (auto undone = detail["undone"].rbegin(); undone != detail["undone"].rend(); ++undone) {
        const config::Command command = commandIn(undone->dump());
        const auto same = std::find_if(standing.rbegin(), standing.rend(), [&](const storage::StoredEvent* each) {
            return each->event.step >= rewound.step && commandIn(each->event.detailJson) == command;
        });
        if (same != standing.rend()) standing.erase(std::next(same).base());
    }
}

}  // namespace

Events standingCommands(const std::vector<storage::StoredEvent>& events) {
    Events standing;
    for (const storage::StoredEvent& stored : events) {
        if (stored.superseded) continue;
        if (stored.event.code == "run.rewound") takeBack(standing, stored.event);
        else if (isCommandEvent(stored.event.code)) standing.push_back(&stored);
    }
    return standing;
}

}  // namespace moescope::ui
