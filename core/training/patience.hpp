// Patience: when a run that no longer learns ends by itself.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace moescope::training {

/// Counts validations since the best one. A plain value that travels with checkpoints. Thread: pure.
struct Patience {
    double best = std::numeric_limits<double>::infinity();  ///< nats; lowest validation loss that counted as an improvement
    std::int64_t since = 0;                                 ///< validations after it
    bool operator==(const Patience&) const = default;
};

/// After a validation of `loss` nats. It counts as an improvement if it is lower than the best by more than `least`; a loss that
/// is not finite never does.
inline Patience after(const Patience& before, double loss, double least) {
    if (std::isfinite(loss) && loss < before.best - least) return {loss, 0};
    return {before.best, before.since + 1};
}

/// `patience` validations in a row brought no improvement; 0 = never.
inline bool isOver(const Patience& now, std::int64_t patience) { return patience > 0 && now.since >= patience; }

}  // namespace moescope::training
