// Rank selection by leading bits: one pass counts, one collects, and only a few hundred numbers are sorted.
#include "core/tensor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/routing/quantiles.hpp"

namespace moescope::routing {

namespace {

constexpr int kBits = 13;
constexpr std::size_t kBins = std::size_t{1} << kBits;

// Order-preserving map from floats to unsigned integers, and back.
std::uint32_t keyOf(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return bits ^ ((bits >> 31) != 0 ? 0xFFFFFFFFu : 0x80000000u);
}
float valueOf(std::uint32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) != 0 ? 0x80000000u : 0xFFFFFFFFu)); }
std::size_t binOf(std::uint32_t key) { return key >> (32 - kBits); }

struct Bin {
    std::size_t before = 0;  // how many numbers are smaller than all of this bin
    std::vector<std::uint32_t> keys;
};

class Ranks {
public:
    Ranks(const std::vector<std::span<const float>>& parts, const std::vector<std::size_t>& ranks) {
        std::vector<std::uint32_t> counts(kBins, 0);
        for (const auto part : parts)
            for (const float value : part) ++counts[binOf(keyOf(value))];
        m_slot.fill(-1);
        open(counts, ranks);
        for (const auto part : parts)
            for (const float value : part)
                if (const std::uint32_t key = keyOf(value); m_slot[binOf(key)] >= 0)
                    m_bins[static_cast<std::size_t>(m_slot[binOf(key)])].keys.push_back(key);
        for (Bin& bin : m_bins) std::ranges::sort(bin.keys);
    }

    double at(std::size_t rank) const {
        const auto bin = std::ranges::find_if(m_bins, [&](const Bin& b) { return rank >= b.before && rank < b.before + b.keys.size(); });
        return valueOf(bin->keys[rank - bin->before]);
    }

private:
    // Bins that hold one of the ranks (ascending).
    void open(const std::vector<std::uint32_t>& counts, const std::vector<std::size_t>& ranks) {
        std::size_t before = 0, next = 0;
        for (std::size_t bin = 0; bin < kBins && next < ranks.size(); before += counts[bin++]) {
            if (ranks[next] >= before + counts[bin]) continue;
            m_slot[bin] = static_cast<std::int16_t>(m_bins.size());
            m_bins.push_back({before, {}});
            while (next < ranks.size() && ranks[next] < before + counts[bin]) ++next;
        }
    }

    std::array<std::int16_t, kBins> m_slot;
    std::vector<Bin> m_bins;
};

struct Place {
    std::size_t low = 0, high = 0;
    double share = 0;  // of the way from low to high
};

Place placeOf(double q, std::size_t count) {
    const double at = q * static_cast<double>(count - 1);
    const auto low = static_cast<std::size_t>(std::floor(at));
    return {low, std::min(low + 1, count - 1), at - std::floor(at)};
}

std::vector<Place> placesOf(std::span<const double> q, std::size_t count) {
    std::vector<Place> places = {placeOf(0, count)};
    for (const double share : q) places.push_back(placeOf(share, count));
    places.push_back(placeOf(1, count));
    return places;
}

}  // namespace

at::Tensor quantilesByTensors(const std::vector<at::Tensor>& parts, std::span<const double> q) {
    std::vector<at::Tensor> flat;
    for (const at::Tensor& part : parts) flat.push_back(part.detach().reshape({-1}));
    const at::Tensor sorted = std::get<0>(at::sort(at::cat(flat))).to(at::kDouble);
    std::vector<at::Tensor> out;
    for (const Place& place : placesOf(q, static_cast<std::size_t>(sorted.size(0)))) {
        const at::Tensor low = sorted.narrow(0, static_cast<std::int64_t>(place.low), 1);
        out.push_back(low + (sorted.narrow(0, static_cast<std::int64_t>(place.high), 1) - low) * place.share);
    }
    return at::cat(out);
}

at::Tensor quantilesOf(const std::vector<at::Tensor>& parts, std::span<const double> q) {
    if (!parts.front().device().is_cpu()) return quantilesByTensors(parts, q);
    std::vector<at::Tensor> held;
    std::vector<std::span<const float>> views;
    std::size_t count = 0;
    for (const at::Tensor& part : parts) {
        held.push_back(part.detach().to(at::kFloat).contiguous());
        views.emplace_back(held.back().const_data_ptr<float>(), static_cast<std::size_t>(held.back().numel()));
        count += views.back().size();
    }
    const std::vector<Place> places = placesOf(q, count);
    std::vector<std::size_t> ranks;
    for (const Place& place : places) ranks.insert(ranks.end(), {place.low, place.high});
    std::ranges::sort(ranks);
    const Ranks at(views, ranks);
    at::Tensor out = at::empty({static_cast<std::int64_t>(places.size())}, at::TensorOptions().dtype(at::kDouble));
    double* value = out.mutable_data_ptr<double>();
    for (const Place& place : places) {
        const double low = at.at(place.low);
        *value++ = low + (at.at(place.high) - low) * place.share;
    }
    return out;
}

}  // namespace moescope::routing
