// The hover card: every curve at the cursor, sorted by value, with its distance to the baseline.
#include "plots/chart_panels.hpp"
#include "plots/lane_view.hpp"

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

struct Line {
    const Curve* curve;
    double value, raw;   // raw: before smoothing, NaN when that is the same
};

constexpr int rowHeight = 22, pad = 12, most = 12;

}  // namespace

void ChartPanel::paintHoverCard(QCPPainter* painter) const {
    const double x = *shownCursor();
    std::vector<Line> lines;
    double baseline = std::nan("");
    const Lane& lane = lanes().front();
    for (size_t i = 0; i < lane.curves.size(); ++i) {
        const double value = m_views.front()->valueAt(i, x);
        if (!std::isfinite(value)) continue;
        if (lane.curves[i].role == CurveRole::Baseline) baseline = value;
        const Points& points = lane.curves[i].points;
        const double raw = lane.curves[i].smoothed && m_smoothing > 0 ? points.y[size_t(nearestIndex(points.x, x))] : std::nan("");
        lines.push_back({&lane.curves[i], value, raw});
    }
    if (lines.empty()) return;
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.value > b.value; });
    if (lines.size() > most) lines.resize(most);

    const Theme& t = theme();
    const QFont nameFont = uiFont(12), valueFont = uiFont(12, QFont::DemiBold);
    int names = 40;
    for (const Line& line : lines) names = std::max(names, std::min(140, textWidth(nameFont, line.curve->name)));
    const bool delta = std::isfinite(baseline), raw = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return std::isfinite(line.raw); });
    const int width = pad + 20 + names + 16 + 52 + (delta ? 60 : raw ? 56 : 0) + pad;
    const int height = pad + 18 + int(lines.size()) * rowHeight + pad - 4;
    const QRect inner = m_views.front()->rect()->rect();
    const double px = pixelOf(x);
    const bool left = px + 14 + width > inner.right();
    const QRectF card(left ? px - 14 - width : px + 14, inner.top() + 10, width, height);

    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(t.lineStrong, 1));
    painter->setBrush(t.raised);
    painter->drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    double y = card.top() + pad + 6;
    drawText(*painter, card.left() + pad, y, xName() + QChar(' ') + xText(x), valueFont, t.text);
    if (delta) drawText(*painter, card.right() - pad, y, tr("to baseline"), uiFont(11), t.text3, Qt::AlignRight);
    if (raw && !delta) drawText(*painter, card.right() - pad, y, tr("raw"), uiFont(11), t.text3, Qt::AlignRight);
    for (const Line& line : lines) {
        y += rowHeight;
        QPen key = curvePen(t, *line.curve);
        painter->setPen(key);
        painter->drawLine(QPointF(card.left() + pad, y), QPointF(card.left() + pad + 12, y));
        const QString name = QFontMetrics(nameFont).elidedText(line.curve->name, Qt::ElideRight, names);
        drawText(*painter, card.left() + pad + 20, y, name, nameFont, t.text);
        drawText(*painter, card.left() + pad + 20 + names + 16 + 48, y, figure(line.value, line.curve->figure), valueFont, t.text, Qt::AlignRight);
        if (delta && line.curve->role != CurveRole::Baseline)
            drawText(*painter, card.right() - pad, y, (line.value > baseline ? QStringLiteral("+") : QString()) + figure(line.value - baseline, Figure::Fixed3),
                     nameFont, t.text2, Qt::AlignRight);
        if (!delta && std::isfinite(line.raw)) drawText(*painter, card.right() - pad, y, figure(line.raw, line.curve->figure), nameFont, t.text2, Qt::AlignRight);
    }
}

}  // namespace moescope::plots
