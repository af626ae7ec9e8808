// Flows as ribbons and as rows.
#include "ui/routing_paths.hpp"

#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/figures.hpp"
#include "plots/sankey.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

constexpr int kColumns = 5;  // layers side by side; with more of them, those from the shown one on

}  // namespace

RoutingPaths::RoutingPaths(QWidget* parent) : RoutingView(parent), m_picture(new plots::Sankey), m_table(new RoutingTable), m_stack(new QStackedWidget) {
    setObjectName(QStringLiteral("routingPaths"));
    m_picture->setObjectName(QStringLiteral("sankey"));
    m_table->setObjectName(QStringLiteral("pathsTable"));
    m_table->setAccessibleName(m_picture->accessibleName());
    m_stack->addWidget(m_picture);
    m_stack->addWidget(m_table);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 8, 16, 12);
    column->setSpacing(8);
    column->addLayout(routingHeading(tr("From layer to layer"), m_note));
    column->addWidget(m_stack, 1);
}

std::optional<plots::EmptyContent> RoutingPaths::missing(const RoutingShown& shown) const {
    if (shown.snapshot->probe.layers > 1) return {};
    return plots::EmptyContent{QStringLiteral("grid"), tr("One layer with experts"), tr("A path needs two of them: this run has only layer %1.").arg(shown.modelLayer), {}, false};
}

void RoutingPaths::show(const RoutingShown& shown) {
    if (shown.snapshot == m_of && shown.moeLayer == m_layerOf) return;
    m_of = shown.snapshot;
    m_layerOf = shown.moeLayer;
    const telemetry::ProbeSnapshot& probe = shown.snapshot->probe;
    const int begin = probe.layers <= kColumns ? 0 : std::min(shown.moeLayer, probe.layers - kColumns), end = std::min(probe.layers, begin + kColumns);
    plots::SankeyData data;
    data.nodes = probe.experts;
    std::vector<std::vector<RoutingTable::Cell>> rows;
    double drawn = 0;
    const FirstChoices first = firstChoicesOf(probe);
    for (int layer = begin; layer < end; ++layer) {
        const int name = probe.moeLayerIndex[static_cast<std::size_t>(layer)];
        data.columns << tr("layer %1").arg(name);
        std::vector<double> shares(static_cast<std::size_t>(probe.experts));
        for (const std::int16_t e : first.experts[static_cast<std::size_t>(layer)])
            if (e >= 0) shares[static_cast<std::size_t>(e)] += 1.0 / probe.tokens;
        data.shares.insert(data.shares.end(), shares.begin(), shares.end());
        if (layer + 1 == end) break;
        const int next = probe.moeLayerIndex[static_cast<std::size_t>(layer) + 1];
        const std::vector<Flow> flows = flowsOf(probe, layer);
        for (std::size_t i = 0; i < flows.size(); ++i) {
            const Flow& flow = flows[i];
            rows.push_back({RoutingTable::number(name, Figure::Integer), RoutingTable::word(expertName(flow.from)), RoutingTable::number(next, Figure::Integer), RoutingTable::word(expertName(flow.to)),
                            RoutingTable::number(flow.count, Figure::Integer), RoutingTable::number(flow.share), RoutingTable::number(flow.lift)});
            if (i >= kFlows) continue;
            drawn += flow.share;
            data.flows.push_back({layer - begin, flow.from, flow.to, flow.share,
                                  tr("%1 of layer %2 to %3 of layer %4: %5 % of the tokens, ×%6 of independence").arg(expertName(flow.from)).arg(name).arg(expertName(flow.to)).arg(next)
                                      .arg(plots::figure(100 * flow.share, Figure::Fixed1), plots::figure(flow.lift, Figure::Fixed2))});
        }
    }
    m_note->setText(tr("first choices; the %1 largest flows between two layers, %2 % of the tokens").arg(kFlows).arg(plots::figure(100 * drawn / (end - begin - 1), Figure::Integer)));
    m_picture->setData(std::move(data));
    m_table->setRows({tr("layer"), tr("from"), tr("next layer"), tr("to"), tr("tokens"), tr("share"), tr("lift")}, rows);
}

void RoutingPaths::setTable(bool on) { m_stack->setCurrentIndex(on); }

}  // namespace moescope::ui
