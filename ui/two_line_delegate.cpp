// How the two lines are painted.
#include "ui/two_line_delegate.hpp"

#include <QPainter>

namespace moescope::ui {

void TwoLineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const plots::Theme& theme = plots::theme();
    const QRect row = option.rect.adjusted(8, 1, -8, -1);
    const bool chosen = option.state & QStyle::State_Selected;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(option.state & QStyle::State_HasFocus && chosen ? QPen(theme.accent, 2) : QPen(Qt::NoPen));
    painter->setBrush(chosen ? theme.accentSoft : option.state & QStyle::State_MouseOver ? theme.hover : theme.*m_ground);
    painter->drawRoundedRect(QRectF(row).adjusted(1, 1, -1, -1), 6, 6);
    const QRect lines = row.adjusted(8, 5, -8, -5);
    painter->setFont(plots::uiFont(13, QFont::Medium));
    painter->setPen(theme.text);
    painter->drawText(lines, Qt::AlignTop | Qt::AlignLeft, painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, lines.width()));
    painter->setFont(plots::uiFont(12));
    painter->setPen(theme.text2);
    painter->drawText(lines, Qt::AlignBottom | Qt::AlignLeft, painter->fontMetrics().elidedText(index.data(kSecondLineRole).toString(), Qt::ElideRight, lines.width()));
    painter->restore();
}

}  // namespace moescope::ui
