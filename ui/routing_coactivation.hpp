// Routing > Co-activation: which experts are chosen for the same token, and whether more often than by chance.
#pragma once

#include "ui/routing_view.hpp"

class QLabel;

namespace moescope::ui {

class RoutingGrid;

class RoutingCoactivation : public RoutingView {
    Q_OBJECT
public:
    explicit RoutingCoactivation(QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    void setTable(bool on) override;
    using RoutingView::show;

private:
    RoutingGrid *m_conditional, *m_lift;
    QLabel *m_conditionalNote, *m_liftNote;
};

}  // namespace moescope::ui
