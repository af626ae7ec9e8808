// A study: one configuration, settings that vary, and seeds, written out as the runs it consists of.
//
// Pure functions; no draw but that of a random search, which is a function of the base's seed. Names say what a run is:
// "order weigh=raw-s0" is seed 0 of the group "order weigh=raw".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

/// A setting and the values it takes, each as JSON text ("0.01", "\"raw\"").
struct Variation {
    std::string key;
    std::vector<std::string> values;
    bool operator==(const Variation&) const = default;
};

/// "KEY=V1,V2", or "KEY=[V1,V2]" as a JSON array where values hold commas. Aliases become keys; equal values are one.
base::Problems parseVariation(std::string_view text, Variation& variation);
/// The values of a list a person typed, for the given key: the right side of the above.
base::Problems parseValues(std::string_view key, std::string_view list, Variation& variation);

struct StudyPlan {
    RunConfig base;
    std::vector<Variation> vary;   ///< every combination of their values; empty = the base alone
    std::int64_t random = 0;       ///< > 0: only so many combinations, drawn without repetition
    std::vector<std::int64_t> seeds{0};
    std::string name;              ///< empty = by the preset
};

struct StudyRun {
    std::string name, group;
    std::vector<std::string> values;   ///< JSON, one for each variation
    std::int64_t seed = 0;
    RunConfig config;
};

inline constexpr std::size_t kMostStudyRuns = 10'000;

/// The runs, seed after seed, so that every group has its first seed before any has its second. Problems: a value that
/// does not fit, a combination that cannot run (named), a seed that is varied, more than kMostStudyRuns.
std::variant<std::vector<StudyRun>, base::Problems> studyRuns(const StudyPlan& plan);

/// Seed of training, and of the data where the two were the same: then runs of one seed share start and order of the data.
RunConfig withSeed(RunConfig config, std::int64_t seed);

/// The least seeds from `first` on that are not taken, so that there are `total` with those that are.
std::vector<std::int64_t> seedsToReach(std::size_t total, std::span<const std::int64_t> taken, std::int64_t first = 0);
/// 0, 1, ... or from `first` on.
std::vector<std::int64_t> seedsFrom(std::int64_t first, std::int64_t count);

}  // namespace moescope::config
