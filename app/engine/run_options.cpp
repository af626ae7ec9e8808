// Builds a RunConfig from the command line's parts.
#include "app/engine/run_options.hpp"

#include <CLI/CLI.hpp>

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

base::Problems applyRecipe(const std::string& recipe, config::RunConfig& config) {
    if (recipe.starts_with("moe:")) return config::applyRecipeString(config, recipe);
    const std::string text = recipe == "-" ? readStandardInput() : readInput(recipe, kLargestRecipe);
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string::npos && text.compare(start, 4, "moe:") == 0)
        return config::applyRecipeString(config, text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start));
    return config::applyJson(config, text);
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
