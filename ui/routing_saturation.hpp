// Routing > Saturation: how many of the probe's tokens keep their first expert from snapshot to snapshot.
#pragma once

#include "ui/routing_view.hpp"

class QStackedWidget;

namespace moescope::plots {
class LinePanel;
}

namespace moescope::ui {

class RoutingTable;

class RoutingSaturation : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingSaturation(QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    bool needsProbe() const override { return false; }
    bool needsChurn() const override { return true; }
    void setTable(bool on) override;
    using RoutingView::show;

private:
    plots::LinePanel *m_stays, *m_newest;
    RoutingTable* m_table;
    QStackedWidget* m_stack;
    ChurnPtr m_of;
    int m_layerOf = -1;
};

}  // namespace moescope::ui
