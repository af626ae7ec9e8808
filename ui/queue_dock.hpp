// QueueDock: the queue as a list under the runs: what trains, what waits and in which order, what failed and why.
#pragma once

#include <QAbstractListModel>
#include <QStyledItemDelegate>
#include <QWidget>

class QLabel;
class QListView;
class QMenu;
class QPushButton;
class QToolButton;

namespace moescope::ui {

class RunLibrary;
class RunQueue;

/// The queue's entries in its order. GUI thread.
class QueueModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { IdRole = Qt::UserRole + 1, StateRole, AsideRole };
    QueueModel(RunQueue& queue, RunLibrary& library, QObject* parent = nullptr);
    void refresh();
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    /// What waits can be dragged to another place among what waits.
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    bool moveRows(const QModelIndex& from, int row, int count, const QModelIndex& to, int before) override;

private:
    bool waits(int row) const;
    QString aside(std::size_t row) const;   ///< "waits", "120 / 400", "1.432", "failed"

    RunQueue& m_queue;
    RunLibrary& m_library;
    std::vector<std::int64_t> m_ids;
};

class QueueRowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

/// GUI thread. Borrows queue and library, which outlive it.
class QueueDock : public QWidget {
    Q_OBJECT
public:
    QueueDock(RunQueue& queue, RunLibrary& library, QWidget* parent = nullptr);
    /// What can be done to the chosen entry; empty when none is.
    void fill(QMenu& menu);
    QSize sizeHint() const override;

signals:
    void runActivated(const QString& ulid);
    void compareRequested(const QStringList& ulids);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* buildTitle();
    QWidget* buildHeld();
    void fillMore();
    void refresh();
    std::int64_t chosen() const;
    void choose(std::int64_t id);
    void move(int places);

    RunQueue& m_queue;
    QueueModel* m_model;
    QListView* m_view;
    QLabel *m_count, *m_note;
    QToolButton *m_pause, *m_more;
    QMenu* m_moreMenu;
    QWidget* m_held;
};

}  // namespace moescope::ui
