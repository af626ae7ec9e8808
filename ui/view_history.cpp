// Steps of the view.
#include "ui/view_history.hpp"

namespace moescope::ui {
namespace {

bool onlyZoomDiffers(PlotView a, const PlotView& b) {
    a.range = b.range;
    return a == b;
}

}  // namespace

void ViewHistory::reset(const PlotView& now) {
    m_steps = {now};
    m_at = 0;
    m_lastMs = -kMergeMs;
}

void ViewHistory::note(const PlotView& now, qint64 ms) {
    if (now == m_steps[m_at]) return;
    const bool same = m_at > 0 && ms - m_lastMs < kMergeMs && onlyZoomDiffers(now, m_steps[m_at]) && onlyZoomDiffers(m_steps[m_at], m_steps[m_at - 1]);
    m_steps.resize(m_at + 1);
    if (same) m_steps[m_at] = now;
    else m_steps.push_back(now);
    if (m_steps.size() > kLongest) m_steps.erase(m_steps.begin());
    m_at = m_steps.size() - 1;
    m_lastMs = ms;
}

std::optional<PlotView> ViewHistory::undo() {
    if (!canUndo()) return {};
    m_lastMs = -kMergeMs;
    return m_steps[--m_at];
}

std::optional<PlotView> ViewHistory::redo() {
    if (!canRedo()) return {};
    m_lastMs = -kMergeMs;
    return m_steps[++m_at];
}

}  // namespace moescope::ui
