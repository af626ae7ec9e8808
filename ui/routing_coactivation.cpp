// Two matrices side by side.
#include "ui/routing_coactivation.hpp"

#include <QVBoxLayout>

#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {

RoutingCoactivation::RoutingCoactivation(QWidget* parent) : RoutingView(parent), m_conditional(new RoutingGrid), m_lift(new RoutingGrid) {
    setObjectName(QStringLiteral("routingCoactivation"));
    m_conditional->setObjectName(QStringLiteral("conditionalGrid"));
    m_lift->setObjectName(QStringLiteral("liftGrid"));
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(16, 8, 16, 8);
    columns->setSpacing(28);
    const auto add = [&](const QString& title, QLabel*& note, RoutingGrid* grid) {
        auto* column = new QVBoxLayout;
        column->setSpacing(6);
        column->addLayout(routingHeading(title, note));
        note->setWordWrap(true);
        column->addWidget(grid, 1);
        columns->addLayout(column, 1);
    };
    add(tr("Chosen together"), m_conditionalNote, m_conditional);
    add(tr("Lift"), m_liftNote, m_lift);
}

std::optional<plots::EmptyContent> RoutingCoactivation::missing(const RoutingShown& shown) const {
    if (shown.snapshot->probe.slotsPerToken > 1) return {};
    return plots::EmptyContent{QStringLiteral("grid"), tr("One expert for each token"), tr("With k = 1 no two experts are ever chosen together. Runs with two or more experts per token have a co-activation."), {}, false};
}

void RoutingCoactivation::show(const RoutingShown& shown) {
    m_conditional->setData(conditionalGrid(shown.snapshot->probe, shown.moeLayer));
    m_lift->setData(liftGrid(shown.snapshot->layers[static_cast<std::size_t>(shown.moeLayer)]));
    m_conditionalNote->setText(tr("of the row's tokens, the share that also chose the column, layer %1, %").arg(shown.modelLayer));
    m_liftNote->setText(tr("over independent choices: 1 = chance, blue below, orange above"));
}

void RoutingCoactivation::setTable(bool on) {
    m_conditional->setTable(on);
    m_lift->setTable(on);
}

}  // namespace moescope::ui
