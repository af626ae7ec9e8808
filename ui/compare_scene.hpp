// What the views of Compare draw: the compared runs, their groups, the metric, and values of any key as an axis.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plots/scatter.hpp"
#include "ui/compare_curves.hpp"

namespace moescope::ui {

inline constexpr const char* kMetricKey = "@metric";   ///< the chosen metric, at each run's last point

struct CompareScene {
    std::vector<CompareEntry> entries;
    std::vector<CompareGroup> groups;
    int baseline = -1;                            ///< index of entries
    std::string chosen;                           ///< ULID of the row that is chosen in the table; may be empty
    CompareMetric metric;
    std::vector<std::string> keys;                ///< in which the runs differ

    /// The colour of an entry's line.
    plots::Ink ink(std::size_t entry) const;
    /// The run a pair view sets against the baseline: the chosen one, else the first of another group; -1 for none.
    int other() const;
};

/// Fields with numbers that every run has a chance to have.
const std::vector<std::string>& sceneFields();
/// What an axis may show, as keys, the metric first.
std::vector<std::string> sceneKeys(const CompareScene& scene);
QString sceneTitle(const CompareScene& scene, const std::string& key);

/// An axis and each entry's place on it; NaN where a run has no such value. Numbers stay numbers; words stand in order.
struct SceneAxis {
    plots::ScatterAxis axis;
    std::vector<double> values;                   ///< [entry]
};
SceneAxis sceneAxis(const CompareScene& scene, const std::string& key);

}  // namespace moescope::ui
