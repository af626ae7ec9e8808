// Distillation: until when a run learns from its teacher, and which layers its student has.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::config {

/// What a preset writes for the teacher that a user must name.
inline constexpr std::string_view kTeacherToName = "?";

/// The run has a teacher, named or still to be named.
bool hasTeacher(const RunConfig&);

/// The first step count at which the teacher is silent: `until` of the steps, rounded; training.steps where it teaches to the end; 0 without
/// a teacher. Steps 0 ... end - 1 distil.
std::int64_t distillationEnd(const RunConfig&);

/// Another number of steps for a run that goes on: a teacher that falls silent on the way does so at the step it would have.
void extendSteps(RunConfig&, std::int64_t steps);

/// Layers of a student that is shallower: seven eighths, as 21 of 24 in Mixture-of-Students, and at least one layer fewer; 0 of a single layer.
std::int64_t studentLayers(std::int64_t teacherLayers);

/// The settings of a student of a trained mixture, its teacher still to be named. `preset` mos: the same model with `layers` layers (0 = those of
/// studentLayers()); moe_to_dense: its dense twin. What a rig and a script did to the teacher is left out. Problems leave `made` alone.
base::Problems studentConfig(const RunConfig& teacher, std::string_view preset, std::int64_t layers, RunConfig& made);

/// The same model with fewer layers; a list of experts for each layer loses its first entries. Problems name what does not fit.
base::Problems makeShallower(RunConfig&, std::int64_t layers);

}  // namespace moescope::config
