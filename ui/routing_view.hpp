// RoutingView: what the sub-pages of Routing have in common: they show one layer of a run at one step, as picture or table.
#pragma once

#include <QWidget>

#include <optional>

#include "plots/empty_state.hpp"
#include "ui/routing_reader.hpp"
#include "ui/run_data.hpp"

namespace moescope::ui {

/// Borrowed for the call. `snapshot` and `churn` are nullptr until they are read.
struct RoutingShown {
    const RunData* run = nullptr;
    QString folder;               ///< of the run
    RoutingSnapshotPtr snapshot;
    ChurnPtr churn;
    int moeLayer = 0;
    int modelLayer = 0;           ///< its number as people read it
    double step = 0;              ///< the shown one
    QStringList domains;          ///< one name for each domain of the run
};

/// GUI thread.
class RoutingView : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    /// Why this view has nothing to show for such a run; nothing = show() may be called.
    virtual std::optional<plots::EmptyContent> missing(const RoutingShown&) const { return {}; }
    virtual void show(const RoutingShown& shown) = 0;
    /// On screen with this run, before missing(): what has to be asked for is asked for here.
    virtual void prepare(const RoutingShown&) {}
    virtual bool needsRun() const { return true; }
    virtual bool needsProbe() const { return true; }
    /// What it shows is the probe's, and its step and size are worth saying.
    virtual bool showsProbe() const { return true; }
    virtual bool needsChurn() const { return false; }
    /// The layer that was chosen changes what it shows.
    virtual bool followsLayer() const { return true; }
    /// What it asked for is on screen.
    virtual bool isComplete() const { return true; }
    /// The same numbers as a table that can be selected and copied.
    virtual bool hasTable() const { return true; }
    virtual void setTable(bool on) = 0;
    /// One expert alone; -1 = all. Kept for a run that is shown later.
    virtual void setSolo(int) {}
    virtual bool showsSolo() const { return false; }
    using QWidget::show;

signals:
    void expertMenuRequested(int modelLayer, int expert, const QPoint& globalPos);
    void soloChosen(int expert);   ///< by a person; -1 = all
    /// Something arrived: missing() or what it needs may say something else now.
    void changed();
};

}  // namespace moescope::ui
