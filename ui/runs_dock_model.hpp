// RunsDockModel: runs as a tree of groups, filtered by a query; the archive and the trash are the last groups.
#pragma once

#include <QAbstractItemModel>
#include <QHash>

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/catalog_row.hpp"
#include "ui/run_library.hpp"

namespace moescope::ui {

/// GUI thread. Rows are shared with the library, never copied. Top level: groups (rows appear in the library's order,
/// newest first); below them: runs.
class RunsDockModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Role { UlidRole = Qt::UserRole + 1, CountRole, DepthRole };  // depth: 0, or 1 and more below the run it was forked from
    enum class Section { runs, archived, trash };

    explicit RunsDockModel(QObject* parent = nullptr);

    void setRows(RunRows runs, RunRows trash);
    /// Shows only what matches; a mistake changes nothing and comes back.
    std::optional<storage::QueryMistake> setFilter(const QString& query, std::int64_t nowUs);
    bool isFiltered() const { return !m_query.matchesEverything(); }
    /// Runs outside the trash and the archive: shown ones and all.
    int shown() const;
    int total() const;

    /// nullptr for a group.
    const storage::RunRow* run(const QModelIndex& index) const;
    Section section(const QModelIndex& index) const;
    QModelIndex indexOf(const QString& ulid) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex&) const override { return 1; }
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Editing a name only asks for it; the row changes when the store has.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

    /// What a row says when the mouse rests on it.
    static QString description(const storage::RunRow& row, Section section);

signals:
    void renameRequested(const QString& ulid, const QString& name);

private:
    struct Group {
        QString title;
        Section section = Section::runs;
        std::vector<const storage::RunRow*> rows;
        std::vector<int> depths;   ///< of rows; empty = all 0
    };
    std::vector<Group> grouped();
    bool matches(const storage::RunRow& row);
    int depth(const QModelIndex& run) const;
    bool sameShape(const std::vector<Group>& groups) const;
    void show(std::vector<Group> groups);
    void update(std::vector<Group> groups);
    QString titleOf(const storage::RunRow& row);

    RunRows m_runs, m_trash;
    storage::Query m_query;
    bool m_showArchived = false;   ///< the query asks for them
    std::vector<Group> m_groups;
    std::unordered_map<std::string, storage::FlatConfig> m_configs;  ///< by ULID; a run's configuration never changes
    QHash<QString, QString> m_presetTitles;
};

}  // namespace moescope::ui
