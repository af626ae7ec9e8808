// Cells into an image, and what is drawn over it.
#include "plots/plane_map.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int kHead = 20, kAxis = 18, kFramedFrom = 240, kNamedFrom = 200;
constexpr double kBorder = 0.55, kLeastRegion = 0.015;  // share of text in a border; of the cells for a name

}  // namespace

std::vector<float> finer(const std::vector<float>& values, int columns, int rows, int channels, int factor) {
    const int wide = columns * factor, high = rows * factor;
    std::vector<float> out(size_t(wide) * size_t(high) * size_t(channels));
    const auto place = [factor](int i, int count, int& from, float& share) {
        const double at = std::clamp((i + 0.5) / factor - 0.5, 0.0, count - 1.0);
        from = std::min(int(at), std::max(0, count - 2));
        share = float(at - from);
    };
    for (int r = 0; r < high; ++r)
        for (int c = 0; c < wide; ++c) {
            int row = 0, column = 0;
            float up = 0, across = 0;
            place(r, rows, row, up);
            place(c, columns, column, across);
            const int nextRow = std::min(row + 1, rows - 1), nextColumn = std::min(column + 1, columns - 1);
            const auto at = [&](int y, int x, int k) { return values[(size_t(y) * size_t(columns) + size_t(x)) * size_t(channels) + size_t(k)]; };
            for (int k = 0; k < channels; ++k) {
                const float low = at(row, column, k) * (1 - across) + at(row, nextColumn, k) * across;
                const float high2 = at(nextRow, column, k) * (1 - across) + at(nextRow, nextColumn, k) * across;
                out[(size_t(r) * size_t(wide) + size_t(c)) * size_t(channels) + size_t(k)] = low * (1 - up) + high2 * up;
            }
        }
    return out;
}

void drawPlaneMark(QPainter& painter, QPointF at, int shape, double size) {
    const double r = size / 2;
    switch (shape % 4) {
        case 0: painter.drawEllipse(at, r, r); break;
        case 1: painter.drawRect(QRectF(at.x() - r * 0.88, at.y() - r * 0.88, r * 1.76, r * 1.76)); break;
        case 2: painter.drawPolygon(QPolygonF({{at.x(), at.y() - r * 1.2}, {at.x() + r * 1.1, at.y() + r * 0.8}, {at.x() - r * 1.1, at.y() + r * 0.8}})); break;
        default: painter.drawPolygon(QPolygonF({{at.x(), at.y() - r * 1.25}, {at.x() + r * 1.25, at.y()}, {at.x(), at.y() + r * 1.25}, {at.x() - r * 1.25, at.y()}}));
    }
}

PlaneMap::PlaneMap(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, [this] { makeImage(), update(); });
}

void PlaneMap::setData(PlaneMapData data) {
    if (data == m_data) return;
    m_data = std::move(data);
    setAccessibleName(m_data.title);
    setAccessibleDescription(m_data.note);
    makeImage();
    update();
}

void PlaneMap::setPointer(std::optional<QPointF> at) {
    if (at == m_pointer) return;
    m_pointer = at;
    update();
}

void PlaneMap::setPin(std::optional<QPointF> at) {
    if (at == m_pin) return;
    m_pin = at;
    update();
}

bool PlaneMap::framed() const { return width() >= kFramedFrom && height() >= kFramedFrom; }

QRectF PlaneMap::picture() const {
    const int head = m_data.title.isEmpty() && m_data.note.isEmpty() ? 0 : kHead, axis = framed() ? kAxis : 2;
    const double side = std::max(10.0, std::min(width() - axis - 4.0, height() - head - axis - 4.0));
    return QRectF(axis + (width() - axis - side) / 2, head + (height() - head - axis - side) / 2, side, side);
}

QPointF PlaneMap::toPixel(QPointF plane) const {
    const QRectF box = picture();
    return {box.left() + (plane.x() - m_data.left) / (m_data.right - m_data.left) * box.width(),
            box.bottom() - (plane.y() - m_data.bottom) / (m_data.top - m_data.bottom) * box.height()};
}

QPointF PlaneMap::toPlane(QPointF pixel) const {
    const QRectF box = picture();
    return {m_data.left + (pixel.x() - box.left()) / box.width() * (m_data.right - m_data.left),
            m_data.bottom + (box.bottom() - pixel.y()) / box.height() * (m_data.top - m_data.bottom)};
}

QColor PlaneMap::cellColor(int column, int row) const {
    const Theme& t = theme();
    const size_t cell = size_t(row) * size_t(m_data.columns) + size_t(column);
    const QColor full = m_data.experts > 0 ? expertFill(t, m_data.owner[cell], m_data.experts) : sequentialColor(t, double(m_data.level[cell]));
    return mix(full, t.surface, std::clamp(double(m_data.strength[cell]), 0.0, 1.0));
}

void PlaneMap::makeImage() {
    m_image = QImage(m_data.columns, m_data.rows, QImage::Format_RGB32);
    const QColor line = mix(theme().text, theme().surface, kBorder);
    for (int row = 0; row < m_data.rows; ++row)
        for (int column = 0; column < m_data.columns; ++column) {
            const auto region = [&](int r, int c) { return m_data.owner[size_t(r) * size_t(m_data.columns) + size_t(c)]; };
            const bool border = !m_data.owner.empty() && ((column + 1 < m_data.columns && region(row, column) != region(row, column + 1)) ||
                                                          (row + 1 < m_data.rows && region(row, column) != region(row + 1, column)));
            m_image.setPixelColor(column, m_data.rows - 1 - row, border ? line : cellColor(column, row));
        }
}

void PlaneMap::paintMarks(QPainter& painter) const {
    const Theme& t = theme();
    for (const PlaneMark& mark : m_data.marks) {
        painter.setPen(QPen(t.surface, 1));
        painter.setBrush(sequentialColor(t, mark.level));
        drawPlaneMark(painter, toPixel({mark.x, mark.y}), mark.shape, m_data.markSize);
    }
}

void PlaneMap::paintAxes(QPainter& painter) const {
    const Theme& t = theme();
    const QRectF box = picture();
    painter.setPen(QPen(t.lineStrong, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(box);
    if (!framed()) return;
    for (const double at : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
        if (at < m_data.left || at > m_data.right) continue;
        drawText(painter, toPixel({at, 0}).x(), box.bottom() + 10, tickLabel(at, at == std::round(at) ? 1 : 0.5), uiFont(11), t.text3, Qt::AlignHCenter);
        if (at >= m_data.bottom && at <= m_data.top)
            drawText(painter, box.left() - 5, toPixel({0, at}).y(), tickLabel(at, at == std::round(at) ? 1 : 0.5), uiFont(11), t.text3, Qt::AlignRight);
    }
}

// The number of an expert in the middle of its region, where the region is worth one.
void PlaneMap::paintNames(QPainter& painter) const {
    if (m_data.experts < 2 || picture().width() < kNamedFrom) return;
    struct Region {
        double x = 0, y = 0, cells = 0;
    };
    std::vector<Region> regions{size_t(m_data.experts)};
    for (int row = 0; row < m_data.rows; ++row)
        for (int column = 0; column < m_data.columns; ++column) {
            const int owner = m_data.owner[size_t(row) * size_t(m_data.columns) + size_t(column)];
            if (owner < 0) continue;
            Region& region = regions[size_t(owner)];
            region.x += column + 0.5, region.y += row + 0.5, region.cells += 1;
        }
    const QRectF box = picture();
    for (size_t e = 0; e < regions.size(); ++e) {
        const Region& r = regions[e];
        if (r.cells < kLeastRegion * m_data.columns * m_data.rows) continue;
        drawHaloText(painter, box.left() + r.x / r.cells / m_data.columns * box.width(), box.bottom() - r.y / r.cells / m_data.rows * box.height(),
                     QStringLiteral("E%1").arg(e), uiFont(13, QFont::DemiBold), theme().text, Qt::AlignHCenter);
    }
}

void PlaneMap::paintPointer(QPainter& painter) const {
    const Theme& t = theme();
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&](QPointF at, double r, const QColor& colour) {
        painter.setPen(QPen(t.surface, 4));
        painter.drawEllipse(toPixel(at), r, r);
        painter.setPen(QPen(colour, 2));
        painter.drawEllipse(toPixel(at), r, r);
    };
    if (m_pin) ring(*m_pin, 7, t.text);
    if (m_pointer) ring(*m_pointer, 5, t.accent);
}

void PlaneMap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& t = theme();
    const QRectF box = picture();
    if (m_data.columns < 1) return;
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(box, m_image);
    if (!m_data.title.isEmpty()) drawText(painter, box.left(), box.top() - 11, m_data.title, uiFont(12, QFont::DemiBold), t.text);
    const int room = int(box.width()) - textWidth(uiFont(12, QFont::DemiBold), m_data.title) - 8;
    if (!m_data.note.isEmpty() && room > 24)
        drawText(painter, box.right(), box.top() - 11, QFontMetrics(uiFont(11)).elidedText(m_data.note, Qt::ElideRight, room), uiFont(11), t.text3, Qt::AlignRight);
    painter.save();
    painter.setClipRect(box.adjusted(1, 1, -1, -1));
    paintMarks(painter);
    paintNames(painter);
    paintPointer(painter);
    painter.restore();
    paintAxes(painter);
}

void PlaneMap::mouseMoveEvent(QMouseEvent* event) {
    if (picture().contains(event->position())) emit hovered(toPlane(event->position()));
    else emit left();
}

void PlaneMap::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && picture().contains(event->position())) emit clicked(toPlane(event->position()));
}

void PlaneMap::leaveEvent(QEvent*) { emit left(); }

}  // namespace moescope::plots
