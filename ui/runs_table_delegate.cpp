// Paints a cell of the table of runs.
#include "ui/runs_table_delegate.hpp"

#include <QPainter>

#include <algorithm>

#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/run_row_delegate.hpp"
#include "ui/run_words.hpp"
#include "ui/runs_table.hpp"

namespace moescope::ui {
namespace {

constexpr int kPictureWidth = 56;

/// Where the name begins behind the marks.
int paintMark(QPainter& painter, const QRect& room, const storage::RunRow& row) {
    const plots::Theme& theme = plots::theme();
    painter.setPen(Qt::NoPen);
    painter.setBrush(plots::colorOf(theme, RunWords::ink(row.ulid, row.colour)));
    painter.drawEllipse(QPointF(room.left() + 4, room.center().y() + 0.5), 4, 4);
    if (row.star) painter.drawPixmap(room.left() + 14, room.center().y() - 6, plots::iconPixmap(QStringLiteral("star-filled"), 12, theme.text2, painter.device()->devicePixelRatioF()));
    return room.left() + (row.star ? 32 : 18);
}

}  // namespace

void RunsTableDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const plots::Theme& theme = plots::theme();
    const auto* model = static_cast<const RunsTableModel*>(index.model());
    const storage::RunRow& row = *model->run(index.row());
    const std::string& key = model->columns()[static_cast<std::size_t>(index.column())];
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, theme.accentSoft);
    QRect room = option.rect.adjusted(8, 0, -8, 0);
    if (key == kLoadColumn) {
        if (!row.fingerprint.empty()) plots::paintFingerprint(*painter, QRect(room.left(), room.center().y() - 8, std::min(kPictureWidth, room.width()), 16), loadMatrix(row), theme);
    } else {
        if (key == "name") room.setLeft(paintMark(*painter, room, row));
        painter->setFont(plots::uiFont(13, key == "name" ? QFont::Medium : QFont::Normal));
        painter->setPen(key == "name" || key == "val_loss" ? theme.text : theme.text2);
        painter->drawText(room, index.data(Qt::TextAlignmentRole).toInt() | Qt::TextSingleLine, painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, room.width()));
    }
    painter->restore();
}

}  // namespace moescope::ui
