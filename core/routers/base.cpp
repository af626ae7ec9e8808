// BASE layers (Lewis et al. 2021, 2103.16716): in training an auction deals the tokens out, the same number to each expert.
//
// Maximises sum_t a_{t, e(t)} with T/E tokens each (where E does not divide T, the first experts take one more); a = x . m_e
// without gradient, weight sigmoid(a). Tokens bid for places (Bertsekas): bid = price + best value - second best + eps, with
// eps = max(range / 50, 1e-4), so the total is within T eps of the optimum. Batch-coupled in training; argmax at evaluation.
#include "core/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <vector>

#include "core/routers/moved.hpp"
#include "core/routers/router.hpp"
#include "core/routing/choice.hpp"

namespace moescope::routers {

namespace {

constexpr double kClosed = -std::numeric_limits<double>::infinity();

struct Holder {
    double bid;
    std::int64_t token;
    bool operator>(const Holder& other) const { return bid > other.bid || (bid == other.bid && token > other.token); }
};

// The places of one expert; the lowest bid that holds one is the price of the next.
struct Places {
    std::size_t count = 0;
    std::priority_queue<Holder, std::vector<Holder>, std::greater<>> holders;
    double price() const { return holders.size() < count || holders.empty() ? 0 : holders.top().bid; }
};

std::vector<Places> sharedOut(const double* anyRow, std::int64_t tokens, std::int64_t experts) {
    const std::int64_t open = std::count_if(anyRow, anyRow + experts, [](double value) { return value != kClosed; });
    std::vector<Places> out(static_cast<std::size_t>(experts));
    std::int64_t place = 0;
    for (std::size_t e = 0; e < out.size(); ++e)
        if (anyRow[e] != kClosed) out[e].count = static_cast<std::size_t>(tokens / open + (place++ < tokens % open));
    return out;
}

double bidStep(const double* affinity, std::int64_t count) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::int64_t i = 0; i < count; ++i)
        if (affinity[i] != kClosed) low = std::min(low, affinity[i]), high = std::max(high, affinity[i]);
    return std::max((high - low) / 50, 1e-4);
}

// The best expert of a token at today's prices, and the bid it makes there.
std::pair<std::size_t, double> bidOf(const double* row, const std::vector<Places>& places, double step) {
    std::size_t best = 0;
    double first = kClosed, second = kClosed;
    for (std::size_t e = 0; e < places.size(); ++e) {
        if (places[e].count == 0) continue;
        const double value = row[e] - places[e].price();
        if (first == kClosed || value > first) second = first, first = value, best = e;
        else second = std::max(second, value);
    }
    return {best, places[best].price() + (second == kClosed ? 0 : first - second) + step};
}

// expert [T]. The number of bids is bounded only for numbers that are not finite: who is left then takes a free place.
void auction(const double* affinity, std::int64_t tokens, std::int64_t experts, std::int64_t* expert) {
    std::vector<Places> places = sharedOut(affinity, tokens, experts);
    const double step = bidStep(affinity, tokens * experts);
    std::vector<std::int64_t> waiting;
    for (std::int64_t token = tokens - 1; token >= 0; --token) waiting.push_back(token);
    for (std::int64_t bids = 0; !waiting.empty() && bids < 1000 * tokens; ++bids) {
        const std::int64_t token = waiting.back();
        waiting.pop_back();
        const auto [at, bid] = bidOf(affinity + token * experts, places, step);
        auto& holders = places[at].holders;
        holders.push({bid, token});
        expert[token] = static_cast<std::int64_t>(at);
        if (holders.size() <= places[at].count) continue;
        waiting.push_back(holders.top().token);
        holders.pop();
    }
    for (std::size_t e = 0; e < places.size(); ++e)
        for (std::size_t held = places[e].holders.size(); held < places[e].count && !waiting.empty(); ++held, waiting.pop_back())
            expert[waiting.back()] = static_cast<std::int64_t>(e);
}

// Runs on the CPU, whatever the device: bids follow one another.
Choice dealOut(const RouterSpec& spec, const RouterTensors& tensors, const RouterInput& input, const Scores& scores) {
    const at::NoGradGuard noGrad;
    const at::Tensor score = routing::selectionScore(spec, tensors, input, scores);
    if (!input.training || score.size(0) == 0) return routing::chooseLargest(spec, input, score);
    const at::Tensor affinity = score.to(at::kCPU, at::kDouble).contiguous();
    at::Tensor experts = at::empty({score.size(0), 1}, at::TensorOptions().dtype(at::kLong));
    auction(affinity.const_data_ptr<double>(), affinity.size(0), affinity.size(1), experts.mutable_data_ptr<std::int64_t>());
    Choice choice;
    choice.experts = experts.to(score.device());
    choice.measured = moved(score, choice.experts);
    return choice;
}

void check(const RouterSpec& spec, base::Problems& problems) {
    if (spec.topK != 1) problems.push_back({"moe.top_k", "The auction gives each token one expert: set moe.top_k to 1."});
    if (spec.capacity.factor > 0 || spec.capacity.evalFactor > 0)
        problems.push_back({"capacity.factor", "The auction itself fills every expert evenly: set capacity.factor to 0."});
}

}  // namespace

const Router& routerbase() {
    static const Router router = [] {
        Router r;
        r.id = "base";
        r.title = "BASE: auction (batch-coupled in training)";
        r.source = "Lewis et al. 2021, arXiv 2103.16716";
        r.claims = [](const RouterSpec& spec) { return spec.select == Select::auction; };
        r.check = check;
        r.choose = dealOut;
        r.curves = {"regret", "moved_share"};
        return r;
    }();
    return router;
}

}  // namespace moescope::routers
