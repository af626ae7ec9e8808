// HashSample: counts how often things repeat, by their hashes, in bounded memory.
#pragma once

#include <cstdint>
#include <unordered_map>

namespace moescope::data {

/// Keeps the hashes that end in some number of zero bits, one bit more whenever there are too many: a fair sample of
/// the different things seen. Thread: one.
class HashSample {
public:
    explicit HashSample(std::size_t limit = 1 << 17) : m_limit(limit) {}

    void add(std::uint64_t hash) {
        if ((hash & m_mask) != 0) return;
        ++m_counts[hash];
        while (m_counts.size() > m_limit) {
            m_mask = 2 * m_mask + 1;
            std::erase_if(m_counts, [this](const auto &entry) { return (entry.first & m_mask) != 0; });
        }
    }

    /// Share of the things seen that had been seen before, in [0, 1).
    double repeated() const {
        std::uint64_t all = 0;
        for (const auto &[hash, count] : m_counts)
            all += count;
        return all == 0 ? 0 : 1 - static_cast<double>(m_counts.size()) / static_cast<double>(all);
    }

    /// Share of what this one saw that `other` saw too, in [0, 1].
    double sharedWith(const HashSample &other) const {
        const std::uint64_t mask = m_mask | other.m_mask;
        std::uint64_t all = 0, both = 0;
        for (const auto &[hash, count] : m_counts) {
            if ((hash & mask) != 0) continue;
            all += count;
            if (other.m_counts.contains(hash)) both += count;
        }
        return all == 0 ? 0 : static_cast<double>(both) / static_cast<double>(all);
    }

private:
    std::size_t m_limit;
    std::uint64_t m_mask = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> m_counts;
};

}  // namespace moescope::data
