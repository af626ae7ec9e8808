// Places and closes the card.
#include "ui/help_card.hpp"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QScreen>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/theme.hpp"
#include "ui/help_text.hpp"

namespace moescope::ui {
namespace {

constexpr int kWidth = 340, kGap = 6;

}  // namespace

HelpCard::HelpCard(QWidget* parent, const QString& card) : QFrame(parent, Qt::Popup) {
    setObjectName(QStringLiteral("helpCard"));
    setAttribute(Qt::WA_DeleteOnClose);
    const plots::Theme& t = plots::theme();
    setStyleSheet(QStringLiteral("#helpCard { background: %1; border: 1px solid %2; border-radius: 8px; }").arg(t.raised.name(), t.lineStrong.name()));
    auto* text = new QLabel(card, this);
    text->setObjectName(QStringLiteral("helpCardText"));
    text->setFont(plots::uiFont(12));
    text->setTextFormat(Qt::RichText);
    text->setWordWrap(true);
    text->setFixedWidth(kWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 4, 16, 8);
    column->addWidget(text);
}

HelpCard* HelpCard::showAt(QWidget* place, const QString& card) {
    auto* shown = new HelpCard(place->window(), card);
    shown->adjustSize();
    const QRect screen = place->screen()->availableGeometry();
    QPoint at = place->mapToGlobal(QPoint(0, std::min(place->height(), 44) + kGap));
    at.setX(std::clamp(at.x(), screen.left(), std::max(screen.left(), screen.right() - shown->width())));
    at.setY(std::clamp(at.y(), screen.top(), std::max(screen.top(), screen.bottom() - shown->height())));
    shown->move(at);
    shown->show();
    return shown;
}

HelpCard* HelpCard::showIn(QWidget* window) {
    QWidget* under = window->childAt(window->mapFromGlobal(QCursor::pos()));
    for (QWidget* place : {under, QApplication::focusWidget()})
        if (const QString card = helpOf(place); !card.isEmpty()) return showAt(place, card);
    return nullptr;
}

void HelpCard::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_F1) close();
    else QFrame::keyPressEvent(event);
}

}  // namespace moescope::ui
