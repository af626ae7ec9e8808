// Seed orders: which further seeds make two groups of runs comparable, and the runs they are.
#pragma once

#include <QStringList>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/config/study.hpp"
#include "storage/records.hpp"

namespace moescope::ui {

class RunLibrary;
class RunQueue;

/// The seeds that runs of these settings have, finished, on their way or in the queue; none of a fork, which began elsewhere.
struct SeedsThere {
    std::vector<std::int64_t> seeds;
    QStringList runs;   ///< ULIDs of those that are stored, oldest first
};
SeedsThere seedsOf(const config::RunConfig& wanted, const RunLibrary& library, const RunQueue& queue);

/// Seeds that one group or both lack, so that `total` are shared in the end: those that one of them has come first, then the
/// least that none has. Empty when so many are shared already.
std::vector<std::int64_t> seedsToShare(std::span<const std::int64_t> one, std::span<const std::int64_t> other, std::size_t total);

/// "order weigh=raw-s3" of seed 3 -> "order weigh=raw": what the further seeds of a run are called after.
std::string nameWithoutSeed(const std::string& name, std::int64_t seed);

}  // namespace moescope::ui
