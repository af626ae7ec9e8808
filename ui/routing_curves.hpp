// Routing > Load and > Logits: the Train page's panels of every layer, side by side.
#pragma once

#include <vector>

#include "ui/routing_view.hpp"

class QGridLayout;
class QScrollArea;
class QStackedWidget;

namespace moescope::plots {
class Panel;
}

namespace moescope::ui {

class RoutingTable;
class TrainCursor;

class RoutingCurves : public RoutingView {
    Q_OBJECT
public:
    enum Kind { load, logits };
    /// Borrows the cursor.
    RoutingCurves(Kind kind, TrainCursor& cursor, QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    bool needsProbe() const override { return false; }
    bool followsLayer() const override { return false; }
    void setTable(bool on) override;
    using RoutingView::show;

private:
    void makePanels(const RoutingShown& shown);
    void fillPanels(const RoutingShown& shown);
    void fillTable(const RoutingShown& shown);

    Kind m_kind;
    TrainCursor& m_cursor;
    std::vector<std::int32_t> m_layers;
    std::vector<plots::Panel*> m_panels;
    QGridLayout* m_grid;
    QStackedWidget* m_stack;
    RoutingTable* m_table;
};

}  // namespace moescope::ui
