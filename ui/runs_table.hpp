// RunsTable: all runs of the store as a table that is asked in the query language, sorted by any field or setting, and acted on.
#pragma once

#include <QAbstractTableModel>
#include <QWidget>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ui/compare_keys.hpp"
#include "ui/run_library.hpp"

class QSettings;
class QTableView;

namespace moescope::ui {

class EngineLink;
class QueryField;

/// A column: a key of the query language, or "@load", the small picture of load over time.
inline constexpr const char* kLoadColumn = "@load";

/// Rows of the library that match a query. GUI thread; rows are shared with the library, never copied.
class RunsTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { RowRole = Qt::UserRole + 1 };   ///< const storage::RunRow* as a quintptr

    using QAbstractTableModel::QAbstractTableModel;
    void setRows(RunRows rows);
    /// Shows only what matches; a mistake changes nothing and comes back.
    std::optional<storage::QueryMistake> setFilter(const QString& query, std::int64_t nowUs);
    const storage::Query& query() const { return m_query; }
    void setColumns(std::vector<std::string> columns);
    const std::vector<std::string>& columns() const { return m_columns; }
    void sort(int column, Qt::SortOrder order) override;
    int sortColumn() const { return m_sortColumn; }
    const storage::RunRow* run(int row) const { return m_shown[static_cast<std::size_t>(row)]; }
    int total() const;                          ///< runs that are not in the archive
    RunKeys& keys() { return m_keys; }

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(m_shown.size()); }
    int columnCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : static_cast<int>(m_columns.size()); }
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void rebuild();
    bool shows(const storage::RunRow& row);

    RunRows m_rows = std::make_shared<std::vector<storage::RunRow>>();
    storage::Query m_query;
    std::vector<std::string> m_columns;
    std::vector<const storage::RunRow*> m_shown;
    mutable RunKeys m_keys;
    int m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
};

/// GUI thread. Borrows the library and the link, which outlive it.
class RunsTable : public QWidget {
    Q_OBJECT
public:
    RunsTable(RunLibrary& library, EngineLink& link, QWidget* parent = nullptr);
    ~RunsTable() override;

    RunsTableModel& model();
    QTableView& view();
    QueryField& filter();
    /// ULIDs of the selected rows, from top to bottom; of all rows where none is selected.
    QStringList chosen() const;
    /// Columns, their widths and the order are read from the settings and kept there; nullptr: not kept.
    void setSettings(QSettings* settings);
    void addColumn(const std::string& key);
    void removeColumn(const std::string& key);

signals:
    void compareRequested(const QStringList& ulids);
    void addRequested(const QStringList& ulids);
    void runActivated(const QString& ulid);
    void newRunRequested();
    void message(const QString& sentence);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}  // namespace moescope::ui
