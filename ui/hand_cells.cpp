// Painting and editing of the grid.
#include "ui/hand_cells.hpp"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QStyledItemDelegate>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/paint.hpp"
#include "ui/routing_probe.hpp"

namespace moescope::ui {
namespace {

constexpr int kGutter = 92, kHead = 26, kPlainRow = 24, kLogitRow = 42, kQueueLine = 13, kGap = 2, kLean = 3;

QString orderWord(int slot) { return QString::number(slot + 1) + QLatin1Char('.'); }

}  // namespace

class HandCells::Painter : public QStyledItemDelegate {
public:
    explicit Painter(HandCells* grid) : QStyledItemDelegate(grid), m_grid(*grid) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const plots::Theme& t = plots::theme();
        const HandCell& cell = m_grid.m_cells[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column())];
        const int experts = m_grid.columnCount(), expert = index.column();
        const QRectF box = QRectF(option.rect).adjusted(0, 0, -kGap, -kGap);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(fillOf(cell, expert, experts));
        painter->drawRoundedRect(box, 3, 3);
        if (cell.share > 0) plots::fillExpert(*painter, t, QRectF(box.left(), box.bottom() - 4, std::max(1.0, box.width() * std::min(1.0, cell.share)), 4), 1, expert, experts);
        paintWords(*painter, box, cell, expert, experts);
        if (option.state.testFlag(QStyle::State_Selected) && m_grid.m_editable) {
            painter->setPen(QPen(t.accent, 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3);
        }
        painter->restore();
    }
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const override {
        auto* line = new QLineEdit(parent);
        line->setObjectName(QStringLiteral("handCellEditor"));
        line->setAlignment(Qt::AlignCenter);
        line->setAccessibleName(tr("Logit of token %1 for E%2").arg(index.row()).arg(index.column()));
        return line;
    }

private:
    QColor fillOf(const HandCell& cell, int expert, int experts) const {
        const plots::Theme& t = plots::theme();
        if (cell.bad) return t.errSoft;
        if (cell.lean != 0) return plots::loadColor(t, kLean * cell.lean);
        if (cell.slot < 0) return t.tableRow;
        const double strength = (t.tintBase + t.tintSpan * std::clamp(cell.weight, 0.0, 1.0)) * (m_grid.m_stale ? 0.35 : 1) * (cell.kept ? 1 : 0.5);
        return plots::mix(plots::expertFill(t, expert, experts), t.tableRow, strength + 0.1);
    }
    void paintWords(QPainter& painter, const QRectF& box, const HandCell& cell, int expert, int experts) const {
        const plots::Theme& t = plots::theme();
        const bool chosen = cell.slot >= 0, tall = box.height() > kPlainRow + 6;
        const QColor ink = cell.bad ? t.err : cell.lean != 0 ? plots::contrastText(t, fillOf(cell, expert, experts)) : chosen ? t.text : t.text2;
        const QFont font = plots::uiFont(tall ? 13 : 12, chosen && !m_grid.m_stale ? QFont::DemiBold : QFont::Normal);
        const double middle = tall ? box.top() + 12 : box.center().y() - (cell.share > 0 ? 1 : 0);
        const QString shown = QFontMetrics(font).elidedText(cell.text, Qt::ElideRight, static_cast<int>(box.width()) - 4);
        plots::drawText(painter, box.center().x(), middle, shown, font, ink, Qt::AlignHCenter);
        if (!chosen || !tall) return;
        const QColor quiet = m_grid.m_stale ? t.text3 : t.text2;
        const QString weight = cell.kept ? orderWord(cell.slot) + QChar(0x2009) + plots::figure(cell.weight, plots::Figure::Fixed2) : orderWord(cell.slot) + QChar(0x2009) + tr("dropped");
        plots::drawText(painter, box.center().x(), box.top() + 28, weight, plots::uiFont(11), quiet, Qt::AlignHCenter);
        if (!cell.kept) painter.fillRect(QRectF(box.center().x() - plots::textWidth(font, shown) / 2.0, middle, plots::textWidth(font, shown), 1.5), ink);
        if (m_grid.m_queue && cell.position >= 0) plots::drawText(painter, box.center().x(), box.top() + 28 + kQueueLine, tr("place %1").arg(cell.position), plots::uiFont(11), t.text3, Qt::AlignHCenter);
    }
    HandCells& m_grid;
};

HandCells::HandCells(bool editable, QWidget* parent) : QTableWidget(parent), m_editable(editable) {
    setItemDelegate(new Painter(this));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setFont(plots::uiFont(12));
    setEditTriggers(editable ? QAbstractItemView::AnyKeyPressed | QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed | QAbstractItemView::SelectedClicked : QAbstractItemView::NoEditTriggers);
    setTabKeyNavigation(false);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    horizontalHeader()->setFont(plots::uiFont(11, QFont::Medium));
    horizontalHeader()->setFixedHeight(kHead);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(20);
    horizontalHeader()->setVisible(editable);
    verticalHeader()->setFont(plots::uiFont(12));
    verticalHeader()->setFixedWidth(kGutter);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setHighlightSections(false);
    verticalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    connect(this, &QTableWidget::itemChanged, this, [this](QTableWidgetItem* item) {
        if (!m_filling) emit edited(item->row(), item->column(), item->text());
    });
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, viewport(), qOverload<>(&QWidget::update));
}

void HandCells::setCells(const QStringList& rows, std::vector<std::vector<HandCell>> cells, bool stale) {
    m_filling = true;
    m_cells = std::move(cells);
    m_stale = stale;
    const int experts = m_cells.empty() ? 0 : static_cast<int>(m_cells.front().size());
    setRowCount(static_cast<int>(rows.size()));
    setColumnCount(experts);
    QStringList names;
    for (int e = 0; e < experts; ++e) names << expertName(e);
    setHorizontalHeaderLabels(names);
    setVerticalHeaderLabels(rows);
    for (int r = 0; r < rowCount(); ++r)
        for (int c = 0; c < experts; ++c) {
            const HandCell& cell = m_cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
            if (!item(r, c)) setItem(r, c, new QTableWidgetItem);
            item(r, c)->setText(cell.text);
            item(r, c)->setToolTip(cell.note);
        }
    verticalHeader()->setDefaultSectionSize(rowHeight());
    QStringList said;
    for (int r = 0; r < std::min(rowCount(), 12); ++r) said << rowWords(r);
    setAccessibleDescription(said.join(QStringLiteral("; ")));
    m_filling = false;
    viewport()->update();
}

QString HandCells::rowWords(int row) const {
    QStringList words;
    const auto& cells = m_cells[static_cast<std::size_t>(row)];
    for (std::size_t e = 0; e < cells.size(); ++e) {
        QString word = expertName(static_cast<int>(e)) + QLatin1Char(' ') + cells[e].text;
        if (cells[e].slot >= 0) word += tr(" (choice %1, weight %2%3)").arg(cells[e].slot + 1).arg(plots::figure(cells[e].weight, plots::Figure::Fixed2), cells[e].kept ? QString() : tr(", dropped"));
        words << word;
    }
    return verticalHeaderItem(row)->text() + QStringLiteral(": ") + words.join(QStringLiteral(", "));
}

int HandCells::rowHeight() const { return !m_editable ? kPlainRow : kLogitRow + (m_queue ? kQueueLine : 0); }

void HandCells::setShowsQueue(bool on) {
    m_queue = on;
    verticalHeader()->setDefaultSectionSize(rowHeight());
}

void HandCells::setColumns(int width) { horizontalHeader()->setDefaultSectionSize(width); }

int HandCells::wantedHeight() const { return (m_editable ? kHead : 0) + rowHeight() * rowCount() + 10; }

void HandCells::copySelection() const {
    const QList<QTableWidgetSelectionRange> ranges = selectedRanges();
    if (ranges.isEmpty()) return;
    QStringList lines;
    for (int r = ranges.first().topRow(); r <= ranges.first().bottomRow(); ++r) {
        QStringList parts;
        for (int c = ranges.first().leftColumn(); c <= ranges.first().rightColumn(); ++c) parts << m_cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)].text;
        lines << parts.join(QLatin1Char('\t'));
    }
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void HandCells::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) return copySelection();
    if (m_editable && event->matches(QKeySequence::Paste)) return emit pasted(std::max(0, currentRow()), std::max(0, currentColumn()), QApplication::clipboard()->text());
    if (m_editable && (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace) && state() != EditingState) {
        for (QTableWidgetItem* item : selectedItems()) item->setText(QStringLiteral("0"));
        return;
    }
    QTableWidget::keyPressEvent(event);
}

}  // namespace moescope::ui
