// Commands as JSON objects of scripts and of the control socket.
#include <fmt/format.h>

#include "core/config/config_json.hpp"
#include "core/config/json_fields.hpp"

namespace moescope::config {

std::string toJson(const Command& command) { return dumpJson(asJson(command)); }
std::string toJson(const ScriptedCommand& command) { return dumpJson(asJson(command)); }

namespace {
template <class T>
base::Problems parseInto(std::string_view json, T& out) {
    const ParsedJson parsed = parseJson(json);
    if (!parsed.error.empty()) return {{"command", fmt::format("The command cannot be read: {}.", parsed.error)}};
    base::Problems problems;
    T read;
    fromJson(parsed.value, read, "", problems);
    if (problems.empty()) out = std::move(read);
    return problems;
}
}  // namespace

base::Problems parseCommand(std::string_view json, Command& command) { return parseInto(json, command); }
base::Problems parseCommand(std::string_view json, ScriptedCommand& command) { return parseInto(json, command); }

}  // namespace moescope::config
