// The two clocks: the wall's for people, the monotonic one for durations and rates.
#pragma once

#include <chrono>
#include <cstdint>

namespace moescope::base {

// Microseconds since 1970 UTC. May jump; never used for order or rates.
inline std::int64_t wallMicroseconds() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Nanoseconds since some moment; never goes back while the machine is up.
inline std::int64_t monotonicNanoseconds() {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace moescope::base
