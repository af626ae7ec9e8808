// CompareTable: the compared runs as rows of numbers, seed groups above their runs; the baseline is pinned here.
#pragma once

#include <QAbstractTableModel>
#include <QTableView>

#include <set>
#include <vector>

#include "ui/compare_curves.hpp"

class QMenu;
class QSettings;

namespace moescope::ui {

/// GUI thread.
class CompareTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Steps, ValLast, ValBest, Delta, Effective, Parameters, Flops, Speed, State, ColumnCount };
    /// Columns behind the fixed ones: keys of the query language, "@last", "@min", "@max", "@at" of the chosen metric, "@load".
    void setExtras(std::vector<std::string> extras);
    const std::vector<std::string>& extras() const { return m_extras; }
    /// The id of a column behind the fixed ones; empty for those.
    std::string extra(int column) const { return column < ColumnCount ? std::string() : m_extras[static_cast<std::size_t>(column - ColumnCount)]; }
    /// Where "@at" reads the curves, on their axis, and how people call that place.
    void setPlace(double x, const QString& words);
    enum Role { ValueRole = Qt::UserRole + 1, EntryRole, GroupRole };   ///< number behind the text; index of the entry; of the group of a heading, else -1

    using QAbstractTableModel::QAbstractTableModel;
    void show(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline);
    void toggle(int group);
    bool isOpen(int group) const { return m_open.contains(group); }
    int baseline() const { return m_baseline; }
    const CompareEntry* entry(const QModelIndex& index) const;
    /// The colour of a row's line.
    const plots::Ink& ink(const QModelIndex& index) const { return m_rows[static_cast<std::size_t>(index.row())].ink; }

    /// Indexes of entries that a row stands for.
    std::vector<std::size_t> members(const QModelIndex& index) const { return membersOf(m_rows[static_cast<std::size_t>(index.row())]); }

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
    int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : ColumnCount + static_cast<int>(m_extras.size()); }
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
    std::vector<std::size_t> membersOf(const Row& row) const;
    double extraNumber(const Row& row, const std::string& id) const;
    QString extraText(const Row& row, const std::string& id) const;
    bool standsRight(int column) const;
    double value(const Row& row, int column) const;

    std::vector<CompareEntry> m_entries;
    std::vector<CompareGroup> m_groups;
    std::vector<Row> m_rows;
    std::set<int> m_open;
    std::vector<std::string> m_extras;
    double m_placeX = telemetry::kNone;
    QString m_placeWords;
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
    /// Extra columns and their widths are read from the settings and kept there; nullptr: not kept.
    void setSettings(QSettings* settings);
    void addExtra(const std::string& id);
    void removeExtra(const std::string& id);
    /// Keys the menu of columns offers.
    void offerKeys(std::vector<std::string> keys) { m_keys = std::move(keys); }
    /// The run whose mark is under the mouse elsewhere; empty: none.
    void setHighlighted(const QString& ulid);
    const QString& highlighted() const { return m_highlighted; }
    /// Entries of the selected rows, groups as all their runs, each once.
    std::vector<int> selectedEntries() const;

signals:
    void baselineRequested(int entry);
    void removeRequested(int entry);
    void openRequested(int entry);
    void menuRequested(QMenu* menu, const std::vector<int>& entries);   ///< add what can be done to these runs
    void starRequested(const std::vector<int>& entries);
    void columnsChanged();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fillColumns(QMenu& menu);
    void fitColumns();
    void useExtras(std::vector<std::string> extras);
    int widthOf(int column) const;

    CompareTableModel* m_model;
    std::vector<std::string> m_keys;
    QSettings* m_settings = nullptr;
    QString m_highlighted;
};

}  // namespace moescope::ui
