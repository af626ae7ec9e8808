// The readings that experiments share, by the names people know.
#pragma once

#include "core/experiments/experiment.hpp"

namespace moescope::experiments {

inline constexpr double kLate = 0.75;   ///< from here on a run counts as settled

inline Reading valLoss() { return {"validation loss", {"val_loss"}, {}}; }
inline Reading valLossAt(double share) { return {"validation loss early", {"val_loss", share, share}, {}}; }
/// What the loss falls by from `share` of the steps to the end, negative.
inline Reading lossFallFrom(double share) { return {"fall of the validation loss", {"val_loss"}, Term{"val_loss", share, share}}; }
/// Mean over the last quarter of the run.
inline Reading late(std::string name, std::string metric, Layers layers = Layers::mean) { return {std::move(name), {std::move(metric), kLate, 1, layers}, {}}; }
inline Reading between(std::string name, std::string metric, double from, double to) { return {std::move(name), {std::move(metric), from, to}, {}}; }
inline Reading atEnd(std::string name, std::string metric, Layers layers = Layers::mean) { return {std::move(name), {std::move(metric), 1, 1, layers}, {}}; }

}  // namespace moescope::experiments
