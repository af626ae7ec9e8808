// Gives a fresh trainer the weights of a conversion, through a checkpoint like any other.
#pragma once

#include <filesystem>

#include "app/engine/teacher.hpp"
#include "core/conversion/conversion.hpp"
#include "core/training/trainer.hpp"

namespace moescope::app {

/// Every weight of the model must be in `weights`, in its shape. `scratch` is a folder that is made and removed again.
void adoptWeights(training::Trainer& trainer, const conversion::Weights& weights, const std::filesystem::path& scratch);

/// Gives the fresh student what its teacher has besides experts; says in a sentence how much that is.
std::string copyFromTeacher(const Context& context, const Teacher& teacher, training::Trainer& student);

}  // namespace moescope::app
