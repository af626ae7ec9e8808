// RunConfig to and from JSON: recipes, `--set`, stored configurations, `moe:` strings. (contract)
//
// Nested JSON and flat dotted keys are both read; aliases of other programs' names are accepted on input and never
// written. Everything read is hostile until checked: depth, size, duplicate keys and types are limited, and each
// mistake is a Problem naming the key. Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

/// The whole resolved configuration as nested JSON text; numbers round-trip. `indent` < 0 gives one line.
std::string toJson(const RunConfig& config, int indent = 2);

/// Reads JSON (nested or flat) on top of `config`. Unknown keys and wrong types are problems; nothing is changed then.
base::Problems applyJson(RunConfig& config, std::string_view json);

/// Sets one key from the text of a JSON value ("0.5", "true", "[1,2]"; a bare word is taken as a string).
base::Problems applySetting(RunConfig& config, std::string_view key, std::string_view jsonValue);

/// JSON text of one setting's value, or nothing if there is no such key ("router.options.x" is read too).
std::optional<std::string> settingJson(const RunConfig& config, std::string_view key);

/// `moe:` + base64url of the compressed recipe, and back. Limit 1 MiB decoded.
std::string toRecipeString(const RunConfig& config);
base::Problems applyRecipeString(RunConfig& config, std::string_view recipe);

/// The canonical name of a key or alias, or nothing; `suggestKey` is the nearest known key for a message.
std::optional<std::string> canonicalKey(std::string_view key);
std::string suggestKey(std::string_view unknown);

/// One line of `moescope-engine settings`, and of the form.
struct SettingInfo {
    std::string key, type, defaultJson, label, unit, help;
    double minimum, maximum;
    std::vector<std::string> choices;
    bool live;
};
std::vector<SettingInfo> listSettings();

/// Keys whose values differ, with both values as JSON (the "settings that differ" of Compare).
struct SettingDifference {
    std::string key;
    std::vector<std::string> values;
};
std::vector<SettingDifference> differences(const std::vector<RunConfig>& configs);

/// Commands as the JSON objects of scripts and of the control socket: {"step":150,"command":"set","key":..,"value":..}.
/// For a Command "step" is refused (it is applied at the engine's next step); a ScriptedCommand needs it.
std::string toJson(const Command& command);
std::string toJson(const ScriptedCommand& command);
base::Problems parseCommand(std::string_view json, Command& command);
base::Problems parseCommand(std::string_view json, ScriptedCommand& command);

}  // namespace moescope::config
