// Finished runs: what need not be trained again, because a stored run is it already.
#pragma once

#include <string>
#include <vector>

#include "core/config/study.hpp"

namespace moescope::ui {

class RunLibrary;

/// For each wanted run the ULID of a stored one that is the same: equal settings and seed (threads apart), finished, begun by
/// itself, and given no command but those of its script; empty where there is none. GUI thread; reads the events of those whose
/// settings match.
std::vector<std::string> finishedAlready(const std::vector<config::StudyRun>& wanted, const RunLibrary& library);

}  // namespace moescope::ui
