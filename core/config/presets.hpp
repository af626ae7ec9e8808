// Presets: RunConfigs as JSON files in resources/presets/{runs,routers}. (contract)
//
// A file is {"id","title","description","look_for","source","deviations", "config":{...flat or nested...}}; a run
// preset sets what it names, a router preset resets router., capacity., balance., distillation. (and what goes with a plane's gate) and then sets what
// it names. A router preset that is applied first goes on top of its run preset "base" (eight_domains) and then sets what its
// "alone" names: the published ratio of experts, scaled to a minute on a CPU. "dense_twin": true replaces the experts
// by a dense layer of equal active FLOPs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

enum class PresetKind { run, router };

struct Preset {
    std::string id, title, description, lookFor, source;
    std::vector<std::string> deviations;
    PresetKind kind = PresetKind::run;
    std::string configJson = "{}";
    std::string aloneJson = "{}";
    std::string base = "eight_domains";  ///< router presets: the run preset below them when none is named
    bool denseTwin = false;
};

/// The folder `resources/` beside the program, in its install tree, or the source tree; throws base::Error if none.
std::filesystem::path resourceFolder();

/// All presets, runs first, each in the order of the folder's names. A damaged file is an Error naming it.
std::vector<Preset> listPresets();
std::optional<Preset> findPreset(std::string_view id);

/// Puts preset `id` on top of `config` (`config.preset` joins the ids); an unknown id is a problem with the nearest
/// name.
base::Problems applyPreset(RunConfig& config, std::string_view id);

}  // namespace moescope::config
