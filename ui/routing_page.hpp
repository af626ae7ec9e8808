// The Routing page: what the router did with the probe's tokens at the shown step, in sub-pages; or why there is nothing to see.
#pragma once

#include <QWidget>

#include <functional>

#include "ui/routing_view.hpp"

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace moescope::plots {
class SegmentedControl;
}

namespace moescope::ui {

class TrainCursor;
class WatchedRun;

/// GUI thread. Borrows run and cursor, which outlive it. Everything shown was read from the run's folder.
class RoutingPage : public QWidget {
    Q_OBJECT
public:
    RoutingPage(WatchedRun& run, TrainCursor& cursor, std::function<QString(const QString& ulid)> folderOf, QWidget* parent = nullptr);

    /// The run as a whole is new (or gone).
    void reload();
    /// Data grew.
    void refresh();
    /// The cursor moved: the newest snapshot at or before it.
    void showStep();
    void setLayer(std::int64_t moeLayer);
    /// Unknown words change nothing.
    void setView(const QString& id);
    QString view() const;
    /// Opens Tokens at a token of the shown snapshot, or of the one being read.
    void showToken(int token);
    /// Words of the command line, in the order of the views: "plane", "load", "logits", ...
    static const QStringList& viewIds();
    QString titleOf(const QString& id) const;
    /// The open run can have this view.
    bool offers(const QString& id) const;
    void setTable(bool on);
    /// One expert alone in all views that can; -1 = all.
    void setSolo(int expert);
    bool showsSolo() const;                    ///< the view on screen
    /// The snapshot of the shown step is on screen.
    bool complete() const;
    const RoutingShown& shown() const { return m_shown; }
    QSize minimumSizeHint() const override { return {480, 400}; }

signals:
    void viewsOffered();                       ///< another run, other views
    void layerChosen(qint64 moeLayer);
    void expertMenuRequested(int modelLayer, int expert, const QPoint& globalPos);
    void soloChosen(int expert);
    void newRunRequested();

protected:
    void showEvent(QShowEvent*) override;
    void resizeEvent(QResizeEvent*) override;

private:
    struct Entry {
        QString id, title;
        RoutingView* view;
    };
    void offerViews();
    void build();
    void add(const QString& title, RoutingView* view);
    void wish();
    void fill();
    void fillLayers();
    std::optional<std::int64_t> probeAt(double step) const;
    std::optional<plots::EmptyContent> missing(const RoutingView& view) const;
    QString stepWords() const;
    RoutingView* current() const;

    WatchedRun& m_run;
    TrainCursor& m_cursor;
    std::function<QString(const QString& ulid)> m_folderOf;
    RoutingReader m_reader;
    RoutingShown m_shown;
    std::vector<Entry> m_views;
    std::vector<std::size_t> m_offered;        ///< those that this run can have, in order
    std::optional<std::int64_t> m_wished;      ///< step of the snapshot last asked for
    std::size_t m_churnWished = 0;             ///< snapshots last asked for
    QString m_problem;
    int m_tokenWished = -1;                    ///< to be chosen in Tokens when its snapshot is there
    plots::SegmentedControl* m_choice;
    QComboBox* m_layer;
    QLabel *m_layerLabel, *m_step;
    QPushButton* m_table;
    QStackedWidget* m_stack;
    plots::EmptyState* m_empty;
};

}  // namespace moescope::ui
