// Field, list and search of the palette.
#include "ui/command_palette.hpp"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPointer>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/paint.hpp"
#include "plots/theme.hpp"
#include "ui/fuzzy.hpp"

namespace moescope::ui {
namespace {

constexpr int kWidth = 600, kTop = 72, kRow = 32, kRows = 12, kIndexRole = Qt::UserRole + 1, kDetailRole = Qt::UserRole + 2, kKeyRole = Qt::UserRole + 3;

class CommandDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, kRow}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const plots::Theme& t = plots::theme();
        const QRect row = option.rect.adjusted(6, 1, -6, -1);
        painter->setRenderHint(QPainter::Antialiasing);
        if (option.state & QStyle::State_Selected) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(t.accentSoft);
            painter->drawRoundedRect(row, 6, 6);
        }
        const double middle = row.center().y() + 0.5;
        int right = row.right() - 10;
        const QString key = index.data(kKeyRole).toString();
        if (!key.isEmpty()) {
            plots::drawText(*painter, right, middle, key, plots::uiFont(12), t.text3, Qt::AlignRight);
            right -= plots::textWidth(plots::uiFont(12), key) + 16;
        }
        const QFont titleFont = plots::uiFont(13), detailFont = plots::uiFont(12);
        const int left = row.left() + 10, room = right - left;
        const QString title = QFontMetrics(titleFont).elidedText(index.data().toString(), Qt::ElideRight, room);
        plots::drawText(*painter, left, middle, title, titleFont, t.text);
        const int after = left + plots::textWidth(titleFont, title) + 12;
        if (right - after > 30)
            plots::drawText(*painter, after, middle, QFontMetrics(detailFont).elidedText(index.data(kDetailRole).toString(), Qt::ElideRight, right - after), detailFont, t.text3);
    }
};

}  // namespace

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window), m_field(new QLineEdit(this)), m_list(new QListView(this)), m_nothing(new QLabel(this)), m_model(new QStandardItemModel(this)) {
    setObjectName(QStringLiteral("commandPalette"));
    setProperty("role", "card");
    setAutoFillBackground(true);
    setAccessibleName(tr("Command palette"));
    m_field->setObjectName(QStringLiteral("paletteField"));
    m_field->setAccessibleName(tr("What to do"));
    m_field->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setAccessibleName(tr("Commands"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setUniformItemSizes(true);
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setModel(m_model);
    m_nothing->setObjectName(QStringLiteral("paletteNothing"));
    m_nothing->setTextFormat(Qt::PlainText);
    m_nothing->setProperty("role", "unit");
    m_nothing->setContentsMargins(16, 6, 16, 8);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(6);
    column->addWidget(m_field);
    column->addWidget(m_list);
    column->addWidget(m_nothing);
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::search);
    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& index) {
        m_list->setCurrentIndex(index);
        runCurrent();
    });
    hide();
}

void CommandPalette::open(std::vector<Command> commands, const QString& hint) {
    m_commands = std::move(commands);
    if (!isVisible()) m_focusBefore = QApplication::focusWidget();
    m_field->setPlaceholderText(hint);
    m_field->clear();
    search();
    show();
    raise();
    m_field->setFocus();
}

void CommandPalette::search() {
    struct Hit {
        int score;
        std::size_t index;
    };
    std::vector<Hit> hits;
    const QString typed = m_field->text();
    for (std::size_t i = 0; i < m_commands.size(); ++i) {
        // A hit in the title is worth more than one in the grey words beside it.
        const auto title = fuzzyScore(typed, m_commands[i].title);
        const auto all = title ? title : fuzzyScore(typed, m_commands[i].title + QLatin1Char(' ') + m_commands[i].detail);
        if (all) hits.push_back({title ? 2 * *title : *all, i});
    }
    std::ranges::stable_sort(hits, [](const Hit& a, const Hit& b) { return a.score > b.score; });
    m_model->clear();
    for (const Hit& hit : hits) {
        auto* item = new QStandardItem(m_commands[hit.index].title);
        item->setData(static_cast<int>(hit.index), kIndexRole);
        item->setData(m_commands[hit.index].detail, kDetailRole);
        item->setData(m_commands[hit.index].key, kKeyRole);
        m_model->appendRow(item);
    }
    m_list->setCurrentIndex(m_model->index(0, 0));
    m_list->setVisible(!hits.empty());
    m_nothing->setVisible(hits.empty());
    m_nothing->setText(tr("Nothing matches \"%1\".").arg(typed.left(60)));
    place();
}

void CommandPalette::place() {
    const QWidget* window = parentWidget();
    const int rows = std::clamp(m_model->rowCount(), 0, std::max(3, std::min(kRows, (window->height() - kTop - 90) / kRow)));
    m_list->setFixedHeight(rows * kRow + 4);
    const int wide = std::min(kWidth, window->width() - 32);
    layout()->activate();
    setGeometry((window->width() - wide) / 2, kTop, wide, sizeHint().height());
}

void CommandPalette::dismiss() {
    if (isHidden()) return;
    hide();
    if (m_focusBefore && m_focusBefore->isVisible()) m_focusBefore->setFocus();
    m_focusBefore = nullptr;
}

void CommandPalette::runCurrent() {
    const QModelIndex current = m_list->currentIndex();
    if (!current.isValid()) return;
    const auto run = m_commands[static_cast<std::size_t>(current.data(kIndexRole).toInt())].run;
    dismiss();
    run();
}

void CommandPalette::move(int by) {
    const int rows = m_model->rowCount();
    if (rows > 0) m_list->setCurrentIndex(m_model->index((m_list->currentIndex().row() + by + rows) % rows, 0));
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusOut && static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason) {
        m_focusBefore = nullptr;
        hide();
    }
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) event->accept();
    if (event->type() == QEvent::KeyPress) {
        switch (static_cast<QKeyEvent*>(event)->key()) {
            case Qt::Key_Down: return move(1), true;
            case Qt::Key_Up: return move(-1), true;
            case Qt::Key_PageDown: return move(std::min(kRows, m_model->rowCount() - 1 - m_list->currentIndex().row())), true;
            case Qt::Key_PageUp: return move(-std::min(kRows, m_list->currentIndex().row())), true;
            case Qt::Key_Return:
            case Qt::Key_Enter: return runCurrent(), true;
            case Qt::Key_Escape: return dismiss(), true;
            default: break;
        }
    }
    return QFrame::eventFilter(watched, event);
}

QStringList CommandPalette::found() const {
    QStringList titles;
    for (int row = 0; row < m_model->rowCount(); ++row) titles << m_model->index(row, 0).data().toString();
    return titles;
}

}  // namespace moescope::ui
