// bench store, beside the kinds of bench that train.
#pragma once

#include "app/engine/context.hpp"

namespace moescope::app {

/// Writes a run of about `values` values into a folder of its own and times how it is read. `keep` leaves the store there, to be
/// opened with the window. Throws base::Error, exit 6, where there is no room.
int benchStore(const Context& context, double values, bool keep);

}  // namespace moescope::app
