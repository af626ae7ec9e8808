// TwoLineDelegate: a row of a list with a name and a quieter line below it.
#pragma once

#include <QStyledItemDelegate>

#include "plots/theme.hpp"

namespace moescope::ui {

/// Role of the second line.
inline constexpr int kSecondLineRole = Qt::UserRole + 2;

class TwoLineDelegate : public QStyledItemDelegate {
public:
    /// `ground`: the theme's colour of the list it stands on.
    explicit TwoLineDelegate(QColor plots::Theme::*ground, QObject* parent) : QStyledItemDelegate(parent), m_ground(ground) {}
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, 48}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    QColor plots::Theme::*m_ground;
};

}  // namespace moescope::ui
