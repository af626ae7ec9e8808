// What each domain loses without one expert, as the engine answers it. Pure.
#pragma once

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

#include "plots/delta_bars.hpp"

namespace moescope::ui {

struct MutedLosses {
    std::int64_t layer = 0, expert = 0, step = 0;
    std::vector<plots::DeltaBar> bars;   ///< all tokens first, then each domain
    /// "Without E5: greek +4.17, all tokens +1.04 nats/token"
    QString sentence() const;
};

/// Nothing when the line is no such answer.
std::optional<MutedLosses> parseMuteDelta(const QByteArray& line);

}  // namespace moescope::ui
