// Matching, sorting and the texts of cells.
#include <algorithm>

#include "ui/run_words.hpp"
#include "ui/runs_dock_model.hpp"
#include "ui/runs_table.hpp"

namespace moescope::ui {

void RunsTableModel::setRows(RunRows rows) {
    const RunRows before = m_rows;   // keeps the rows that views still name alive
    m_rows = std::move(rows);
    rebuild();
}

std::optional<storage::QueryMistake> RunsTableModel::setFilter(const QString& query, std::int64_t nowUs) {
    auto parsed = storage::Query::parse(query.trimmed().toStdString(), nowUs);
    if (auto* mistake = std::get_if<storage::QueryMistake>(&parsed)) return *mistake;
    m_query = std::get<storage::Query>(std::move(parsed));
    rebuild();
    return std::nullopt;
}

void RunsTableModel::setColumns(std::vector<std::string> columns) {
    const std::string sorted = m_sortColumn >= 0 ? m_columns[static_cast<std::size_t>(m_sortColumn)] : std::string();
    beginResetModel();
    m_columns = std::move(columns);
    const auto kept = std::ranges::find(m_columns, sorted);
    m_sortColumn = kept == m_columns.end() ? -1 : static_cast<int>(kept - m_columns.begin());
    endResetModel();
    rebuild();
}

void RunsTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column < columnCount() ? column : -1;
    m_sortOrder = order;
    rebuild();
}

bool RunsTableModel::shows(const storage::RunRow& row) {
    if (row.archived && !m_query.mentions("archived")) return false;
    return m_query.matchesEverything() || m_query.matches(storage::RowSubject(row, m_keys.settings(row)));
}

int RunsTableModel::total() const {
    return static_cast<int>(std::ranges::count_if(*m_rows, [](const storage::RunRow& row) { return !row.archived; }));
}

/// The library's order, newest first, unless a column was chosen; equal values keep that order.
void RunsTableModel::rebuild() {
    struct Found {
        const storage::RunRow* row;
        RunValue value;
    };
    std::vector<Found> found;
    const std::string key = m_sortColumn >= 0 ? m_columns[static_cast<std::size_t>(m_sortColumn)] : std::string();
    for (const storage::RunRow& row : *m_rows)
        if (shows(row)) found.push_back({&row, key.empty() || key == kLoadColumn ? std::nullopt : m_keys.value(row, key)});
    std::ranges::stable_sort(found, [this](const Found& a, const Found& b) {
        if (!a.value || !b.value || m_sortOrder == Qt::AscendingOrder) return lessRunValue(a.value, b.value);
        return lessRunValue(b.value, a.value);
    });
    std::vector<const storage::RunRow*> shown;
    for (const Found& each : found) shown.push_back(each.row);
    const bool same = std::ranges::equal(shown, m_shown, [](const storage::RunRow* a, const storage::RunRow* b) { return a->ulid == b->ulid; });
    if (!same) beginResetModel();
    m_shown = std::move(shown);
    if (!same) endResetModel();
    else if (!m_shown.empty() && !m_columns.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

QVariant RunsTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const storage::RunRow& row = *m_shown[static_cast<std::size_t>(index.row())];
    const std::string& key = m_columns[static_cast<std::size_t>(index.column())];
    const bool picture = key == kLoadColumn;
    switch (role) {
        case Qt::DisplayRole: return picture ? QString() : cellText(key, m_keys.value(row, key));
        case Qt::ToolTipRole: return key == "name" ? RunsDockModel::description(row, RunsDockModel::Section::runs) : picture ? QString() : cellText(key, m_keys.value(row, key));
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignVCenter | (!picture && isNumberKey(key, m_keys.value(row, key)) ? Qt::AlignRight : Qt::AlignLeft));
        case RowRole: return QVariant::fromValue(reinterpret_cast<quintptr>(&row));
        default: return {};
    }
}

QVariant RunsTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section >= columnCount()) return {};
    const std::string& key = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::ToolTipRole) return key == kLoadColumn ? tr("Load of the experts of the middle layer over time: quiet is fair, blue idle, orange hot") : QString::fromStdString(key);
    if (role == Qt::TextAlignmentRole) {
        const bool number = !m_shown.empty() && key != kLoadColumn && isNumberKey(key, m_keys.value(*m_shown.front(), key));
        return static_cast<int>(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole) return {};
    static const QHash<QString, QString> titles{{QStringLiteral("@load"), tr("load")}, {QStringLiteral("val_loss"), tr("val last")}, {QStringLiteral("best_val"), tr("val best")},
                                                {QStringLiteral("params_total"), tr("params")}, {QStringLiteral("params_active"), tr("active")}, {QStringLiteral("name"), tr("Run")}};
    const QString title = titles.value(QString::fromStdString(key), keyTitle(key));
    return section == m_sortColumn ? title + (m_sortOrder == Qt::AscendingOrder ? QStringLiteral(" \u2191") : QStringLiteral(" \u2193")) : title;
}

}  // namespace moescope::ui
