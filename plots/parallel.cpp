// Axes, lines and brushes.
#include "plots/parallel.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int kTop = 40, kBottom = 26, kSide = 60, kGrip = 10;
constexpr double kLeastBrush = 0.01, kReach = 8;

double distanceToSegment(const QPointF& p, const QPointF& a, const QPointF& b) {
    const QPointF along = b - a, to = p - a;
    const double length = along.x() * along.x() + along.y() * along.y();
    const double at = length > 0 ? std::clamp((to.x() * along.x() + to.y() * along.y()) / length, 0.0, 1.0) : 0;
    const QPointF away = to - along * at;
    return std::hypot(away.x(), away.y());
}

}  // namespace

ParallelPlot::ParallelPlot(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void ParallelPlot::setData(ParallelData data) {
    if (data == m_data) return;
    const bool sameAxes = data.axes == m_data.axes;
    m_data = std::move(data);
    m_fits.clear();
    for (size_t axis = 0; axis < m_data.axes.size(); ++axis) {
        std::vector<double> values;
        for (const ParallelLine& line : m_data.lines) values.push_back(line.values[axis]);
        m_fits.push_back(fitAxis(values, m_data.axes[axis]));
    }
    if (!sameAxes) m_brushes.assign(m_data.axes.size(), std::nullopt);
    setAccessibleDescription(tr("%1 runs over %2 quantities").arg(m_data.lines.size()).arg(m_data.axes.size()));
    update();
    if (!sameAxes) emit brushedChanged();
}

void ParallelPlot::brush(int axis, std::optional<std::pair<double, double>> range) {
    m_brushes[size_t(axis)] = range;
    update();
    emit brushedChanged();
}

bool ParallelPlot::isBrushed() const {
    return std::ranges::any_of(m_brushes, [](const auto& brush) { return brush.has_value(); });
}

bool ParallelPlot::passes(const ParallelLine& line) const {
    for (size_t axis = 0; axis < m_brushes.size(); ++axis) {
        if (!m_brushes[axis]) continue;
        const double share = m_fits[axis].share(line.values[axis]);
        if (!(share >= m_brushes[axis]->first && share <= m_brushes[axis]->second)) return false;
    }
    return true;
}

QStringList ParallelPlot::brushed() const {
    QStringList ids;
    for (const ParallelLine& line : m_data.lines)
        if (passes(line)) ids << line.id;
    return ids;
}

void ParallelPlot::setHighlighted(const QString& id) {
    if (id == m_highlighted) return;
    m_highlighted = id;
    update();
}

double ParallelPlot::axisX(int axis) const {
    const int count = int(m_data.axes.size());
    return count < 2 ? width() / 2.0 : kSide + axis * (width() - 2.0 * kSide) / (count - 1);
}

double ParallelPlot::shareAt(double y) const { return std::clamp((height() - kBottom - y) / std::max(1, height() - kTop - kBottom), 0.0, 1.0); }

QPointF ParallelPlot::positionOf(const ParallelLine& line, int axis) const {
    return {axisX(axis), height() - kBottom - m_fits[size_t(axis)].share(line.values[size_t(axis)]) * (height() - kTop - kBottom)};
}

int ParallelPlot::axisNear(double x) const {
    for (int axis = 0; axis < int(m_data.axes.size()); ++axis)
        if (std::abs(axisX(axis) - x) <= kGrip) return axis;
    return -1;
}

void ParallelPlot::paintAxis(QPainter& painter, int axis) const {
    const Theme& t = theme();
    const ScatterAxis& about = m_data.axes[size_t(axis)];
    const PaintedAxis& fit = m_fits[size_t(axis)];
    const double x = std::round(axisX(axis)) + 0.5, foot = height() - kBottom, head = kTop;
    painter.setPen(QPen(t.lineStrong, 1));
    painter.drawLine(QPointF(x, head), QPointF(x, foot));
    const int room = int(m_data.axes.size() > 1 ? (width() - 2 * kSide) / (m_data.axes.size() - 1) : width()) - 12;
    const QFont bold = uiFont(12, QFont::DemiBold), small = uiFont(11);
    const QString title = QFontMetrics(bold).elidedText(about.title, Qt::ElideMiddle, std::max(room, 60));
    const double half = textWidth(bold, title) / 2;
    drawText(painter, std::clamp(x, half + 4, std::max(half + 4, width() - half - 4)), 14, title, bold, t.text2, Qt::AlignHCenter);
    // Beside the outer end of the first axis no line passes.
    const bool outside = axis == 0 && about.labels.isEmpty();
    const auto tick = [&](double value, const QString& label) {
        drawHaloText(painter, outside ? x - 7 : x + 7, foot - fit.share(value) * (foot - head), QFontMetrics(small).elidedText(label, Qt::ElideRight, std::max(room - 10, 40)), small, t.text3, outside ? Qt::AlignRight : Qt::AlignLeft);
    };
    if (!about.labels.isEmpty()) {
        const qsizetype stride = std::max<qsizetype>(1, about.labels.size() * 16 / std::max(1, int(foot - head)));
        for (qsizetype i = 0; i < about.labels.size(); i += stride) tick(double(i), about.labels[i]);
    } else {
        const int most = std::clamp(int((foot - head) / 44), 2, 7);
        const Ticks nice = fit.logarithmic ? logTicks(fit.lo, fit.hi, most) : niceTicks(fit.lo, fit.hi, most);
        const bool whole = std::ranges::all_of(m_data.lines, [&](const ParallelLine& line) { return !std::isfinite(line.values[size_t(axis)]) || line.values[size_t(axis)] == std::round(line.values[size_t(axis)]); });
        for (const double value : nice.at)
            if (!whole || fit.logarithmic || std::abs(value - std::round(value)) < 1e-9) tick(value, fit.logarithmic ? figure(value) : tickLabel(value, nice.step));
    }
    const auto& brush = m_brushes[size_t(axis)];
    if (!brush) return;
    const QRectF mark(x - 6, foot - brush->second * (foot - head), 12, (brush->second - brush->first) * (foot - head));
    painter.setPen(QPen(t.accent, 1.5));
    painter.setBrush(withOpacity(t.accent, 0.22));
    painter.drawRoundedRect(mark, 3, 3);
}

void ParallelPlot::paintLine(QPainter& painter, const ParallelLine& line, const QPen& pen) const {
    painter.setPen(pen);
    for (int axis = 0; axis + 1 < int(m_data.axes.size()); ++axis) {
        const QPointF a = positionOf(line, axis), b = positionOf(line, axis + 1);
        if (std::isfinite(a.y()) && std::isfinite(b.y())) painter.drawLine(a, b);
    }
}

void ParallelPlot::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_data.axes.empty() || m_data.lines.empty()) {
        painter.setFont(uiFont(12));
        painter.setPen(t.text3);
        painter.drawText(rect().adjusted(16, 0, -16, 0), Qt::AlignCenter | Qt::TextWordWrap, m_data.empty);
        return;
    }
    const double strong = m_data.lines.size() > 40 ? 1 : 1.6;
    const ParallelLine* highlighted = nullptr;
    for (const bool passing : {false, true})
        for (const ParallelLine& line : m_data.lines) {
            if (line.id == m_highlighted) highlighted = &line;
            if (passes(line) == passing) paintLine(painter, line, QPen(passing ? withOpacity(colorOf(t, line.ink), 0.85) : withOpacity(t.text3, 0.22), passing ? strong : 1));
        }
    if (highlighted) paintLine(painter, *highlighted, QPen(colorOf(t, highlighted->ink), 3));
    for (int axis = 0; axis < int(m_data.axes.size()); ++axis) paintAxis(painter, axis);
    if (highlighted) drawHaloText(painter, width() / 2.0, height() - 10, highlighted->name, uiFont(12, QFont::DemiBold), t.text, Qt::AlignHCenter);
}

int ParallelPlot::lineNear(const QPointF& at) const {
    int found = -1;
    double least = kReach;
    for (size_t i = 0; i < m_data.lines.size(); ++i) {
        if (!passes(m_data.lines[i])) continue;
        for (int axis = 0; axis + 1 < int(m_data.axes.size()); ++axis) {
            const QPointF a = positionOf(m_data.lines[i], axis), b = positionOf(m_data.lines[i], axis + 1);
            if (!std::isfinite(a.y()) || !std::isfinite(b.y()) || at.x() < a.x() || at.x() > b.x()) continue;
            if (const double distance = distanceToSegment(at, a, b); distance < least) least = distance, found = int(i);
        }
    }
    return found;
}

void ParallelPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_data.lines.empty()) return;
    m_dragged = axisNear(event->position().x());
    if (m_dragged < 0) {
        if (const int line = lineNear(event->position()); line >= 0) emit clicked(m_data.lines[size_t(line)].id);
        return;
    }
    m_from = shareAt(event->position().y());
    const auto& brush = m_brushes[size_t(m_dragged)];
    m_moved = brush && m_from >= brush->first && m_from <= brush->second ? brush : std::nullopt;
}

void ParallelPlot::mouseMoveEvent(QMouseEvent* event) {
    if (m_dragged < 0) {
        setCursor(axisNear(event->position().x()) >= 0 ? Qt::SplitVCursor : Qt::ArrowCursor);
        const int line = lineNear(event->position());
        const QString id = line < 0 ? QString() : m_data.lines[size_t(line)].id;
        if (id == m_highlighted) return;
        setHighlighted(id);
        return emit hovered(id);
    }
    const double to = shareAt(event->position().y());
    if (m_moved) {
        const double by = std::clamp(to - m_from, -m_moved->first, 1 - m_moved->second);
        return brush(m_dragged, std::pair(m_moved->first + by, m_moved->second + by));
    }
    if (std::abs(to - m_from) >= kLeastBrush) brush(m_dragged, std::pair(std::min(m_from, to), std::max(m_from, to)));
}

void ParallelPlot::mouseReleaseEvent(QMouseEvent* event) {
    if (m_dragged >= 0 && !m_moved && std::abs(shareAt(event->position().y()) - m_from) < kLeastBrush) brush(m_dragged, std::nullopt);
    m_dragged = -1;
    m_moved.reset();
}

void ParallelPlot::leaveEvent(QEvent*) {
    setHighlighted({});
    emit hovered({});
}

}  // namespace moescope::plots
