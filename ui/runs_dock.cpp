// The dock's title, filter and list; actions live in RunsDockMenu.
#include "ui/runs_dock.hpp"

#include <QAction>
#include <QApplication>
#include <QDateTime>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QResizeEvent>
#include <QScrollBar>
#include <QStackedLayout>
#include <QTimer>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/empty_state.hpp"
#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/query_field.hpp"
#include "ui/run_library.hpp"
#include "ui/run_row_delegate.hpp"
#include "ui/runs_dock_menu.hpp"
#include "ui/runs_dock_model.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

constexpr int kFilterDelayMs = 120, kNarrow = 224;

/// The view: a click on a group folds it, Enter opens, Delete asks for the trash.
class RunsView : public QTreeView {
public:
    using QTreeView::QTreeView;
    std::function<void(const QModelIndex&)> activated;
    std::function<void()> deleted;
    bool isEditing() const { return state() == EditingState; }
    using QTreeView::edit;

protected:
    void mouseReleaseEvent(QMouseEvent* event) override {
        QTreeView::mouseReleaseEvent(event);
        const QModelIndex index = indexAt(event->position().toPoint());
        if (event->button() != Qt::LeftButton || !index.isValid()) return;
        if (!index.parent().isValid()) return setExpanded(index, !isExpanded(index));
        if (!(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier))) activated(index);
    }
    void keyPressEvent(QKeyEvent* event) override {
        const QModelIndex index = currentIndex();
        const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
        if (enter && index.isValid() && !index.parent().isValid()) return setExpanded(index, !isExpanded(index));
        if (enter && index.isValid()) return activated(index);
        if (event->key() == Qt::Key_Delete) return deleted();
        QTreeView::keyPressEvent(event);
    }
    void drawBranches(QPainter*, const QRect&, const QModelIndex&) const override {}
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyleOptionViewItem row = option;
        if (indexAt(viewport()->mapFromGlobal(QCursor::pos())) == index && viewport()->underMouse()) row.state |= QStyle::State_MouseOver;
        if (selectionModel()->isSelected(index)) row.state |= QStyle::State_Selected;
        if (hasFocus() && currentIndex() == index) row.state |= QStyle::State_HasFocus | QStyle::State_KeyboardFocusChange;
        row.widget = this;
        itemDelegate()->paint(painter, row, index);
    }
};

std::int64_t nowUs() { return QDateTime::currentMSecsSinceEpoch() * 1000; }

}  // namespace

struct RunsDock::Parts {
    Parts(RunsDock& owner, RunLibrary& runs) : dock(owner), library(runs) {}

    RunsDock& dock;
    RunLibrary& library;
    QLabel* count = new QLabel;
    QToolButton* plus = new QToolButton;
    QueryField* filter = nullptr;
    QLabel* mistake = new QLabel;
    RunsDockModel* model = new RunsDockModel(&dock);
    RunRowDelegate* delegate = new RunRowDelegate(&dock);
    RunsView* view = new RunsView;
    plots::EmptyState* empty = new plots::EmptyState;
    QStackedLayout* stack = new QStackedLayout;
    QTimer* filterDelay = new QTimer(&dock);
    UndoToast* toast = nullptr;
    RunsDockMenu* menu = nullptr;
    QString current;
    QSet<QString> folded;            ///< groups folded by hand
    QSet<QString> unfolded;          ///< archive and trash opened by hand
    bool stale = false;              ///< the library changed while a name was being edited

    void build();
    QHBoxLayout* buildTitle();
    void buildFilter();
    void buildView();
    void buildMenu(EngineLink& link);
    void refresh();
    void applyFilter();
    void fold();
    void select(const QStringList& ulids, const QString& current);
    void showCount();
    void showEmpty();
    void popUp(const QPoint& position);
    QStringList selected() const;
    RunsDockMenu::Choice choice() const;
};

QHBoxLayout* RunsDock::Parts::buildTitle() {
    auto* title = new QLabel(tr("Runs"));
    title->setProperty("role", "title");
    title->setFont(plots::uiFont(13, QFont::DemiBold));
    count->setObjectName(QStringLiteral("runsCount"));
    count->setProperty("role", "unit");
    count->setFont(plots::uiFont(12));
    plus->setObjectName(QStringLiteral("newRunButton"));
    plus->setIcon(plots::icon(QStringLiteral("plus")));
    plus->setToolTip(tr("New run (Ctrl+N)"));
    plus->setAccessibleName(tr("New run"));
    QObject::connect(plus, &QToolButton::clicked, &dock, &RunsDock::newRunRequested);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(16, 8, 12, 8);
    row->setSpacing(6);
    row->addWidget(title);
    row->addWidget(count);
    row->addStretch();
    row->addWidget(plus);
    return row;
}

void RunsDock::Parts::buildFilter() {
    filter = new QueryField(library);
    filter->setObjectName(QStringLiteral("runsFilter"));
    mistake->setObjectName(QStringLiteral("runsFilterMistake"));
    mistake->setProperty("role", "err");
    mistake->setTextFormat(Qt::PlainText);
    mistake->setFont(plots::monoFont(11));
    mistake->setWordWrap(true);
    mistake->hide();
    filterDelay->setSingleShot(true);
    filterDelay->setInterval(kFilterDelayMs);
    QObject::connect(filter, &QLineEdit::textChanged, filterDelay, qOverload<>(&QTimer::start));
    QObject::connect(filter, &QLineEdit::returnPressed, &dock, [this] { applyFilter(); });
    QObject::connect(filterDelay, &QTimer::timeout, &dock, [this] { applyFilter(); });
}

void RunsDock::Parts::buildView() {
    view->setObjectName(QStringLiteral("runsList"));
    view->setAccessibleName(tr("Runs"));
    view->setModel(model);
    view->setItemDelegate(delegate);
    view->setHeaderHidden(true);
    view->setRootIsDecorated(false);
    view->setIndentation(0);
    view->setFrameShape(QFrame::NoFrame);
    view->setMouseTracking(true);
    view->viewport()->setAttribute(Qt::WA_Hover);
    view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view->setEditTriggers(QAbstractItemView::EditKeyPressed);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view->setContextMenuPolicy(Qt::CustomContextMenu);
    view->activated = [this](const QModelIndex& index) {
        if (model->section(index) != RunsDockModel::Section::trash) emit dock.runActivated(index.data(RunsDockModel::UlidRole).toString());
    };
    view->deleted = [this] {
        if (const auto chosen = choice(); !chosen.runs.empty() && chosen.section != RunsDockModel::Section::trash) menu->remove(chosen.runs);
    };
    const auto remember = [this](const QModelIndex& index, bool open) {
        const QString title = index.data().toString();
        const bool usual = model->section(index) == RunsDockModel::Section::runs;
        QSet<QString>& set = usual ? folded : unfolded;
        open == usual ? (void)set.remove(title) : (void)set.insert(title);
    };
    QObject::connect(view, &QTreeView::expanded, &dock, [=](const QModelIndex& index) { remember(index, true); });
    QObject::connect(view, &QTreeView::collapsed, &dock, [=](const QModelIndex& index) { remember(index, false); });
    QObject::connect(view, &QWidget::customContextMenuRequested, &dock, [this](const QPoint& position) { popUp(position); });
    QObject::connect(delegate, &QAbstractItemDelegate::closeEditor, &dock, [this] {
        if (stale) QTimer::singleShot(0, &dock, [this] { refresh(); });
    });
}

void RunsDock::Parts::buildMenu(EngineLink& link) {
    toast = new UndoToast(&dock);
    menu = new RunsDockMenu(library, link, *toast, &dock);
    QObject::connect(menu, &RunsDockMenu::openRequested, &dock, &RunsDock::runActivated);
    QObject::connect(menu, &RunsDockMenu::compareRequested, &dock, &RunsDock::compareRequested);
    QObject::connect(menu, &RunsDockMenu::seedsRequested, &dock, &RunsDock::seedsRequested);
    QObject::connect(menu, &RunsDockMenu::renameRequested, &dock, [this](const QString& ulid) {
        if (const QModelIndex index = model->indexOf(ulid); index.isValid()) view->edit(index);
    });
    QObject::connect(model, &RunsDockModel::renameRequested, &dock, [this](const QString& ulid, const QString& name) {
        if (const storage::RunRow* row = library.find(ulid)) menu->rename(*row, name);
    });
    QObject::connect(&library, &RunLibrary::failed, toast, &UndoToast::tell);
    QObject::connect(&library, &RunLibrary::changed, &dock, [this] { refresh(); });
}

void RunsDock::Parts::build() {
    dock.setObjectName(QStringLiteral("runsDock"));
    dock.setAttribute(Qt::WA_StyledBackground);
    dock.setProperty("role", "window");
    buildFilter();
    buildView();
    empty->setObjectName(QStringLiteral("runsEmpty"));
    QObject::connect(empty, &plots::EmptyState::actionTriggered, &dock, [this] { model->isFiltered() ? filter->clear() : (void)emit dock.newRunRequested(); });
    auto* filterBox = new QVBoxLayout;
    filterBox->setContentsMargins(12, 0, 12, 4);
    filterBox->setSpacing(4);
    filterBox->addWidget(filter);
    filterBox->addWidget(mistake);
    stack->addWidget(view);
    stack->addWidget(empty);
    auto* lines = new QVBoxLayout(&dock);
    lines->setContentsMargins(0, 0, 0, 8);
    lines->setSpacing(0);
    lines->addLayout(buildTitle());
    lines->addLayout(filterBox);
    lines->addLayout(stack, 1);
}

void RunsDock::Parts::refresh() {
    stale = view->isEditing();
    if (stale) return;  // the name being typed stays; the list follows when it is done
    QStringList chosen = selected();
    if (chosen.isEmpty() && !current.isEmpty()) chosen = {current};
    const QString at = view->currentIndex().data(RunsDockModel::UlidRole).toString();
    const int scrolled = view->verticalScrollBar()->value();
    model->setRows(library.runs(), library.trash());
    fold();
    select(chosen, at);
    view->verticalScrollBar()->setValue(scrolled);
    showCount();
    showEmpty();
}

void RunsDock::Parts::applyFilter() {
    filterDelay->stop();
    const QString query = filter->text();
    const auto wrong = model->setFilter(query, nowUs());
    filter->setWrong(wrong.has_value());
    mistake->setVisible(wrong.has_value());
    if (wrong) mistake->setText(mistakeText(query.trimmed(), *wrong));
    fold();
    showCount();
    showEmpty();
}

void RunsDock::Parts::fold() {
    const QSignalBlocker quiet(view);
    for (int g = 0; g < model->rowCount(); ++g) {
        const QModelIndex group = model->index(g, 0);
        const QString title = group.data().toString();
        const bool open = model->section(group) == RunsDockModel::Section::runs ? !folded.contains(title) : unfolded.contains(title);
        if (view->isExpanded(group) != open) view->setExpanded(group, open);
    }
}

void RunsDock::Parts::select(const QStringList& ulids, const QString& at) {
    QItemSelection selection;
    for (const QString& ulid : ulids)
        if (const QModelIndex index = model->indexOf(ulid); index.isValid()) selection.select(index, index);
    view->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    if (const QModelIndex index = model->indexOf(at); index.isValid()) view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
}

void RunsDock::Parts::showCount() {
    const int all = model->total();
    count->setText(model->isFiltered() ? tr("%1 of %2").arg(model->shown()).arg(all) : QString::number(all));
}

void RunsDock::Parts::showEmpty() {
    const bool nothing = model->rowCount() == 0 && library.loaded();
    if (nothing && model->isFiltered())
        empty->setContent({QStringLiteral("filter"), tr("Nothing matches %1").arg(filter->text().trimmed()), whyNothing(filter->text().trimmed(), filter->keys(), *library.runs()), {tr("Clear")}, false});
    else if (nothing)
        empty->setContent({QStringLiteral("grid"), tr("No runs yet"), tr("What you train appears here by itself."), {tr("New run")}, false});
    stack->setCurrentWidget(nothing ? static_cast<QWidget*>(empty) : view);
}

QStringList RunsDock::Parts::selected() const {
    QStringList ulids;
    QModelIndexList indexes = view->selectionModel()->selectedRows();
    std::ranges::sort(indexes, {}, [](const QModelIndex& index) { return std::pair(index.parent().row(), index.row()); });
    for (const QModelIndex& index : indexes)
        if (model->section(index) != RunsDockModel::Section::trash || indexes.size() == 1) ulids << index.data(RunsDockModel::UlidRole).toString();
    return ulids;
}

RunsDockMenu::Choice RunsDock::Parts::choice() const {
    RunsDockMenu::Choice chosen;
    const QModelIndex current = view->currentIndex();
    if (current.isValid()) chosen.section = model->section(current);
    for (const QModelIndex& index : view->selectionModel()->selectedRows())
        if (const storage::RunRow* row = model->run(index); row && (model->section(index) == RunsDockModel::Section::trash) == (chosen.section == RunsDockModel::Section::trash))
            chosen.runs.push_back(*row);
    return chosen;
}

void RunsDock::Parts::popUp(const QPoint& position) {
    auto* popup = new QMenu(view);
    popup->setObjectName(QStringLiteral("runMenu"));
    popup->setAttribute(Qt::WA_DeleteOnClose);
    menu->fill(*popup, choice());
    if (popup->isEmpty()) return popup->deleteLater();
    popup->popup(view->viewport()->mapToGlobal(position));
}

RunsDock::RunsDock(RunLibrary& library, EngineLink& link, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library)) {
    m_parts->build();
    m_parts->buildMenu(link);
    m_parts->refresh();
    setMinimumWidth(180);
}

RunsDock::~RunsDock() = default;

void RunsDock::setCurrentRun(const QString& ulid) {
    m_parts->current = ulid;
    if (m_parts->view->selectionModel()->selectedRows().size() > 1) return;  // a choice for Compare stays
    if (selectedRuns() == QStringList{ulid}) return;
    m_parts->select(ulid.isEmpty() ? QStringList() : QStringList{ulid}, ulid);
}

QStringList RunsDock::selectedRuns() const { return m_parts->selected(); }

void RunsDock::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_parts->delegate->setFingerprints(width() >= kNarrow);
    m_parts->view->viewport()->update();
}

QSize RunsDock::sizeHint() const { return {232, 600}; }

}  // namespace moescope::ui
