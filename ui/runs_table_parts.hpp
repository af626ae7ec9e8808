// The widgets of the table of runs and what they know; its methods lie in runs_table*.cpp.
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QStackedLayout>
#include <QTableView>

#include "plots/empty_state.hpp"
#include "ui/runs_table.hpp"

class QHBoxLayout;
class QMenu;
class QSettings;
class QTimer;

namespace moescope::ui {

class RunsDockMenu;
class UndoToast;

struct RunsTable::Parts {
    Parts(RunsTable& owner, RunLibrary& runs, EngineLink& engines) : table(owner), library(runs), link(engines) {}

    RunsTable& table;
    RunLibrary& library;
    EngineLink& link;
    QueryField* filter = nullptr;
    QLabel *count = new QLabel, *mistake = new QLabel;
    QPushButton *columns = new QPushButton, *add = new QPushButton, *compare = new QPushButton;
    RunsTableModel* model = nullptr;
    QTableView* view = new QTableView;
    plots::EmptyState* empty = new plots::EmptyState;
    QStackedLayout* stack = nullptr;
    QTimer* delay = nullptr;
    UndoToast* toast = nullptr;
    RunsDockMenu* menu = nullptr;
    QSettings* settings = nullptr;

    void build();                              // runs_table.cpp
    QHBoxLayout* buildTop();
    void buildView();
    void connectParts();
    void refresh();
    void applyFilter();
    void say();
    void useUsualColumns();                    // runs_table_columns.cpp
    void setColumns(const std::vector<std::string>& columns);
    void remember();
    void fillColumns(QMenu& menu);
    void askForColumn();
    void popUp(const QPoint& position);
    void rename(const QString& ulid);
    void invert();
    std::vector<storage::RunRow> selected() const;
    bool key(QKeyEvent* event);
};

}  // namespace moescope::ui
