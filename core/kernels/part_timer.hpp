// Where the time of a step goes: seconds per part, collected only while somebody listens.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/clock.hpp"

namespace moescope::kernels {

enum class Part : std::uint8_t { data, embedding, attention, router, experts, head, backward, optimizer, telemetry, count };

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Part::count)> kPartNames = {
    "data", "embedding", "norm+attention", "router", "experts", "head+loss", "backward", "optimizer", "telemetry"};

/// Sums of seconds. `wait`, if set, is called at both ends of a part so that a device's queue is empty there.
struct PartTimes {
    std::array<double, static_cast<std::size_t>(Part::count)> seconds{};
    void (*wait)() = nullptr;
};

/// Adds the time of its life to a part; does nothing without `times`.
class TimedPart {
public:
    TimedPart(PartTimes* times, Part part) : m_times(times), m_part(part) {
        if (m_times) m_start = now();
    }
    ~TimedPart() {
        if (m_times) m_times->seconds[static_cast<std::size_t>(m_part)] += static_cast<double>(now() - m_start) * 1e-9;
    }
    TimedPart(const TimedPart&) = delete;
    TimedPart& operator=(const TimedPart&) = delete;

private:
    std::int64_t now() const {
        if (m_times->wait) m_times->wait();
        return base::monotonicNanoseconds();
    }
    PartTimes* m_times;
    Part m_part;
    std::int64_t m_start = 0;
};

}  // namespace moescope::kernels
