// Painting helpers.
#include "plots/paint.hpp"

#include "plots/figures.hpp"

#include <QCache>
#include <QPainterPath>

#include <cmath>

namespace moescope::plots {
namespace {

double leftOf(double x, double width, Qt::Alignment alignment) {
    if (alignment & Qt::AlignRight) return x - width;
    if (alignment & Qt::AlignHCenter) return x - width / 2;
    return x;
}

const QPainterPath& outlineOf(const QString& text, const QFont& font) {
    static QCache<QString, QPainterPath> cache(400);
    const QString key = font.key() + QChar(0) + text;
    if (!cache.contains(key)) {
        auto* path = new QPainterPath;
        path->addText(0, 0, font, text);
        cache.insert(key, path);
    }
    return *cache.object(key);
}

}  // namespace

PaintItem::PaintItem(QCustomPlot* plot, const QString& layer, std::function<void(QCPPainter*)> paint)
    : QCPAbstractItem(plot), m_paint(std::move(paint)) {
    setClipToAxisRect(false);
    setSelectable(false);
    setLayer(layer);
}

void PaintItem::draw(QCPPainter* painter) {
    painter->save();
    m_paint(painter);
    painter->restore();
}

void ExactTicker::generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                           QVector<double>* subTicks, QVector<QString>* labels) {
    const double lo = scale.from(range.lower), hi = scale.from(range.upper);
    Ticks made = clock ? clockTicks(lo, hi, most) : scaleTicks(scale, lo, hi, most, plain);
    if (ends) made.at = {lo, hi};
    ticks.clear();
    for (const double at : made.at) ticks.append(scale.to(at));
    if (subTicks) subTicks->clear();
    if (!labels) return;
    labels->clear();
    const double factor = std::pow(10.0, -exponent);
    const bool exact = ends || scale.kind != ScaleKind::Linear;
    for (const double at : made.at)
        labels->append(clock ? clockText(at, made.step) : tickLabel(at * factor, exact ? ownStep(at * factor) : made.step * factor));
}

int textWidth(const QFont& font, const QString& text) {
    return int(std::ceil(QFontMetricsF(font).horizontalAdvance(text)));
}

double baselineFor(const QFont& font, double centreY) {
    // Centre of the capitals, the same for every string, so that baselines in one row agree.
    return std::round(centreY + QFontMetricsF(font).capHeight() / 2);
}

void drawText(QPainter& painter, double x, double centreY, const QString& text, const QFont& font, const QColor& color,
              Qt::Alignment alignment) {
    painter.setFont(font);
    painter.setPen(color);
    const double left = leftOf(x, QFontMetricsF(font).horizontalAdvance(text), alignment);
    painter.drawText(QPointF(left, baselineFor(font, centreY)), text);
}

void drawHaloText(QPainter& painter, double x, double centreY, const QString& text, const QFont& font,
                  const QColor& color, Qt::Alignment alignment) {
    const double left = leftOf(x, QFontMetricsF(font).horizontalAdvance(text), alignment);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(left, baselineFor(font, centreY));
    painter.strokePath(outlineOf(text, font), QPen(theme().surface, 3, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.restore();
    drawText(painter, left, centreY, text, font, color);
}

void drawDottedColumn(QPainter& painter, double x, double top, double bottom, const QColor& color) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double left = std::floor(x);
    for (double y = std::floor(top); y < bottom; y += 4) painter.fillRect(QRectF(left, y, 1, 1), color);
}

void drawDashedRow(QPainter& painter, double left, double right, double y, const QColor& color) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double top = std::floor(y);
    for (double x = std::floor(left); x < right; x += 5)
        painter.fillRect(QRectF(x, top, std::min(2.0, right - x), 1), color);
}

int tagWidth(const QString& text) { return std::max(14, textWidth(uiFont(10, QFont::DemiBold), text) + 6); }

void drawTag(QPainter& painter, double centreX, double top, const QString& text, bool alarm) {
    const Theme& t = theme();
    const QFont font = uiFont(10, QFont::DemiBold);
    const int width = tagWidth(text);
    const QRectF box(std::round(centreX - width / 2.0 + 0.5), top, width, 14);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(alarm ? t.warnSoft : t.sunken);
    painter.drawRoundedRect(box, 4, 4);
    drawText(painter, box.center().x(), box.center().y(), text, font, alarm ? t.warn : t.text2, Qt::AlignHCenter);
}

void drawFocusRing(QPainter& painter, const QRectF& rect, double radius) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius);
}

}  // namespace moescope::plots
