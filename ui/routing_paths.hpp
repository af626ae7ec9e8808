// Routing > Paths: where the tokens of one layer's experts go in the next layer, by first choice.
#pragma once

#include "ui/routing_view.hpp"

class QLabel;
class QStackedWidget;

namespace moescope::plots {
class Sankey;
}

namespace moescope::ui {

class RoutingTable;

class RoutingPaths : public RoutingView {
    Q_OBJECT
public:
    /// Flows drawn between two layers; the table has all of them.
    static constexpr int kFlows = 20;
    explicit RoutingPaths(QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    void setTable(bool on) override;
    using RoutingView::show;

private:
    plots::Sankey* m_picture;
    RoutingTable* m_table;
    QStackedWidget* m_stack;
    QLabel* m_note;
    RoutingSnapshotPtr m_of;
    int m_layerOf = -1;
};

}  // namespace moescope::ui
