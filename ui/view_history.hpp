// ViewHistory: what a person looked at on the Train page before, to go back to and forth again.
#pragma once

#include <QString>

#include <map>
#include <optional>
#include <vector>

#include "plots/cursor_hub.hpp"
#include "ui/train_curves.hpp"

namespace moescope::ui {

/// A metric that somebody put on a plot; `panel` is its object name, "own1", "own2" … for plots made for it.
struct AddedMetric {
    QString metric, panel;
    bool operator==(const AddedMetric&) const = default;
};

/// Everything that can be undone: zoom, axes, layer, panes. Never what the run does.
struct PlotView {
    TrainView view;
    std::optional<plots::XRange> range;
    plots::ScaleKind x = plots::ScaleKind::Linear;
    std::map<QString, plots::ScaleKind> y;   ///< by panel; linear ones are left out
    QString maximised;                       ///< panel, empty = none
    std::vector<AddedMetric> added;
    bool operator==(const PlotView&) const = default;
};

/// Pure. A zoom that goes on (wheel, drag) within `kMergeMs` is one step.
class ViewHistory {
public:
    static constexpr qint64 kMergeMs = 700;
    static constexpr std::size_t kLongest = 200;

    void reset(const PlotView& now);
    void note(const PlotView& now, qint64 ms);
    std::optional<PlotView> undo();
    std::optional<PlotView> redo();
    bool canUndo() const { return m_at > 0; }
    bool canRedo() const { return m_at + 1 < m_steps.size(); }

private:
    std::vector<PlotView> m_steps{PlotView{}};
    std::size_t m_at = 0;
    qint64 m_lastMs = -kMergeMs;
};

}  // namespace moescope::ui
