// Cursor hub: what the plots of one dashboard share: cursor, x range and event flags.
// Give the same hub to every panel and to the scrubber. Thread: GUI.
#pragma once

#include "plots/axis_scale.hpp"

#include <QList>
#include <QObject>
#include <QString>

#include <optional>

namespace moescope::plots {

struct EventFlag {
    double x = 0;
    int number = 0;       // as in the events strip
    bool alarm = false;   // warn colours
    QString text;
    bool operator==(const EventFlag&) const = default;
};

struct XRange {
    double lo = 0, hi = 1;
    bool operator==(const XRange&) const = default;
};

class CursorHub : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    // The pinned cursor (scrubbed step); nullopt = live. The mouse lays a passing one over it.
    void setCursor(std::optional<double> x);
    std::optional<double> cursor() const { return m_cursor; }
    void setHover(std::optional<double> x);
    std::optional<double> shown() const { return m_hover ? m_hover : m_cursor; }

    // Whole extent of the run's x axis; panels without it fit their own data.
    void setExtent(std::optional<XRange>);
    // Zoomed range; nullopt = fit.
    void setXRange(std::optional<XRange>);
    std::optional<XRange> xRange() const { return m_range; }
    std::optional<XRange> visible() const { return m_range ? m_range : m_extent; }

    // The x axis of all plots. `smallest` > 0 is where a logarithmic one begins; `clock`: x is seconds since 1970.
    void setXScale(ScaleKind);
    AxisScale xScale() const { return {m_scale, 1}; }
    void setSmallest(double);
    double smallest() const { return m_smallest; }
    void setClock(bool);
    bool clock() const { return m_clock; }

    void setFlags(const QList<EventFlag>&);
    const QList<EventFlag>& flags() const { return m_flags; }

signals:
    void cursorChanged();              // shown() changed
    void hovered(double x);            // mouse over a plot
    void clicked(double x);            // mouse click in a plot: usually answered by setCursor(x)
    void rangeChanged();
    void flagsChanged();

private:
    std::optional<double> m_cursor, m_hover;
    std::optional<XRange> m_extent, m_range;
    ScaleKind m_scale = ScaleKind::Linear;
    double m_smallest = 1;
    bool m_clock = false;
    QList<EventFlag> m_flags;
};

}  // namespace moescope::plots
