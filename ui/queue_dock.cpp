// The list of the queue, its title row and its menus.
#include "ui/queue_dock.hpp"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/machine.hpp"
#include "ui/run_library.hpp"
#include "ui/run_queue.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using storage::QueueEntry;
using storage::QueueState;

constexpr int kRowHeight = 26, kEdge = 8, kIconRoom = 26, kMostRows = 7;

QString text(const std::string& value) { return QString::fromStdString(value); }

QToolButton* tool(const char* name, const QString& icon, const QString& tip) {
    auto* button = new QToolButton;
    button->setObjectName(QLatin1String(name));
    button->setIcon(plots::icon(icon));
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    return button;
}

template <class Handler>
QAction* add(QMenu& menu, const char* name, const QString& label, Handler&& handler) {
    QAction* action = menu.addAction(label);
    action->setObjectName(QLatin1String(name));
    QObject::connect(action, &QAction::triggered, &menu, std::forward<Handler>(handler));
    return action;
}

QString stateIcon(QueueState state) {
    switch (state) {
        case QueueState::running: return QStringLiteral("play");
        case QueueState::done: return QStringLiteral("check");
        case QueueState::failed: return QStringLiteral("warning");
        default: return QStringLiteral("clock");
    }
}

QString stateWord(QueueState state) {
    switch (state) {
        case QueueState::running: return QueueDock::tr("trains");
        case QueueState::done: return QueueDock::tr("done");
        case QueueState::failed: return QueueDock::tr("failed");
        default: return QueueDock::tr("waits");
    }
}

}  // namespace

QueueModel::QueueModel(RunQueue& queue, RunLibrary& library, QObject* parent) : QAbstractListModel(parent), m_queue(queue), m_library(library) { refresh(); }

void QueueModel::refresh() {
    std::vector<std::int64_t> ids;
    for (const QueueEntry& entry : m_queue.entries()) ids.push_back(entry.id);
    if (ids == m_ids) {
        if (!ids.empty()) emit dataChanged(index(0), index(rowCount() - 1));
        return;
    }
    beginResetModel();
    m_ids = std::move(ids);
    endResetModel();
}

int QueueModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_ids.size()); }

QString QueueModel::aside(std::size_t row) const {
    const QueueEntry* entry = m_queue.find(m_ids[row]);
    if (!entry) return {};
    const storage::RunRow* run = entry->run.empty() ? nullptr : m_library.find(text(entry->run));
    if (entry->state == QueueState::done && run && std::isfinite(run->valLoss)) return plots::figure(run->valLoss, plots::Figure::Fixed3);
    if (entry->state != QueueState::running) return stateWord(entry->state);
    if (!run || run->steps == 0) return tr("starts");
    if (run->state == storage::RunState::paused) return tr("paused");
    return QStringLiteral("%1\u2009/\u2009%2").arg(plots::groupedInteger(run->step), plots::groupedInteger(run->steps));
}

bool QueueModel::waits(int row) const {
    const QueueEntry* entry = m_queue.find(m_ids[static_cast<std::size_t>(row)]);
    return entry && entry->state == QueueState::waiting;
}

Qt::ItemFlags QueueModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::ItemIsDropEnabled;  // between the rows, not onto them
    const Qt::ItemFlags usual = Qt::ItemIsSelectable | Qt::ItemIsEnabled | Qt::ItemNeverHasChildren;
    return waits(index.row()) ? usual | Qt::ItemIsDragEnabled : usual;
}

bool QueueModel::moveRows(const QModelIndex&, int row, int count, const QModelIndex&, int before) {
    if (count != 1 || row < 0 || row >= rowCount() || before < 0 || before > rowCount() || !waits(row)) return false;
    int places = 0;
    for (int at = std::min(row, before); at < std::max(row + 1, before); ++at) places += at != row && waits(at);
    if (places > 0) m_queue.move(m_ids[static_cast<std::size_t>(row)], before <= row ? -places : places);
    return places > 0;
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const auto row = static_cast<std::size_t>(index.row());
    const QueueEntry* entry = m_queue.find(m_ids[row]);
    if (!entry) return {};
    const QString name = RunWords::oneLine(entry->name);
    switch (role) {
        case Qt::DisplayRole: return name;
        case Qt::ToolTipRole: return entry->reason.empty() ? name + QStringLiteral("\n") + stateWord(entry->state) : name + QStringLiteral("\n") + RunWords::oneLine(entry->reason);
        case Qt::AccessibleTextRole: return tr("%1, %2").arg(name, stateWord(entry->state));
        case IdRole: return static_cast<qlonglong>(entry->id);
        case StateRole: return static_cast<int>(entry->state);
        case AsideRole: return aside(row);
        default: return {};
    }
}

void QueueRowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const plots::Theme& theme = plots::theme();
    const auto state = static_cast<QueueState>(index.data(QueueModel::StateRole).toInt());
    const QRect line = option.rect.adjusted(kEdge, 0, -kEdge, 0);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state & (QStyle::State_Selected | QStyle::State_MouseOver)) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(option.state & QStyle::State_Selected ? theme.accentSoft : theme.hover);
        painter->drawRoundedRect(line, 6, 6);
    }
    const QColor ink = state == QueueState::failed ? theme.err : state == QueueState::running ? theme.ok : theme.text3;
    const QPixmap mark = plots::iconPixmap(stateIcon(state), 12, ink, painter->device()->devicePixelRatioF());
    painter->drawPixmap(line.left() + 8, line.center().y() - 6, mark);
    const QString aside = index.data(QueueModel::AsideRole).toString();
    painter->setFont(plots::uiFont(12));
    const int room = painter->fontMetrics().horizontalAdvance(aside);
    painter->setPen(state == QueueState::failed ? theme.err : state == QueueState::done ? theme.text : theme.text3);
    painter->drawText(line.adjusted(0, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight, aside);
    painter->setFont(plots::uiFont(13));
    painter->setPen(state == QueueState::waiting ? theme.text2 : theme.text);
    const QRect name = line.adjusted(kIconRoom, 0, -room - 16, 0);
    // The seed is at the end of a name: the middle gives way.
    painter->drawText(name, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine, painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, name.width()));
    painter->restore();
}

QSize QueueRowDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const { return {160, kRowHeight}; }

QueueDock::QueueDock(RunQueue& queue, RunLibrary& library, QWidget* parent)
    : QWidget(parent), m_queue(queue), m_model(new QueueModel(queue, library, this)), m_view(new QListView), m_count(new QLabel), m_note(new QLabel),
      m_pause(tool("pauseQueue", QStringLiteral("pause"), tr("Pause the queue"))), m_more(tool("queueMore", QStringLiteral("more"), tr("More about the queue"))), m_moreMenu(new QMenu(this)) {
    setObjectName(QStringLiteral("queuePane"));
    setAttribute(Qt::WA_StyledBackground);
    setProperty("role", "window");
    m_view->setObjectName(QStringLiteral("queueList"));
    m_view->setAccessibleName(tr("Queue"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new QueueRowDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setMouseTracking(true);
    m_view->setUniformItemSizes(true);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setDragDropMode(QAbstractItemView::InternalMove);
    m_view->installEventFilter(this);
    connect(m_view, &QListView::activated, this, [this] {
        if (const QueueEntry* entry = m_queue.find(chosen()); entry && !entry->run.empty()) emit runActivated(text(entry->run));
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        auto* menu = new QMenu(m_view);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        fill(*menu);
        menu->isEmpty() ? menu->deleteLater() : menu->popup(m_view->viewport()->mapToGlobal(at));
    });
    auto* line = new QFrame;
    line->setProperty("role", "hairline");
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 0, 0, 4);
    lines->setSpacing(0);
    lines->addWidget(line);
    lines->addWidget(buildTitle());
    lines->addWidget(m_note);
    lines->addWidget(m_held = buildHeld());
    lines->addWidget(m_view, 1);
    connect(&queue, &RunQueue::changed, this, &QueueDock::refresh);
    connect(&library, &RunLibrary::changed, this, &QueueDock::refresh);
    refresh();
}

QWidget* QueueDock::buildTitle() {
    auto* title = new QLabel(tr("Queue"));
    title->setProperty("role", "title");
    title->setFont(plots::uiFont(13, QFont::DemiBold));
    m_count->setObjectName(QStringLiteral("queueCount"));
    m_count->setProperty("role", "unit");
    m_count->setFont(plots::uiFont(12));
    m_note->setObjectName(QStringLiteral("queueNote"));
    m_note->setProperty("role", "hint");
    m_note->setFont(plots::uiFont(12));
    m_note->setWordWrap(true);
    m_note->setContentsMargins(16, 0, 16, 4);
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setMenu(m_moreMenu);
    m_moreMenu->setObjectName(QStringLiteral("queueMenu"));
    connect(m_moreMenu, &QMenu::aboutToShow, this, &QueueDock::fillMore);
    connect(m_pause, &QToolButton::clicked, this, [this] { m_queue.setPaused(!m_queue.isPaused()); });
    auto* box = new QWidget;
    setHelp(box, placeCard("queuePane"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(16, 6, 12, 4);
    row->setSpacing(6);
    row->addWidget(title);
    row->addWidget(m_count);
    row->addStretch();
    row->addWidget(m_pause);
    row->addWidget(m_more);
    return box;
}

QWidget* QueueDock::buildHeld() {
    const auto button = [this](const char* name, const QString& label, const char* kind, auto act) {
        auto* made = new QPushButton(label);
        made->setObjectName(QLatin1String(name));
        made->setProperty("kind", kind);
        connect(made, &QPushButton::clicked, this, act);
        return made;
    };
    auto* box = new QWidget;
    box->setObjectName(QStringLiteral("queueHeld"));
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(16, 0, 16, 6);
    row->setSpacing(8);
    row->addWidget(button("queueGoOn", tr("Go on"), "primary", [this] { m_queue.goOn(); }));
    row->addWidget(button("queueClear", tr("Clear"), "ghost", [this] { m_queue.clearWaiting(); }));
    row->addStretch();
    return box;
}

void QueueDock::fillMore() {
    m_moreMenu->clear();
    QMenu* engines = m_moreMenu->addMenu(tr("At most at once"));
    auto* group = new QActionGroup(engines);
    for (const int count : {0, 1, 2, 3, 4, 6, 8}) {
        QAction* action = add(*engines, "queueAtOnce", count == 0 ? tr("As the machine allows: %1").arg(enginesAtOnce()) : QString::number(count), [this, count] { m_queue.setAtOnce(count); });
        action->setData(count);
        action->setCheckable(true);
        action->setChecked(m_queue.isAtOnceAutomatic() ? count == 0 : count == m_queue.atOnce());
        group->addAction(action);
    }
    m_moreMenu->addSeparator();
    if (m_queue.count(QueueState::done) + m_queue.count(QueueState::failed) > 0) add(*m_moreMenu, "queueClearEnded", tr("Clear what has ended"), [this] { m_queue.clearEnded(); });
    if (m_queue.count(QueueState::waiting) > 0) add(*m_moreMenu, "queueClearWaiting", tr("Clear what waits"), [this] { m_queue.clearWaiting(); });
}

void QueueDock::refresh() {
    const std::int64_t at = chosen();
    m_model->refresh();
    choose(at);
    const int waiting = m_queue.count(QueueState::waiting), failed = m_queue.count(QueueState::failed), all = static_cast<int>(m_queue.entries().size());
    const QString state = waiting > 0 ? tr("%1 of %2 waiting").arg(waiting).arg(all) : m_queue.count(QueueState::running) > 0 ? tr("the last one trains") : failed == 0 ? tr("all done") : tr("%1 of %2 failed").arg(failed).arg(all);
    m_count->setText(state);
    const bool paused = m_queue.isPaused();
    m_pause->setIcon(plots::icon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
    m_pause->setToolTip(paused ? tr("Go on with the queue") : tr("Pause the queue: what trains goes on, nothing new starts"));
    m_pause->setAccessibleName(m_pause->toolTip());
    m_pause->setVisible(waiting > 0 && !m_queue.isHeld());
    m_note->setText(m_queue.isHeld() ? (waiting == 1 ? tr("One run waits from last time.") : tr("%1 runs wait from last time.").arg(waiting)) : m_queue.waitsFor());
    m_note->setVisible(!m_note->text().isEmpty());
    m_held->setVisible(m_queue.isHeld());
    setFixedHeight(sizeHint().height());
}

QSize QueueDock::sizeHint() const {
    const int rows = std::clamp(static_cast<int>(m_queue.entries().size()), 1, kMostRows);
    return {232, 54 + rows * kRowHeight + (m_note->isHidden() ? 0 : 36) + (m_held->isHidden() ? 0 : 36)};
}

std::int64_t QueueDock::chosen() const { return m_view->currentIndex().data(QueueModel::IdRole).toLongLong(); }

void QueueDock::choose(std::int64_t id) {
    for (int row = 0; row < m_model->rowCount(); ++row)
        if (const QModelIndex index = m_model->index(row); index.data(QueueModel::IdRole).toLongLong() == id && m_view->currentIndex() != index) m_view->setCurrentIndex(index);
}

void QueueDock::move(int places) { m_queue.move(chosen(), places); }

void QueueDock::fill(QMenu& menu) {
    const QueueEntry* entry = m_queue.find(chosen());
    if (!entry) return;
    const std::int64_t id = entry->id, study = entry->study;
    const QString run = text(entry->run);
    if (!run.isEmpty()) add(menu, "queueOpen", tr("Open"), [this, run] { emit runActivated(run); });
    if (entry->state == QueueState::failed) add(menu, "queueRetry", tr("Try again"), [this, id] { m_queue.retry(id); });
    if (m_queue.runsOfStudy(study).size() > 1) add(menu, "queueCompare", tr("Compare the runs of its study"), [this, study] { emit compareRequested(m_queue.runsOfStudy(study)); });
    if (entry->state == QueueState::waiting) {
        add(menu, "queueTop", tr("Train next"), [this] { move(-1'000'000); });
        add(menu, "queueUp", tr("Earlier"), [this] { move(-1); })->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Up));
        add(menu, "queueDown", tr("Later"), [this] { move(1); })->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Down));
    }
    if (entry->state != QueueState::running) add(menu, "queueRemove", tr("Take out of the queue"), [this, id] { m_queue.remove(id); })->setShortcut(QKeySequence::Delete);
}

bool QueueDock::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_view || event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
    const auto& key = static_cast<const QKeyEvent&>(*event);
    const bool control = key.modifiers() & Qt::ControlModifier;
    if (control && key.key() == Qt::Key_Up) move(-1);
    else if (control && key.key() == Qt::Key_Down) move(1);
    else if (key.key() == Qt::Key_Delete) m_queue.remove(chosen());
    else return false;
    return true;
}

}  // namespace moescope::ui
