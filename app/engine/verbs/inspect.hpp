// inspect: the verb that looks into a checkpoint; added beside probe, which looks at what its model does.
#pragma once

#include "app/engine/context.hpp"

namespace moescope::app {

void addInspect(CLI::App&, Context&, Action&);

}  // namespace moescope::app
