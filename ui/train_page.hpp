// The Train page: the open run as linked plots, its sample and its events; or, plainly, why there is nothing to see.
#pragma once

#include <QWidget>

#include <functional>

#include "plots/plot_export.hpp"
#include "ui/train_curves.hpp"

class QLabel;
class QStackedWidget;

namespace moescope::plots {
class EmptyState;
class Panel;
}  // namespace moescope::plots

namespace moescope::ui {

class EventsStrip;
class RunBanner;
class TrainCursor;
class TrainGrid;
class TrainSample;
class WatchedRun;

/// GUI thread. Borrows run and cursor, which outlive it.
class TrainPage : public QWidget {
    Q_OBJECT
public:
    TrainPage(WatchedRun& run, TrainCursor& cursor, QWidget* parent = nullptr);

    TrainGrid& grid() { return *m_grid; }
    RunBanner& banner() { return *m_banner; }
    const TrainView& view() const { return m_view; }
    void setView(const TrainView& view);
    /// One expert alone in the sample and the load map, and its mean in the logits; -1 = all.
    void setSolo(int expert);

    /// The run as a whole is new (or gone): panels of another kind, another layer list.
    void reload();
    /// Data grew.
    void refresh();
    /// The cursor moved.
    void showStep();
    /// Sample strip away when there is little room.
    void setShort(bool on);
    void setStarting(bool on);       ///< an engine is on its way
    void setStoreEmpty(bool on);

    /// Where a panel is saved; tests answer without a dialog. Gets a suggested name, returns a path or nothing.
    std::function<QString(const QString& suggested, const QString& filter)> askFileName;

signals:
    void viewChanged(const moescope::ui::TrainView& view);
    void startDemoRequested();
    void newRunRequested();
    void message(const QString& sentence);

private:
    void showEmptyState();
    void savePanel(plots::Panel* panel, plots::ExportFormat format);
    TrainView usualView() const;

    WatchedRun& m_run;
    TrainCursor& m_cursor;
    TrainView m_view;
    QString m_viewOf;      ///< ULID that m_view was made for
    bool m_short = false, m_starting = false, m_storeEmpty = false;
    QStackedWidget* m_stack;
    plots::EmptyState* m_empty;
    RunBanner* m_banner;
    TrainGrid* m_grid;
    QLabel* m_denseNote;
    TrainSample* m_sample;
    EventsStrip* m_events;
};

}  // namespace moescope::ui
