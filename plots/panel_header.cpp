// Painting of the panel header and its two quiet buttons.
#include "plots/panel_header.hpp"

#include "plots/icons.hpp"
#include "plots/paint.hpp"

#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>

namespace moescope::plots {
namespace {

constexpr int titleCentre = 10, readoutCentre = 30, itemGap = 16, keyWidth = 12;

// Shown while the mouse is over the panel or the keyboard is on it; keeps its place otherwise.
class QuietButton : public QToolButton {
public:
    using QToolButton::QToolButton;
protected:
    void paintEvent(QPaintEvent*) override {
        const bool open = menu() && menu()->isVisible();
        if (!open && !hasFocus() && !parentWidget()->underMouse()) return;
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (open || underMouse()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme().hover);
            painter.drawRoundedRect(rect(), 4, 4);
        }
        painter.drawPixmap(width() / 2 - 8, height() / 2 - 8,
                           iconPixmap(QStringLiteral("more"), 16, theme().text3, devicePixelRatioF()));
        if (hasFocus()) drawFocusRing(painter, rect(), 4);
    }
};

// The unit as a drop-down: text and a small chevron.
class PickButton : public QToolButton {
public:
    using QToolButton::QToolButton;
    QSize sizeHint() const override { return {textWidth(uiFont(12), text()) + 26, 20}; }
protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (underMouse() || (menu() && menu()->isVisible())) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme().hover);
            painter.drawRoundedRect(rect(), 4, 4);
        }
        const QFont font = uiFont(12);
        const QString shown = QFontMetrics(font).elidedText(text(), Qt::ElideRight, width() - 24);
        drawText(painter, 6, height() / 2.0, shown, font, theme().text2);
        painter.drawPixmap(std::min(width() - 17, textWidth(font, shown) + 9), height() / 2 - 6,
                           iconPixmap(QStringLiteral("chevron-down"), 12, theme().text3, devicePixelRatioF()));
        if (hasFocus()) drawFocusRing(painter, rect(), 4);
    }
};

void paintKey(QPainter& painter, const Readout& r, double x, double y) {
    const Theme& t = theme();
    const QColor color = withOpacity(colorOf(t, r.ink), r.opacity);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    switch (r.key) {
        case Readout::None: break;
        case Readout::Line: painter.drawRect(QRectF(x, y - 1, keyWidth, 2)); break;
        case Readout::ThinLine: painter.drawRect(QRectF(x, y - 0.5, keyWidth, 1)); break;
        case Readout::Dash:
            painter.drawRect(QRectF(x, y - 1, 5, 2));
            painter.drawRect(QRectF(x + 7, y - 1, 5, 2));
            break;
        case Readout::Circle:
            painter.setPen(QPen(color, 1.6));
            painter.setBrush(t.surface);
            painter.drawEllipse(QPointF(x + keyWidth / 2.0, y), 3, 3);
            break;
        case Readout::Area: painter.drawRect(QRectF(x, y - 4, keyWidth, 8)); break;
    }
}

}  // namespace

PanelHeader::PanelHeader(QWidget* parent)
    : QWidget(parent), m_menu(new QMenu(this)), m_more(new QuietButton(this)), m_pick(new PickButton(this)) {
    setFixedHeight(40);
    setAttribute(Qt::WA_Hover);
    m_more->setObjectName(QStringLiteral("panelMenuButton"));
    m_more->setAccessibleName(tr("Actions of this plot"));
    m_more->setMenu(m_menu);
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_pick->setObjectName(QStringLiteral("panelChoiceButton"));
    m_pick->setPopupMode(QToolButton::InstantPopup);
    m_pick->setMenu(new QMenu(m_pick));
    m_pick->hide();
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, [this] { place(), update(); });
}

void PanelHeader::setTitle(const QString& title) {
    m_title = title;
    setAccessibleName(title);
    place();
}

void PanelHeader::setUnit(const QString& unit) {
    m_unit = unit;
    update();
}

void PanelHeader::setReadouts(std::vector<Readout> readouts) {
    if (readouts == m_readouts) return;
    const auto sameName = [](const Readout& a, const Readout& b) { return a.name == b.name; };
    if (!std::equal(readouts.begin(), readouts.end(), m_readouts.begin(), m_readouts.end(), sameName))
        m_valueWidths.clear();
    m_readouts = std::move(readouts);
    update();
}

void PanelHeader::setScaleStrip(std::optional<ScaleStrip> strip) {
    m_strip = std::move(strip);
    update();
}

void PanelHeader::setChoices(const QStringList& choices, int current) {
    if (choices != m_choices) {
        m_pick->menu()->clear();
        for (int i = 0; i < choices.size(); ++i)
            connect(m_pick->menu()->addAction(choices[i]), &QAction::triggered, this, [this, i] {
                setChoices(m_choices, i);
                emit choiceChanged(i);
            });
    }
    m_choices = choices;
    m_choice = current;
    m_pick->setVisible(!choices.isEmpty());
    m_pick->setText(choices.value(current));
    m_pick->setAccessibleName(tr("%1: %2").arg(m_title, choices.value(current)));
    place();
}

void PanelHeader::place() {
    const int titleWidth = textWidth(uiFont(13, QFont::DemiBold), m_title);
    m_more->setGeometry(width() - 26, 0, 24, 20);
    const int left = titleWidth + 2;
    m_pick->setGeometry(left, 0, std::max(0, std::min(m_pick->sizeHint().width(), width() - 28 - left)), 20);
    update();
}

void PanelHeader::resizeEvent(QResizeEvent*) { place(); }

void PanelHeader::enterEvent(QEnterEvent*) { m_more->update(); }

void PanelHeader::leaveEvent(QEvent*) { m_more->update(); }

void PanelHeader::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->position().y() < 20) emit maximiseRequested();
}

bool PanelHeader::event(QEvent* event) {
    if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave) m_more->update();
    return QWidget::event(event);
}

int PanelHeader::valueWidth(size_t i, const QString& value) const {
    if (m_valueWidths.size() < m_readouts.size()) m_valueWidths.resize(m_readouts.size(), 0);
    m_valueWidths[i] = std::max(m_valueWidths[i], textWidth(uiFont(12, QFont::Medium), value));
    return m_valueWidths[i];
}

int PanelHeader::paintReadouts(QPainter& painter, const QRect& area) const {
    const QFont nameFont = uiFont(12), valueFont = uiFont(12, QFont::Medium);
    const double y = area.top() + readoutCentre;
    int x = area.left();
    const auto widthOf = [&](size_t i) {
        const Readout& r = m_readouts[i];
        return (r.key == Readout::None ? 0 : keyWidth + 5) + textWidth(nameFont, r.name) + (r.value.isEmpty() ? 0 : 6 + valueWidth(i, r.value));
    };
    int whole = -itemGap;
    for (size_t i = 0; i < m_readouts.size(); ++i) whole += widthOf(i) + itemGap;
    const int gap = whole <= area.width() ? itemGap : itemGap / 2;
    for (size_t i = 0; i < m_readouts.size(); ++i) {
        const Readout& r = m_readouts[i];
        const int key = r.key == Readout::None ? 0 : keyWidth + 5;
        const int name = textWidth(nameFont, r.name);
        const bool more = i + 1 < m_readouts.size();
        if (i > 0 && x + widthOf(i) + (more ? gap + 16 : 0) > area.right() + 1) {
            drawText(painter, x, y, QStringLiteral("+%1").arg(m_readouts.size() - i), nameFont, theme().text3);
            return x;
        }
        paintKey(painter, r, x, y);
        drawText(painter, x + key, y, r.name, nameFont, theme().text2);
        drawText(painter, x + key + name + 6, y, r.value, valueFont, theme().text);
        x += widthOf(i) + gap;
    }
    return x;
}

int PanelHeader::paintStrip(QPainter& painter, const QRect& area) const {
    const Theme& t = theme();
    const QFont font = uiFont(12);
    const double y = area.top() + readoutCentre;
    int x = area.left();
    drawText(painter, x, y, m_strip->low, font, t.text2);
    x += textWidth(font, m_strip->low) + 6;
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double cell = 84.0 / double(std::max<size_t>(1, m_strip->colors.size()));
    for (size_t i = 0; i < m_strip->colors.size(); ++i)
        painter.fillRect(QRectF(x + cell * double(i), y - 3, cell + 0.5, 6), m_strip->colors[i]);
    painter.setPen(QPen(t.line, 1));
    painter.drawRect(QRectF(x, y - 3.5, 84, 6));
    if (m_strip->tick >= 0) painter.fillRect(QRectF(std::round(x + 84 * m_strip->tick), y - 6, 1, 12), t.text2);
    x += 84 + 6;
    drawText(painter, x, y, m_strip->high, font, t.text2);
    x += textWidth(font, m_strip->high) + 14;
    if (x + textWidth(font, m_strip->note) <= area.right()) {
        if (m_strip->tick >= 0) {
            painter.fillRect(QRectF(x - 5, y - 5, 1, 10), t.text2);
        }
        drawText(painter, x, y, m_strip->note, font, t.text2);
    }
    return x;
}

void PanelHeader::paintTo(QPainter& painter, const QRect& area) const {
    const QFont titleFont = uiFont(13, QFont::DemiBold), unitFont = uiFont(12);
    const double y = area.top() + titleCentre;
    const QString title = QFontMetrics(titleFont).elidedText(m_title, Qt::ElideRight, area.width() - 28);
    drawText(painter, area.left(), y, title, titleFont, theme().text);
    const int unitX = area.left() + textWidth(titleFont, title) + 8;
    const QString unit = m_choices.isEmpty() ? m_unit : m_choices.value(m_choice);
    const int room = area.right() - unitX - 26;
    if (room > 24) drawText(painter, unitX, y, QFontMetrics(unitFont).elidedText(unit, Qt::ElideRight, room), unitFont, theme().text3);
    if (m_strip)
        paintStrip(painter, area);
    else
        paintReadouts(painter, area);
}

void PanelHeader::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_choices.isEmpty()) {
        paintTo(painter, rect());
        return;
    }
    drawText(painter, 0, titleCentre, m_title, uiFont(13, QFont::DemiBold), theme().text);
    if (m_strip)
        paintStrip(painter, rect());
    else
        paintReadouts(painter, rect());
}

}  // namespace moescope::plots
