// Each file of declarations gives some experiments; all() puts them in order.
#pragma once

#include "core/experiments/experiment.hpp"

namespace moescope::experiments {

std::vector<Experiment> balanceExperiments();    // X1, X2, X3, X20, X21, X32
std::vector<Experiment> capacityExperiments();   // X11, X12
std::vector<Experiment> shapeExperiments();      // X6, X7, X9, X10, X31
std::vector<Experiment> routerExperiments();     // X4, X8, X13, X15, X23, X29, X30
std::vector<Experiment> originExperiments();     // X18, X26
std::vector<Experiment> samplingExperiments();   // X5, X14
std::vector<Experiment> sightExperiments();      // X16, X22, X25
std::vector<Experiment> variableExperiments();   // X19, X28

}  // namespace moescope::experiments
