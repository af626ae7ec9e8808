// How many bits spell the number of an expert.
#pragma once

#include <bit>
#include <cstdint>

namespace moescope::routers {

/// ceil(log2 E): 0 for one expert.
inline std::int64_t bitsOf(std::int64_t experts) { return std::bit_width(static_cast<std::uint64_t>(experts - 1)); }

}  // namespace moescope::routers
