// The table's widgets: filter, columns, menu, buttons and what is said when nothing matches.
#include "ui/runs_table.hpp"

#include <QDateTime>
#include <QElapsedTimer>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/theme.hpp"
#include "ui/engine_link.hpp"
#include "ui/query_field.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_dock_menu.hpp"
#include "ui/runs_table_delegate.hpp"
#include "ui/runs_table_parts.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

constexpr int kRowHeight = 28, kDelayMs = 120;

}  // namespace

QHBoxLayout* RunsTable::Parts::buildTop() {
    filter = new QueryField(library);
    filter->setObjectName(QStringLiteral("runsTableFilter"));
    filter->setMinimumWidth(260);
    count->setObjectName(QStringLiteral("runsTableCount"));
    count->setProperty("role", "unit");
    count->setFont(plots::uiFont(12));
    columns->setText(tr("Columns"));
    columns->setObjectName(QStringLiteral("runsTableColumns"));
    columns->setProperty("kind", "ghost");
    add->setObjectName(QStringLiteral("runsTableAdd"));
    add->setProperty("kind", "ghost");
    add->setText(tr("Add to the comparison"));
    add->setToolTip(tr("Ctrl+Enter"));
    compare->setObjectName(QStringLiteral("runsTableCompare"));
    compare->setProperty("kind", "primary");
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 8, 16, 4);
    top->setSpacing(8);
    top->addWidget(filter, 1);
    top->addWidget(count);
    top->addStretch();
    for (QPushButton* button : {columns, add, compare}) top->addWidget(button);
    return top;
}

void RunsTable::Parts::buildView() {
    model = new RunsTableModel(&table);
    view->setObjectName(QStringLiteral("runsTable"));
    view->setAccessibleName(tr("All runs"));
    view->setModel(model);
    view->setItemDelegate(new RunsTableDelegate(view));
    view->setFrameShape(QFrame::NoFrame);
    view->setShowGrid(false);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setTabKeyNavigation(false);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setContextMenuPolicy(Qt::CustomContextMenu);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* head = view->horizontalHeader();
    head->setFont(plots::uiFont(12));
    head->setHighlightSections(false);
    head->setSectionsClickable(true);
    head->setSectionsMovable(true);
    head->setMinimumSectionSize(40);
    head->setContextMenuPolicy(Qt::CustomContextMenu);
}

void RunsTable::Parts::build() {
    table.setObjectName(QStringLiteral("runsTablePane"));
    mistake->setObjectName(QStringLiteral("runsTableMistake"));
    mistake->setProperty("role", "err");
    mistake->setTextFormat(Qt::PlainText);
    mistake->setFont(plots::monoFont(11));
    mistake->setContentsMargins(16, 0, 16, 4);
    mistake->hide();
    auto* lines = new QVBoxLayout(&table);
    lines->setContentsMargins(0, 0, 0, 8);
    lines->setSpacing(0);
    lines->addLayout(buildTop());
    lines->addWidget(mistake);
    buildView();
    auto* pane = new QWidget;
    stack = new QStackedLayout(pane);
    stack->setContentsMargins(8, 0, 8, 0);
    stack->addWidget(view);
    stack->addWidget(empty);
    lines->addWidget(pane, 1);
    delay = new QTimer(&table);
    delay->setSingleShot(true);
    delay->setInterval(kDelayMs);
    toast = new UndoToast(&table);
    menu = new RunsDockMenu(library, link, *toast, &table);
}

void RunsTable::Parts::connectParts() {
    QObject::connect(filter, &QLineEdit::textChanged, delay, qOverload<>(&QTimer::start));
    QObject::connect(filter, &QLineEdit::returnPressed, &table, [this] { applyFilter(); });
    QObject::connect(delay, &QTimer::timeout, &table, [this] { applyFilter(); });
    QObject::connect(&library, &RunLibrary::changed, &table, [this] { refresh(); });
    QObject::connect(&library, &RunLibrary::failed, toast, &UndoToast::tell);
    QObject::connect(view->selectionModel(), &QItemSelectionModel::selectionChanged, &table, [this] { say(); });
    QObject::connect(view, &QWidget::customContextMenuRequested, &table, [this](const QPoint& position) { popUp(position); });
    QObject::connect(view, &QAbstractItemView::doubleClicked, &table, [this](const QModelIndex& index) { emit table.runActivated(QString::fromStdString(model->run(index.row())->ulid)); });
    QHeaderView* head = view->horizontalHeader();
    QObject::connect(head, &QHeaderView::sectionClicked, &table, [this](int column) {
        const bool again = model->sortColumn() == column && !view->property("falling").toBool();
        view->setProperty("falling", again);
        model->sort(column, again ? Qt::DescendingOrder : Qt::AscendingOrder);
        view->horizontalHeader()->viewport()->update();
    });
    QObject::connect(head, &QHeaderView::sectionResized, &table, [this] { remember(); });
    QObject::connect(head, &QHeaderView::sectionMoved, &table, [this] { remember(); });
    const auto columnMenu = [this](const QPoint& at) {
        auto* popup = new QMenu(&table);
        popup->setObjectName(QStringLiteral("columnsMenu"));
        popup->setAttribute(Qt::WA_DeleteOnClose);
        fillColumns(*popup);
        popup->popup(at);
    };
    QObject::connect(head, &QWidget::customContextMenuRequested, &table, [this, columnMenu](const QPoint& at) { columnMenu(view->horizontalHeader()->mapToGlobal(at)); });
    QObject::connect(columns, &QPushButton::clicked, &table, [this, columnMenu] { columnMenu(columns->mapToGlobal(QPoint(0, columns->height()))); });
    QObject::connect(compare, &QPushButton::clicked, &table, [this] { emit table.compareRequested(table.chosen()); });
    QObject::connect(add, &QPushButton::clicked, &table, [this] { emit table.addRequested(table.chosen()); });
    QObject::connect(empty, &plots::EmptyState::actionTriggered, &table, [this] { filter->text().trimmed().isEmpty() ? (void)emit table.newRunRequested() : filter->clear(); });
    QObject::connect(menu, &RunsDockMenu::openRequested, &table, &RunsTable::runActivated);
    QObject::connect(menu, &RunsDockMenu::compareRequested, &table, &RunsTable::compareRequested);
    QObject::connect(menu, &RunsDockMenu::renameRequested, &table, [this](const QString& ulid) { rename(ulid); });
}

void RunsTable::Parts::refresh() {
    std::vector<std::string> chosen;
    for (const storage::RunRow& row : selected()) chosen.push_back(row.ulid);
    const int before = model->rowCount();
    model->setRows(library.runs());
    if (model->rowCount() != before) {
        QItemSelection selection;
        for (int row = 0; row < model->rowCount(); ++row)
            if (std::ranges::find(chosen, model->run(row)->ulid) != chosen.end()) selection.select(model->index(row, 0), model->index(row, model->columnCount() - 1));
        view->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    }
    say();
}

void RunsTable::Parts::applyFilter() {
    delay->stop();
    const QString query = filter->text().trimmed();
    const auto wrong = model->setFilter(query, QDateTime::currentMSecsSinceEpoch() * 1000);
    filter->setWrong(wrong.has_value());
    mistake->setVisible(wrong.has_value());
    if (wrong) mistake->setText(mistakeText(query, *wrong));
    say();
}

/// Counts, buttons and the empty state.
void RunsTable::Parts::say() {
    const int shown = model->rowCount(), all = model->total();
    const auto chosen = static_cast<int>(view->selectionModel()->selectedRows().size());
    count->setText(model->query().matchesEverything() ? tr("%1 runs").arg(all) : tr("%1 of %2").arg(shown).arg(all));
    compare->setText(chosen > 0 ? tr("Compare %1 selected").arg(chosen) : tr("Compare all %1").arg(shown));
    compare->setVisible(shown > 0);
    add->setVisible(shown > 0);
    if (shown == 0 && library.loaded()) {
        const QString query = filter->text().trimmed();
        if (query.isEmpty()) empty->setContent({QStringLiteral("grid"), tr("No runs yet"), tr("What you train appears here by itself."), {tr("New run")}, false});
        else empty->setContent({QStringLiteral("filter"), tr("Nothing matches %1").arg(query), whyNothing(query, model->keys(), *library.runs()), {tr("Clear")}, false});
    }
    stack->setCurrentWidget(shown == 0 && library.loaded() ? static_cast<QWidget*>(empty) : view);
}

std::vector<storage::RunRow> RunsTable::Parts::selected() const {
    std::vector<storage::RunRow> rows;
    QModelIndexList indexes = view->selectionModel()->selectedRows();
    std::ranges::sort(indexes, {}, &QModelIndex::row);
    for (const QModelIndex& index : indexes) rows.push_back(*model->run(index.row()));
    return rows;
}

void RunsTable::Parts::popUp(const QPoint& position) {
    const std::vector<storage::RunRow> runs = selected();
    if (runs.empty()) return;
    auto* popup = new QMenu(view);
    popup->setObjectName(QStringLiteral("runMenu"));
    popup->setAttribute(Qt::WA_DeleteOnClose);
    menu->fill(*popup, {runs, RunsDockModel::Section::runs});
    popup->addSeparator();
    QObject::connect(popup->addAction(tr("Add to the comparison\tCtrl+Enter")), &QAction::triggered, &table, [this] { emit table.addRequested(table.chosen()); });
    QObject::connect(popup->addAction(tr("Select the others\tCtrl+I")), &QAction::triggered, &table, [this] { invert(); });
    popup->popup(view->viewport()->mapToGlobal(position));
}

void RunsTable::Parts::rename(const QString& ulid) {
    const storage::RunRow* row = library.find(ulid);
    if (!row) return;
    auto* dialog = new QInputDialog(&table);
    dialog->setObjectName(QStringLiteral("renameDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Rename"));
    dialog->setLabelText(tr("Name of the run"));
    dialog->setTextValue(QString::fromStdString(row->name));
    QObject::connect(dialog, &QInputDialog::textValueSelected, &table, [this, before = *row](const QString& name) { menu->rename(before, name); });
    dialog->open();
}

void RunsTable::Parts::invert() {
    QItemSelection all(model->index(0, 0), model->index(model->rowCount() - 1, model->columnCount() - 1));
    view->selectionModel()->select(all, QItemSelectionModel::Toggle);
}

bool RunsTable::Parts::key(QKeyEvent* event) {
    const std::vector<storage::RunRow> runs = selected();
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter, control = event->modifiers() & Qt::ControlModifier;
    if (enter && control) return emit table.addRequested(table.chosen()), true;
    if (control && event->key() == Qt::Key_I && model->rowCount() > 0) return invert(), true;
    if (runs.empty()) return false;
    if (enter && runs.size() == 1) return emit table.runActivated(QString::fromStdString(runs.front().ulid)), true;
    if (enter) return emit table.compareRequested(table.chosen()), true;
    if (event->key() == Qt::Key_Delete) return menu->remove(runs), true;
    if (event->key() == Qt::Key_F2 && runs.size() == 1) return rename(QString::fromStdString(runs.front().ulid)), true;
    if (event->key() == Qt::Key_S && !control) return menu->star(runs, !std::ranges::all_of(runs, &storage::RunRow::star)), true;
    if (event->key() == Qt::Key_T && !control) return menu->addTag(runs), true;
    if (event->key() == Qt::Key_A && event->modifiers() == Qt::ShiftModifier) return menu->archive(runs), true;
    return false;
}

namespace {

/// Keys of the table go to its actions before the view moves its selection by them.
class KeyFilter : public QObject {
public:
    KeyFilter(QObject* parent, std::function<bool(QKeyEvent*)> handle) : QObject(parent), m_handle(std::move(handle)) {}

protected:
    bool eventFilter(QObject*, QEvent* event) override { return event->type() == QEvent::KeyPress && m_handle(static_cast<QKeyEvent*>(event)); }

private:
    std::function<bool(QKeyEvent*)> m_handle;
};

}  // namespace

RunsTable::RunsTable(RunLibrary& library, EngineLink& link, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library, link)) {
    m_parts->build();
    m_parts->connectParts();
    m_parts->view->installEventFilter(new KeyFilter(this, [this](QKeyEvent* event) { return m_parts->key(event); }));
    m_parts->useUsualColumns();
    m_parts->refresh();
}

RunsTable::~RunsTable() = default;

RunsTableModel& RunsTable::model() { return *m_parts->model; }
QTableView& RunsTable::view() { return *m_parts->view; }
QueryField& RunsTable::filter() { return *m_parts->filter; }

QStringList RunsTable::chosen() const {
    QStringList ulids;
    for (const storage::RunRow& row : m_parts->selected()) ulids << QString::fromStdString(row.ulid);
    if (!ulids.isEmpty()) return ulids;
    for (int row = 0; row < m_parts->model->rowCount(); ++row) ulids << QString::fromStdString(m_parts->model->run(row)->ulid);
    return ulids;
}


}  // namespace moescope::ui
