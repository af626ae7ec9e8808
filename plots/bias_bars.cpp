// Painting and handling of bias bars.
#include "plots/bias_bars.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int pitch = 32, loadY = 9, biasY = 22, handle = 12;
constexpr double step = 0.5;

QString biasText(double bias) {
    if (bias == 0) return QStringLiteral("0");
    return (bias > 0 ? QStringLiteral("+") : QString()) + figure(bias, std::trunc(bias) == bias ? Figure::Integer : Figure::Fixed1);
}

QString nameOf(int expert) { return QStringLiteral("E%1").arg(expert); }

}  // namespace

BiasBars::BiasBars(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Router bias by expert"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void BiasBars::setData(std::vector<BiasBar> bars, int experts) {
    if (bars == m_bars && experts == m_experts) return;
    if (bars.size() != m_bars.size()) m_dragged = -1;
    m_bars = std::move(bars);
    m_experts = experts;
    m_row = std::clamp(m_row, 0, std::max(0, int(m_bars.size()) - 1));
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

void BiasBars::setAdjustable(bool on) {
    m_adjustable = on;
    if (!on) m_dragged = -1;
    update();
}

QSize BiasBars::sizeHint() const { return {200, std::max(1, int(m_bars.size())) * pitch}; }
QSize BiasBars::minimumSizeHint() const { return {150, sizeHint().height()}; }

QString BiasBars::summary() const {
    QStringList parts;
    for (const BiasBar& bar : m_bars) parts << tr("%1 bias %2").arg(nameOf(bar.expert), biasText(bar.bias));
    return parts.join(QStringLiteral(", "));
}

double BiasBars::left() const { return textWidth(uiFont(12), nameOf(m_experts > 10 ? 88 : 8)) + 16; }
double BiasBars::right() const { return width() - textWidth(uiFont(12), QStringLiteral("×88.88")) - 10; }
double BiasBars::xOf(double bias) const { return left() + (right() - left()) * (std::clamp(bias, -kMost, kMost) + kMost) / (2 * kMost); }
double BiasBars::biasAt(double x) const { return std::clamp(std::round(((x - left()) / (right() - left()) * 2 * kMost - kMost) / step) * step, -kMost, kMost); }
double BiasBars::shownBias(int row) const { return row == m_dragged ? m_draggedBias : m_bars[size_t(row)].bias; }

double BiasBars::ratioTop() const {
    double top = 2.5;
    for (const BiasBar& bar : m_bars) top = std::max(top, std::isfinite(bar.ratio) ? bar.ratio : 0);
    return top;
}

int BiasBars::rowAt(const QPoint& at) const {
    const int row = at.y() / pitch;
    return at.y() >= 0 && row < int(m_bars.size()) ? row : -1;
}

QRect BiasBars::handleRect(int row) const {
    const double x = xOf(shownBias(row)), y = row * pitch + biasY;
    return QRectF(x - handle / 2.0, y - handle / 2.0, handle, handle).toRect();
}

void BiasBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    for (int row = 0; row < int(m_bars.size()); ++row) {
        paintLoad(painter, row, row * pitch);
        paintBias(painter, row, row * pitch);
    }
}

void BiasBars::paintLoad(QPainter& painter, int row, double top) const {
    const Theme& t = theme();
    const BiasBar& bar = m_bars[size_t(row)];
    const double centre = top + loadY, perRatio = (right() - left()) / ratioTop();
    drawText(painter, 0, centre, nameOf(bar.expert), uiFont(12), t.text2);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.sunken);
    painter.drawRoundedRect(QRectF(left(), centre - 3, right() - left(), 6), 2, 2);
    if (bar.ratio > 0) fillExpert(painter, t, QRectF(left(), centre - 3, std::max(2.0, bar.ratio * perRatio), 6), 2, bar.expert, m_experts);
    painter.fillRect(QRectF(std::floor(left() + perRatio), centre - 5, 1, 10), t.text);
    const QString text = bar.muted ? tr("muted") : std::isnan(bar.ratio) ? QStringLiteral("–") : QStringLiteral("×") + figure(bar.ratio, Figure::Fixed2);
    drawText(painter, width(), centre, text, uiFont(12), bar.muted || bar.ratio < 0.05 ? t.warn : t.text, Qt::AlignRight);
}

void BiasBars::paintBias(QPainter& painter, int row, double top) const {
    const Theme& t = theme();
    const BiasBar& bar = m_bars[size_t(row)];
    const double centre = top + biasY, bias = shownBias(row), x = xOf(bias), zero = xOf(0);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.line);
    painter.drawRoundedRect(QRectF(left(), centre - 1, right() - left(), 2), 1, 1);
    painter.fillRect(QRectF(std::floor(zero), centre - 4, 1, 8), t.text3);
    if (bias != 0) {
        painter.setBrush(withOpacity(expertFill(t, bar.expert, m_experts), 0.35));  // the ghost of the rig
        painter.drawRoundedRect(QRectF(std::min(x, zero), centre - 4, std::abs(x - zero), 8), 2, 2);
    }
    drawText(painter, width(), centre, biasText(bias), uiFont(12, bias == 0 ? QFont::Normal : QFont::Medium), bias == 0 ? t.text3 : t.text, Qt::AlignRight);
    if (!m_adjustable) return;
    const bool focused = hasFocus() && row == m_row;
    painter.setPen(QPen(focused ? t.accent : t.control, focused ? 2 : 1));
    painter.setBrush(t.raised);
    painter.drawEllipse(QPointF(x, centre), handle / 2.0 - 0.5, handle / 2.0 - 0.5);
}

void BiasBars::mousePressEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || row < 0) return;
    m_row = row;
    const bool onSlider = event->position().y() - row * pitch > (loadY + biasY) / 2.0 && event->position().x() > left() - handle;
    if (m_adjustable && onSlider) {
        m_dragged = row;
        m_draggedBias = biasAt(event->position().x());
    }
    update();
}

void BiasBars::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragged < 0) return;
    m_draggedBias = biasAt(event->position().x());
    update();
}

void BiasBars::mouseReleaseEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton) return;
    if (m_dragged < 0) {
        if (row >= 0) emit expertClicked(m_bars[size_t(row)].expert);
        return;
    }
    BiasBar& bar = m_bars[size_t(std::exchange(m_dragged, -1))];
    const bool changed = bar.bias != m_draggedBias;
    bar.bias = m_draggedBias;  // until the engine says what it has
    update();
    if (changed) emit biasChosen(bar.expert, bar.bias);
}

void BiasBars::mouseDoubleClickEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().toPoint());
    m_dragged = -1;
    if (row < 0 || !m_adjustable || m_bars[size_t(row)].bias == 0) return;
    m_bars[size_t(row)].bias = 0;
    update();
    emit biasChosen(m_bars[size_t(row)].expert, 0);
}

void BiasBars::contextMenuEvent(QContextMenuEvent* event) {
    if (const int row = rowAt(event->pos()); row >= 0) emit expertMenuRequested(m_bars[size_t(row)].expert, event->globalPos());
}

void BiasBars::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (m_bars.empty() || (key != Qt::Key_Up && key != Qt::Key_Down && key != Qt::Key_Left && key != Qt::Key_Right)) return QWidget::keyPressEvent(event);
    if (key == Qt::Key_Up || key == Qt::Key_Down) {
        m_row = std::clamp(m_row + (key == Qt::Key_Down ? 1 : -1), 0, int(m_bars.size()) - 1);
        emit expertClicked(m_bars[size_t(m_row)].expert);
        return update();
    }
    if (!m_adjustable) return;
    BiasBar& bar = m_bars[size_t(m_row)];
    const double wanted = std::clamp(bar.bias + (key == Qt::Key_Right ? step : -step), -kMost, kMost);
    if (wanted == bar.bias) return;
    bar.bias = wanted;
    update();
    emit biasChosen(bar.expert, wanted);
}

void BiasBars::focusInEvent(QFocusEvent*) { update(); }
void BiasBars::focusOutEvent(QFocusEvent*) { update(); }

}  // namespace moescope::plots
