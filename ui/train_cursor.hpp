// One step, everywhere: joins the cursor of the plots (on any x axis) with that of the scrubber (in steps).
#pragma once

#include <QObject>

#include <optional>
#include <vector>

#include "plots/cursor_hub.hpp"
#include "ui/events_list.hpp"
#include "ui/run_data.hpp"

namespace moescope::ui {

/// GUI thread.
class TrainCursor : public QObject {
    Q_OBJECT
public:
    explicit TrainCursor(QObject* parent = nullptr);

    plots::CursorHub* plotHub() { return &m_plots; }
    plots::CursorHub* stepHub() { return &m_steps; }

    /// Another run (nullptr: none), or the same one as a whole; `data` must outlive the next call.
    void setRun(const RunData* data);
    void setAxis(XAxis axis);
    XAxis axis() const { return m_axis; }
    /// After data grew: extent, flags and the place of the cursor.
    void refresh();

    /// Step the views show: under the mouse, else the pinned one; nothing = live.
    std::optional<double> shown() const;
    std::optional<double> pinned() const { return m_steps.cursor(); }
    /// The shown step, or the newest.
    double step() const;
    void pin(std::optional<double> step);
    const std::vector<ShownEvent>& events() const { return m_events; }
    void nextEvent();
    void previousEvent();

signals:
    void moved();          ///< shown() changed
    void eventsChanged();

private:
    void placePlotCursor();

    plots::CursorHub m_plots, m_steps;
    const RunData* m_data = nullptr;
    XAxis m_axis = XAxis::step;
    std::vector<ShownEvent> m_events;
    std::size_t m_eventsSeen = 0;
};

}  // namespace moescope::ui
