// Fair pairs: a dense model, a mixture and its fine-grained forms with widths solved for equal compute or equal size.
//
// Counting is cost()'s alone: attention, router, experts, shared experts and the head. The hidden width of one expert (of
// the dense layer) is a multiple of 8, or of 4, 2 or 1 where that would miss by more than kMatchAim. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/problem.hpp"
#include "core/config/derived.hpp"

namespace moescope::config {

enum class MatchBy { flops, parameters };  ///< active forward FLOP per token; all parameters

/// A shape to solve for; the counts are those before granularity. experts = 0: dense.
struct MatchCandidate {
    std::int64_t experts = 0, topK = 1, granularity = 1, sharedExperts = 0;
    bool operator==(const MatchCandidate&) const = default;
};
MatchCandidate shapeOf(const RunConfig&);

struct MatchedRun {
    std::string name;              ///< "dense", "G4", or "E16 k2 G4" where experts or choices are not the reference's
    MatchCandidate candidate;
    RunConfig config;
    std::int64_t width = 0;        ///< hidden width of one expert after granularity, or of the dense layer
    Cost cost;
    double mismatch = 0;           ///< what is matched, over the reference's, minus 1
    base::Problems problems;       ///< why it cannot run
    bool isReference = false;
};

inline constexpr double kMatchAim = 0.01, kMatchMost = 0.02;

/// Solves one candidate. The reference's own shape gives the reference. Layers that are dense in the reference stay as
/// they are; a rig, and commands that need the same experts, are left out. `vocabulary` is that of the data.
MatchedRun matchTo(const RunConfig& reference, const MatchCandidate&, MatchBy, std::int64_t vocabulary);

/// Any other configuration, say of another router, with its width solved; one that already is as near as kMatchAim stays as it is.
MatchedRun matchWidth(std::string name, const RunConfig& config, const RunConfig& reference, MatchBy, std::int64_t vocabulary);

/// The reference first, then the candidates, none twice.
std::vector<MatchedRun> matchAll(const RunConfig& reference, const std::vector<MatchCandidate>&, MatchBy, std::int64_t vocabulary);

/// Further than kMatchMost away from the reference.
bool isTooFar(const MatchedRun&);

/// Steps that take as long as the reference's, from the seconds one step takes: at least 1.
std::int64_t stepsInEqualTime(std::int64_t referenceSteps, double referenceSecondsPerStep, double secondsPerStep);

}  // namespace moescope::config
