// Every experiment there is, by number.
#include <algorithm>

#include "core/base/numbers.hpp"
#include "core/experiments/tables.hpp"

namespace moescope::experiments {

const std::vector<Experiment>& all() {
    static const std::vector<Experiment> experiments = [] {
        std::vector<Experiment> list;
        for (const auto part : {balanceExperiments, capacityExperiments, shapeExperiments, routerExperiments, originExperiments, samplingExperiments, sightExperiments, variableExperiments})
            for (Experiment& each : part()) list.push_back(std::move(each));
        std::ranges::sort(list, {}, [](const Experiment& each) { return base::toInt(each.id.substr(1)).value_or(0); });
        return list;
    }();
    return experiments;
}

}  // namespace moescope::experiments
