// Painting and handling of the scrubber.
#include "plots/scrubber.hpp"

#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/paint.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int left = 96, rightRoom = 240, mid = 20, flagTop = 2;
enum Part { Nothing, Previous, Next, Live, Groove };

}  // namespace

Scrubber::Scrubber(QWidget* parent) : QWidget(parent), m_xName(tr("step")) {
    setFixedHeight(40);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Scrubber"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Scrubber::setHub(CursorHub* hub) {
    if (m_hub) m_hub->disconnect(this);
    m_hub = hub;
    if (!hub) return;
    connect(hub, &CursorHub::cursorChanged, this, &Scrubber::describe);
    connect(hub, &CursorHub::flagsChanged, this, qOverload<>(&QWidget::update));
    describe();
}

void Scrubber::setState(const ScrubberState& state) {
    if (state == m_state) return;
    m_state = state;
    describe();
}

void Scrubber::setXName(const QString& name) {
    m_xName = name;
    describe();
}

void Scrubber::describe() {
    setAccessibleDescription(tr("%1 %2 of %3, %4").arg(m_xName, figure(current(), Figure::Integer), figure(end(), Figure::Integer),
                                                       isLive() ? tr("live") : m_state.training ? tr("not live") : m_state.stateWord));
    update();
}

bool Scrubber::isLive() const { return m_state.training && (!m_hub || !m_hub->cursor()); }

double Scrubber::end() const { return std::max(1e-9, m_state.total > 0 ? std::max(m_state.total, m_state.last) : m_state.last); }

double Scrubber::current() const { return m_hub && m_hub->cursor() ? *m_hub->cursor() : m_state.last; }

QRect Scrubber::groove() const { return QRect(left, mid - 2, std::max(40, width() - left - rightRoom), 4); }

QRect Scrubber::liveRect() const {
    const QString text = isLive() ? tr("Live") : tr("Go live");
    const int w = textWidth(uiFont(12, QFont::Medium), text) + 38;
    return QRect(width() - 16 - w, mid - 13, w, 26);
}

QRect Scrubber::arrowRect(bool next) const { return QRect(next ? 64 : 12, mid - 10, 18, 20); }

double Scrubber::xAt(int px) const {
    const QRect g = groove();
    return std::clamp(double(px - g.left()) / g.width(), 0.0, 1.0) * end();
}

int Scrubber::pxAt(double x) const {
    const QRect g = groove();
    return g.left() + int(std::lround(std::clamp(x / end(), 0.0, 1.0) * g.width()));
}

void Scrubber::moveTo(double x) {
    const double step = std::max(1e-9, m_state.interval);
    x = std::clamp(std::round(x / step) * step, 0.0, m_state.last);
    if (m_hub) m_hub->setCursor(x);
    emit scrubbed(x);
    describe();
}

void Scrubber::goLive() {
    if (m_hub) m_hub->setCursor(std::nullopt);
    emit wentLive();
    describe();
}

void Scrubber::previousEvent() {
    if (!m_hub) return;
    std::optional<double> best;
    for (const EventFlag& flag : m_hub->flags())
        if (flag.x < current() - 1e-9 && (!best || flag.x > *best)) best = flag.x;
    if (best) moveTo(*best);
}

void Scrubber::nextEvent() {
    if (!m_hub) return;
    std::optional<double> best;
    for (const EventFlag& flag : m_hub->flags())
        if (flag.x > current() + 1e-9 && flag.x <= m_state.last && (!best || flag.x < *best)) best = flag.x;
    if (best) moveTo(*best);
}

void Scrubber::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    painter.fillRect(rect(), t.surface);
    painter.fillRect(QRect(0, 0, width(), 1), t.line);
    for (const bool next : {false, true}) {
        const QRect r = arrowRect(next);
        const bool hot = m_hot == (next ? Next : Previous);
        painter.drawPixmap(r.center().x() - 6, r.center().y() - 6,
                           iconPixmap(next ? QStringLiteral("chevron-right") : QStringLiteral("chevron-left"), 14,
                                      hot ? t.text : t.text2, devicePixelRatioF()));
    }
    drawText(painter, (arrowRect(false).right() + arrowRect(true).left()) / 2.0 + 1, mid, tr("Event"), uiFont(12), t.text2, Qt::AlignHCenter);
    paintGroove(painter);
    paintFlags(painter);
    paintLive(painter);
}

void Scrubber::paintGroove(QPainter& painter) const {
    const Theme& t = theme();
    const QRect g = groove();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const auto bar = [&](int from, int to, const QColor& color) {
        if (to <= from) return;
        painter.setBrush(color);
        painter.drawRoundedRect(QRect(from, g.top(), to - from, g.height()), 2, 2);
    };
    bar(g.left(), g.right(), t.line);
    bar(g.left(), pxAt(m_state.last), isLive() ? mix(t.accent, t.surface, 0.7) : t.lineStrong);
    bar(g.left(), pxAt(current()), mix(t.accent, t.surface, 0.7));
    const QPointF handle(pxAt(current()), mid);
    painter.setBrush(t.accent);
    painter.setPen(QPen(t.surface, 2));
    painter.drawEllipse(handle, 7, 7);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(t.accent, 2));
        painter.drawEllipse(handle, 9, 9);
    }
}

void Scrubber::paintFlags(QPainter& painter) const {
    if (!m_hub) return;
    QList<EventFlag> flags = m_hub->flags();
    std::stable_sort(flags.begin(), flags.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    for (qsizetype i = 0; i < flags.size();) {
        const int px = pxAt(flags[i].x);
        qsizetype end = i;
        bool alarm = false;
        const int room = std::max(18, tagWidth(QString::number(flags[i].number) + QChar('+')) + 2);
        while (end < flags.size() && pxAt(flags[end].x) - px < room) alarm |= flags[end++].alarm;
        drawTag(painter, px + 0.5, flagTop, QString::number(flags[i].number) + (end - i > 1 ? QStringLiteral("+") : QString()), alarm);
        i = end;
    }
}

void Scrubber::paintLive(QPainter& painter) const {
    const Theme& t = theme();
    const int textLeft = groove().right() + 22;
    const QFont label = uiFont(12), value = uiFont(13, QFont::DemiBold);
    drawText(painter, textLeft, mid, m_xName, label, t.text2);
    // Right-aligned in a field as wide as the longest step of this run: nothing moves when it gains a digit.
    const int field = textWidth(value, figure(end(), Figure::Integer));
    const int valueRight = textLeft + textWidth(label, m_xName) + 7 + field;
    drawText(painter, valueRight, mid, figure(current(), Figure::Integer), value, t.text, Qt::AlignRight);
    if (m_state.total > 0)
        drawText(painter, valueRight + 5, mid, QStringLiteral("/ ") + figure(m_state.total, Figure::Integer), label, t.text2);
    if (!m_state.training) {
        drawText(painter, width() - 24, mid, m_state.stateWord, uiFont(12), t.text2, Qt::AlignRight);
        return;
    }
    const QRectF r = liveRect();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(isLive() ? QPen(Qt::NoPen) : QPen(t.lineStrong, 1));
    painter.setBrush(isLive() ? t.accentSoft : m_hot == Live ? t.hover : t.raised);
    painter.drawRoundedRect(r.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(isLive() ? t.accent : t.text3);
    painter.drawEllipse(QPointF(r.left() + 14, mid), 3.5, 3.5);
    drawText(painter, r.left() + 24, mid, isLive() ? tr("Live") : tr("Go live"), uiFont(12, QFont::Medium), isLive() ? t.accent : t.text);
}

void Scrubber::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const QPoint at = event->position().toPoint();
    if (arrowRect(false).contains(at)) return previousEvent();
    if (arrowRect(true).contains(at)) return nextEvent();
    if (m_state.training && liveRect().contains(at)) return goLive();
    if (!groove().adjusted(-8, -18, 8, 18).contains(at)) return;
    if (m_hub && at.y() < flagTop + 14)
        for (const EventFlag& flag : m_hub->flags())
            if (std::abs(pxAt(flag.x) - at.x()) <= 7) return moveTo(flag.x);
    m_dragging = true;
    moveTo(xAt(at.x()));
}

void Scrubber::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (m_dragging) moveTo(xAt(at.x()));
    const int hot = arrowRect(false).contains(at) ? Previous : arrowRect(true).contains(at) ? Next : liveRect().contains(at) ? Live : Nothing;
    if (hot != m_hot) update();
    m_hot = hot;
}

void Scrubber::mouseReleaseEvent(QMouseEvent*) { m_dragging = false; }

void Scrubber::leaveEvent(QEvent*) {
    m_hot = Nothing;
    update();
}

void Scrubber::keyPressEvent(QKeyEvent* event) {
    const double step = m_state.interval, page = end() / 20;
    switch (event->key()) {
        case Qt::Key_Left: return moveTo(current() - step);
        case Qt::Key_Right: return moveTo(current() + step);
        case Qt::Key_PageUp: return moveTo(current() - page);
        case Qt::Key_PageDown: return moveTo(current() + page);
        case Qt::Key_Home: return moveTo(0);
        case Qt::Key_End: return m_state.training ? goLive() : moveTo(m_state.last);
        default: QWidget::keyPressEvent(event);
    }
}

bool Scrubber::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && m_hub) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QStringList lines;
        for (const EventFlag& flag : m_hub->flags())
            if (std::abs(pxAt(flag.x) - help->pos().x()) < 9)
                lines << tr("%1 %2: %3").arg(m_xName, figure(flag.x, Figure::Integer), flag.text);
        if (!lines.isEmpty()) QToolTip::showText(help->globalPos(), lines.mid(0, 8).join('\n'), this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace moescope::plots
