// Routing > Logits: the fan of every layer over time, or a ridge for each expert at the step, or its score before and after the selection bias.
#pragma once

#include "ui/routing_view.hpp"

class QLabel;
class QStackedWidget;

namespace moescope::plots {
class Ridges;
class SegmentedControl;
struct RidgeData;
}  // namespace moescope::plots

namespace moescope::ui {

class RoutingCurves;
class RoutingTable;
class TrainCursor;

/// Clean logits of each expert over the probe's tokens, and quantiles of them with the noise of training where there is some.
plots::RidgeData logitRidges(const telemetry::ProbeSnapshot& probe, int moeLayer);
/// Score of each expert (softmax over all, or sigmoid) before and after its selection bias [expert], as quantiles.
plots::RidgeData biasRidges(const telemetry::ProbeSnapshot& probe, int moeLayer, bool sigmoid, const std::vector<double>& bias);

class RoutingLogits : public RoutingView {
    Q_OBJECT
public:
    /// Borrows the cursor.
    explicit RoutingLogits(TrainCursor& cursor, QWidget* parent = nullptr);
    std::optional<plots::EmptyContent> missing(const RoutingShown& shown) const override;
    void show(const RoutingShown& shown) override;
    bool needsProbe() const override { return m_mode != overTime; }
    bool followsLayer() const override { return m_mode != overTime; }
    void setTable(bool on) override;
    enum Mode { overTime, byExpert, withBias };
    void setMode(Mode mode);
    using RoutingView::show;

private:
    void showRidges(const RoutingShown& shown);
    plots::RidgeData ridgesOf(const RoutingShown& shown) const;
    void fillTable(const plots::RidgeData& data);
    QString noteOf(const RoutingShown& shown, const plots::RidgeData& data) const;

    Mode m_mode = overTime;
    bool m_table = false;
    plots::SegmentedControl* m_choice;
    QStackedWidget *m_stack, *m_ridgeStack;
    RoutingCurves* m_curves;
    plots::Ridges* m_ridges;
    RoutingTable* m_ridgeTable;
    QLabel* m_note;
};

}  // namespace moescope::ui
