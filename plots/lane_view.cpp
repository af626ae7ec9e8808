// Drawing of one lane: recipe for lines, bands, areas, reference lines and their ranges.
#include "plots/lane_view.hpp"

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr double nameRoom = 1.2;   // the name of a lane stands in its upper right corner: data stays below it
constexpr int thickUpTo = 8;       // lines of 2 px; more are thin and without their raw values behind them

double penWidth(const Curve& curve) {
    if (curve.width > 0) return curve.width;
    switch (curve.role) {
        case CurveRole::Domain: return 1;
        case CurveRole::Second:
        case CurveRole::Baseline: return 1.6;
        default: return 2;
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
    g->setData(QVector<double>(points.x.begin(), points.x.end()), QVector<double>(points.y.begin(), points.y.end()), true);
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
    m_rect->axis(QCPAxis::atBottom)->setRange(range.lo, range.hi);
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
    const bool whole = m_range.hi <= m_range.lo;
    const auto addSeen = [&](const std::vector<double>& x, const std::vector<double>& values) {
        std::vector<double> seen;
        for (size_t i = 0; i < values.size() && i < x.size(); ++i)
            if (whole || (x[i] >= m_range.lo && x[i] <= m_range.hi))
                if (!m_options.logY || values[i] > 0) seen.push_back(values[i]);
        y.add(m_options.ignoreOutliers ? extentWithoutOutliers(seen) : extentOf(seen));
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
        if (y.valid && (!m_options.logY || line.y > 0)) y.add(line.y);

    double lo = y.valid ? y.lo : 0, hi = y.valid ? y.hi : 1;
    const bool log = m_options.logY && lo > 0;
    const bool fixedLo = m_lane.y.lo || (m_lane.y.zero && !log), fixedHi = m_lane.y.hi.has_value();
    if (fixedLo && !log) lo = m_lane.y.lo.value_or(0);
    if (fixedHi) hi = *m_lane.y.hi;
    if (!(hi > lo)) hi = lo + std::max(1e-12, std::abs(lo) * 0.1 + (lo == 0 ? 1 : 0));
    const int most = std::clamp(m_rect->height() / 32, 2, m_options.only ? 7 : 4);
    if (log) {
        lo /= 1.1, hi *= 1.1;
    } else if (!m_options.only) {
        if (!fixedLo && lo >= 0) lo = 0;
        if (!fixedHi) hi = niceCeiling(m_lane.name.isEmpty() ? hi : hi * nameRoom);
        if (lo < 0 && !fixedLo) lo = -niceCeiling(-lo);
    } else {
        widen(lo, hi, most, fixedLo, fixedHi);
    }
    QCPAxis* axis = m_rect->axis(QCPAxis::atLeft);
    axis->setScaleType(log ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    axis->setRange(lo, hi);
    m_yTicker->most = most;
    m_yTicker->ends = !m_options.only && !log;
    m_yTicker->logarithmic = log;
    m_yTicker->exponent = log ? 0 : exponentFor(std::max(std::abs(lo), std::abs(hi)));
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
    const int columns = std::max(2, m_rect->width());
    const bool crowded = isCrowded(m_lane);
    QPen pen = curvePen(theme(), curve);
    if (crowded) pen.setWidthF(1);
    if (curve.role == CurveRole::Validation) {
        Points seen = decimate(curve.points.x, curve.points.y, m_range.lo, m_range.hi, columns);
        const size_t stride = std::max<size_t>(1, (seen.x.size() + 11) / 12);
        for (size_t k = seen.x.size(); k > 0; k -= std::min(k, stride))
            m_circles.push_back({seen.x[k - 1], seen.y[k - 1], pen.color(), true});
        return;
    }
    const bool smooth = curve.smoothed && m_options.smoothing > 0;
    if (smooth && !crowded) {
        const QPen faint(withOpacity(pen.color(), 0.25), 1);
        graph(decimate(curve.points.x, curve.points.y, m_range.lo, m_range.hi, columns), faint);
    }
    graph(decimate(curve.points.x, m_values[i], m_range.lo, m_range.hi, columns), pen)->setAntialiased(!crowded);
}

double LaneView::yPixel(double y) const { return m_rect->axis(QCPAxis::atLeft)->coordToPixel(y); }
double LaneView::xPixel(double x) const { return m_rect->axis(QCPAxis::atBottom)->coordToPixel(x); }

double LaneView::valueAt(size_t curve, double x) const {
    if (curve >= m_values.size()) return std::nan("");
    const int i = nearestIndex(m_lane.curves[curve].points.x, x);
    return i < 0 ? std::nan("") : m_values[curve][size_t(i)];
}

}  // namespace moescope::plots
