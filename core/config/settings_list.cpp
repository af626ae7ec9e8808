// The list of settings as data, and the settings in which configurations differ.
#include <algorithm>
#include <set>

#include "core/config/config_json.hpp"
#include "core/config/fields.hpp"
#include "core/config/json_fields.hpp"
#include "core/config/setting_keys.hpp"

namespace moescope::config {
namespace {

// Keys of all settings, then of every router option any of the configurations has.
std::vector<std::string> keysOf(const std::vector<RunConfig>& configs) {
    std::vector<std::string> keys;
    for (std::string_view key : settingKeys()) {
        if (key != "router.options") keys.emplace_back(key);
    }
    std::set<std::string> options;
    for (const RunConfig& config : configs) {
        for (const auto& [name, value] : config.router.options)
            options.insert(std::string(kOptionPrefix) + name);
    }
    keys.insert(keys.end(), options.begin(), options.end());
    return keys;
}

}  // namespace

std::vector<SettingInfo> listSettings() {
    std::vector<SettingInfo> list;
    const RunConfig defaults;
    visitFields(defaults, [&]<class T>(const Field& field, const T& member) {
        const auto choices = splitWords(field.choices);
        list.push_back({.key = std::string(field.key),
                        .type = typeName<T>(),
                        .defaultJson = dumpJson(asJson(member)),
                        .label = std::string(field.label),
                        .unit = std::string(field.unit),
                        .help = std::string(field.help),
                        .minimum = field.minimum,
                        .maximum = field.maximum,
                        .choices = {choices.begin(), choices.end()},
                        .live = field.live != Live::no});
    });
    return list;
}

std::vector<SettingDifference> differences(const std::vector<RunConfig>& configs) {
    std::vector<SettingDifference> found;
    for (const std::string& key : keysOf(configs)) {
        SettingDifference difference{key, {}};
        for (const RunConfig& config : configs)
            difference.values.push_back(settingJson(config, key).value_or("null"));
        const bool equal = std::ranges::all_of(difference.values,
                                               [&](const std::string& v) { return v == difference.values.front(); });
        if (!equal) found.push_back(std::move(difference));
    }
    return found;
}

}  // namespace moescope::config
