// Builds a RunConfig from the command line's parts.
#include "app/engine/run_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "core/base/files.hpp"
#include "core/config/config_json.hpp"
#include "core/config/presets.hpp"

namespace moescope::app {
namespace {

constexpr std::uint64_t kLargestRecipe = 1 << 20;

void append(base::Problems& all, base::Problems more) { all.insert(all.end(), more.begin(), more.end()); }

std::string readStandardInput() {
    std::string text;
    char buffer[4096];
    while (std::cin.read(buffer, sizeof buffer) || std::cin.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
        if (text.size() > kLargestRecipe) break;
    }
    return text;
}

/// The presets a label names: "eight_domains+switch" are two.
base::Problems applyPresets(const std::string& label, config::RunConfig& config) {
    base::Problems problems;
    for (std::size_t from = 0; from < label.size() && problems.empty();) {
        const std::size_t plus = std::min(label.find('+', from), label.size());
        problems = config::applyPreset(config, label.substr(from, plus - from));
        from = plus + 1;
    }
    return problems;
}

/// A recipe that names a preset starts from it; what else it says goes on top. A whole one (`export --recipe`) says everything.
base::Problems applyRecipeJson(const std::string& text, config::RunConfig& config) {
    const Json json = Json::parse(text, nullptr, false);
    config::RunConfig changed = config;
    if (json.is_object() && json.contains("preset") && json["preset"].is_string()) {
        changed.preset.clear();
        if (base::Problems problems = applyPresets(json["preset"], changed); !problems.empty()) return problems;
    }
    base::Problems problems = config::applyJson(changed, text);
    if (problems.empty()) config = std::move(changed);
    return problems;
}

base::Problems applyRecipe(const std::string& recipe, config::RunConfig& config) {
    if (recipe.starts_with("moe:")) return config::applyRecipeString(config, recipe);
    const std::string text = recipe == "-" ? readStandardInput() : readInput(recipe, kLargestRecipe);
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string::npos && text.compare(start, 4, "moe:") == 0)
        return config::applyRecipeString(config, text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start));
    return applyRecipeJson(text, config);
}

}  // namespace

void addRunOptions(CLI::App& app, RunOptions& options) {
    app.add_option("--preset", options.presets, "Preset to start from; give a run preset and a router preset to combine them")
        ->type_name("ID")->take_all();
    app.add_option("--recipe", options.recipe, "Recipe: a JSON file, a moe: string, or - for standard input")->type_name("FILE|moe:...|-");
    app.add_option("--set", options.sets, "Change one setting; the value is JSON")->type_name("KEY=VALUE")->take_all();
    app.add_option("--seed", options.seed, "Seed of training and data")->type_name("N");
}

base::Problems applySets(const std::vector<std::string>& sets, config::RunConfig& config) {
    base::Problems problems;
    for (const std::string& set : sets) {
        const std::size_t equals = set.find('=');
        if (equals == std::string::npos)
            problems.push_back({set, "--set takes KEY=VALUE, for instance --set training.steps=200"});
        else
            append(problems, config::applySetting(config, set.substr(0, equals), set.substr(equals + 1)));
    }
    return problems;
}

base::Problems build(const RunOptions& options, const Context& context, config::RunConfig& config) {
    base::Problems problems;
    for (const std::string& preset : options.presets) append(problems, config::applyPreset(config, preset));
    if (!options.recipe.empty()) append(problems, applyRecipe(options.recipe, config));
    append(problems, applySets(options.sets, config));
    if (options.seed) config.training.seed = config.data.seed = *options.seed;
    if (!context.device.empty()) config.training.device = context.device;
    if (context.threads >= 0) config.training.threads = context.threads;
    return problems;
}

}  // namespace moescope::app
