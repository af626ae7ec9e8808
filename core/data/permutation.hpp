// Permutation: a pseudo-random order of 0 .. n-1 in which every place can be asked for by itself.
#pragma once

#include <cstdint>

#include "core/base/counter_random.hpp"

namespace moescope::data {

/// A four-round Feistel network over the smallest even number of bits that holds n (Luby, Rackoff 1988), walked until
/// it lands below n. Thread: any.
class Permutation {
public:
    /// n >= 1.
    Permutation(std::uint64_t n, const base::RandomKey &key) : m_n(n), m_stream(key) {
        while (m_half < 31 && (std::uint64_t{1} << (2 * m_half)) < n)
            ++m_half;
    }

    std::uint64_t operator()(std::uint64_t place) const {
        do
            place = mixed(place);
        while (place >= m_n);
        return place;
    }

private:
    std::uint64_t mixed(std::uint64_t value) const {
        const std::uint64_t mask = (std::uint64_t{1} << m_half) - 1;
        std::uint64_t left = value >> m_half, right = value & mask;
        for (std::uint64_t round = 0; round < 4; ++round) {
            const std::uint64_t next = left ^ (m_stream.bits((round << 32) | right)[0] & mask);
            left = right;
            right = next;
        }
        return (left << m_half) | right;
    }

    std::uint64_t m_n;
    unsigned m_half = 1;  // up to 31
    base::RandomStream m_stream;
};

}  // namespace moescope::data
