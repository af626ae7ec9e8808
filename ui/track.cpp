// Appends, merges and finds the points of a series.
#include "ui/track.hpp"

#include <algorithm>
#include <cmath>

namespace moescope::ui {
namespace {

double least(double a, double b) { return std::isnan(a) ? b : std::isnan(b) ? a : std::min(a, b); }
double most(double a, double b) { return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b); }

double average(double a, double weightA, double b, double weightB) {
    if (std::isnan(a)) return b;
    if (std::isnan(b)) return a;
    return (a * weightA + b * weightB) / (weightA + weightB);
}

}  // namespace

void Track::append(const storage::SeriesData& data) {
    if (data.width != m_info.width) return;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const std::size_t at = i * width();
        const std::int64_t last = data.raw() ? data.steps[i] : data.lastSteps[i];
        if (!m_steps.empty() && last <= m_steps.back()) continue;
        if (data.raw())
            appendPoint(last, last, &data.values[at], &data.values[at], &data.values[at]);
        else
            appendPoint(data.steps[i], last, &data.minimum[at], &data.mean[at], &data.maximum[at]);
    }
}

void Track::appendPoint(std::int64_t first, std::int64_t last, const double* low, const double* mean, const double* high) {
    m_first.push_back(first);
    m_steps.push_back(last);
    m_low.insert(m_low.end(), low, low + width());
    m_mean.insert(m_mean.end(), mean, mean + width());
    m_high.insert(m_high.end(), high, high + width());
    m_weight.push_back(first == last ? 1.0 : static_cast<double>(last - first + 1));
    m_merged = m_merged || first != last;
    if (m_steps.size() > largest()) mergeNeighbours();
}

void Track::mergeNeighbours() {
    const std::size_t pairs = m_steps.size() / 2;
    for (std::size_t p = 0; p < pairs; ++p) {
        const std::size_t a = 2 * p, b = 2 * p + 1;
        for (std::size_t e = 0; e < width(); ++e) {
            const std::size_t from = a * width() + e, with = b * width() + e, to = p * width() + e;
            m_mean[to] = average(m_mean[from], m_weight[a], m_mean[with], m_weight[b]);
            m_low[to] = least(m_low[from], m_low[with]);
            m_high[to] = most(m_high[from], m_high[with]);
        }
        m_first[p] = m_first[a];
        m_steps[p] = m_steps[b];
        m_weight[p] = m_weight[a] + m_weight[b];
    }
    std::size_t kept = pairs;
    if (m_steps.size() % 2) {
        const std::size_t odd = m_steps.size() - 1;
        for (auto* values : {&m_low, &m_mean, &m_high})
            std::copy_n(values->begin() + static_cast<std::ptrdiff_t>(odd * width()), width(), values->begin() + static_cast<std::ptrdiff_t>(kept * width()));
        m_first[kept] = m_first[odd];
        m_steps[kept] = m_steps[odd];
        m_weight[kept] = m_weight[odd];
        ++kept;
    }
    m_first.resize(kept);
    m_steps.resize(kept);
    m_weight.resize(kept);
    for (auto* values : {&m_low, &m_mean, &m_high}) values->resize(kept * width());
    m_merged = true;
}

std::size_t Track::at(double step) const {
    const auto after = std::upper_bound(m_first.begin(), m_first.end(), step, [](double wanted, std::int64_t first) { return wanted < static_cast<double>(first); });
    return after == m_first.begin() ? size() : static_cast<std::size_t>(after - m_first.begin()) - 1;
}

}  // namespace moescope::ui
