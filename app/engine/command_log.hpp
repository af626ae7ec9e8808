// The commands of a run in the order they take effect: those applied, and those that a resume still has to repeat.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/run_config.hpp"

namespace moescope::app {

/// Plain value, stored whole with every change, so that a run killed twice still repeats every command.
class CommandLog {
public:
    CommandLog() = default;
    /// From its stored JSON text (a list of {"step","command",...}); the first `applied` ones are in the checkpoint.
    CommandLog(std::string_view json, std::size_t applied);

    /// A command given now, before step `step`: it stands before those still to be repeated.
    void add(std::int64_t step, const config::Command& command);
    /// The next stored command that is due when `step` steps are done, or nullptr; taking it marks it applied.
    const config::Command* due(std::int64_t step);
    /// Forgets what is not applied yet (--no-replay).
    void dropPending() { m_commands.resize(m_applied); }
    /// Goes back to a checkpoint that holds the first `applied` commands, and forgets all but the first `keep`.
    void goBack(std::size_t applied, std::size_t keep);

    std::size_t applied() const { return m_applied; }
    std::size_t pending() const { return m_commands.size() - m_applied; }
    const std::vector<config::ScriptedCommand>& all() const { return m_commands; }
    std::string json() const;

private:
    std::vector<config::ScriptedCommand> m_commands;
    std::size_t m_applied = 0;
};

}  // namespace moescope::app
