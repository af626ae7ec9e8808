// The grid of linked panels of the Train page: which panels a run has, and what each of them draws.
#pragma once

#include <QPointer>
#include <QWidget>

#include <functional>
#include <map>
#include <vector>

#include "plots/plot_export.hpp"
#include "ui/train_curves.hpp"
#include "ui/view_history.hpp"

class QGridLayout;
class QRubberBand;

namespace moescope::plots {
class ChartPanel;
class CursorHub;
class FanPanel;
class HeatPanel;
class LanesPanel;
class LinePanel;
class Panel;
}  // namespace moescope::plots

namespace moescope::ui {

/// GUI thread. Six panels for a mixture; loss and health for a dense run; layers over steps and the spread over layers
/// where there are many experts or layers. A seventh above health where the router has curves of its own;
/// in its place where the grid is too low for three in a column.
class TrainGrid : public QWidget {
    Q_OBJECT
public:
    explicit TrainGrid(plots::CursorHub* hub, QWidget* parent = nullptr);

    /// `data` must outlive the next call; nullptr = none.
    void setRun(const RunData* data, plots::Ink runInk);
    /// The run it was forked from, drawn faintly behind its loss; nullptr = none. `data` must outlive the next call.
    void setParentRun(const RunData* data);
    void setView(const TrainView& view);
    const TrainView& view() const { return m_view; }
    void setSolo(int expert);                  ///< of the load map; -1 = all
    void setSmoothing(double weight);
    /// Values beyond the scale are arrows at its edge, in every plot.
    void setIgnoreOutliers(bool on);
    /// Linear, logarithmic, symmetric-logarithmic, linear …, of a plot with lines; others ignore it.
    void cycleYScale(plots::Panel* panel);
    std::map<QString, plots::ScaleKind> yScales() const;
    void setYScales(const std::map<QString, plots::ScaleKind>& scales);
    /// Puts a metric below the lines of a plot, or (nullptr, or a plot that holds no lines) into a plot of its own.
    void addMetric(const QString& metric, plots::Panel* to);
    const std::vector<AddedMetric>& added() const { return m_added; }
    void setAdded(std::vector<AddedMetric> added);
    /// The plot with the focus, else the one under the mouse, else the last one that had either, else loss.
    plots::Panel* pointedPanel();
    plots::Panel* panelNamed(const QString& name) const;
    /// Data grew: panels on screen are filled now, the others when they appear.
    void refresh();
    /// Fills everything, also what is hidden.
    void fillAll();

    void maximise(plots::Panel* panel);   ///< nullptr = all of them again
    plots::Panel* maximised() const { return m_maximised; }
    /// Panels this run has, in reading order.
    std::vector<plots::Panel*> shownPanels() const;

signals:
    void viewChosen(const moescope::ui::TrainView& view);   ///< in a panel: concentration or expert
    void expertMenuRequested(int expert, const QPoint& globalPos);   ///< of the shown layer
    void lookChanged();                                      ///< scales, panes, maximised
    void outliersChosen(bool ignore);
    void pointedChanged(const QString& title);
    void exportRequested(moescope::plots::Panel* panel, moescope::plots::ExportFormat format);

protected:
    void showEvent(QShowEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void dragEnterEvent(QDragEnterEvent*) override;
    void dragMoveEvent(QDragMoveEvent*) override;
    void dragLeaveEvent(QDragLeaveEvent*) override;
    void dropEvent(QDropEvent*) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Slot {
        plots::Panel* panel = nullptr;
        std::function<void()> fill;
        bool dirty = true;
    };
    enum class Kind { none, dense, mixture, manyExperts };

    void makePanels();
    void connectChart(plots::ChartPanel* chart);
    void makeOwnPanels();
    void fillAdded(plots::Panel* panel);
    void offerRemoval(plots::Panel* panel);
    plots::Panel* panelAt(QPoint place) const;
    void markTarget(const plots::Panel* panel);
    bool isOwn(const plots::Panel* panel) const;
    Slot& add(plots::Panel* panel, const char* name, const QString& title, std::function<void()> fill);
    Kind kindOf(const RunData* data) const;
    void arrange();
    void place(const std::vector<plots::Panel*>& panels);
    void nameOwnCurves();
    void nameEverything();
    void nameChoices();
    void fill(bool hiddenToo);
    QString layerName() const;

    plots::CursorHub* m_hub;
    QGridLayout* m_grid;
    std::vector<Slot> m_slots;
    plots::LinePanel *m_loss = nullptr, *m_concentration = nullptr, *m_spread = nullptr;
    plots::HeatPanel *m_load = nullptr, *m_layers = nullptr;
    plots::FanPanel* m_logits = nullptr;
    plots::LanesPanel *m_use = nullptr, *m_health = nullptr, *m_router = nullptr;
    plots::Panel* m_maximised = nullptr;
    const RunData *m_data = nullptr, *m_parent = nullptr;
    plots::Ink m_ink;
    TrainView m_view;
    Kind m_kind = Kind::none;
    bool m_ownCurves = false;                  ///< the run has some to show
    bool m_low = false;                        ///< no room for three in a column
    std::vector<AddedMetric> m_added;
    std::vector<plots::Panel*> m_own;          ///< plots of people's own, in order
    QPointer<plots::Panel> m_pointed;
    QRubberBand* m_target = nullptr;
    double m_smoothing = 0;
    bool m_ignoreOutliers = false;
};

}  // namespace moescope::ui
