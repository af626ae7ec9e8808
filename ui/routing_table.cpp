// Fills and copies tables.
#include "ui/routing_table.hpp"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>

#include <cmath>

#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

/// Sorts by the number behind the text.
class Item : public QTableWidgetItem {
public:
    explicit Item(const RoutingTable::Cell& cell) : QTableWidgetItem(cell.text) {
        setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
        if (!cell.isNumber) return;
        setData(Qt::UserRole, cell.value);
        setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    }
    bool operator<(const QTableWidgetItem& other) const override {
        const QVariant mine = data(Qt::UserRole), theirs = other.data(Qt::UserRole);
        if (!mine.isValid() || !theirs.isValid()) return QTableWidgetItem::operator<(other);
        if (std::isnan(mine.toDouble()) || std::isnan(theirs.toDouble())) return std::isnan(mine.toDouble()) && !std::isnan(theirs.toDouble());
        return mine.toDouble() < theirs.toDouble();
    }
};

QString plainText(const QTableWidgetItem& item) {
    const QVariant value = item.data(Qt::UserRole);
    return value.isValid() ? QString::fromLatin1(plots::plainNumber(value.toDouble())) : item.text();
}

}  // namespace

RoutingTable::RoutingTable(QWidget* parent) : QTableWidget(parent) {
    setFont(plots::uiFont(12));
    horizontalHeader()->setFont(plots::uiFont(12, QFont::Medium));
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(24);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setTabKeyNavigation(false);
    setToolTip(tr("Ctrl+C copies the selection, or all of it when nothing is selected"));
}

RoutingTable::Cell RoutingTable::number(double value, plots::Figure figure) { return {std::isnan(value) ? QStringLiteral("–") : plots::figure(value, figure), value, true}; }

void RoutingTable::setRows(const QStringList& columns, const std::vector<std::vector<Cell>>& rows) {
    setSortingEnabled(false);
    clear();
    setColumnCount(static_cast<int>(columns.size()));
    setRowCount(static_cast<int>(rows.size()));
    setHorizontalHeaderLabels(columns);
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t c = 0; c < rows[r].size(); ++c) setItem(static_cast<int>(r), static_cast<int>(c), new Item(rows[r][c]));
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    setSortingEnabled(true);
    resizeColumnsToContents();
}

QString RoutingTable::copyText() const {
    const bool all = selectedItems().isEmpty();
    QStringList lines, head;
    for (int c = 0; c < columnCount(); ++c) head << horizontalHeaderItem(c)->text();
    lines << head.join(QLatin1Char('\t'));
    for (int r = 0; r < rowCount(); ++r) {
        QStringList cells;
        bool any = all;
        for (int c = 0; c < columnCount(); ++c) {
            const bool taken = all || item(r, c)->isSelected();
            any = any || taken;
            cells << (taken ? plainText(*item(r, c)) : QString());
        }
        if (any) lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

void RoutingTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) QApplication::clipboard()->setText(copyText());
    else QTableWidget::keyPressEvent(event);
}

RoutingGrid::RoutingGrid(QWidget* parent) : QStackedWidget(parent), m_picture(new plots::NumberGrid(this)), m_table(new RoutingTable(this)) {
    addWidget(m_picture);
    addWidget(m_table);
}

void RoutingGrid::setData(const plots::GridData& data) {
    if (data == m_picture->data()) return;
    m_picture->setData(data);
    m_table->setAccessibleName(data.title);
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (int r = 0; r < data.rows.size(); ++r) {
        rows.push_back({RoutingTable::word(data.rows[r])});
        for (int c = 0; c < data.columns.size(); ++c) rows.back().push_back(RoutingTable::number(data.at(r, c)));
    }
    m_table->setRows(QStringList{data.rowTitle} + data.columns, rows);
}

}  // namespace moescope::ui
