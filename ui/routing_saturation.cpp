// Two panels: agreement with the snapshot before, and with the newest.
#include "ui/routing_saturation.hpp"

#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>

#include "plots/chart_panels.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

/// A line for each layer, the shown one strong; x = step of the later snapshot.
plots::Lane laneOf(const std::vector<FirstChoices>& all, const RoutingShown& shown, bool toNewest) {
    plots::Lane lane;
    const std::vector<std::int32_t>& layers = shown.run->meta().facts.moeLayers;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        plots::Curve curve;
        curve.id = QStringLiteral("layer_%1").arg(layers[layer]);
        curve.name = RoutingSaturation::tr("layer %1").arg(layers[layer]);
        curve.figure = plots::Figure::Fixed2;
        const bool strong = static_cast<int>(layer) == shown.moeLayer;
        curve.role = plots::CurveRole::Run;
        curve.ink = strong ? plots::Ink{plots::Ink::Accent, 0, 0, {}} : plots::Ink{plots::Ink::Text3, 0, 0, {}};
        curve.width = strong ? 2 : 1;
        curve.endLabel = layers.size() <= 8 || strong;
        for (std::size_t i = toNewest ? 0 : 1; i < all.size(); ++i) {
            const double value = agreement(all[i], toNewest ? all.back() : all[i - 1], static_cast<int>(layer));
            if (std::isnan(value)) continue;
            curve.points.x.push_back(static_cast<double>(all[i].step));
            curve.points.y.push_back(value);
        }
        if (!curve.points.empty()) lane.curves.push_back(std::move(curve));
    }
    lane.references.push_back({1.0 / std::max<std::int64_t>(1, shown.run->experts()), RoutingSaturation::tr("1/%1 = chance").arg(shown.run->experts())});
    lane.y = {0.0, 1.0, true};
    return lane;
}

}  // namespace

RoutingSaturation::RoutingSaturation(QWidget* parent) : RoutingView(parent), m_stays(new plots::LinePanel), m_newest(new plots::LinePanel), m_table(new RoutingTable), m_stack(new QStackedWidget) {
    setObjectName(QStringLiteral("routingSaturation"));
    m_stays->setObjectName(QStringLiteral("staysPanel"));
    m_stays->setTitle(tr("First choice stays"), tr("share of tokens, against the snapshot before"));
    m_newest->setObjectName(QStringLiteral("newestPanel"));
    m_newest->setTitle(tr("Already as at the end"), tr("share of tokens, against the newest snapshot"));
    auto* panels = new QWidget;
    auto* rows = new QVBoxLayout(panels);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(10);
    for (plots::LinePanel* panel : {m_stays, m_newest}) {
        panel->setXAxis(tr("step"), tr("training step"));
        panel->setYTitle(tr("share of tokens"));
        panel->setLabelSpace(64);
        rows->addWidget(panel, 1);
    }
    m_table->setObjectName(QStringLiteral("saturationTable"));
    m_table->setAccessibleName(tr("Share of tokens that keep their first expert"));
    m_stack->addWidget(panels);
    m_stack->addWidget(m_table);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 8, 16, 8);
    column->addWidget(m_stack);
}

std::optional<plots::EmptyContent> RoutingSaturation::missing(const RoutingShown& shown) const {
    if (shown.churn->size() > 1) return {};
    return plots::EmptyContent{QStringLiteral("grid"), tr("Saturation needs two snapshots"), tr("This run has stored %1 of the probe so far. They are taken every telemetry.probe_every steps.").arg(shown.churn->size()), {}, false};
}

void RoutingSaturation::show(const RoutingShown& shown) {
    if (shown.churn == m_of && shown.moeLayer == m_layerOf) return;
    m_of = shown.churn;
    m_layerOf = shown.moeLayer;
    const std::vector<FirstChoices>& all = *shown.churn;
    m_stays->setData(laneOf(all, shown, false));
    m_newest->setData(laneOf(all, shown, true));
    QStringList columns{tr("step")};
    for (const std::int32_t layer : shown.run->meta().facts.moeLayers) columns << tr("layer %1, stays").arg(layer) << tr("layer %1, as at the end").arg(layer);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (std::size_t i = 0; i < all.size(); ++i) {
        rows.push_back({RoutingTable::number(static_cast<double>(all[i].step), plots::Figure::Integer)});
        for (int layer = 0; layer < shown.run->moeLayers(); ++layer) {
            rows.back().push_back(RoutingTable::number(i > 0 ? agreement(all[i], all[i - 1], layer) : telemetry::kNone));
            rows.back().push_back(RoutingTable::number(agreement(all[i], all.back(), layer)));
        }
    }
    m_table->setRows(columns, rows);
}

void RoutingSaturation::setTable(bool on) { m_stack->setCurrentIndex(on); }

}  // namespace moescope::ui
