// Builds the panes.
#include "ui/routing_panes.hpp"

#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

namespace moescope::ui {

QScrollArea* scrolledPane(QWidget* content, const char* name) {
    auto* area = new QScrollArea;
    area->setObjectName(QLatin1String(name));
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

QScrollArea* cardPane(const QWidgetList& cards, QLabel* hint, const char* name) {
    constexpr int width = 296;
    hint->setWordWrap(true);
    hint->setContentsMargins(16, 0, 16, 0);
    auto* ground = new QWidget;
    ground->setProperty("role", "window");
    ground->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(ground);
    column->setContentsMargins(0, 14, 0, 14);
    column->setSpacing(10);
    for (QWidget* card : cards) column->addWidget(card);
    column->addStretch(1);
    column->addWidget(hint);
    QScrollArea* area = scrolledPane(ground, name);
    area->setFixedWidth(width);
    return area;
}

}  // namespace moescope::ui
