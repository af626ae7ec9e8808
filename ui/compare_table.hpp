// CompareTable: the compared runs as rows of numbers, seed groups above their runs; the baseline is pinned here.
#pragma once

#include <QAbstractTableModel>
#include <QTableView>

#include <set>
#include <vector>

#include "ui/compare_curves.hpp"

namespace moescope::ui {

/// GUI thread.
class CompareTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Steps, ValLast, ValBest, Delta, Effective, Parameters, Flops, Speed, State, ColumnCount };
    enum Role { ValueRole = Qt::UserRole + 1, EntryRole, GroupRole };   ///< number behind the text; index of the entry; of the group of a heading, else -1

    using QAbstractTableModel::QAbstractTableModel;
    void show(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline);
    void toggle(int group);
    bool isOpen(int group) const { return m_open.contains(group); }
    int baseline() const { return m_baseline; }
    const CompareEntry* entry(const QModelIndex& index) const;
    /// The colour of a row's line.
    const plots::Ink& ink(const QModelIndex& index) const { return m_rows[static_cast<std::size_t>(index.row())].ink; }

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
    int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : ColumnCount; }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    struct Row {
        int group = -1, entry = -1;     ///< a heading has no entry; a run inside an open group has both
        bool inner = false;
        CompareNumbers numbers;
        plots::Ink ink;
    };
    void rebuild();
    QString text(const Row& row, int column) const;
    QString groupName(const CompareGroup& group) const;
    double value(const Row& row, int column) const;

    std::vector<CompareEntry> m_entries;
    std::vector<CompareGroup> m_groups;
    std::vector<Row> m_rows;
    std::set<int> m_open;
    CompareNumbers m_baselineNumbers;
    int m_baseline = -1, m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
};

class CompareTable : public QTableView {
    Q_OBJECT
public:
    explicit CompareTable(QWidget* parent = nullptr);
    CompareTableModel& rows() { return *m_model; }
    /// Height for up to eight rows.
    void fit();

signals:
    void baselineRequested(int entry);
    void removeRequested(int entry);
    void openRequested(int entry);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    CompareTableModel* m_model;
};

}  // namespace moescope::ui
