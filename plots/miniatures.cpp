// Painting of fingerprints and sparklines.
#include "plots/miniatures.hpp"

#include "plots/series.hpp"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

QImage cellsOf(const LoadMatrix& m, const Theme& t) {
    QImage image(std::max(1, m.columns), std::max(1, m.rows), QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    for (int r = 0; r < m.rows; ++r)
        for (int c = 0; c < m.columns; ++c) {
            const float v = m.ratio[size_t(r) * size_t(m.columns) + size_t(c)];
            if (!std::isnan(v)) image.setPixelColor(c, r, loadColor(t, v > 0 ? std::log2(double(v)) : -3));
        }
    return image;
}

void paintRows(QPainter& painter, const QRect& area, const QImage& cells) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int r = 0; r < cells.height(); ++r) {
        const int top = area.height() * r / cells.height(), bottom = area.height() * (r + 1) / cells.height();
        painter.drawImage(QRectF(area.left(), area.top() + top, area.width(), bottom - top - (cells.height() <= 16 ? 2 : 0)),
                          cells, QRectF(0, r, cells.width(), 1));
    }
}

}  // namespace

void paintFingerprint(QPainter& painter, const QRectF& rect, const LoadMatrix& m, const Theme& t) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath shape;
    shape.addRoundedRect(rect, 2, 2);
    painter.setClipPath(shape);
    if (m.rows > 0 && m.columns > 0) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform, m.rows > rect.height() || m.columns > rect.width());
        painter.drawImage(rect, cellsOf(m, t));
    }
    painter.setClipping(false);
    painter.setPen(QPen(t.line, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter.restore();
}

void paintSparkline(QPainter& painter, const QRectF& rect, const std::vector<double>& values, const QColor& color) {
    const Extent y = extentOf(values);
    if (!y.valid) return;
    const double height = rect.height() - 3, span = y.hi > y.lo ? y.hi - y.lo : 1;
    const auto at = [&](size_t i) {
        const double x = values.size() > 1 ? double(i) / double(values.size() - 1) : 1;
        return QPointF(rect.left() + 1 + x * (rect.width() - 4), rect.top() + 1.5 + height * (y.hi - values[i]) / span);
    };
    QPainterPath path;
    bool down = false;
    for (size_t i = 0; i < values.size(); ++i) {
        const bool ok = std::isfinite(values[i]);
        if (ok && down) path.lineTo(at(i));
        if (ok && !down) path.moveTo(at(i));
        down = ok;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
    if (std::isfinite(values.back())) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawEllipse(at(values.size() - 1), 1.8, 1.8);
    }
    painter.restore();
}

Fingerprint::Fingerprint(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Load over time"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Fingerprint::setData(LoadMatrix data) {
    if (data == m_data) return;
    m_data = std::move(data);
    update();
}

void Fingerprint::setLarge(bool on) {
    m_large = on;
    updateGeometry();
}

void Fingerprint::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (!m_large)
        paintFingerprint(painter, rect(), m_data, theme());
    else if (m_data.rows > 0 && m_data.columns > 0)
        paintRows(painter, rect(), cellsOf(m_data, theme()));
}

Sparkline::Sparkline(QWidget* parent) : QWidget(parent) {
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Sparkline::setData(std::vector<double> values, Ink ink) {
    m_values = std::move(values);
    m_ink = ink;
    update();
}

void Sparkline::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (!m_values.empty()) paintSparkline(painter, rect(), m_values, colorOf(theme(), m_ink));
}

}  // namespace moescope::plots
