// The routers that need code of their own, as words: what they are, where they are from, which options they have. (no LibTorch)
#pragma once

#include <string>
#include <vector>

#include "core/routing/spec.hpp"

namespace moescope::routing {

/// One file of core/routers.
struct Mechanism {
    std::string id, title, source;
    std::vector<OptionInfo> options;
    std::vector<std::string> curves;   ///< metrics that are peculiar to it
};

/// All of them, in the order of their files' names.
std::vector<Mechanism> listMechanisms();
/// Those that work in the first layer with experts of a valid `config`; none of a dense one.
std::vector<Mechanism> mechanismsOf(const config::RunConfig& config);
/// Metrics that say what is peculiar to the routing of a valid `config`, most peculiar first: those its mechanisms declare, then
/// those of its losses, transforms and residual expert, else how the experts share a token. None of a dense one without a teacher.
std::vector<std::string> ownCurves(const config::RunConfig& config);

}  // namespace moescope::routing
