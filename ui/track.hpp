// Track: one stored series as the window keeps it: bounded in size however long the run, extremes never lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "storage/records.hpp"

namespace moescope::ui {

/// Buckets of ascending steps; each has min, mean and max of `width` elements. Raw points are buckets of one. When there
/// are more than `largest()` buckets, neighbours are merged in pairs.
class Track {
public:
    static constexpr std::size_t kLargest = 8192, kLargestValues = 1 << 20;

    explicit Track(storage::SeriesInfo info = {}) : m_info(std::move(info)) {}

    const storage::SeriesInfo& info() const { return m_info; }
    /// Steps up to the newest one held are ignored, so that an overview and a later poll may overlap.
    void append(const storage::SeriesData& data);

    /// Fewer for wide vectors, so that a series takes at most about 24 MiB.
    std::size_t largest() const { return std::clamp(kLargestValues / std::max<std::size_t>(1, width()), std::size_t{256}, kLargest); }
    std::size_t size() const { return m_steps.size(); }
    bool empty() const { return m_steps.empty(); }
    std::size_t width() const { return static_cast<std::size_t>(m_info.width); }
    double step(std::size_t i) const { return static_cast<double>(m_steps[i]); }          ///< last step of the bucket
    double mean(std::size_t i, std::size_t element = 0) const { return m_mean[i * width() + element]; }
    double low(std::size_t i, std::size_t element = 0) const { return m_low[i * width() + element]; }
    double high(std::size_t i, std::size_t element = 0) const { return m_high[i * width() + element]; }
    /// Bucket that holds `step`, or the newest before it; size() if there is none.
    std::size_t at(double step) const;
    /// True when a bucket spans more than one stored point.
    bool merged() const { return m_merged; }

private:
    void appendPoint(std::int64_t first, std::int64_t last, const double* low, const double* mean, const double* high);
    void mergeNeighbours();

    storage::SeriesInfo m_info;
    std::vector<std::int64_t> m_first, m_steps;  // [n] first and last step of a bucket
    std::vector<double> m_low, m_mean, m_high;   // [n][width]
    std::vector<double> m_weight;                // [n] stored points
    bool m_merged = false;
};

}  // namespace moescope::ui
