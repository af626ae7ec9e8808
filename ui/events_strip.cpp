// Painting of the events strip.
#include "ui/events_strip.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "plots/figures.hpp"
#include "plots/paint.hpp"

namespace moescope::ui {
namespace {

constexpr int kTitleRoom = 76, kMargin = 16, kGap = 22, kMiddle = 18, kStepGap = 6, kLongest = 320;

QFont textFont() { return plots::uiFont(12); }
QString stepText(const ShownEvent& event) { return plots::figure(event.step, plots::Figure::Integer); }
int tagRoom(const ShownEvent& event) { return plots::tagWidth(QString::number(event.number)); }

int widthOf(const ShownEvent& event) {
    return tagRoom(event) + kStepGap + plots::textWidth(textFont(), stepText(event)) + kStepGap + std::min(kLongest, plots::textWidth(textFont(), event.text));
}

}  // namespace

EventsStrip::EventsStrip(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("eventsStrip"));
    setFixedHeight(36);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Events"));
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void EventsStrip::setEvents(const std::vector<ShownEvent>& events) {
    if (events == m_events) return;
    m_events = events;
    setAccessibleDescription(m_events.empty() ? tr("nothing yet") : tr("%n event(s), newest: %1", nullptr, static_cast<int>(m_events.size())).arg(m_events.back().text));
    update();
}

void EventsStrip::setStep(std::optional<double> step) {
    if (step == m_step) return;
    m_step = step;
    update();
}

std::vector<EventsStrip::Item> EventsStrip::layOut() const {
    const int room = width() - kTitleRoom - kMargin * 2 - 34;
    std::size_t first = m_events.size();
    for (int used = 0; first > 0; --first) {
        const int next = widthOf(m_events[first - 1]) + kGap;
        if (used + next > room + kGap && first < m_events.size()) break;
        used += next;
    }
    std::vector<Item> items;
    int x = kMargin + kTitleRoom - 16 + (first > 0 ? 34 : 0);
    for (std::size_t i = first; i < m_events.size(); ++i) {
        const int wide = std::min(widthOf(m_events[i]), width() - kMargin - x);
        items.push_back({i, QRect(x, 4, wide, 28)});
        x += wide + kGap;
    }
    return items;
}

void EventsStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const plots::Theme& t = plots::theme();
    painter.fillRect(QRect(0, 0, width(), 1), t.line);
    plots::drawText(painter, kMargin, kMiddle, tr("Events"), plots::uiFont(12, QFont::DemiBold), t.text);
    const std::vector<Item> items = layOut();
    if (m_events.empty()) plots::drawText(painter, kMargin + kTitleRoom - 16, kMiddle, tr("none yet"), textFont(), t.text3);
    if (!items.empty() && items.front().event > 0)
        plots::drawText(painter, kMargin + kTitleRoom - 16, kMiddle, QStringLiteral("+%1").arg(items.front().event), textFont(), t.text3);
    for (const Item& item : items) {
        const ShownEvent& event = m_events[item.event];
        const bool future = m_step && event.step > *m_step;
        int x = item.rect.left();
        plots::drawTag(painter, x + tagRoom(event) / 2.0, kMiddle - 7, QString::number(event.number), event.alarm);
        x += tagRoom(event) + kStepGap;
        plots::drawText(painter, x, kMiddle, stepText(event), textFont(), t.text3);
        x += plots::textWidth(textFont(), stepText(event)) + kStepGap;
        const QString text = QFontMetrics(textFont()).elidedText(event.text, Qt::ElideRight, std::max(10, item.rect.right() + 1 - x));
        plots::drawText(painter, x, kMiddle, text, textFont(), future ? t.text3 : event.alarm ? t.warn : t.text);
    }
    if (hasFocus()) plots::drawFocusRing(painter, QRectF(rect()).adjusted(2, 3, -2, -2), 6);
}

int EventsStrip::indexAt(const QPoint& at) const {
    for (const Item& item : layOut())
        if (item.rect.contains(at)) return static_cast<int>(item.event);
    return -1;
}

void EventsStrip::mouseReleaseEvent(QMouseEvent* event) {
    const int index = indexAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && index >= 0) emit stepChosen(m_events[static_cast<std::size_t>(index)].step);
}

void EventsStrip::keyPressEvent(QKeyEvent* event) {
    const bool back = event->key() == Qt::Key_Left, on = event->key() == Qt::Key_Right;
    if (m_events.empty() || (!back && !on)) return QWidget::keyPressEvent(event);
    const double now = m_step.value_or(m_events.back().step + 1);
    const ShownEvent* chosen = nullptr;
    for (const ShownEvent& shown : m_events)
        if (back ? shown.step < now && (!chosen || shown.step >= chosen->step) : shown.step > now && (!chosen || shown.step < chosen->step)) chosen = &shown;
    if (chosen) emit stepChosen(chosen->step);
}

bool EventsStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = indexAt(help->pos());
        if (index >= 0) {
            const ShownEvent& shown = m_events[static_cast<std::size_t>(index)];
            QToolTip::showText(help->globalPos(), tr("Step %1: %2").arg(stepText(shown), shown.text), this);
        }
        return true;
    }
    return QWidget::event(event);
}

}  // namespace moescope::ui
