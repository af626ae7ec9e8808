// Layout of the empty state.
#include "plots/empty_state.hpp"

#include "plots/icons.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace moescope::plots {

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent), m_icon(new QLabel(this)), m_sentence(new QLabel(this)), m_line(new QLabel(this)), m_actions(new QHBoxLayout) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    column->addStretch(1);
    for (QLabel* label : {m_icon, m_sentence, m_line}) {
        label->setAlignment(Qt::AlignCenter);
        column->addWidget(label);
    }
    m_sentence->setObjectName(QStringLiteral("emptySentence"));
    m_sentence->setProperty("role", "title");
    m_line->setProperty("role", "label");
    m_line->setWordWrap(true);
    column->addSpacing(4);
    m_actions->setSpacing(8);
    column->addLayout(m_actions);
    column->addStretch(1);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, &EmptyState::applyTheme);
    applyTheme();
}

void EmptyState::applyTheme() {
    m_icon->setPixmap(iconPixmap(m_content.icon, 22, m_content.warning ? theme().warn : theme().text3, devicePixelRatioF()));
    m_sentence->setFont(uiFont(15, QFont::DemiBold));
    m_line->setFont(uiFont(13));
}

void EmptyState::setContent(const EmptyContent& content) {
    if (content == m_content) return;
    m_content = content;
    m_sentence->setText(content.sentence);
    m_line->setText(content.line);
    m_line->setVisible(!content.line.isEmpty());
    setAccessibleName(content.sentence);
    while (QLayoutItem* item = m_actions->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_actions->addStretch(1);
    for (int i = 0; i < content.actions.size(); ++i) {
        auto* button = new QPushButton(content.actions[i], this);
        button->setFont(uiFont(13, QFont::Medium));
        button->setProperty("kind", i == 0 ? "primary" : "ghost");
        button->setObjectName(QStringLiteral("emptyAction%1").arg(i));
        connect(button, &QPushButton::clicked, this, [this, i] { emit actionTriggered(i); });
        m_actions->addWidget(button);
    }
    m_actions->addStretch(1);
    applyTheme();
}

}  // namespace moescope::plots
