// One panel for each layer, filled by the functions of the Train page.
#include "ui/routing_curves.hpp"

#include <QGridLayout>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/chart_panels.hpp"
#include "plots/heat_panel.hpp"
#include "ui/routing_table.hpp"
#include "ui/train_curves.hpp"
#include "ui/train_cursor.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

constexpr int kPanelLeast = 190, kNoExpert = -1;

int columnsFor(std::size_t panels) { return panels <= 1 ? 1 : panels <= 4 ? 2 : 3; }

}  // namespace

RoutingCurves::RoutingCurves(Kind kind, TrainCursor& cursor, QWidget* parent)
    : RoutingView(parent), m_kind(kind), m_cursor(cursor), m_stack(new QStackedWidget), m_table(new RoutingTable) {
    setObjectName(kind == load ? QStringLiteral("routingLoad") : QStringLiteral("routingLogits"));
    m_table->setObjectName(kind == load ? QStringLiteral("loadTable") : QStringLiteral("logitsTable"));
    m_table->setAccessibleName(kind == load ? tr("Load over fair share at the shown step") : tr("Mean router logit at the shown step"));
    auto* content = new QWidget;
    content->setProperty("role", "surface");
    content->setAttribute(Qt::WA_StyledBackground);
    m_grid = new QGridLayout(content);
    m_grid->setContentsMargins(0, 0, 8, 0);
    m_grid->setHorizontalSpacing(20);
    m_grid->setVerticalSpacing(10);
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    m_stack->addWidget(scroll);
    m_stack->addWidget(m_table);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 8, 8, 8);
    column->addWidget(m_stack);
}

std::optional<plots::EmptyContent> RoutingCurves::missing(const RoutingShown& shown) const {
    if (shown.run->track(m_kind == load ? "load" : "logit_quantiles")) return {};
    return plots::EmptyContent{QStringLiteral("grid"), m_kind == load ? tr("No load stored yet") : tr("No logits stored"), emptyText(*shown.run), {}, false};
}

void RoutingCurves::makePanels(const RoutingShown& shown) {
    qDeleteAll(m_panels);
    m_panels.clear();
    m_layers = shown.run->meta().facts.moeLayers;
    const int columns = columnsFor(m_layers.size());
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        plots::Panel* panel = m_kind == load ? static_cast<plots::Panel*>(new plots::HeatPanel) : new plots::FanPanel;
        panel->setObjectName((m_kind == load ? QStringLiteral("loadOfLayer%1") : QStringLiteral("logitsOfLayer%1")).arg(m_layers[i]));
        panel->setTitle(tr("layer %1").arg(m_layers[i]), m_kind == load ? tr("load, ratio to fair share") : tr("router logits, all tokens"));
        panel->setYTitle(m_kind == load ? tr("expert") : tr("logit"));
        panel->setHub(m_cursor.plotHub());
        panel->setMinimumHeight(kPanelLeast);
        if (auto* heat = qobject_cast<plots::HeatPanel*>(panel)) {
            heat->setRowMenus(true);
            connect(heat, &plots::HeatPanel::rowMenuRequested, this, [this, layer = m_layers[i]](int row, const QPoint& at) { emit expertMenuRequested(layer, row, at); });
        }
        m_grid->addWidget(panel, static_cast<int>(i) / columns, static_cast<int>(i) % columns);
        m_panels.push_back(panel);
    }
}

void RoutingCurves::show(const RoutingShown& shown) {
    if (m_layers != shown.run->meta().facts.moeLayers) makePanels(shown);
    if (m_stack->currentWidget() == m_table) fillTable(shown);
    else fillPanels(shown);
}

void RoutingCurves::fillPanels(const RoutingShown& shown) {
    const AxisWords axis = axisWords(m_cursor.axis());
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        TrainView view;
        view.moeLayer = static_cast<std::int64_t>(i);
        view.axis = m_cursor.axis();
        view.expert = kNoExpert;
        m_panels[i]->setXAxis(axis.name, axis.title);
        if (auto* heat = qobject_cast<plots::HeatPanel*>(m_panels[i])) heat->setData(loadMap(*shown.run, view));
        if (auto* fan = qobject_cast<plots::FanPanel*>(m_panels[i])) fan->setData(logitFan(*shown.run, view));
    }
}

void RoutingCurves::fillTable(const RoutingShown& shown) {
    const RunData& run = *shown.run;
    QStringList columns{tr("layer")};
    for (int e = 0; e < run.experts(); ++e) columns << expertName(e);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    const Track* means = run.track("logit_mean");
    for (std::size_t layer = 0; layer < m_layers.size(); ++layer) {
        rows.push_back({RoutingTable::number(m_layers[layer], plots::Figure::Integer)});
        const auto at = static_cast<std::int64_t>(layer);
        std::vector<double> values = m_kind == load ? loadBars(run, at, shown.step).ratio : std::vector<double>();
        for (int e = 0; m_kind == logits && means && e < run.experts(); ++e) {
            const std::size_t point = means->at(shown.step);
            values.push_back(point < means->size() ? means->mean(point, run.element(*means, at, e)) : telemetry::kNone);
        }
        values.resize(static_cast<std::size_t>(run.experts()), telemetry::kNone);
        for (const double value : values) rows.back().push_back(RoutingTable::number(value));
    }
    m_table->setRows(columns, rows);
}

void RoutingCurves::setTable(bool on) { m_stack->setCurrentIndex(on); }

}  // namespace moescope::ui
