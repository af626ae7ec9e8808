// Names of states, and elements of vector series.
#include "storage/records.hpp"

#include <algorithm>
#include <array>

namespace moescope::storage {

namespace {
constexpr std::array<std::string_view, 9> kStates = {"created", "running", "paused", "stopped", "interrupted", "diverged", "failed", "finished", "quarantined"};
}

std::string_view toText(RunState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<RunState> parseRunState(std::string_view text) {
    const auto found = std::find(kStates.begin(), kStates.end(), text);
    if (found == kStates.end()) return std::nullopt;
    return static_cast<RunState>(found - kStates.begin());
}

std::optional<std::int64_t> elementAt(const SeriesInfo& info, const std::vector<Coordinate>& coordinates) {
    std::int64_t element = 0;
    std::size_t used = 0;
    for (std::size_t i = 0; i < info.dimensions.size(); ++i) {
        const auto given = std::find_if(coordinates.begin(), coordinates.end(), [&](const Coordinate& c) { return c.dimension == info.dimensions[i]; });
        if (given == coordinates.end() ? info.sizes[i] != 1 : given->index < 0 || given->index >= info.sizes[i]) return std::nullopt;
        const std::int64_t index = given == coordinates.end() ? 0 : given->index;
        used += given == coordinates.end() ? 0 : 1;
        element = element * info.sizes[i] + index;
    }
    return used == coordinates.size() ? std::optional(element) : std::nullopt;
}

}  // namespace moescope::storage
