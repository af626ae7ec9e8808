// Words and marks over one lane: reference lines, names at and on lines, NaN marks, cursor dots.
#include "plots/lane_view.hpp"
#include "plots/scaled.hpp"

#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace moescope::plots {

void LaneView::paintUnder(QCPPainter* painter) const {
    const QRect inner = m_rect->rect();
    for (const ReferenceLine& line : m_lane.references) {
        const double y = yPixel(line.y);
        if (y < inner.top() - 1 || y > inner.bottom() + 1) continue;
        drawDashedRow(*painter, inner.left(), inner.right() + 1, y, theme().text3);
    }
}

void LaneView::paintOver(QCPPainter* painter, std::optional<double> cursor) const {
    const QRect inner = m_rect->rect();
    for (const ReferenceLine& line : m_lane.references) {
        const double y = yPixel(line.y);
        if (y < inner.top() - 1 || y > inner.bottom() + 1) continue;
        paintReferenceName(painter, line, y);
    }
    QString name = m_lane.name;
    if (m_yTicker->exponent != 0) name += (name.isEmpty() ? QString() : QStringLiteral(", ")) + timesTenTo(m_yTicker->exponent);
    if (!name.isEmpty()) {
        const double y = m_options.first ? inner.top() + 9 : inner.top() - 7;
        const int width = textWidth(uiFont(11), name);
        const bool left = crowded(QRectF(inner.right() - width, y - 6, width, 12)) && !crowded(QRectF(inner.left() + 4, y - 6, width, 12));
        drawHaloText(*painter, left ? inner.left() + 4 : inner.right() - 1, y, name, uiFont(11), theme().text3,
                     left ? Qt::AlignLeft : Qt::AlignRight);
    }
    paintCircles(painter);
    paintAreaNames(painter);
    paintLineNames(painter);
    paintEndLabels(painter);
    paintBadValues(painter);
    if (m_options.ignoreOutliers) paintClipped(painter);
    if (cursor) paintDots(painter, *cursor);
}

// Above the line at the left; if a curve runs there, above at the right, then below it.
void LaneView::paintReferenceName(QCPPainter* painter, const ReferenceLine& line, double y) const {
    const QRect inner = m_rect->rect();
    const int width = textWidth(uiFont(11), line.label);
    struct Place {
        double y;
        bool right;
    };
    std::vector<Place> places;
    if (y - 14 > inner.top()) places.push_back({y - 8, false}), places.push_back({y - 8, true});
    if (y + 15 < inner.bottom()) places.push_back({y + 9, false}), places.push_back({y + 9, true});
    if (places.empty()) return;
    const auto boxOf = [&](const Place& p) {
        return QRectF(p.right ? inner.right() - 4 - width : inner.left() + 4, p.y - 6, width, 12);
    };
    const auto free = std::find_if(places.begin(), places.end(), [&](const Place& p) { return !crowded(boxOf(p)); });
    const Place place = free == places.end() ? places.front() : *free;
    drawHaloText(*painter, boxOf(place).left(), place.y, line.label, uiFont(11), theme().text3);
}

bool LaneView::crowded(const QRectF& box) const {
    for (size_t i = 0; i < m_lane.curves.size(); ++i)
        for (double px = box.left(); px <= box.right(); px += 6) {
            const double v = valueAt(i, xAt(px));
            if (std::isfinite(v) && std::abs(yPixel(v) - box.center().y()) < box.height() / 2 + 2) return true;
        }
    return false;
}

void LaneView::paintCircles(QCPPainter* painter) const {
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF inner = QRectF(m_rect->rect()).adjusted(-2, -4, 2, 4);
    for (const Circle& circle : m_circles) {
        const QPointF centre(xPixel(circle.x), yPixel(circle.y));
        if (!inner.contains(centre)) continue;
        painter->setPen(circle.open ? QPen(circle.color, 1.6) : QPen(Qt::NoPen));
        painter->setBrush(circle.open ? theme().surface : circle.color);
        painter->drawEllipse(centre, circle.open ? 3.0 : 2.5, circle.open ? 3.0 : 2.5);
    }
}

bool LaneView::wantsEndLabel(size_t i) const {
    const Curve& curve = m_lane.curves[i];
    if (curve.role != CurveRole::Domain) return curve.endLabel;
    const auto last = [&](size_t k) {
        const auto& y = m_values[k];
        const auto it = std::find_if(y.rbegin(), y.rend(), [](double v) { return std::isfinite(v); });
        return it == y.rend() ? std::nan("") : *it;
    };
    bool highest = true, lowest = true;
    for (size_t k = 0; k < m_lane.curves.size(); ++k) {
        if (m_lane.curves[k].role != CurveRole::Domain || k == i) continue;
        if (last(k) > last(i)) highest = false;
        if (last(k) < last(i)) lowest = false;
    }
    return std::isfinite(last(i)) && (highest || lowest);
}

void LaneView::paintEndLabels(QCPPainter* painter) const {
    if (m_options.labelSpace < 24) return;
    const QRect inner = m_rect->rect();
    std::vector<size_t> labelled;
    std::vector<double> centres;
    for (size_t i = 0; i < m_lane.curves.size(); ++i) {
        if (!wantsEndLabel(i)) continue;
        const int end = nearestIndex(m_lane.curves[i].points.x, m_range.hi);
        double y = std::nan("");
        for (int k = end; k >= 0 && !std::isfinite(y); --k) y = m_values[i][size_t(k)];
        if (!std::isfinite(y)) continue;
        labelled.push_back(i);
        centres.push_back(std::clamp(yPixel(y), double(inner.top()), double(inner.bottom())));
    }
    centres = pushApart(centres, scaled(13), inner.top() - 4, inner.bottom());
    for (size_t k = 0; k < labelled.size(); ++k) {
        const Curve& curve = m_lane.curves[labelled[k]];
        const bool quiet = curve.role == CurveRole::Domain;
        const QFont font = uiFont(11, quiet ? QFont::Medium : QFont::DemiBold);
        const QFont valueFont = uiFont(11);
        const QString value = m_options.labelValues ? readoutText(curve, valueAt(labelled[k], m_range.hi)) : QString();
        const int valueRoom = value.isEmpty() ? 0 : textWidth(valueFont, value) + 6;
        const QString name = QFontMetrics(font).elidedText(curve.name, Qt::ElideRight, m_options.labelSpace - 6 - valueRoom);
        const double x = inner.right() + 5;
        drawText(*painter, x, centres[k], name, font,
                 quiet ? theme().text3 : curve.role == CurveRole::Baseline ? theme().text : colorOf(theme(), curve.ink));
        if (!value.isEmpty()) drawText(*painter, x + textWidth(font, name) + 6, centres[k], value, valueFont, theme().text2);
    }
}

void LaneView::paintLineNames(QCPPainter* painter) const {
    const QRect inner = m_rect->rect();
    std::vector<QPointF> taken;
    for (size_t i = 0; i < m_lane.curves.size(); ++i) {
        const Curve& curve = m_lane.curves[i];
        if (!curve.nameOnLine || curve.points.x.size() < 2) continue;
        for (const double share : {0.16, 0.55, 0.8}) {
            const double x = xAt(inner.left() + share * inner.width());
            if (x > curve.points.x.back() || x < curve.points.x.front()) continue;
            const double y = valueAt(i, x);
            if (!std::isfinite(y)) continue;
            QPointF at(xPixel(x), yPixel(y) - 10);
            if (at.y() < inner.top() + 6) at.setY(yPixel(y) + 11);
            const bool free = std::none_of(taken.begin(), taken.end(), [&](QPointF p) {
                return std::abs(p.y() - at.y()) < 14 && std::abs(p.x() - at.x()) < 50;
            });
            if (!free) continue;
            taken.push_back(at);
            const bool strong = curve.ink.kind == Ink::Expert || curve.ink.kind == Ink::Run;
            drawHaloText(*painter, at.x(), at.y(), curve.name, uiFont(11, strong ? QFont::DemiBold : QFont::Normal),
                         colorOf(theme(), curve.ink), Qt::AlignHCenter);
            break;
        }
    }
}

// The word stands in the middle of the longest stretch that is at least half as high as the highest.
void LaneView::paintAreaNames(QCPPainter* painter) const {
    for (const Area& area : m_lane.areas) {
        const auto& x = area.points.x;
        const auto& y = area.points.y;
        const Extent extent = extentOf(y);
        if (!extent.valid || extent.hi <= 0) continue;
        size_t best = 0, bestEnd = 0;
        for (size_t i = 0; i < y.size();) {
            size_t end = i;
            while (end < y.size() && y[end] >= extent.hi / 2) ++end;
            if (end > i && x[end - 1] - x[i] > x[bestEnd] - x[best]) best = i, bestEnd = end - 1;
            i = std::max(end, i + 1);
        }
        const double left = std::max(xPixel(x[best]), double(m_rect->left()));
        const double right = std::min(xPixel(x[bestEnd]), double(m_rect->right()));
        const double top = yPixel(extent.hi / 2), bottom = yPixel(0);
        const QFont font = uiFont(11, QFont::DemiBold);
        if (right - left < textWidth(font, area.name) + 4 || bottom - top < 14) continue;
        drawHaloText(*painter, (left + right) / 2, (yPixel(extent.hi) + bottom) / 2, area.name, font, theme().warn,
                     Qt::AlignHCenter);
    }
}

// A triangle on the base line wherever a value was NaN or infinite, at most one per 6 px.
void LaneView::paintBadValues(QCPPainter* painter) const {
    const QRect inner = m_rect->rect();
    std::vector<double> marks;
    bool infinite = false, missing = false;
    for (const Curve& curve : m_lane.curves)
        for (size_t i = 0; i < curve.points.x.size(); ++i)
            if (!std::isfinite(curve.points.y[i]) && curve.points.x[i] >= m_range.lo && curve.points.x[i] <= m_range.hi)
                marks.push_back(xPixel(curve.points.x[i])), (std::isnan(curve.points.y[i]) ? missing : infinite) = true;
    std::sort(marks.begin(), marks.end());
    painter->setRenderHint(QPainter::Antialiasing);
    double before = -1e9;
    for (const double x : marks) {
        if (x - before < 6) continue;
        const bool first = before < -1e8;
        before = x;
        const double base = inner.bottom() + 1;
        QPainterPath triangle(QPointF(x, base - 9));
        triangle.lineTo(x - 5, base);
        triangle.lineTo(x + 5, base);
        triangle.closeSubpath();
        painter->setPen(QPen(theme().surface, 1.5));
        painter->setBrush(theme().err);
        painter->drawPath(triangle);
        if (first) drawHaloText(*painter, x, base - 17, !infinite ? QStringLiteral("NaN") : missing ? QStringLiteral("NaN, ∞") : QStringLiteral("∞"), uiFont(11, QFont::DemiBold), theme().err, Qt::AlignHCenter);
    }
}

// A small arrow at the edge wherever a value lies beyond the scale, at most one per 8 px and edge.
void LaneView::paintClipped(QCPPainter* painter) const {
    const QRect inner = m_rect->rect();
    painter->setRenderHint(QPainter::Antialiasing);
    for (const Curve& curve : m_lane.curves) {
        if (curve.role == CurveRole::Domain) continue;
        double beforeUp = -1e9, beforeDown = -1e9;
        painter->setPen(Qt::NoPen);
        painter->setBrush(curvePen(theme(), curve).color());
        for (size_t i = 0; i < curve.points.x.size(); ++i) {
            const double y = curve.points.y[i], x = curve.points.x[i];
            if (!std::isfinite(y) || x < m_range.lo || x > m_range.hi || (y <= m_high && y >= m_low)) continue;
            const bool up = y > m_high;
            double& before = up ? beforeUp : beforeDown;
            const double px = xPixel(x), edge = up ? inner.top() + 1 : inner.bottom() - 1, sign = up ? 1 : -1;
            if (px - before < 8) continue;
            before = px;
            painter->drawPolygon(QPolygonF({QPointF(px, edge), QPointF(px - 3.5, edge + 6 * sign), QPointF(px + 3.5, edge + 6 * sign)}));
        }
    }
}

void LaneView::paintDots(QCPPainter* painter, double x) const {
    const QRect inner = m_rect->rect();
    painter->setRenderHint(QPainter::Antialiasing);
    for (size_t i = 0; i < m_lane.curves.size(); ++i) {
        const Curve& curve = m_lane.curves[i];
        if (curve.role == CurveRole::Domain || curve.role == CurveRole::Validation) continue;
        const int at = nearestIndex(curve.points.x, x);
        if (at < 0 || !std::isfinite(m_values[i][size_t(at)])) continue;
        const QPointF centre(xPixel(curve.points.x[size_t(at)]), yPixel(m_values[i][size_t(at)]));
        if (!QRectF(inner).adjusted(-2, -2, 2, 2).contains(centre)) continue;
        painter->setPen(QPen(theme().surface, 2));
        painter->setBrush(curvePen(theme(), curve).color());
        painter->drawEllipse(centre, 4.5, 4.5);
    }
}

}  // namespace moescope::plots
