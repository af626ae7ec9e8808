// Groups, the filter, and what each row says.
#include "ui/runs_dock_model.hpp"

#include <QSet>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/config/presets.hpp"
#include "plots/figures.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using storage::RunRow;

QString text(const std::string& value) { return QString::fromStdString(value); }

/// Rows in the order of a tree: each run followed by those forked from it, which stand one level deeper. Children of runs that are
/// not in the list stay where they are.
std::vector<int> arrangeForks(std::vector<const RunRow*>& rows) {
    QHash<QString, std::vector<const RunRow*>> children;
    QSet<QString> present;
    for (const RunRow* row : rows) present.insert(text(row->ulid));
    std::vector<const RunRow*> roots;
    for (const RunRow* row : rows) {
        const bool child = !row->parent.empty() && row->parent != row->ulid && present.contains(text(row->parent));
        if (child) children[text(row->parent)].push_back(row);
        else roots.push_back(row);
    }
    std::vector<const RunRow*> arranged;
    std::vector<int> depths;
    const auto place = [&](const auto& self, const RunRow* row, int depth) -> void {
        arranged.push_back(row);
        depths.push_back(depth);
        for (const RunRow* child : children.take(text(row->ulid))) self(self, child, depth + 1);
    };
    for (const RunRow* root : roots) place(place, root, 0);
    if (arranged.size() != rows.size()) return {};  // parents in a circle: a damaged list stays flat
    rows = std::move(arranged);
    return depths;
}

QHash<QString, QString> presetTitles() {
    QHash<QString, QString> titles;
    try {
        for (const config::Preset& preset : config::listPresets()) titles.insert(text(preset.id), text(preset.title));
    } catch (const base::Error&) {
        // Without the presets' folder runs are grouped by the ids of their presets.
    }
    return titles;
}

}  // namespace

RunsDockModel::RunsDockModel(QObject* parent)
    : QAbstractItemModel(parent), m_runs(std::make_shared<std::vector<RunRow>>()), m_trash(m_runs), m_presetTitles(presetTitles()) {}

void RunsDockModel::setRows(RunRows runs, RunRows trash) {
    const RunRows before = m_runs, trashBefore = m_trash;  // keeps the rows that are compared alive
    m_runs = std::move(runs);
    m_trash = std::move(trash);
    show(grouped());
}

std::optional<storage::QueryMistake> RunsDockModel::setFilter(const QString& query, std::int64_t nowUs) {
    auto parsed = storage::Query::parse(query.trimmed().toStdString(), nowUs);
    if (auto* mistake = std::get_if<storage::QueryMistake>(&parsed)) return *mistake;
    m_query = std::get<storage::Query>(std::move(parsed));
    m_showArchived = m_query.mentions("archived");
    show(grouped());
    return std::nullopt;
}

bool RunsDockModel::matches(const RunRow& row) {
    if (m_query.matchesEverything()) return true;
    const auto [config, added] = m_configs.try_emplace(row.ulid);
    if (added) config->second = storage::flatten(row.configJson);
    return m_query.matches(storage::RowSubject(row, config->second));
}

QString RunsDockModel::titleOf(const RunRow& row) {
    if (!row.group.empty()) return RunWords::oneLine(row.group);
    QStringList titles;
    for (const QString& id : text(row.preset).split(QLatin1Char('+'), Qt::SkipEmptyParts)) titles << m_presetTitles.value(id, id);
    return titles.isEmpty() ? tr("Own settings") : RunWords::oneLine(titles.join(QStringLiteral(", ")).toStdString());
}

std::vector<RunsDockModel::Group> RunsDockModel::grouped() {
    std::vector<Group> groups;
    QHash<QString, std::size_t> places;
    Group archive{tr("Archived"), Section::archived, {}, {}}, trash{tr("Trash"), Section::trash, {}, {}};
    for (const RunRow& row : *m_runs) {
        if (!matches(row)) continue;
        if (row.archived && !m_showArchived) {
            archive.rows.push_back(&row);
            continue;
        }
        const QString title = titleOf(row);
        if (!places.contains(title)) {
            places.insert(title, groups.size());
            groups.push_back({title, Section::runs, {}, {}});
        }
        groups[places.value(title)].rows.push_back(&row);
    }
    for (Group& group : groups) group.depths = arrangeForks(group.rows);
    for (const RunRow& row : *m_trash)
        if (matches(row)) trash.rows.push_back(&row);
    if (!archive.rows.empty()) groups.push_back(std::move(archive));
    if (!trash.rows.empty()) groups.push_back(std::move(trash));
    return groups;
}

bool RunsDockModel::sameShape(const std::vector<Group>& groups) const {
    return std::ranges::equal(groups, m_groups, [](const Group& a, const Group& b) {
        return a.title == b.title && a.section == b.section &&
               std::ranges::equal(a.rows, b.rows, {}, [](const RunRow* row) -> const std::string& { return row->ulid; },
                                  [](const RunRow* row) -> const std::string& { return row->ulid; });
    });
}

void RunsDockModel::show(std::vector<Group> groups) {
    if (sameShape(groups)) return update(std::move(groups));
    beginResetModel();
    m_groups = std::move(groups);
    endResetModel();
}

void RunsDockModel::update(std::vector<Group> groups) {
    std::swap(m_groups, groups);
    for (int g = 0; g < static_cast<int>(m_groups.size()); ++g) {
        const auto& now = m_groups[static_cast<std::size_t>(g)].rows;
        const auto& before = groups[static_cast<std::size_t>(g)].rows;
        for (std::size_t r = 0; r < now.size(); ++r) {
            if (now[r] == before[r] || *now[r] == *before[r]) continue;
            const QModelIndex changed = index(static_cast<int>(r), 0, index(g, 0));
            emit dataChanged(changed, changed);
        }
    }
}

int RunsDockModel::shown() const {
    std::size_t count = 0;
    for (const Group& group : m_groups)
        if (group.section == Section::runs) count += group.rows.size();
    return static_cast<int>(count);
}

int RunsDockModel::total() const {
    return static_cast<int>(std::ranges::count_if(*m_runs, [](const RunRow& row) { return !row.archived; }));
}

// --- the tree: a group's id is 0, a run's is the number of its group plus one -----------------------------------------

QModelIndex RunsDockModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex RunsDockModel::parent(const QModelIndex& child) const {
    if (!child.isValid() || child.internalId() == 0) return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr{0});
}

int RunsDockModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return static_cast<int>(m_groups.size());
    if (parent.internalId() != 0 || parent.column() != 0) return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].rows.size());
}

const RunRow* RunsDockModel::run(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == 0) return nullptr;
    return m_groups[index.internalId() - 1].rows[static_cast<std::size_t>(index.row())];
}

int RunsDockModel::depth(const QModelIndex& index) const {
    const std::vector<int>& depths = m_groups[index.internalId() - 1].depths;
    return static_cast<std::size_t>(index.row()) < depths.size() ? depths[static_cast<std::size_t>(index.row())] : 0;
}

RunsDockModel::Section RunsDockModel::section(const QModelIndex& index) const {
    const std::size_t group = index.internalId() == 0 ? static_cast<std::size_t>(index.row()) : index.internalId() - 1;
    return m_groups[group].section;
}

QModelIndex RunsDockModel::indexOf(const QString& ulid) const {
    const std::string wanted = ulid.toStdString();
    for (std::size_t g = 0; g < m_groups.size(); ++g)
        for (std::size_t r = 0; r < m_groups[g].rows.size(); ++r)
            if (m_groups[g].rows[r]->ulid == wanted) return index(static_cast<int>(r), 0, index(static_cast<int>(g), 0));
    return {};
}

QVariant RunsDockModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    if (const RunRow* row = run(index)) {
        switch (role) {
            case Qt::DisplayRole: return RunWords::oneLine(row->name);
            case Qt::EditRole: return text(row->name);
            case Qt::ToolTipRole:
            case Qt::AccessibleDescriptionRole: return description(*row, section(index));
            case Qt::AccessibleTextRole: return tr("%1, %2").arg(RunWords::oneLine(row->name), RunWords::state(row->state));
            case UlidRole: return text(row->ulid);
            case DepthRole: return depth(index);
            default: return {};
        }
    }
    const Group& group = m_groups[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole: return group.title;
        case Qt::AccessibleTextRole: return tr("%1, runs: %2").arg(group.title).arg(group.rows.size());
        case CountRole: return static_cast<int>(group.rows.size());
        default: return {};
    }
}

Qt::ItemFlags RunsDockModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return {};
    if (!run(index)) return Qt::ItemIsEnabled;
    const Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    return section(index) == Section::trash ? flags : flags | Qt::ItemIsEditable;
}

bool RunsDockModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const RunRow* row = run(index);
    const QString name = value.toString().trimmed();
    if (!row || role != Qt::EditRole || name.isEmpty() || name == text(row->name)) return false;
    emit renameRequested(text(row->ulid), name);
    return true;
}

QString RunsDockModel::description(const RunRow& row, Section section) {
    QStringList lines{RunWords::oneLine(row.name)};
    QString state = RunWords::state(row.state);
    if (row.steps > 0) state += tr(", step %1 of %2").arg(plots::groupedInteger(row.step), plots::groupedInteger(row.steps));
    lines << state;
    if (!row.parent.empty()) lines << (row.parentStep > 0 ? tr("Forked at step %1").arg(plots::groupedInteger(row.parentStep)) : tr("A twin of another run"));
    if (!row.reason.empty()) lines << RunWords::oneLine(row.reason);
    if (row.conflict) lines << tr("Its database belongs to another run.");
    if (std::isfinite(row.valLoss)) {
        const QString best = std::isfinite(row.bestVal) ? tr(", best %1").arg(plots::figure(row.bestVal, plots::Figure::Fixed3)) : QString();
        lines << tr("Validation loss %1").arg(plots::figure(row.valLoss, plots::Figure::Fixed3)) + best;
    }
    if (row.experts > 0) lines << tr("Experts: %1, %2 for each token").arg(row.experts).arg(row.topK);
    if (row.paramsTotal > 0) lines << tr("%1 parameters, %2 active").arg(RunWords::amount(static_cast<double>(row.paramsTotal)), RunWords::amount(static_cast<double>(row.paramsActive)));
    QStringList tags;
    for (const std::string& tag : row.tags) tags << RunWords::oneLine(tag);
    if (!tags.isEmpty()) lines << tr("Tags: %1").arg(tags.join(QStringLiteral(", ")));
    if (!row.note.empty()) lines << RunWords::oneLine(row.note);
    lines << (section == Section::trash ? tr("In the trash since %1").arg(RunWords::when(row.deletedUs)) : tr("Made %1").arg(RunWords::when(row.createdUs)));
    return lines.join(QLatin1Char('\n'));
}

}  // namespace moescope::ui
