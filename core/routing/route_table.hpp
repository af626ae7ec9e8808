// A router on a table of numbers, by hand: JSON in, JSON out, as the engine computes it in float32. (contract; no LibTorch)
#pragma once

#include <string>
#include <string_view>

#include "core/base/problem.hpp"

namespace moescope::routing {

/// `json` is the input of `moescope-engine route`; the answer is one JSON object. What the user can fix is put into
/// `problems` (the answer is empty then); NaN or infinite numbers, ragged tables and broken JSON throw base::Error (exit 3)
/// that names the row.
std::string routeTable(std::string_view json, base::Problems& problems);

}  // namespace moescope::routing
