// Presets: finding the resource folder, reading the files, putting one on top of a configuration.
#include "core/config/presets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/config/config_json.hpp"
#include "core/config/derived.hpp"
#include "core/config/json_fields.hpp"
#include "core/config/setting_keys.hpp"

namespace moescope::config {
namespace {

namespace fs = std::filesystem;
using base::Problems;

bool holdsPresets(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_directory(folder / "presets", ignored);
}

[[noreturn]] void damaged(const fs::path& file, std::string_view why) {
    throw base::Error(base::ExitCode::badInput, "preset.bad", fmt::format("a preset cannot be read: {}", why),
                      file.string(), "install the program again, or mend the file");
}

void reject(const fs::path& file, const Problems& problems) {
    if (!problems.empty()) damaged(file, problems.front().text);
}

Preset readPreset(const fs::path& file, PresetKind kind) {
    const ParsedJson parsed = parseJson(base::readWhole(file, kMostJsonBytes));
    if (!parsed.error.empty()) damaged(file, parsed.error);
    const auto* members = parsed.value.object();
    if (!members) damaged(file, "it is not an object");
    Preset preset;
    preset.kind = kind;
    Problems problems;
    for (const auto& [name, value] : *members) {
        if (name == "id")
            fromJson(value, preset.id, name, problems);
        else if (name == "title")
            fromJson(value, preset.title, name, problems);
        else if (name == "description")
            fromJson(value, preset.description, name, problems);
        else if (name == "look_for")
            fromJson(value, preset.lookFor, name, problems);
        else if (name == "source")
            fromJson(value, preset.source, name, problems);
        else if (name == "deviations")
            fromJson(value, preset.deviations, name, problems);
        else if (name == "base")
            fromJson(value, preset.base, name, problems);
        else if (name == "dense_twin")
            fromJson(value, preset.denseTwin, name, problems);
        else if (name == "config" && value.object())
            preset.configJson = dumpJson(value);
        else if (name == "alone" && value.object())
            preset.aloneJson = dumpJson(value);
        else
            damaged(file, fmt::format("\"{}\" does not belong there", name));
    }
    reject(file, problems);
    if (preset.id != file.stem().string()) damaged(file, fmt::format("its id is \"{}\"", preset.id));
    return preset;
}

void readFolder(const fs::path& folder, PresetKind kind, std::vector<Preset>& presets) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files)
        presets.push_back(readPreset(file, kind));
}

Problems unknownPreset(std::string_view id, const std::vector<Preset>& all) {
    std::vector<std::string_view> ids;
    for (const Preset& preset : all)
        ids.push_back(preset.id);
    return {
        {"preset", fmt::format("There is no preset \"{}\"; the nearest is {}. The command `presets` lists them all.",
                               base::printable(id, 60), nearest(id, ids))}};
}

const Preset* find(const std::vector<Preset>& all, std::string_view id) {
    const auto at = std::ranges::find(all, id, &Preset::id);
    return at == all.end() ? nullptr : &*at;
}

// A router preset by itself brings its published ratio of experts, on the data and the model of the base preset.
Problems applyRouter(RunConfig& config, const Preset& preset, const std::vector<Preset>& all) {
    const bool alone = config.preset.empty();
    if (alone) {
        if (const Preset* base = find(all, preset.base)) {
            if (Problems problems = applyJson(config, base->configJson); !problems.empty()) return problems;
        }
    }
    config.router = {};
    config.capacity = {};
    config.balance = {};
    config.distillation = {};
    config.plane.criterion = PlaneConfig{}.criterion;  // goes with the gate
    config.plane.fit = PlaneConfig{}.fit;
    Problems problems = applyJson(config, preset.configJson);
    if (problems.empty() && alone) problems = applyJson(config, preset.aloneJson);
    if (problems.empty() && preset.denseTwin) config = denseTwin(config);
    return problems;
}

}  // namespace

fs::path resourceFolder() {
    if (const char* named = std::getenv("MOESCOPE_RESOURCES"); named && *named) {
        if (holdsPresets(named)) return named;
        throw base::Error(base::ExitCode::usage, "resources.missing",
                          "MOESCOPE_RESOURCES names a folder without presets", named, "correct it or leave it unset");
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const fs::path& folder :
         {program / "resources", program / "../share/moescope/resources", fs::path(MOESCOPE_RESOURCE_DIR)}) {
        if (holdsPresets(folder)) return folder.lexically_normal();
    }
    throw base::Error(base::ExitCode::io, "resources.missing", "the folder resources/presets is not there",
                      program.string(), "install the program again or set MOESCOPE_RESOURCES");
}

std::vector<Preset> listPresets() {
    std::vector<Preset> presets;
    const fs::path folder = resourceFolder() / "presets";
    readFolder(folder / "runs", PresetKind::run, presets);
    readFolder(folder / "routers", PresetKind::router, presets);
    return presets;
}

std::optional<Preset> findPreset(std::string_view id) {
    const auto all = listPresets();
    const Preset* found = find(all, id);
    return found ? std::optional(*found) : std::nullopt;
}

Problems applyPreset(RunConfig& config, std::string_view id) {
    const auto all = listPresets();
    const Preset* preset = find(all, id);
    if (!preset) return unknownPreset(id, all);
    RunConfig changed = config;
    const Problems problems =
        preset->kind == PresetKind::run ? applyJson(changed, preset->configJson) : applyRouter(changed, *preset, all);
    if (!problems.empty()) return problems;
    changed.preset = config.preset.empty() ? preset->id : config.preset + "+" + preset->id;
    config = std::move(changed);
    return {};
}

}  // namespace moescope::config
