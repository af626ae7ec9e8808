// Choosing the next token from logits: temperature, top-k, top-p, and one uniform number. No LibTorch.
#pragma once

#include <cstdint>
#include <span>

namespace moescope::training {

struct SamplingRule {
    double temperature = 1;  ///< 0 = the most likely token (the first of equals)
    std::int64_t topK = 0;   ///< 0 = all
    double topP = 1;         ///< smallest set of most likely tokens whose share reaches topP
};

/// `uniform` in [0, 1) decides; the same logits and number give the same token. Logits must be finite and not empty.
std::int32_t chooseToken(std::span<const float> logits, const SamplingRule& rule, double uniform);

/// ln softmax(logits)[token], in nats.
double logProbability(std::span<const float> logits, std::int32_t token);

}  // namespace moescope::training
