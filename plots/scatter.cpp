// Axes, marks and the mouse.
#include "plots/scatter.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int kLeft = 64, kTop = 12, kRight = 20, kBottom = 46;
constexpr double kRadius = 5, kReach = 12;

bool usable(double value, const ScatterAxis& axis) { return std::isfinite(value) && (!axis.logarithmic || value > 0); }

std::vector<std::pair<double, QString>> ticksOf(const PaintedAxis& fitted, const ScatterAxis& axis, int most) {
    std::vector<std::pair<double, QString>> ticks;
    if (!axis.labels.isEmpty()) {
        const qsizetype stride = std::max<qsizetype>(1, (axis.labels.size() + most - 1) / most);
        for (qsizetype i = 0; i < axis.labels.size(); i += stride) ticks.emplace_back(double(i), axis.labels[i]);
        return ticks;
    }
    const Ticks nice = fitted.logarithmic ? logTicks(fitted.lo, fitted.hi, most) : niceTicks(fitted.lo, fitted.hi, most);
    for (const double value : nice.at) ticks.emplace_back(value, fitted.logarithmic ? figure(value) : tickLabel(value, nice.step));
    return ticks;
}

}  // namespace

double PaintedAxis::share(double value) const {
    if (logarithmic) return (std::log(value) - std::log(lo)) / (std::log(hi) - std::log(lo));
    return (value - lo) / (hi - lo);
}

PaintedAxis fitAxis(const std::vector<double>& values, const ScatterAxis& axis) {
    PaintedAxis fitted{0, 1, axis.logarithmic && axis.labels.isEmpty()};
    if (!axis.labels.isEmpty()) return {-0.5, double(axis.labels.size()) - 0.5, false};
    double lo = HUGE_VAL, hi = -HUGE_VAL;
    for (const double value : values)
        if (usable(value, axis)) lo = std::min(lo, value), hi = std::max(hi, value);
    if (lo > hi) return fitted.logarithmic ? PaintedAxis{1, 10, true} : fitted;
    if (fitted.logarithmic) {
        const double room = lo == hi ? 2 : std::pow(hi / lo, 0.06);
        return {lo / room, hi * room, true};
    }
    const double room = lo == hi ? std::max(std::abs(lo) * 0.1, 1e-9) : 0.06 * (hi - lo);
    return {lo - room, hi + room, false};
}

ScatterPlot::ScatterPlot(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void ScatterPlot::setData(ScatterData data) {
    if (data == m_data) return;
    m_data = std::move(data);
    std::erase_if(m_data.points, [this](const ScatterPoint& p) { return !usable(p.x, m_data.x) || !usable(p.y, m_data.y); });
    fit();
    setAccessibleDescription(m_data.points.empty() ? m_data.empty : tr("%1 over %2, %3 runs").arg(m_data.y.title, m_data.x.title).arg(m_data.points.size()));
    update();
}

void ScatterPlot::setHighlighted(const QString& id) {
    if (id == m_highlighted) return;
    m_highlighted = id;
    update();
}

void ScatterPlot::fit() {
    std::vector<double> x, y;
    for (const ScatterPoint& point : m_data.points) x.push_back(point.x), y.push_back(point.y);
    m_x = fitAxis(x, m_data.x);
    m_y = fitAxis(y, m_data.y);
}

QRectF ScatterPlot::field() const { return QRectF(kLeft, kTop, std::max(1, width() - kLeft - kRight), std::max(1, height() - kTop - kBottom)); }

QPointF ScatterPlot::positionOf(const ScatterPoint& point) const {
    const QRectF room = field();
    return {room.left() + m_x.share(point.x) * room.width(), room.bottom() - m_y.share(point.y) * room.height()};
}

void ScatterPlot::paintAxes(QPainter& painter) const {
    const Theme& t = theme();
    const QRectF room = field();
    const QFont small = uiFont(11);
    for (const auto& [value, label] : ticksOf(m_y, m_data.y, std::clamp(int(room.height() / 40), 2, 8))) {
        const double y = std::round(room.bottom() - m_y.share(value) * room.height()) + 0.5;
        painter.setPen(QPen(t.grid, 1));
        painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y));
        drawText(painter, room.left() - 8, y, QFontMetrics(small).elidedText(label, Qt::ElideRight, kLeft - 12), small, t.text3, Qt::AlignRight);
    }
    painter.setPen(QPen(t.lineStrong, 1));
    painter.drawLine(QPointF(room.left(), room.bottom() + 0.5), QPointF(room.right(), room.bottom() + 0.5));
    for (const auto& [value, label] : ticksOf(m_x, m_data.x, std::clamp(int(room.width() / 80), 2, 10)))
        drawText(painter, room.left() + m_x.share(value) * room.width(), room.bottom() + 13, QFontMetrics(small).elidedText(label, Qt::ElideRight, 96), small, t.text3, Qt::AlignHCenter);
    drawText(painter, room.right(), room.bottom() + 33, m_data.x.title, small, t.text3, Qt::AlignRight);
}

void ScatterPlot::paintPoints(QPainter& painter) const {
    const Theme& t = theme();
    const ScatterPoint* strong = nullptr;
    for (const ScatterPoint& point : m_data.points) {
        if (point.id == m_highlighted) strong = &point;
        painter.setPen(QPen(t.surface, 1.2));
        painter.setBrush(withOpacity(colorOf(t, point.ink), m_highlighted.isEmpty() || point.id == m_highlighted ? 0.9 : 0.45));
        painter.drawEllipse(positionOf(point), kRadius, kRadius);
    }
    if (!strong) return;
    const QPointF at = positionOf(*strong);
    painter.setPen(QPen(t.text, 2));
    painter.setBrush(colorOf(t, strong->ink));
    painter.drawEllipse(at, kRadius + 1, kRadius + 1);
    const bool left = at.x() > field().center().x();
    const auto value = [](const ScatterAxis& axis, double v) { return axis.labels.isEmpty() ? figure(v) : axis.labels.value(qsizetype(v)); };
    const QString words = strong->name + QStringLiteral("   ") + value(m_data.x, strong->x) + QStringLiteral(", ") + value(m_data.y, strong->y);
    drawHaloText(painter, at.x() + (left ? -12 : 12), std::max(at.y(), 18.0), words, uiFont(12, QFont::DemiBold), t.text, left ? Qt::AlignRight : Qt::AlignLeft);
}

void ScatterPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintAxes(painter);
    paintPoints(painter);
    if (!m_data.points.empty()) return;
    painter.setFont(uiFont(12));
    painter.setPen(theme().text3);
    painter.drawText(field(), Qt::AlignCenter | Qt::TextWordWrap, m_data.empty);
}

int ScatterPlot::nearest(const QPointF& at) const {
    int found = -1;
    double least = kReach;
    for (size_t i = 0; i < m_data.points.size(); ++i) {
        const QPointF away = positionOf(m_data.points[i]) - at;
        if (const double distance = std::hypot(away.x(), away.y()); distance < least) least = distance, found = int(i);
    }
    return found;
}

void ScatterPlot::mouseMoveEvent(QMouseEvent* event) {
    const int at = nearest(event->position());
    const QString id = at < 0 ? QString() : m_data.points[size_t(at)].id;
    if (id == m_highlighted) return;
    setHighlighted(id);
    emit hovered(id);
}

void ScatterPlot::mousePressEvent(QMouseEvent* event) {
    if (const int at = nearest(event->position()); at >= 0 && event->button() == Qt::LeftButton) emit clicked(m_data.points[size_t(at)].id);
}

void ScatterPlot::leaveEvent(QEvent*) {
    setHighlighted({});
    emit hovered({});
}

}  // namespace moescope::plots
