// The second forward pass over a micro-batch draws apart from the first: its number of the micro-batch has this added.
#pragma once

#include <cstdint>

namespace moescope::routing {

inline constexpr std::uint64_t kSecondPass = std::uint64_t{1} << 20;

}  // namespace moescope::routing
