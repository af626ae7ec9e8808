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
            if (m_sortColumn == Name || m_sortColumn == State) return text(first, m_sortColumn).localeAwareCompare(text(second, m_sortColumn)) < 0;
            const double x = value(first, m_sortColumn), y = value(second, m_sortColumn);
            if (std::isnan(x) || std::isnan(y)) return std::isnan(value(b, m_sortColumn)) && !std::isnan(value(a, m_sortColumn));  // missing ones last
            return x < y;
        });
    const bool same = rows.size() == m_rows.size() && std::ranges::equal(rows, m_rows, [](const Row& a, const Row& b) { return a.entry == b.entry && a.group == b.group; });
    if (!same) beginResetModel();
    m_rows = std::move(rows);
    if (!same) endResetModel();
    else if (!m_rows.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
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
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignVCenter | (index.column() == Name || index.column() == State ? Qt::AlignLeft : Qt::AlignRight));
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
    switch (role) {
        case Qt::DisplayRole: return tr(titles[section]);
        case Qt::ToolTipRole: return *tips[section] ? tr(tips[section]) : QString();
        case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignVCenter | (section == Name || section == State ? Qt::AlignLeft : Qt::AlignRight));
        default: return {};
    }
}

}  // namespace moescope::ui
