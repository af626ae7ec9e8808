// What must hold before anything starts: every mistake a user can fix, found without allocating. (contract)
#pragma once

#include <string>
#include <string_view>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

/// All problems of a configuration: ranges and choices from the field list, then the rules between settings
/// (k <= experts, heads divide the width, no gradient for k = 1 with softmax after top-k ...). Empty = it can run.
base::Problems validate(const RunConfig& config);

/// Problems of a command for a run with this configuration: unknown verb, a setting that is not live, a layer or
/// expert that does not exist. Refusals name the reason.
base::Problems validate(const RunConfig& config, const Command& command);

/// True for the verbs that validate() knows; a window offers no other.
bool isCommand(std::string_view verb);

/// The configuration after a valid `set`; other commands change no setting.
void applyLive(RunConfig& config, const Command& command);

/// Empty, or why the method needs the mark: it looks at other tokens of the batch ("not causal", "batch-coupled").
std::string couplingMark(const RunConfig& config);

}  // namespace moescope::config
