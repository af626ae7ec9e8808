// Charts made of lanes: layout, readouts, tables.
#include "plots/chart_panels.hpp"

#include "plots/lane_view.hpp"
#include "plots/scaled.hpp"

#include <QActionGroup>
#include <QMenu>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <map>

namespace moescope::plots {
namespace {

constexpr int leftMargin = 40, topMargin = 18, laneMargin = 16, rightPlain = 12, bottomMargin = 22;

Readout::Key keyOf(const Curve& curve) {
    switch (curve.role) {
        case CurveRole::Validation: return Readout::Circle;
        case CurveRole::Domain: return Readout::ThinLine;
        case CurveRole::Second:
        case CurveRole::Baseline: return Readout::Dash;
        default: return dashOf(curve.ink).isEmpty() ? Readout::Line : Readout::Dash;
    }
}

// Compared with a tenth of the picture earlier.
QString trend(double now, double before) {
    if (!std::isfinite(now) || !std::isfinite(before)) return {};
    const double size = std::max(std::abs(now), std::abs(before));
    if (std::abs(now - before) <= 0.01 * size) return ChartPanel::tr("steady");
    return now > before ? ChartPanel::tr("rising") : ChartPanel::tr("falling");
}

}  // namespace

ChartPanel::ChartPanel(QWidget* parent) : Panel(parent) {
    setLanes({Lane{}});
    buildMenu();
}

void ChartPanel::buildMenu() {
    QMenu* menu = header()->menu();
    menu->addSeparator();
    QMenu* scales = menu->addMenu(tr("y axis"));
    m_scales = new QActionGroup(this);
    for (const auto& [kind, text] : {std::pair{ScaleKind::Linear, tr("Linear")}, {ScaleKind::Log, tr("Logarithmic")}, {ScaleKind::SymLog, tr("Symmetric logarithmic")}}) {
        QAction* action = scales->addAction(text, this, [this, kind = kind] { emit yScaleChosen(kind); });
        action->setCheckable(true);
        action->setChecked(kind == m_yScale);
        m_scales->addAction(action);
    }
    m_outliers = menu->addAction(tr("Leave outliers out of the scale"), this, [this] { emit outliersChosen(m_outliers->isChecked()); });
    m_outliers->setObjectName(QStringLiteral("ignoreOutliers"));
    m_outliers->setCheckable(true);
}

ChartPanel::~ChartPanel() = default;

void ChartPanel::setSmoothing(double weight) {
    m_smoothing = std::clamp(weight, 0.0, 0.999);
    markDirty();
}

void ChartPanel::setLogY(bool on) { setYScale(on ? ScaleKind::Log : ScaleKind::Linear); }

void ChartPanel::setYScale(ScaleKind kind) {
    m_yScale = kind;
    m_scales->actions()[int(kind)]->setChecked(true);
    markDirty();
}

void ChartPanel::setIgnoreOutliers(bool on) {
    m_ignoreOutliers = on;
    m_outliers->setChecked(on);
    markDirty();
}

void ChartPanel::setLabelSpace(int px) {
    m_labelSpace = px;
    markDirty();
}

void ChartPanel::setLabelValues(bool on) {
    m_labelValues = on;
    markDirty();
}

void ChartPanel::setExtraLanes(std::vector<Lane> lanes) {
    if (lanes == m_extra) return;
    m_extra = std::move(lanes);
    joinLanes();
}

void ChartPanel::setLanes(std::vector<Lane> lanes) {
    if (lanes == m_own && !m_lanes.empty()) return;
    m_own = std::move(lanes);
    joinLanes();
}

void ChartPanel::joinLanes() {
    m_lanes = m_own;
    m_lanes.insert(m_lanes.end(), m_extra.begin(), m_extra.end());
    if (m_lanes.empty()) m_lanes.emplace_back();
    if (m_views.size() != m_lanes.size()) makeViews();
    markDirty();
}

void ChartPanel::makeViews() {
    m_views.clear();
    QCPLayoutGrid* grid = plot()->plotLayout();
    grid->clear();
    grid->setRowSpacing(0);
    for (size_t i = 0; i < m_lanes.size(); ++i) {
        auto* rect = new QCPAxisRect(plot());
        grid->addElement(int(i), 0, rect);
        m_views.push_back(std::make_unique<LaneView>(plot(), rect));
    }
}

bool ChartPanel::hasData() const {
    for (const Lane& lane : m_lanes) {
        for (const Curve& curve : lane.curves)
            if (!curve.points.empty()) return true;
        for (const Band& band : lane.bands)
            if (!band.x.empty()) return true;
        for (const Area& area : lane.areas)
            if (!area.points.empty()) return true;
    }
    return false;
}

Extent ChartPanel::dataExtent() const {
    Extent x;
    const auto ends = [&](const std::vector<double>& v) {
        if (!v.empty()) x.add(v.front()), x.add(v.back());
    };
    for (const Lane& lane : m_lanes) {
        for (const Curve& curve : lane.curves) ends(curve.points.x);
        for (const Band& band : lane.bands) ends(band.x);
        for (const Area& area : lane.areas) ends(area.points.x);
    }
    return x;
}

double ChartPanel::snapped(double x) const {
    double best = x, distance = std::numeric_limits<double>::infinity();
    for (const Lane& lane : m_lanes)
        for (const Curve& curve : lane.curves) {
            if (curve.role == CurveRole::Validation || curve.points.empty()) continue;
            const double at = curve.points.x[size_t(nearestIndex(curve.points.x, x))];
            if (std::abs(at - x) < distance) distance = std::abs(at - x), best = at;
        }
    return best;
}

int ChartPanel::rightMargin() const {
    if (m_labelSpace > 0) return scaled(m_labelSpace);
    for (const Lane& lane : m_lanes)
        for (const Curve& curve : lane.curves)
            if (curve.endLabel || curve.role == CurveRole::Domain) return scaled(52);
    return rightPlain;
}

void ChartPanel::layoutLanes() {
    const int bottom = m_exporting ? 40 : bottomMargin, left = m_exporting ? leftMargin + 18 : leftMargin;
    const int count = int(m_views.size());
    const int height = plot()->viewport().height() - topMargin - bottom - (count - 1) * laneMargin;
    double stretches = 0;
    for (const Lane& lane : m_lanes) stretches += lane.stretch;
    for (int i = 0; i < count; ++i) {
        const int above = i == 0 ? topMargin : laneMargin, below = i + 1 == count ? bottom : 0;
        const int inner = std::max(8, int(std::floor(height * m_lanes[size_t(i)].stretch / stretches)));
        QCPAxisRect* rect = m_views[size_t(i)]->rect();
        styleRect(rect, i + 1 == count);
        rect->setMargins(QMargins(left, above, rightMargin(), below));
        plot()->plotLayout()->setRowStretchFactor(i, inner + above + below);
        rect->axis(QCPAxis::atBottom)->setLabel(m_exporting && i + 1 == count ? xTitle() : QString());
        rect->axis(QCPAxis::atLeft)->setLabel(m_exporting && count == 1 ? (yTitle().isEmpty() ? header()->unit() : yTitle()) : QString());
    }
    plot()->plotLayout()->setOuterRect(plot()->viewport());
    plot()->plotLayout()->update(QCPLayoutElement::upPreparation);
    plot()->plotLayout()->update(QCPLayoutElement::upMargins);
    plot()->plotLayout()->update(QCPLayoutElement::upLayout);
}

void ChartPanel::rebuild() {
    layoutLanes();
    LaneOptions options;
    options.smoothing = m_smoothing;
    options.y = m_yScale;
    options.x = xScale();
    options.clock = hub()->clock();
    options.ignoreOutliers = m_ignoreOutliers;
    options.only = m_views.size() == 1;
    options.labelValues = m_labelValues;
    options.labelSpace = rightMargin() > rightPlain ? rightMargin() : 0;
    for (size_t i = 0; i < m_views.size(); ++i) {
        options.first = i == 0;
        m_views[i]->draw(m_lanes[i], options, xRange());
    }
}

void ChartPanel::paintUnder(QCPPainter* painter) {
    for (const auto& view : m_views) view->paintUnder(painter);
}

void ChartPanel::paintOver(QCPPainter* painter) {
    for (const auto& view : m_views) view->paintOver(painter, shownCursor());
    const bool card = m_hoverCard == CardAlways || (m_hoverCard == CardHere && mouseIsHere() && m_lanes.size() == 1);
    if (card && shownCursor()) paintHoverCard(painter);
}

void ChartPanel::setExportMode(bool on) { m_exporting = on; }

QList<QCPAxisRect*> ChartPanel::rects() const {
    QList<QCPAxisRect*> all;
    for (const auto& view : m_views) all.append(view->rect());
    return all;
}

void ChartPanel::updateReadout() { header()->setReadouts(readoutsAt(cursorOrLast())); }

std::vector<Readout> ChartPanel::readoutsAt(double x) const {
    std::vector<Readout> out;
    bool domains = false;
    for (size_t l = 0; l < m_lanes.size(); ++l) {
        for (const Band& band : m_lanes[l].bands) out.push_back({Readout::Area, band.ink, band.name, {}, band.opacity * 1.6});
        for (size_t i = 0; i < m_lanes[l].curves.size(); ++i) {
            const Curve& curve = m_lanes[l].curves[i];
            if (!curve.inReadout) continue;
            if (curve.role == CurveRole::Domain) {
                domains = true;
                continue;
            }
            const bool none = curve.points.empty() || std::isnan(x);
            out.push_back({keyOf(curve), curve.role == CurveRole::Baseline ? Ink{Ink::Baseline, 0, 0, {}} : curve.ink,
                           curve.readoutName.isEmpty() ? curve.name : curve.readoutName, none ? QStringLiteral("–") : readoutText(curve, m_views[l]->valueAt(i, x)), 1});
        }
        for (const Area& area : m_lanes[l].areas) {
            const int at = nearestIndex(area.points.x, x);
            const QString value = at < 0 ? QStringLiteral("–") : figure(area.points.y[size_t(at)], Figure::Integer);
            out.push_back({Readout::Area, area.ink, area.name, value, 0.45});
        }
    }
    if (domains) out.push_back({Readout::ThinLine, {Ink::Domain, 0, 0, {}}, tr("domains"), {}, 1});
    return out;
}

QString ChartPanel::summary() const {
    if (!hasData()) return tr("%1: no data yet").arg(header()->title());
    const double x = cursorOrLast();
    const XRange range = xRange();
    QStringList parts;
    for (size_t l = 0; l < m_lanes.size(); ++l)
        for (size_t i = 0; i < m_lanes[l].curves.size(); ++i) {
            const Curve& curve = m_lanes[l].curves[i];
            if (!curve.inReadout || curve.points.empty() || m_views[l]->drawn().size() <= i) continue;
            const double now = m_views[l]->valueAt(i, x);
            const QString moving = trend(now, m_views[l]->valueAt(i, x - (range.hi - range.lo) / 10));
            parts << tr("%1 %2").arg(curve.name, readoutText(curve, now)) + (moving.isEmpty() ? QString() : QStringLiteral(", ") + moving);
        }
    return tr("%1, %2 %3: %4").arg(header()->title(), xName(), xText(x), parts.join(QStringLiteral("; ")));
}

// One row per x inside the visible range. A smoothed curve has its average in a column of its own.
Table ChartPanel::visibleTable() const {
    Table table;
    table.columns << xName();
    const XRange range = xRange();
    std::map<double, std::vector<double>> rows;
    std::vector<std::pair<const std::vector<double>*, const std::vector<double>*>> columns;
    std::list<std::vector<double>> smoothed;
    const auto column = [&](const QString& name, const std::vector<double>& x, const std::vector<double>& y) {
        table.columns << name;
        columns.emplace_back(&x, &y);
    };
    for (const Lane& lane : m_lanes) {
        for (const Curve& curve : lane.curves) {
            const QString name = curve.id.isEmpty() ? curve.name : curve.id;
            column(name, curve.points.x, curve.points.y);
            if (curve.smoothed && m_smoothing > 0)
                column(name + QStringLiteral("_smoothed"), curve.points.x, smoothed.emplace_back(shownValues(curve, m_smoothing)));
            if (!curve.points.low.empty()) column(name + QStringLiteral("_low"), curve.points.x, curve.points.low);
            if (!curve.points.high.empty()) column(name + QStringLiteral("_high"), curve.points.x, curve.points.high);
        }
        for (const Band& band : lane.bands) {
            column(band.id + QStringLiteral("_low"), band.x, band.low);
            column(band.id + QStringLiteral("_high"), band.x, band.high);
        }
        for (const Area& area : lane.areas) column(area.id.isEmpty() ? area.name : area.id, area.points.x, area.points.y);
    }
    for (size_t c = 0; c < columns.size(); ++c)
        for (size_t i = 0; i < columns[c].second->size(); ++i) {
            const double x = (*columns[c].first)[i];
            if (x < range.lo || x > range.hi) continue;
            auto [row, fresh] = rows.try_emplace(x, columns.size() + 1, Table::missing());
            if (fresh) row->second[0] = x;
            row->second[c + 1] = (*columns[c].second)[i];
        }
    for (auto& [x, row] : rows) table.rows.push_back(std::move(row));
    return table;
}

void ChartPanel::clickedAt(QPointF at) {
    for (size_t l = 0; l < m_views.size(); ++l)
        if (const int curve = m_views[l]->curveNear(at, 6); curve >= 0) return emit curveClicked(m_lanes[l].curves[size_t(curve)].id);
}

void LinePanel::setData(Lane lane) { setLanes({std::move(lane)}); }

void LanesPanel::setData(std::vector<Lane> lanes) { setLanes(std::move(lanes)); }

void FanPanel::setData(const FanData& fan) {
    Lane lane;
    lane.bands = {{QStringLiteral("logit_p05_p95"), tr("5–95 %"), fan.x, fan.p05, fan.p95, {Ink::Text3, 0, 0, {}}, 0.18},
                  {QStringLiteral("logit_p25_p75"), tr("25–75 %"), fan.x, fan.p25, fan.p75, {Ink::Text3, 0, 0, {}}, 0.26}};
    Curve median;
    median.id = QStringLiteral("logit_p50");
    median.name = tr("median");
    median.ink = {Ink::Text2, 0, 0, {}};
    median.points = {fan.x, fan.p50, {}, {}};
    median.width = 1.2;
    median.nameOnLine = true;
    median.figure = Figure::Fixed1;
    median.inReadout = fan.expert < 0;
    if (fan.expert >= 0 && !fan.expertMean.empty()) {
        Curve expert;
        expert.id = QStringLiteral("logit_mean_e%1").arg(fan.expert);
        expert.name = QStringLiteral("E%1").arg(fan.expert);
        expert.readoutName = tr("E%1 mean").arg(fan.expert);
        expert.ink = Ink::expert(fan.expert, fan.experts);
        expert.points = {fan.x, fan.expertMean, {}, {}};
        expert.nameOnLine = true;
        expert.figure = Figure::Fixed1;
        lane.curves.push_back(expert);
    }
    lane.curves.push_back(median);
    setLanes({std::move(lane)});
}

}  // namespace moescope::plots
