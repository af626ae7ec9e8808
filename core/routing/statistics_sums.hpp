// The raw sums behind the router metrics: one flat row of doubles a layer, so that a report is one copy.
#pragma once

#include "core/tensor.hpp"

#include <cstddef>

#include "core/routing/routing.hpp"

namespace moescope::routing {

inline constexpr std::int64_t kPositionBins = 64;

/// Places in the row. Scalars first, then vectors; all are sums over tokens except the last two, maxima.
struct SumsLayout {
    enum Scalar : std::int64_t {
        tokens, room, keptTokens, weight, weightTokens, top1Weight, effectiveK,
        logitTokens, top1Probability, ratio12, ratioTokens, entropy, lse, lseSquared, logit, logitSquared,
        secondTaken, secondTokens, mixture, mixtureTokens, scalarCount,
    };
    std::int64_t experts = 0, domains = 0;

    std::int64_t counts() const { return scalarCount; }
    std::int64_t placed() const { return counts() + experts; }
    std::int64_t importance() const { return placed() + experts; }
    std::int64_t probability() const { return importance() + experts; }
    std::int64_t logits() const { return probability() + experts; }
    std::int64_t askedAt() const { return logits() + experts; }
    std::int64_t droppedAt() const { return askedAt() + kPositionBins; }
    std::int64_t domainExperts() const { return droppedAt() + kPositionBins; }
    std::int64_t sums() const { return domainExperts() + domains * experts; }  ///< from here on maxima
    std::int64_t logitTop() const { return sums(); }         ///< max z
    std::int64_t logitBottom() const { return sums() + 1; }  ///< max -z
    std::int64_t size() const { return sums() + 2; }
};

/// One micro-batch of one layer, ready to be summed: detached, contiguous, float32 / int64.
struct SumsInput {
    SumsLayout layout;
    const Routing* routing = nullptr;
    std::int64_t sequences = 1;
    at::Tensor logits, probabilities;  ///< [T, E] or undefined; probabilities = softmax
    bool plain = true;                 ///< probabilities are the softmax of exactly these logits
    bool countDrops = false;           ///< positions of drops are wanted
    at::Tensor domainIds;              ///< [T] int64 or undefined
};

/// The row of this micro-batch, [size] float64: by one loop over the tokens (CPU tensors), in blocks of fixed length, so that the
/// bits do not depend on the number of threads ...
at::Tensor sumsByLoop(const SumsInput& input);
/// ... or by tensor operations on any device.
at::Tensor sumsByTensors(const SumsInput& input);

}  // namespace moescope::routing
