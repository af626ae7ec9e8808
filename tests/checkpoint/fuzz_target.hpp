// The property behind the fuzz target, also run by the ordinary tests.
#pragma once

#include "core/base/files.hpp"

namespace moescope::checkpoint::testing {

// Parses `file` as safetensors; aborts when a promise is broken. True: accepted.
bool acceptsHeader(base::Bytes file);

}  // namespace moescope::checkpoint::testing
