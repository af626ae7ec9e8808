// Translates between steps and the chosen axis.
#include "ui/train_cursor.hpp"

#include "plots/figures.hpp"

namespace moescope::ui {

TrainCursor::TrainCursor(QObject* parent) : QObject(parent) {
    connect(&m_steps, &plots::CursorHub::cursorChanged, this, &TrainCursor::placePlotCursor);
    connect(&m_plots, &plots::CursorHub::cursorChanged, this, &TrainCursor::moved);
    connect(&m_plots, &plots::CursorHub::clicked, this, [this](double x) {
        if (m_data) pin(m_data->stepAt(m_axis, x));
    });
}

void TrainCursor::setRun(const RunData* data) {
    m_data = data;
    m_eventsSeen = 0;
    m_events.clear();
    refresh();
}

void TrainCursor::setAxis(XAxis axis) {
    if (axis == m_axis) return;
    m_axis = axis;
    m_plots.setClock(axis == XAxis::wall);
    if (axis == XAxis::wall) m_plots.setXScale(plots::ScaleKind::Linear);
    m_plots.setXRange(std::nullopt);
    m_plots.setHover(std::nullopt);
    m_eventsSeen = 0;
    refresh();
    placePlotCursor();
}

void TrainCursor::refresh() {
    if (!m_data) {
        m_plots.setExtent(std::nullopt);
        m_plots.setFlags({});
        m_steps.setFlags({});
        emit eventsChanged();
        return;
    }
    const double last = m_data->onAxis(m_axis, m_data->lastStep());
    const double first = m_axis == XAxis::wall ? m_data->onAxis(m_axis, 0) : 0;
    if (m_data->lastStep() > 0) m_plots.setExtent(plots::XRange{first, m_data->state().lockHeld ? first + plots::growingEnd(last - first) : last});
    if (const Track* loss = m_data->track("loss")) m_plots.setSmallest(m_data->onAxis(m_axis, loss->step(0)));
    if (m_data->events().size() != m_eventsSeen) {
        m_eventsSeen = m_data->events().size();
        m_events = shownEvents(*m_data);
        m_steps.setFlags(flagsOf(m_events, *m_data, XAxis::step));
        emit eventsChanged();
    }
    m_plots.setFlags(flagsOf(m_events, *m_data, m_axis));
}

std::optional<double> TrainCursor::shown() const {
    const auto x = m_plots.shown();
    if (!x || !m_data) return std::nullopt;
    return m_data->stepAt(m_axis, *x);
}

double TrainCursor::step() const { return shown().value_or(m_data ? m_data->lastStep() : 0); }

void TrainCursor::pin(std::optional<double> step) { m_steps.setCursor(step); }

void TrainCursor::placePlotCursor() {
    const auto step = m_steps.cursor();
    m_plots.setCursor(step && m_data ? std::optional(m_data->onAxis(m_axis, *step)) : std::nullopt);
}

void TrainCursor::nextEvent() {
    const double now = pinned().value_or(m_data ? m_data->lastStep() : 0);
    for (const ShownEvent& event : m_events)
        if (event.step > now) return pin(event.step);
}

void TrainCursor::previousEvent() {
    const double now = pinned().value_or(m_data ? m_data->lastStep() + 1 : 0);
    for (auto event = m_events.rbegin(); event != m_events.rend(); ++event)
        if (event->step < now) return pin(event->step);
}

}  // namespace moescope::ui
