// Sampling by the inverse of the cumulative distribution over tokens sorted by falling logit.
#include "core/training/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace moescope::training {

namespace {

std::vector<std::int32_t> byFallingLogit(std::span<const float> logits) {
    std::vector<std::int32_t> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
    });
    return order;
}

}  // namespace

std::int32_t chooseToken(std::span<const float> logits, const SamplingRule& rule, double uniform) {
    const std::vector<std::int32_t> order = byFallingLogit(logits);
    if (rule.temperature <= 0) return order[0];
    std::size_t count = rule.topK > 0 ? std::min(order.size(), static_cast<std::size_t>(rule.topK)) : order.size();
    const double top = static_cast<double>(logits[static_cast<std::size_t>(order[0])]);
    std::vector<double> weight(count);
    for (std::size_t i = 0; i < count; ++i)
        weight[i] = std::exp((static_cast<double>(logits[static_cast<std::size_t>(order[i])]) - top) / rule.temperature);
    double total = std::accumulate(weight.begin(), weight.end(), 0.0);
    double sum = 0;
    for (std::size_t i = 0; i < count && rule.topP < 1; ++i) {
        sum += weight[i];
        if (sum >= rule.topP * total) count = i + 1;
    }
    total = std::accumulate(weight.begin(), weight.begin() + static_cast<std::ptrdiff_t>(count), 0.0);
    double left = uniform * total;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        left -= weight[i];
        if (left < 0) return order[i];
    }
    return order[count - 1];
}

double logProbability(std::span<const float> logits, std::int32_t token) {
    const double top = static_cast<double>(*std::ranges::max_element(logits));
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
    return static_cast<double>(logits[static_cast<std::size_t>(token)]) - top - std::log(sum);
}

}  // namespace moescope::training
