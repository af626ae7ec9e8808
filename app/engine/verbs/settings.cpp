// settings, presets, devices: what there is.
#include <CLI/CLI.hpp>

#include "app/engine/verbs.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"
#include "core/config/run_config.hpp"
#include "core/config/validate.hpp"
#include "core/training/devices.hpp"

namespace moescope::app {
namespace {

Json toJson(const config::SettingInfo& setting) {
    return {{"key", setting.key}, {"type", setting.type}, {"default", Json::parse(setting.defaultJson)},
            {"minimum", number(setting.minimum)}, {"maximum", number(setting.maximum)}, {"choices", setting.choices},
            {"unit", setting.unit}, {"label", setting.label}, {"help", setting.help}, {"live", setting.live},
            {"effect", setting.live ? "next step" : "new run"}};
}

int listSettings(const Context& context) {
    std::vector<std::vector<std::string>> rows{{"setting", "default", "help"}};
    for (const config::SettingInfo& setting : config::listSettings()) {
        context.result(toJson(setting), {});
        rows.push_back({setting.key, setting.defaultJson, setting.help + (setting.live ? " (live)" : "")});
    }
    if (!context.json) context.result({}, table(rows, "012"));
    return 0;
}

Json toJson(const config::Preset& preset) {
    config::RunConfig resolved;
    config::applyPreset(resolved, preset.id);
    return {{"id", preset.id}, {"kind", preset.kind == config::PresetKind::run ? "run" : "router"}, {"title", preset.title},
            {"description", preset.description}, {"look_for", preset.lookFor}, {"source", preset.source},
            {"deviations", preset.deviations}, {"mark", config::couplingMark(resolved)}, {"config", Json::parse(preset.configJson)}};
}

std::string card(const config::Preset& preset) {
    std::string text = preset.id + " - " + preset.title + "\n" + preset.description + "\nLook for: " + preset.lookFor;
    if (!preset.source.empty()) text += "\nSource: " + preset.source;
    for (const std::string& deviation : preset.deviations) text += "\nDeviation: " + deviation;
    return text + "\n" + preset.configJson;
}

int showPreset(const Context& context, const std::string& id) {
    const auto preset = config::findPreset(id);
    if (!preset) {
        config::RunConfig scratch;
        return report(context, config::applyPreset(scratch, id));
    }
    context.result(toJson(*preset), card(*preset));
    return 0;
}

int listPresets(const Context& context) {
    std::vector<std::vector<std::string>> rows{{"id", "kind", "title"}};
    for (const config::Preset& preset : config::listPresets()) {
        context.result(toJson(preset), {});
        rows.push_back({preset.id, preset.kind == config::PresetKind::run ? "run" : "router", preset.title});
    }
    if (!context.json) context.result({}, table(rows, "012"));
    return 0;
}

int listDevices(const Context& context) {
    std::vector<std::vector<std::string>> rows{{"device", "name", "memory", "threads", "capability"}};
    for (const training::DeviceInfo& device : training::listDevices()) {
        context.result({{"id", device.id}, {"name", device.name}, {"memory_bytes", device.memoryBytes},
                        {"free_bytes", device.freeBytes}, {"threads", device.threads}, {"capability", device.capability}}, {});
        rows.push_back({device.id, device.name, shortNumber(device.memoryBytes) + "B", std::to_string(device.threads), device.capability});
    }
    if (!context.json) context.result({}, table(rows, "014"));
    return 0;
}

void addPresets(CLI::App& app, Context& context, Action& action) {
    auto* verb = app.add_subcommand("presets", "Run presets and router presets");
    verb->footer("Example: moescope-engine presets collapse_and_cure");
    auto id = std::make_shared<std::string>();
    verb->add_option("id", *id, "Show this one whole");
    verb->callback([=, &context, &action] { action = [=, &context] { return id->empty() ? listPresets(context) : showPreset(context, *id); }; });
}

}  // namespace

void addSettings(CLI::App& app, Context& context, Action& action) {
    app.add_subcommand("settings", "Every setting with its default, range and help")
        ->footer("Example: moescope-engine settings --json | grep balance")
        ->callback([&] { action = [&] { return listSettings(context); }; });
    addPresets(app, context, action);
    app.add_subcommand("devices", "Devices this build can train on")
        ->footer("Example: moescope-engine devices --json")
        ->callback([&] { action = [&] { return listDevices(context); }; });
}

}  // namespace moescope::app
