// Rows, texts and sorting of the compared runs.
#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "ui/compare_table.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

QString number(double value, Figure style = Figure::Fixed3) { return std::isfinite(value) ? plots::figure(value, style) : QStringLiteral("\u2013"); }

QString extraTitle(const std::string& id, const QString& place, bool whole) {
    if (id == "@load") return whole ? CompareTableModel::tr("Load of the experts of the middle layer over time: quiet is fair, blue idle, orange hot") : CompareTableModel::tr("load");
    if (id == "@last") return whole ? CompareTableModel::tr("Last value of the chosen metric") : CompareTableModel::tr("last");
    if (id == "@min") return whole ? CompareTableModel::tr("Least value of the chosen metric") : CompareTableModel::tr("min");
    if (id == "@max") return whole ? CompareTableModel::tr("Greatest value of the chosen metric") : CompareTableModel::tr("max");
    if (id == "@at") return whole ? CompareTableModel::tr("The chosen metric at the place that was clicked in the plot") : place.isEmpty() ? CompareTableModel::tr("at click") : place;
    return whole ? QString::fromStdString(id) : keyTitle(id);
}

QString difference(double value) {
    if (!std::isfinite(value)) return QStringLiteral("\u2013");
    return (value > 0 ? QStringLiteral("+") : QString()) + plots::figure(value, Figure::Fixed3);
}

}  // namespace

void CompareTableModel::show(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline) {
    m_entries = entries;
    m_groups = groups;
    m_baseline = baseline;
    rebuild();
}

void CompareTableModel::setExtras(std::vector<std::string> extras) {
    beginResetModel();
    m_extras = std::move(extras);
    if (m_sortColumn >= columnCount()) m_sortColumn = -1;
    endResetModel();
}

void CompareTableModel::setPlace(double x, const QString& words) {
    m_placeX = x;
    m_placeWords = words;
    if (!m_rows.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    emit headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

std::vector<std::size_t> CompareTableModel::membersOf(const Row& row) const {
    return row.group >= 0 ? m_groups[static_cast<std::size_t>(row.group)].members : std::vector<std::size_t>{static_cast<std::size_t>(row.entry)};
}

/// Of a group: the mean of the curves' numbers, or the value that all its runs share.
double CompareTableModel::extraNumber(const Row& row, const std::string& id) const {
    double sum = 0, count = 0;
    for (const std::size_t member : membersOf(row)) {
        const CompareEntry& entry = m_entries[member];
        const bool curve = id.starts_with('@');
        const double value = !curve ? valueNumber(entry.value(id)) : entry.run ? curveNumber(*entry.run, id, m_placeX) : telemetry::kNone;
        if (!curve && entry.value(id) != m_entries[static_cast<std::size_t>(row.entry)].value(id)) return telemetry::kNone;
        if (std::isfinite(value)) sum += value, ++count;
    }
    return count > 0 ? sum / count : telemetry::kNone;
}

QString CompareTableModel::extraText(const Row& row, const std::string& id) const {
    if (id == "@load") return {};
    if (id.starts_with('@')) return number(extraNumber(row, id), Figure::Auto);
    const RunValue value = m_entries[static_cast<std::size_t>(row.entry)].value(id);
    for (const std::size_t member : membersOf(row))
        if (m_entries[member].value(id) != value) return tr("several");
    return cellText(id, value);
}

bool CompareTableModel::standsRight(int column) const {
    if (column == Name || column == State) return false;
    const std::string id = extra(column);
    if (id.empty() || (id.starts_with('@') && id != "@load")) return true;
    return id != "@load" && !m_entries.empty() && isNumberKey(id, m_entries.front().value(id));
}

void CompareTableModel::toggle(int group) {
    if (!m_open.erase(group)) m_open.insert(group);
    rebuild();
}

void CompareTableModel::rebuild() {
    std::vector<Row> rows;
    m_baselineNumbers = {};
    const auto numbers = [this](std::size_t entry) { return m_entries[entry].run ? numbersOf(*m_entries[entry].run) : CompareNumbers(); };
    for (int g = 0; g < static_cast<int>(m_groups.size()); ++g) {
        const auto& members = m_groups[static_cast<std::size_t>(g)].members;
        std::vector<CompareNumbers> all;
        for (const std::size_t member : members) all.push_back(numbers(member));
        const bool heading = members.size() > 1;
        const bool pinned = std::ranges::find(members, static_cast<std::size_t>(m_baseline)) != members.end();
        const int entry = heading && pinned ? m_baseline : static_cast<int>(members.front());
        rows.push_back({heading ? g : -1, entry, false, heading ? meanOf(all) : all.front(), m_groups[static_cast<std::size_t>(g)].ink});
        if (pinned) m_baselineNumbers = rows.back().numbers;
        if (!heading || !isOpen(g)) continue;
        for (std::size_t i = 0; i < members.size(); ++i) rows.push_back({-1, static_cast<int>(members[i]), true, all[i], m_groups[static_cast<std::size_t>(g)].ink});
    }
    if (m_sortColumn >= 0 && std::ranges::none_of(rows, &Row::inner))
        std::ranges::stable_sort(rows, [this](const Row& a, const Row& b) {
            const Row &first = m_sortOrder == Qt::AscendingOrder ? a : b, &second = m_sortOrder == Qt::AscendingOrder ? b : a;
            if (!standsRight(m_sortColumn)) return text(first, m_sortColumn).localeAwareCompare(text(second, m_sortColumn)) < 0;
            const double x = value(first, m_sortColumn), y = value(second, m_sortColumn);
            if (std::isnan(x) || std::isnan(y)) return std::isnan(value(b, m_sortColumn)) && !std::isnan(value(a, m_sortColumn));  // missing ones last
            return x < y;
        });
    const bool same = rows.size() == m_rows.size() && std::ranges::equal(rows, m_rows, [](const Row& a, const Row& b) { return a.entry == b.entry && a.group == b.group; });
    if (!same) beginResetModel();
    m_rows = std::move(rows);
    if (!same) endResetModel();
    else if (!m_rows.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

void CompareTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_sortOrder = order;
    rebuild();
}

const CompareEntry* CompareTableModel::entry(const QModelIndex& index) const {
    return &m_entries[static_cast<std::size_t>(m_rows[static_cast<std::size_t>(index.row())].entry)];
}

double CompareTableModel::value(const Row& row, int column) const {
    if (column >= ColumnCount) return extraNumber(row, extra(column));
    switch (column) {
        case Steps: return row.numbers.step;
        case ValLast: return row.numbers.valLast;
        case ValBest: return row.numbers.valBest;
        case Delta: return row.numbers.valLast - m_baselineNumbers.valLast;
        case Effective: return row.numbers.effective;
        case Parameters: return row.numbers.params;
        case Flops: return row.numbers.flops;
        case Speed: return row.numbers.tokensPerSecond;
        default: return telemetry::kNone;
    }
}

QString CompareTableModel::groupName(const CompareGroup& group) const {
    const auto settings = [this](std::size_t member) { return m_entries[member].run ? m_entries[member].run->likeness.group : std::string(); };
    const bool seeds = std::ranges::all_of(group.members, [&](std::size_t member) { return settings(member) == settings(group.members.front()); });
    return (seeds ? tr("%1, %2 seeds") : tr("%1, %2 runs")).arg(group.name).arg(group.members.size());
}

QString CompareTableModel::text(const Row& row, int column) const {
    const CompareEntry& entry = m_entries[static_cast<std::size_t>(row.entry)];
    if (column >= ColumnCount) return extraText(row, extra(column));
    const double amount = value(row, column);
    switch (column) {
        case Name:
            if (row.group < 0) return (row.inner ? QStringLiteral("    ") : QString()) + entry.name;
            return groupName(m_groups[static_cast<std::size_t>(row.group)]);
        case Steps: return std::isfinite(amount) ? plots::groupedInteger(std::llround(amount)) : QStringLiteral("\u2013");
        case Delta: return row.entry == m_baseline ? tr("baseline") : difference(amount);
        case Effective: return number(amount, Figure::Fixed1);
        case Parameters: return std::isfinite(amount) ? RunWords::amount(amount) : QStringLiteral("\u2013");
        case Flops: return std::isfinite(amount) ? RunWords::flop(amount) : QStringLiteral("\u2013");
        case Speed: return std::isfinite(amount) ? RunWords::amount(amount) : QStringLiteral("\u2013");
        case State:
            if (row.group >= 0) return {};
            if (!entry.run) return tr("reading");
            return entry.run->problem.empty() ? RunWords::state(entry.run->state.state) : tr("Unreadable");
        default: return number(amount);
    }
}

QVariant CompareTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const CompareEntry& entry = m_entries[static_cast<std::size_t>(row.entry)];
    switch (role) {
        case Qt::DisplayRole: return text(row, index.column());
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignVCenter | (standsRight(index.column()) ? Qt::AlignRight : Qt::AlignLeft));
        case Qt::ToolTipRole: return entry.run && !entry.run->problem.empty() ? QString::fromStdString(entry.run->problem) : entry.name;
        case ValueRole: return value(row, index.column());
        case EntryRole: return row.entry;
        case GroupRole: return row.group;
        default: return {};
    }
}

QVariant CompareTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    static const char* const titles[] = {QT_TR_NOOP("Run"), QT_TR_NOOP("steps"), QT_TR_NOOP("val last"), QT_TR_NOOP("val best"), QT_TR_NOOP("\u0394 baseline"),
                                         QT_TR_NOOP("eff. exp."), QT_TR_NOOP("params"), QT_TR_NOOP("FLOPs"), QT_TR_NOOP("tokens/s"), QT_TR_NOOP("state")};
    static const char* const tips[] = {"", QT_TR_NOOP("Steps done"), QT_TR_NOOP("Newest validation loss, nats per token"), QT_TR_NOOP("Lowest validation loss, nats per token"),
                                       QT_TR_NOOP("Newest validation loss minus the baseline's"), QT_TR_NOOP("Effective experts at the last report, mean over layers"),
                                       QT_TR_NOOP("Parameters in total"), QT_TR_NOOP("Spent on training so far"), QT_TR_NOOP("Newest training speed"), ""};
    if (section >= ColumnCount && role != Qt::TextAlignmentRole) return role == Qt::DisplayRole || role == Qt::ToolTipRole ? extraTitle(extra(section), m_placeWords, role == Qt::ToolTipRole) : QVariant();
    switch (role) {
        case Qt::DisplayRole: return tr(titles[section]);
        case Qt::ToolTipRole: return *tips[section] ? tr(tips[section]) : QString();
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignVCenter | (standsRight(section) ? Qt::AlignRight : Qt::AlignLeft));
        default: return {};
    }
}

}  // namespace moescope::ui
