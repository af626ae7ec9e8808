// --preset, --recipe, --set, --seed: from the command line to a checked RunConfig.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/engine/context.hpp"
#include "core/config/run_config.hpp"

namespace moescope::app {

struct RunOptions {
    std::vector<std::string> presets;
    std::string recipe;             ///< file, "moe:..." or "-" for standard input
    std::vector<std::string> sets;  ///< KEY=VALUE
    std::optional<std::int64_t> seed;
};

void addRunOptions(CLI::App& app, RunOptions& options);

/// Presets in their order, then the recipe, then --set, --seed, --device, --threads; every mistake is a problem.
/// Reading an unreadable recipe file throws base::Error (exit 3). Does not validate the rules between settings.
base::Problems build(const RunOptions& options, const Context& context, config::RunConfig& config);

/// Applies "KEY=VALUE" texts.
base::Problems applySets(const std::vector<std::string>& sets, config::RunConfig& config);

}  // namespace moescope::app
