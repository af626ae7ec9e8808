// Drawing of one lane: recipe for lines, bands, areas, reference lines and their ranges.
#include "plots/lane_view.hpp"

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr double nameRoom = 1.2;   // the name of a lane stands in its upper right corner: data stays below it
constexpr int thickUpTo = 8;       // lines of 2 px; more are thin and without their raw values behind them

double penWidth(const Curve& curve) {
    if (curve.width > 0) return curve.width * lineScale();
    switch (curve.role) {
        case CurveRole::Domain: return lineScale();
        case CurveRole::Second:
        case CurveRole::Baseline: return 1.6 * lineScale();
        default: return 2 * lineScale();
    }
}

// Many thick antialiased lines cost seconds and show less than thin ones.
bool isCrowded(const Lane& lane) {
    return std::count_if(lane.curves.begin(), lane.curves.end(), [](const Curve& curve) { return curve.role != CurveRole::Domain; }) > thickUpTo;
}

// Multiple of a quarter step outside [lo, hi], so that a live axis changes rarely.
void widen(double& lo, double& hi, int most, bool fixedLo, bool fixedHi) {
    const double pad = (hi - lo) * 0.04;
    if (!fixedLo) lo -= pad;
    if (!fixedHi) hi += pad;
    const double quarter = niceTicks(lo, hi, most).step / 4;
    if (!fixedLo) lo = std::floor(lo / quarter) * quarter;
    if (!fixedHi) hi = std::ceil(hi / quarter) * quarter;
}

int exponentFor(double size) {
    if (!(size > 0) || (size >= 0.01 && size < 1e9)) return 0;
    return int(std::floor(std::log10(size) / 3 + 1e-9)) * 3;
}

}  // namespace

QPen curvePen(const Theme& t, const Curve& curve) {
    const bool domain = curve.role == CurveRole::Domain;
    QPen pen(colorOf(t, domain ? Ink{Ink::Domain, 0, 0, {}} : curve.ink), penWidth(curve));
    pen.setCapStyle(Qt::RoundCap);
    pen.setJoinStyle(Qt::RoundJoin);
    QList<qreal> dash = dashOf(curve.role == CurveRole::Baseline ? Ink{Ink::Baseline, 0, 0, {}} : curve.ink);
    if (curve.role == CurveRole::Second) dash = {4, 3};
    if (curve.role == CurveRole::Baseline) pen.setColor(t.baseline);
    if (!dash.isEmpty()) {
        pen.setDashPattern(dash);
        pen.setCapStyle(Qt::FlatCap);
    }
    return pen;
}

std::vector<double> shownValues(const Curve& curve, double smoothing) {
    const Points& p = curve.points;
    if (!curve.smoothed || smoothing <= 0) return p.y;
    return movingAverage(p.x, p.y, smoothing, curve.spacing > 0 ? curve.spacing : medianSpacing(p.x));
}

QString readoutText(const Curve& curve, double value) {
    const QString text = figure(value, curve.figure);
    return curve.unit.isEmpty() ? text : text + QChar(0x202F) + curve.unit;
}

LaneView::LaneView(QCustomPlot* plot, QCPAxisRect* rect)
    : m_plot(plot), m_rect(rect), m_xTicker(new ExactTicker), m_yTicker(new ExactTicker) {
    rect->axis(QCPAxis::atBottom)->setTicker(m_xTicker);
    rect->axis(QCPAxis::atLeft)->setTicker(m_yTicker);
}

LaneView::~LaneView() {
    for (QCPGraph* g : m_graphs) m_plot->removeGraph(g);
}

QCPGraph* LaneView::graph(const Points& points, const QPen& pen) {
    QCPGraph* g = m_plot->addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    m_graphs.push_back(g);
    QVector<double> x, y;
    for (size_t i = 0; i < points.x.size(); ++i) {
        const double atX = m_options.x.to(points.x[i]), atY = m_y.to(points.y[i]);
        if (!std::isfinite(atX) || !std::isfinite(atY)) continue;
        x.append(atX);
        y.append(atY);
    }
    g->setData(x, y, true);
    g->setPen(pen);
    g->setAntialiased(true);
    g->setAdaptiveSampling(false);
    g->setSelectable(QCP::stNone);
    if (points.x.size() == 1 && pen.style() != Qt::NoPen) m_circles.push_back({points.x[0], points.y[0], pen.color(), false});
    return g;
}

void LaneView::draw(const Lane& lane, const LaneOptions& options, const XRange& range) {
    for (QCPGraph* g : m_graphs) m_plot->removeGraph(g);
    m_graphs.clear();
    m_lane = lane;
    m_options = options;
    m_range = range;
    m_values.clear();
    m_circles.clear();
    for (const Curve& curve : m_lane.curves) m_values.push_back(shownValues(curve, options.smoothing));
    m_xTicker->scale = options.x;
    m_xTicker->clock = options.clock;
    m_rect->axis(QCPAxis::atBottom)->setRange(options.x.to(range.lo), options.x.to(range.hi));
    fitY();
    drawAreas();
    drawBands();
    const auto later = [&](CurveRole role) { return role == CurveRole::Validation ? 2 : role == CurveRole::Domain ? 0 : 1; };
    for (int pass = 0; pass < 3; ++pass)
        for (size_t i = 0; i < m_lane.curves.size(); ++i)
            if (later(m_lane.curves[i].role) == pass) drawCurve(i);
}

void LaneView::fitY() {
    Extent y;
    std::vector<double> all;
    const bool whole = m_range.hi <= m_range.lo, wantsLog = m_options.y == ScaleKind::Log;
    const auto addSeen = [&](const std::vector<double>& x, const std::vector<double>& values) {
        std::vector<double> seen;
        for (size_t i = 0; i < values.size() && i < x.size(); ++i)
            if (whole || (x[i] >= m_range.lo && x[i] <= m_range.hi))
                if (!wantsLog || values[i] > 0) seen.push_back(values[i]);
        y.add(m_options.ignoreOutliers ? extentWithoutOutliers(seen) : extentOf(seen));
        if (m_options.y == ScaleKind::SymLog) all.insert(all.end(), seen.begin(), seen.end());
    };
    for (size_t i = 0; i < m_lane.curves.size(); ++i) {
        const Points& p = m_lane.curves[i].points;
        addSeen(p.x, p.y);
        addSeen(p.x, m_values[i]);
        addSeen(p.x, p.low);
        addSeen(p.x, p.high);
    }
    for (const Band& band : m_lane.bands) addSeen(band.x, band.low), addSeen(band.x, band.high);
    for (const Area& area : m_lane.areas) addSeen(area.points.x, area.points.y);
    for (const ReferenceLine& line : m_lane.references)
        if (y.valid && (!wantsLog || line.y > 0)) y.add(line.y);

    double lo = y.valid ? y.lo : 0, hi = y.valid ? y.hi : 1;
    const bool log = wantsLog && lo > 0, curved = log || m_options.y == ScaleKind::SymLog;
    m_y = {log ? ScaleKind::Log : m_options.y == ScaleKind::SymLog ? ScaleKind::SymLog : ScaleKind::Linear, symLogThreshold(all)};
    const bool fixedLo = m_lane.y.lo || (m_lane.y.zero && !log), fixedHi = m_lane.y.hi.has_value();
    if (fixedLo && !log) lo = std::min(m_lane.y.lo.value_or(0), curved ? lo : m_lane.y.lo.value_or(0));
    if (fixedHi) hi = *m_lane.y.hi;
    if (!(hi > lo)) hi = lo + std::max(1e-12, std::abs(lo) * 0.1 + (lo == 0 ? 1 : 0));
    const int most = std::clamp(m_rect->height() / 32, 2, m_options.only ? 7 : 4);
    if (curved) {
        const double from = m_y.to(lo), to = m_y.to(hi), pad = (to - from) * 0.05;
        if (!fixedLo) lo = m_y.from(from - pad);
        hi = m_y.from(to + pad);
    } else if (!m_options.only) {
        if (!fixedLo && lo >= 0) lo = 0;
        if (!fixedHi) hi = niceCeiling(m_lane.name.isEmpty() ? hi : hi * nameRoom);
        if (lo < 0 && !fixedLo) lo = -niceCeiling(-lo);
    } else {
        widen(lo, hi, most, fixedLo, fixedHi);
    }
    m_low = lo, m_high = hi;
    m_rect->axis(QCPAxis::atLeft)->setRange(m_y.to(lo), m_y.to(hi));
    m_yTicker->most = most;
    m_yTicker->ends = !m_options.only && !curved;
    m_yTicker->scale = m_y;
    m_yTicker->exponent = curved ? 0 : exponentFor(std::max(std::abs(lo), std::abs(hi)));
}

/// What is drawn of a line: at most two points a pixel column of the axis as it is scaled.
Points LaneView::seen(const std::vector<double>& x, const std::vector<double>& y) const {
    const int columns = std::max(2, m_rect->width());
    const AxisScale& scale = m_options.x;
    if (scale.kind == ScaleKind::Linear) return decimate(x, y, m_range.lo, m_range.hi, columns);
    std::vector<double> places(x.size());
    std::transform(x.begin(), x.end(), places.begin(), [&](double v) { return scale.to(v); });
    const auto begin = std::find_if(places.begin(), places.end(), [](double place) { return std::isfinite(place); });
    const auto skipped = size_t(begin - places.begin());
    Points out = decimate(std::span(places).subspan(skipped), std::span(y).subspan(skipped), scale.to(m_range.lo), scale.to(m_range.hi), columns);
    for (double& place : out.x) place = scale.from(place);
    return out;
}

void LaneView::drawAreas() {
    for (const Area& area : m_lane.areas) {
        QCPGraph* g = graph(area.points, Qt::NoPen);
        g->setLineStyle(QCPGraph::lsStepLeft);
        g->setBrush(withOpacity(colorOf(theme(), area.ink), 0.30));
        g->setAntialiasedFill(false);
    }
}

void LaneView::drawBands() {
    const auto fillBetween = [&](const std::vector<double>& x, const std::vector<double>& low,
                                 const std::vector<double>& high, const QColor& color) {
        QCPGraph* below = graph({x, low, {}, {}}, Qt::NoPen);
        QCPGraph* above = graph({x, high, {}, {}}, Qt::NoPen);
        above->setBrush(color);
        above->setChannelFillGraph(below);
    };
    for (const Band& band : m_lane.bands)
        fillBetween(band.x, band.low, band.high, withOpacity(colorOf(theme(), band.ink), band.opacity));
    for (const Curve& curve : m_lane.curves)
        if (curve.points.low.size() == curve.points.x.size() && curve.points.high.size() == curve.points.x.size() &&
            !curve.points.empty())
            fillBetween(curve.points.x, curve.points.low, curve.points.high,
                        withOpacity(colorOf(theme(), curve.ink), theme().bandOpacity));
}

void LaneView::drawCurve(size_t i) {
    const Curve& curve = m_lane.curves[i];
    const bool crowded = isCrowded(m_lane);
    QPen pen = curvePen(theme(), curve);
    if (crowded) pen.setWidthF(1);
    if (curve.role == CurveRole::Validation) {
        const Points marks = seen(curve.points.x, curve.points.y);
        const size_t stride = std::max<size_t>(1, (marks.x.size() + 11) / 12);
        for (size_t k = marks.x.size(); k > 0; k -= std::min(k, stride))
            m_circles.push_back({marks.x[k - 1], marks.y[k - 1], pen.color(), true});
        return;
    }
    const bool smooth = curve.smoothed && m_options.smoothing > 0;
    if (smooth && !crowded) {
        const QPen faint(withOpacity(pen.color(), 0.25), 1);
        graph(seen(curve.points.x, curve.points.y), faint);
    }
    graph(seen(curve.points.x, m_values[i]), pen)->setAntialiased(!crowded);
}

double LaneView::yPixel(double y) const { return m_rect->axis(QCPAxis::atLeft)->coordToPixel(m_y.to(y)); }
double LaneView::xPixel(double x) const { return m_rect->axis(QCPAxis::atBottom)->coordToPixel(m_options.x.to(x)); }
double LaneView::xAt(double pixel) const { return m_options.x.from(m_rect->axis(QCPAxis::atBottom)->pixelToCoord(pixel)); }

int LaneView::curveNear(QPointF at, double reach) const {
    int best = -1;
    if (!m_rect->rect().adjusted(-2, -2, 2, 2).contains(at.toPoint())) return best;
    for (size_t i = 0; i < m_lane.curves.size(); ++i)
        for (double px = at.x() - reach; px <= at.x() + reach; px += 1) {
            const double y = valueAt(i, xAt(px));
            if (!std::isfinite(y)) continue;
            const double distance = std::hypot(px - at.x(), yPixel(y) - at.y());
            if (distance < reach) reach = distance, best = int(i);
        }
    return best;
}

double LaneView::valueAt(size_t curve, double x) const {
    if (curve >= m_values.size()) return std::nan("");
    const int i = nearestIndex(m_lane.curves[curve].points.x, x);
    return i < 0 ? std::nan("") : m_values[curve][size_t(i)];
}

}  // namespace moescope::plots
