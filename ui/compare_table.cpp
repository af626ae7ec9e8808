// The view: keys, clicks, menu and the drawing of the name column.
#include "ui/compare_table.hpp"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QSettings>
#include <QStyledItemDelegate>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "plots/icons.hpp"
#include "plots/miniatures.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kRowHeight = 30, kMostRows = 8, kFoldRoom = 20, kLoadWidth = 64, kExtraWidth = 80;
constexpr const char *kExtrasKey = "compare/columns", *kWidthsKey = "compare/widths";
/// By column; the first is the least room for names.
constexpr int kWidths[CompareTableModel::ColumnCount] = {220, 64, 72, 72, 80, 72, 76, 92, 76, 88};

class RowDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const plots::Theme& theme = plots::theme();
        painter->save();
        if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, theme.accentSoft);
        const auto& model = *static_cast<const CompareTableModel*>(index.model());
        const auto* table = static_cast<const CompareTable*>(parent());
        if (!table->highlighted().isEmpty() && table->highlighted().toStdString() == model.entry(index)->ulid && !(option.state & QStyle::State_Selected)) painter->fillRect(option.rect, theme.hover);
        if (model.extra(index.column()) == "@load") {
            paintLoad(*painter, option.rect.adjusted(8, 7, -8, -7), model.entry(index)->load);
            return painter->restore();
        }
        const bool strong = index.column() == CompareTableModel::Name || index.column() == CompareTableModel::ValLast;
        painter->setFont(plots::uiFont(13, strong ? QFont::Medium : QFont::Normal));
        QRect room = option.rect.adjusted(8, 0, -8, 0);
        if (index.column() == CompareTableModel::Name) room.setLeft(paintMark(*painter, room, index, model));
        const bool faint = !model.entry(index)->run || !model.entry(index)->run->problem.empty();
        painter->setPen(faint ? theme.text3 : strong ? theme.text : theme.text2);
        const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
        painter->drawText(room, alignment | Qt::TextSingleLine, painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, room.width()));
        painter->restore();
    }

private:
    static void paintLoad(QPainter& painter, const QRect& room, const plots::LoadMatrix& load) {
        if (!load.ratio.empty()) return plots::paintFingerprint(painter, QRectF(room.left(), room.top(), std::min(kLoadWidth, room.width()), room.height()), load, plots::theme());
        painter.setFont(plots::uiFont(12));
        painter.setPen(plots::theme().text3);
        painter.drawText(room, Qt::AlignVCenter, QStringLiteral("\u2013"));
    }
    /// The fold mark of a group, the line in the run's colour and the baseline's pin; returns where the name begins.
    static int paintMark(QPainter& painter, const QRect& room, const QModelIndex& index, const CompareTableModel& model) {
        const plots::Theme& theme = plots::theme();
        const int group = index.data(CompareTableModel::GroupRole).toInt(), middle = room.center().y();
        int x = room.left();
        const auto icon = [&](const char* name, int size, const QColor& colour) {
            painter.drawPixmap(x, middle - size / 2, plots::iconPixmap(QLatin1String(name), size, colour, painter.device()->devicePixelRatioF()));
        };
        if (group >= 0) icon(model.isOpen(group) ? "chevron-down" : "chevron-right", 12, theme.text3);
        x += kFoldRoom;
        const bool isBaseline = index.data(CompareTableModel::EntryRole).toInt() == model.baseline();
        const plots::Ink ink = isBaseline ? plots::Ink{plots::Ink::Baseline, 0, 0, {}} : model.ink(index);
        QPen pen(plots::colorOf(theme, ink), 3);
        pen.setCapStyle(Qt::FlatCap);
        if (const QList<qreal> dashes = isBaseline ? QList<qreal>{1.4, 0.8} : plots::dashOf(ink); !dashes.isEmpty()) pen.setDashPattern(isBaseline ? dashes : QList<qreal>{1.6, 1});
        painter.setPen(pen);
        painter.drawLine(x, middle, x + 14, middle);
        x += 22;
        if (isBaseline) {
            icon("pin", 12, theme.text2);
            x += 18;
        }
        return x;
    }
};

}  // namespace

CompareTable::CompareTable(QWidget* parent) : QTableView(parent), m_model(new CompareTableModel(this)) {
    setObjectName(QStringLiteral("compareTable"));
    setAccessibleName(tr("Compared runs"));
    setModel(m_model);
    setItemDelegate(new RowDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* head = horizontalHeader();
    head->setHighlightSections(false);
    head->setFont(plots::uiFont(12));
    head->setMinimumSectionSize(56);
    head->setSectionResizeMode(QHeaderView::Interactive);
    head->setSectionResizeMode(CompareTableModel::Name, QHeaderView::Stretch);
    head->setSectionsClickable(true);
    head->setSortIndicatorShown(false);
    connect(head, &QHeaderView::sectionClicked, this, [this, head](int column) {
        const bool again = head->property("column").toInt() == column && head->property("rising").toBool();
        head->setProperty("column", column);
        head->setProperty("rising", !again);
        m_model->sort(column, again ? Qt::DescendingOrder : Qt::AscendingOrder);
    });
    head->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(head, &QWidget::customContextMenuRequested, this, [this, head](const QPoint& at) {
        auto* menu = new QMenu(this);
        menu->setObjectName(QStringLiteral("compareColumnsMenu"));
        menu->setAttribute(Qt::WA_DeleteOnClose);
        fillColumns(*menu);
        menu->popup(head->mapToGlobal(at));
    });
    connect(m_model, &QAbstractItemModel::modelReset, this, &CompareTable::fit);
    useExtras({"@load"});
    connect(head, &QHeaderView::sectionResized, this, [this](int column, int, int width) {
        if (!m_settings || column == CompareTableModel::Name || column < CompareTableModel::ColumnCount || width == 0) return;
        m_settings->setValue(QLatin1String(kWidthsKey) + QLatin1Char('/') + QString::fromStdString(m_model->extra(column)), width);
    });
}

int CompareTable::widthOf(int column) const {
    if (column < CompareTableModel::ColumnCount) return kWidths[column];
    const QVariant kept = m_settings ? m_settings->value(QLatin1String(kWidthsKey) + QLatin1Char('/') + QString::fromStdString(m_model->extra(column))) : QVariant();
    return kept.isValid() ? std::clamp(kept.toInt(), 40, 600) : kExtraWidth;
}

void CompareTable::useExtras(std::vector<std::string> extras) {
    m_model->setExtras(std::move(extras));
    const QSignalBlocker quiet(horizontalHeader());
    for (int column = 1; column < m_model->columnCount(); ++column) setColumnWidth(column, widthOf(column));
    if (m_settings) {
        QStringList kept;
        for (const std::string& id : m_model->extras()) kept << QString::fromStdString(id);
        m_settings->setValue(QLatin1String(kExtrasKey), kept.isEmpty() ? QStringList{QStringLiteral("-")} : kept);
    }
    fitColumns();
    emit columnsChanged();
}

void CompareTable::setSettings(QSettings* settings) {
    m_settings = nullptr;
    const QStringList kept = settings ? settings->value(QLatin1String(kExtrasKey)).toStringList() : QStringList();
    std::vector<std::string> extras;
    for (const QString& id : kept)
        if (id.startsWith(QLatin1Char('@')) || storage::queryKey(id.toStdString()) == id.toStdString()) extras.push_back(id.toStdString());
    m_settings = settings;
    if (!kept.isEmpty()) useExtras(std::move(extras));
}

void CompareTable::addExtra(const std::string& id) {
    std::vector<std::string> extras = m_model->extras();
    if (std::ranges::find(extras, id) != extras.end()) return;
    extras.push_back(id);
    useExtras(std::move(extras));
}

void CompareTable::removeExtra(const std::string& id) {
    std::vector<std::string> extras = m_model->extras();
    std::erase(extras, id);
    useExtras(std::move(extras));
}

void CompareTable::fillColumns(QMenu& menu) {
    std::vector<std::string> offered{"@load", "@last", "@min", "@max", "@at"};
    for (const std::vector<std::string>& more : {m_keys, m_model->extras(), std::vector<std::string>{"router", "tag", "created", "seed", "params_active", "seconds", "bits_per_byte"}})
        for (const std::string& key : more)
            if (std::ranges::find(offered, key) == offered.end()) offered.push_back(key);
    const auto title = [](const std::string& id) {
        if (id == "@load") return tr("load over time");
        if (id == "@last") return tr("metric, last");
        if (id == "@min") return tr("metric, least");
        if (id == "@max") return tr("metric, greatest");
        if (id == "@at") return tr("metric at the place clicked in the plot");
        return QString::fromStdString(id);
    };
    for (const std::string& id : offered) {
        QAction* action = menu.addAction(title(id));
        action->setCheckable(true);
        action->setChecked(std::ranges::find(m_model->extras(), id) != m_model->extras().end());
        connect(action, &QAction::toggled, this, [this, id](bool on) { on ? addExtra(id) : removeExtra(id); });
    }
}

void CompareTable::setHighlighted(const QString& ulid) {
    if (ulid == m_highlighted) return;
    m_highlighted = ulid;
    viewport()->update();
}

std::vector<int> CompareTable::selectedEntries() const {
    std::vector<int> entries;
    for (const QModelIndex& index : selectionModel()->selectedRows())
        for (const std::size_t member : m_model->members(index))
            if (std::ranges::find(entries, static_cast<int>(member)) == entries.end()) entries.push_back(static_cast<int>(member));
    std::ranges::sort(entries);
    return entries;
}

void CompareTable::resizeEvent(QResizeEvent* event) {
    fitColumns();
    QTableView::resizeEvent(event);
}

/// Names need room; the least missed columns make it.
void CompareTable::fitColumns() {
    static constexpr int droppable[] = {CompareTableModel::Speed, CompareTableModel::Parameters, CompareTableModel::Flops, CompareTableModel::State, CompareTableModel::ValBest};
    int wanted = std::accumulate(std::begin(kWidths), std::end(kWidths), 0);
    for (int column = CompareTableModel::ColumnCount; column < m_model->columnCount(); ++column) wanted += columnWidth(column);
    for (const int column : droppable) {
        const bool drop = wanted > viewport()->width();
        if (drop) wanted -= kWidths[column];
        if (isColumnHidden(column) != drop) setColumnHidden(column, drop);
    }
}

void CompareTable::fit() {
    const int rows = std::clamp(m_model->rowCount(), 1, kMostRows);
    setFixedHeight(horizontalHeader()->sizeHint().height() + rows * kRowHeight + 4);
}

void CompareTable::keyPressEvent(QKeyEvent* event) {
    const QModelIndex index = currentIndex();
    const int entry = index.isValid() ? index.data(CompareTableModel::EntryRole).toInt() : -1;
    if (entry >= 0 && event->key() == Qt::Key_Delete) return emit removeRequested(entry);
    if (entry >= 0 && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) return emit openRequested(entry);
    if (entry >= 0 && event->key() == Qt::Key_S && event->modifiers() == Qt::NoModifier) return emit starRequested(selectedEntries());
    QTableView::keyPressEvent(event);
}

void CompareTable::mouseReleaseEvent(QMouseEvent* event) {
    QTableView::mouseReleaseEvent(event);
    const QModelIndex index = indexAt(event->position().toPoint());
    if (!index.isValid() || event->button() != Qt::LeftButton || index.column() != CompareTableModel::Name) return;
    const int group = index.data(CompareTableModel::GroupRole).toInt();
    if (group >= 0 && event->position().x() < visualRect(index).left() + 8 + kFoldRoom) m_model->toggle(group);
}

void CompareTable::mouseDoubleClickEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    if (index.isValid()) emit openRequested(index.data(CompareTableModel::EntryRole).toInt());
}

void CompareTable::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (!index.isValid()) return;
    const int entry = index.data(CompareTableModel::EntryRole).toInt();
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    connect(menu->addAction(tr("Open")), &QAction::triggered, this, [=, this] { emit openRequested(entry); });
    connect(menu->addAction(tr("Use as baseline (B)")), &QAction::triggered, this, [=, this] { emit baselineRequested(entry); });
    connect(menu->addAction(tr("Take out of the comparison")), &QAction::triggered, this, [=, this] { emit removeRequested(entry); });
    menu->addSeparator();
    emit menuRequested(menu, selectedEntries());
    menu->popup(event->globalPos());
}

}  // namespace moescope::ui
