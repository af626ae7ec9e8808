// One pass over the tokens of a layer: every sum that the metrics need.
#include "core/tensor.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/routing/statistics_sums.hpp"

namespace moescope::routing {

namespace {

constexpr std::int64_t kBlock = 1024;  // tokens whose sums are one partial row

struct Views {
    const float *logits = nullptr, *probabilities = nullptr, *weights = nullptr, *mixture = nullptr;
    const std::int64_t *experts = nullptr, *domains = nullptr;
    const bool *kept = nullptr, *second = nullptr;
    std::int64_t slots = 0, length = 1;
};

double logSumExp(const float* z, std::int64_t experts) {
    const double top = *std::max_element(z, z + experts);
    double sum = 0;
    for (std::int64_t e = 0; e < experts; ++e) sum += std::exp(z[e] - top);
    return top + std::log(sum);
}

struct TopTwo {
    float first = 0, second = 0;
    std::int64_t place = 0;
};

TopTwo topTwo(const float* p, std::int64_t experts) {
    TopTwo top;
    for (std::int64_t e = 0; e < experts; ++e) {
        if (p[e] > top.first) {
            top = {p[e], top.first, e};
        } else {
            top.second = std::max(top.second, p[e]);
        }
    }
    return top;
}

// Sums over the tokens of a block for each expert on its own, so that the compiler can use vector registers.
struct ExpertSums {
    std::vector<double> z, square, p, product;
    std::vector<float> top, bottom;

    explicit ExpertSums(std::size_t experts)
        : z(experts), square(experts), p(experts), product(experts), top(experts, -std::numeric_limits<float>::infinity()), bottom(top) {}

    void add(const float* logits, const float* probabilities) {
        for (std::size_t e = 0; e < z.size(); ++e) {
            const double value = logits[e], share = probabilities[e];
            z[e] += value;
            square[e] += value * value;
            p[e] += share;
            product[e] += share * value;
        }
        for (std::size_t e = 0; e < z.size(); ++e) {
            top[e] = std::max(top[e], logits[e]);
            bottom[e] = std::max(bottom[e], -logits[e]);
        }
    }

    void writeTo(const SumsInput& in, double* row) const {
        const SumsLayout& at = in.layout;
        for (std::size_t e = 0; e < z.size(); ++e) {
            row[at.logits() + static_cast<std::int64_t>(e)] += z[e];
            row[at.probability() + static_cast<std::int64_t>(e)] += p[e];
            row[SumsLayout::logit] += z[e];
            row[SumsLayout::logitSquared] += square[e];
            if (in.plain) row[SumsLayout::entropy] -= product[e];  // H = lse - sum p z
            row[at.logitTop()] = std::max(row[at.logitTop()], static_cast<double>(top[e]));
            row[at.logitBottom()] = std::max(row[at.logitBottom()], static_cast<double>(bottom[e]));
        }
    }
};

double entropy(const float* p, std::int64_t experts) {
    double sum = 0;
    for (std::int64_t e = 0; e < experts; ++e)
        if (p[e] > 0) sum -= static_cast<double>(p[e]) * std::log(static_cast<double>(p[e]));
    return sum;
}

// For p = softmax(z): lse = z_max - ln p_max, and H = lse - sum p z: one logarithm a token.
void addToken(const SumsInput& in, const float* z, const float* p, double* row) {
    const TopTwo top = topTwo(p, in.layout.experts);
    const double lse = in.plain ? static_cast<double>(z[top.place]) - std::log(static_cast<double>(top.first))
                                : logSumExp(z, in.layout.experts);
    row[SumsLayout::logitTokens] += 1;
    row[SumsLayout::top1Probability] += top.first;
    row[SumsLayout::entropy] += in.plain ? lse : entropy(p, in.layout.experts);
    row[SumsLayout::lse] += lse;
    row[SumsLayout::lseSquared] += lse * lse;
    if (top.second > 0) {
        row[SumsLayout::ratio12] += static_cast<double>(top.first) / static_cast<double>(top.second);
        row[SumsLayout::ratioTokens] += 1;
    }
}

void addWeights(const SumsLayout& at, const Views& v, std::int64_t token, double* row) {
    double sum = 0, squares = 0, largest = 0;
    bool any = false;
    for (std::int64_t i = token * v.slots; i < (token + 1) * v.slots; ++i) {
        if (v.experts[i] < 0) continue;
        row[at.counts() + v.experts[i]] += 1;
        if (!v.kept[i]) continue;
        const double weight = v.weights[i];
        any = true;
        row[at.placed() + v.experts[i]] += 1;
        row[at.importance() + v.experts[i]] += weight;
        sum += weight;
        squares += weight * weight;
        largest = std::max(largest, weight);
    }
    row[SumsLayout::keptTokens] += any ? 1 : 0;
    row[SumsLayout::weight] += sum;
    if (!(sum > 0)) return;
    row[SumsLayout::weightTokens] += 1;
    row[SumsLayout::top1Weight] += largest / sum;
    row[SumsLayout::effectiveK] += sum * sum / squares;
}

void addDrops(const SumsLayout& at, const Views& v, std::int64_t token, double* row) {
    const std::int64_t bin = token % v.length * kPositionBins / v.length;
    for (std::int64_t i = token * v.slots; i < (token + 1) * v.slots; ++i) {
        if (v.experts[i] < 0) continue;
        row[at.askedAt() + bin] += 1;
        row[at.droppedAt() + bin] += v.kept[i] ? 0 : 1;
    }
}

void addDomain(const SumsLayout& at, const Views& v, std::int64_t token, double* row) {
    const std::int64_t domain = v.domains[token];
    if (domain < 0 || domain >= at.domains) return;
    for (std::int64_t i = token * v.slots; i < (token + 1) * v.slots; ++i)
        if (v.experts[i] >= 0) row[at.domainExperts() + domain * at.experts + v.experts[i]] += 1;
}

void addBlock(const SumsInput& in, const Views& v, std::int64_t begin, std::int64_t end, double* row) {
    const SumsLayout& at = in.layout;
    ExpertSums experts(v.logits ? static_cast<std::size_t>(at.experts) : 0);
    for (std::int64_t token = begin; token < end; ++token) {
        if (v.logits) {
            const float *z = v.logits + token * at.experts, *p = v.probabilities + token * at.experts;
            experts.add(z, p);
            addToken(in, z, p, row);
        }
        addWeights(at, v, token, row);
        if (in.countDrops) addDrops(at, v, token, row);
        if (v.domains) addDomain(at, v, token, row);
        if (v.mixture) row[SumsLayout::mixture] += static_cast<double>(v.mixture[token]);
        if (v.second) row[SumsLayout::secondTaken] += v.second[token] ? 1 : 0;
    }
    experts.writeTo(in, row);
}

// A row before the first token: sums 0, maxima -inf.
void clearRow(const SumsLayout& at, double* row) {
    std::fill(row, row + at.sums(), 0.0);
    std::fill(row + at.sums(), row + at.size(), -std::numeric_limits<double>::infinity());
}

}  // namespace

at::Tensor sumsByLoop(const SumsInput& in) {
    const Routing& r = *in.routing;
    const at::Tensor weights = r.weights.detach().to(at::kFloat).contiguous(), experts = r.experts.contiguous(),
                     kept = r.kept.contiguous(), second = r.secondTaken.defined() ? r.secondTaken.contiguous() : at::Tensor(),
                     mixture = r.mixture.defined() ? r.mixture.detach().to(at::kFloat).contiguous() : at::Tensor(),
                     domains = in.domainIds.defined() ? in.domainIds.contiguous() : at::Tensor();
    Views v;
    v.logits = in.logits.defined() ? in.logits.const_data_ptr<float>() : nullptr;
    v.probabilities = in.logits.defined() ? in.probabilities.const_data_ptr<float>() : nullptr;
    v.weights = weights.const_data_ptr<float>();
    v.experts = experts.const_data_ptr<std::int64_t>();
    v.kept = kept.const_data_ptr<bool>();
    v.second = second.defined() ? second.const_data_ptr<bool>() : nullptr;
    v.domains = domains.defined() && in.layout.domains > 0 ? domains.const_data_ptr<std::int64_t>() : nullptr;
    v.mixture = mixture.defined() ? mixture.const_data_ptr<float>() : nullptr;
    v.slots = experts.size(1);
    const std::int64_t tokens = experts.size(0), size = in.layout.size(), blocks = (tokens + kBlock - 1) / kBlock;
    v.length = std::max<std::int64_t>(1, tokens / in.sequences);

    std::vector<double> partial(static_cast<std::size_t>(blocks * size));
    for (std::int64_t block = 0; block < blocks; ++block) clearRow(in.layout, partial.data() + block * size);
    at::parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t block = first; block < last; ++block)
            addBlock(in, v, block * kBlock, std::min((block + 1) * kBlock, tokens), partial.data() + block * size);
    });
    at::Tensor out = at::empty({size}, at::TensorOptions().dtype(at::kDouble));
    double* row = out.mutable_data_ptr<double>();
    clearRow(in.layout, row);
    for (std::int64_t block = 0; block < blocks; ++block) {
        const double* from = partial.data() + block * size;
        for (std::int64_t i = 0; i < in.layout.sums(); ++i) row[i] += from[i];
        for (std::int64_t i = in.layout.sums(); i < size; ++i) row[i] = std::max(row[i], from[i]);
    }
    row[SumsLayout::tokens] = static_cast<double>(tokens);
    row[SumsLayout::room] = static_cast<double>(r.room);
    row[SumsLayout::mixtureTokens] = r.mixture.defined() ? static_cast<double>(tokens) : 0;
    row[SumsLayout::secondTokens] = r.secondTaken.defined() ? static_cast<double>(tokens) : 0;
    return out;
}

}  // namespace moescope::routing
