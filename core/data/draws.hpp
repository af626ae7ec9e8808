// Draws: a counter-based random stream read from its start, one number after the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/base/counter_random.hpp"

namespace moescope::data {

/// The sequence is a function of the key alone. Thread: one.
class Draws {
public:
    explicit Draws(const base::RandomKey &key) : m_stream(key) {}

    /// {0, ..., n-1}, n >= 1.
    std::uint64_t below(std::uint64_t n) { return m_stream.below(m_next++, n); }

    /// [0, 1), a multiple of 2^-53.
    double uniform() {
        const base::RandomBlock block = m_stream.bits(m_next++);
        return static_cast<double>(((std::uint64_t{block[1]} << 32) | block[0]) >> 11) * 0x1p-53;
    }

    bool chance(double probability) { return uniform() < probability; }

    /// Index i with probability cumulative[i] - cumulative[i-1]; the last entry is 1 (up to rounding).
    std::size_t pick(std::span<const double> cumulative) {
        const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), uniform());
        return std::min<std::size_t>(static_cast<std::size_t>(at - cumulative.begin()), cumulative.size() - 1);
    }

private:
    base::RandomStream m_stream;
    std::uint64_t m_next = 0;
};

/// Layers of Purpose::dataText: documents, and what stays the same over all documents (lexicon, chain, permutation).
inline constexpr std::uint32_t kDocumentLayer = 0;
inline constexpr std::uint32_t kStructureLayer = 1;

inline Draws structureDraws(std::uint64_t seed, std::uint64_t part) {
    return Draws({seed, base::Purpose::dataText, kStructureLayer, part});
}

}  // namespace moescope::data
