// RoutingTable: numbers as a table that can be selected, sorted and copied; a grid with its table behind it.
#pragma once

#include <QStackedWidget>
#include <QTableWidget>

#include <vector>

#include "plots/number_grid.hpp"

namespace moescope::ui {

/// GUI thread. Ctrl+C copies the selected cells with their headings, tab-separated, numbers in full; nothing selected = all.
class RoutingTable : public QTableWidget {
    Q_OBJECT
public:
    struct Cell {
        QString text;
        double value = 0;
        bool isNumber = false;
    };
    explicit RoutingTable(QWidget* parent = nullptr);
    void setRows(const QStringList& columns, const std::vector<std::vector<Cell>>& rows);
    QString copyText() const;

    static Cell number(double value, plots::Figure figure = plots::Figure::Fixed3);
    static Cell word(const QString& text) { return {text, 0, false}; }

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

/// A matrix as picture or as table.
class RoutingGrid : public QStackedWidget {
    Q_OBJECT
public:
    explicit RoutingGrid(QWidget* parent = nullptr);
    void setData(const plots::GridData& data);
    void setTable(bool on) { setCurrentIndex(on ? 1 : 0); }
    plots::NumberGrid& picture() { return *m_picture; }
    RoutingTable& table() { return *m_table; }

private:
    plots::NumberGrid* m_picture;
    RoutingTable* m_table;
};

}  // namespace moescope::ui
