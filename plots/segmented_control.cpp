// Segmented control, pill and switch.
#include "plots/controls.hpp"
#include "plots/paint.hpp"
#include "plots/scaled.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace moescope::plots {

SegmentedControl::SegmentedControl(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, [this] { updateGeometry(), update(); });
}

void SegmentedControl::setOptions(const QStringList& options) {
    m_options = options;
    m_current = std::clamp(m_current, 0, std::max(0, int(options.size()) - 1));
    setAccessibleDescription(m_options.value(m_current));
    updateGeometry();
    update();
}

void SegmentedControl::setCurrent(int index) {
    m_current = index;
    setAccessibleDescription(m_options.value(index));
    update();
}

void SegmentedControl::setCompact(bool on) {
    m_compact = on;
    updateGeometry();
}

QSize SegmentedControl::sizeHint() const {
    int width = 4;
    for (int i = 0; i < m_options.size(); ++i) width += segment(i).width();
    return {width, scaled(m_compact ? 22 : 28)};
}

QRect SegmentedControl::segment(int index) const {
    const QFont font = uiFont(m_compact ? 12 : 13, QFont::Medium);
    int left = 2;
    for (int i = 0;; ++i) {
        const int width = textWidth(font, m_options.value(i)) + (m_compact ? 18 : 24);
        if (i == index) return QRect(left, 2, width, scaled(m_compact ? 22 : 28) - 4);
        left += width;
    }
}

void SegmentedControl::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& t = theme();
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.sunken);
    painter.drawRoundedRect(rect(), 6, 6);
    const QFont font = uiFont(m_compact ? 12 : 13, QFont::Medium);
    for (int i = 0; i < m_options.size(); ++i) {
        const QRectF r = segment(i);
        if (i == m_current) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(t.isDark ? t.hover : t.raised);
            painter.drawRoundedRect(r, 4, 4);
        }
        drawText(painter, r.center().x(), r.center().y(), m_options[i], font,
                 !isEnabled() ? t.text3 : i == m_current ? t.text : t.text2, Qt::AlignHCenter);
    }
    if (hasFocus()) drawFocusRing(painter, rect(), 6);
}

void SegmentedControl::mousePressEvent(QMouseEvent* event) {
    for (int i = 0; i < m_options.size(); ++i)
        if (segment(i).contains(event->position().toPoint()) && i != m_current) {
            setCurrent(i);
            emit currentChanged(i);
            return;
        }
}

void SegmentedControl::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    const int next = std::clamp(m_current + step, 0, std::max(0, int(m_options.size()) - 1));
    if (step == 0) return QWidget::keyPressEvent(event);
    if (next == m_current) return;
    setCurrent(next);
    emit currentChanged(next);
}

bool SegmentedControl::event(QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut || event->type() == QEvent::EnabledChange) update();
    return QWidget::event(event);
}

Pill::Pill(const QString& text, Kind kind, QWidget* parent) : QWidget(parent), m_text(text), m_kind(kind) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Pill::setState(const QString& text, Kind kind, bool dot) {
    m_text = text;
    m_kind = kind;
    m_dot = dot;
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize Pill::sizeHint() const { return {textWidth(uiFont(11, QFont::Medium), m_text) + 14 + (m_dot ? 11 : 0), 18}; }

void Pill::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    const std::pair<QColor, QColor> colors[] = {{t.sunken, t.text2}, {t.okSoft, t.ok}, {t.warnSoft, t.warn}, {t.errSoft, t.err}, {t.accentSoft, t.accent}};
    const auto& [ground, ink] = colors[m_kind];
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(0, (height() - 18) / 2.0, width(), 18), 9, 9);
    if (m_dot) {
        painter.setBrush(ink);
        painter.drawEllipse(QPointF(11, height() / 2.0), 3, 3);
    }
    drawText(painter, m_dot ? 18 : 7, height() / 2.0, m_text, uiFont(11, QFont::Medium), ink);
}

Switch::Switch(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setFixedSize(32, 18);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Switch::setOn(bool on) {
    m_on = on;
    setAccessibleDescription(on ? tr("on") : tr("off"));
    update();
}

void Switch::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_on ? t.accent : t.control);
    painter.drawRoundedRect(rect(), 9, 9);
    painter.setBrush(m_on ? t.onAccent : t.surface);
    painter.drawEllipse(QPointF(m_on ? 23 : 9, 9), 6, 6);
    if (hasFocus()) {
        painter.setPen(QPen(t.text, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 8, 8);
    }
}

void Switch::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !rect().contains(event->position().toPoint())) return;
    setOn(!m_on);
    emit toggled(m_on);
}

void Switch::keyPressEvent(QKeyEvent* event) {
    if (event->key() != Qt::Key_Space) return QWidget::keyPressEvent(event);
    setOn(!m_on);
    emit toggled(m_on);
}

}  // namespace moescope::plots
