// The commands of a run that still hold: those that a rewind undid are gone, whatever their step. Pure.
#pragma once

#include <vector>

#include "storage/records.hpp"

namespace moescope::ui {

/// Command events in their order, without superseded and refused ones and without those that a "run.rewound" names as undone.
std::vector<const storage::StoredEvent*> standingCommands(const std::vector<storage::StoredEvent>& events);

}  // namespace moescope::ui
