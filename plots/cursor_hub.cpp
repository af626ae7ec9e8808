// Sharing of cursor, range and flags.
#include "plots/cursor_hub.hpp"

namespace moescope::plots {

void CursorHub::setCursor(std::optional<double> x) {
    const auto before = shown();
    m_cursor = x;
    if (shown() != before) emit cursorChanged();
}

void CursorHub::setHover(std::optional<double> x) {
    const auto before = shown();
    m_hover = x;
    if (shown() != before) emit cursorChanged();
    if (x) emit hovered(*x);
}

void CursorHub::setExtent(std::optional<XRange> extent) {
    if (extent == m_extent) return;
    m_extent = extent;
    emit rangeChanged();
}

void CursorHub::setXRange(std::optional<XRange> range) {
    if (range == m_range) return;
    m_range = range;
    emit rangeChanged();
}

void CursorHub::setXScale(ScaleKind kind) {
    if (kind == m_scale) return;
    m_scale = kind;
    emit rangeChanged();
}

void CursorHub::setSmallest(double smallest) {
    if (smallest == m_smallest || !(smallest > 0)) return;
    m_smallest = smallest;
    if (m_scale == ScaleKind::Log) emit rangeChanged();
}

void CursorHub::setClock(bool on) {
    if (on == m_clock) return;
    m_clock = on;
    emit rangeChanged();
}

void CursorHub::setFlags(const QList<EventFlag>& flags) {
    if (flags == m_flags) return;
    m_flags = flags;
    emit flagsChanged();
}

}  // namespace moescope::plots
