// RunRowDelegate: paints a line of the runs dock: colour, name, state, load over time, validation loss.
#pragma once

#include <QStyledItemDelegate>

#include "plots/miniatures.hpp"
#include "storage/catalog_row.hpp"

namespace moescope::ui {

class RunsDockModel;

/// Load over time of a run's middle MoE layer over the fair share, [experts, times]; empty when dense.
plots::LoadMatrix loadMatrix(const storage::RunRow& row);

/// For views on a RunsDockModel.
class RunRowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit RunRowDelegate(QObject* parent = nullptr) : QStyledItemDelegate(parent) {}

    /// Room for the small picture of the load; narrow docks go without.
    void setFingerprints(bool on) { m_fingerprints = on; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintGroup(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index, const RunsDockModel& model) const;
    void paintRun(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index, const RunsDockModel& model) const;

    bool m_fingerprints = true;
};

}  // namespace moescope::ui
