// Keeps commands ordered by the step they apply before.
#include "app/engine/command_log.hpp"

#include <algorithm>

#include "app/engine/context.hpp"
#include "core/base/error.hpp"
#include "core/config/config_json.hpp"

namespace moescope::app {

CommandLog::CommandLog(std::string_view json, std::size_t applied) {
    const Json list = json.empty() ? Json::array() : Json::parse(json);
    for (const Json& entry : list) {
        config::ScriptedCommand command;
        command.step = entry.at("step").get<std::int64_t>();
        Json bare = entry;
        bare.erase("step");
        const base::Problems problems = config::parseCommand(bare.dump(), command.command);
        if (!problems.empty())
            throw base::Error(base::ExitCode::corrupt, "run.commands", problems.front().text, "stored commands of the run",
                              "resume with --no-replay");
        m_commands.push_back(std::move(command));
    }
    m_applied = std::min(applied, m_commands.size());
}

void CommandLog::add(std::int64_t step, const config::Command& command) {
    m_commands.insert(m_commands.begin() + static_cast<std::ptrdiff_t>(m_applied), config::ScriptedCommand{step, command});
    ++m_applied;
}

const config::Command* CommandLog::due(std::int64_t step) {
    if (m_applied >= m_commands.size() || m_commands[m_applied].step > step) return nullptr;
    return &m_commands[m_applied++].command;
}

void CommandLog::goBack(std::size_t applied, std::size_t keep) {
    m_commands.resize(std::min(keep, m_commands.size()));
    m_applied = std::min(applied, m_commands.size());
}

std::string CommandLog::json() const {
    Json list = Json::array();
    for (const config::ScriptedCommand& entry : m_commands) {
        Json object{{"step", entry.step}};
        object.update(Json::parse(config::toJson(entry.command)));
        list.push_back(std::move(object));
    }
    return list.dump();
}

}  // namespace moescope::app
