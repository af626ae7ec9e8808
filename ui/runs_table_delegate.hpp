// How a cell of the table of runs is drawn: the run's colour and star before its name, its load over time, else text.
#pragma once

#include <QStyledItemDelegate>

namespace moescope::ui {

/// For views of a RunsTableModel. GUI thread.
class RunsTableDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace moescope::ui
