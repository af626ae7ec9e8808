// The commands of a running engine, one list: what checks them, what `send --help` prints and what the window offers.
#pragma once

#include <span>
#include <string_view>

namespace moescope::config {

/// control: how the run goes on. knob: a live setting. intervention: changes router or experts; a checkpoint is taken before it,
/// and it can be undone by rewinding there. Knobs and interventions are logged and repeated by a resume.
enum class CommandKind { control, knob, intervention };

struct CommandInfo {
    std::string_view verb;
    CommandKind kind;
    std::string_view required, optional;  ///< names of arguments, separated by spaces
    std::string_view example;             ///< as one would type it after `send RUN`
    std::string_view help;                ///< one sentence: what it does, exactly
};

/// In the order in which they are shown. Static data.
std::span<const CommandInfo> listCommands();

/// Null if there is no such command.
const CommandInfo* findCommand(std::string_view verb);

bool isIntervention(std::string_view verb);

}  // namespace moescope::config
