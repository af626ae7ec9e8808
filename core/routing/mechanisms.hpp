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
};

/// All of them, in the order of their files' names.
std::vector<Mechanism> listMechanisms();
/// Those that work in the first layer with experts of a valid `config`; none of a dense one.
std::vector<Mechanism> mechanismsOf(const config::RunConfig& config);

}  // namespace moescope::routing
