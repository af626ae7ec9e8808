// The grid of linked panels of the Train page: which panels a run has, and what each of them draws.
#pragma once

#include <QWidget>

#include <functional>
#include <vector>

#include "plots/plot_export.hpp"
#include "ui/train_curves.hpp"

class QGridLayout;

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
/// where there are many experts or layers.
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
    void setSmoothing(double weight);
    void toggleLogY();
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
    void exportRequested(moescope::plots::Panel* panel, moescope::plots::ExportFormat format);

protected:
    void showEvent(QShowEvent*) override;

private:
    struct Slot {
        plots::Panel* panel = nullptr;
        std::function<void()> fill;
        bool dirty = true;
    };
    enum class Kind { none, dense, mixture, manyExperts };

    void makePanels();
    Slot& add(plots::Panel* panel, const char* name, const QString& title, std::function<void()> fill);
    Kind kindOf(const RunData* data) const;
    void arrange();
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
    plots::LanesPanel *m_use = nullptr, *m_health = nullptr;
    plots::Panel* m_maximised = nullptr;
    const RunData *m_data = nullptr, *m_parent = nullptr;
    plots::Ink m_ink;
    TrainView m_view;
    Kind m_kind = Kind::none;
    bool m_logY = false;
};

}  // namespace moescope::ui
