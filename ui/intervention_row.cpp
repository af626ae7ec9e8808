// Builds one action's row.
#include "ui/intervention_row.hpp"

#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "plots/icons.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kSide = 16, kIndent = 34;

QString text(const char* source) { return QCoreApplication::translate("Interventions", source); }

QLabel* line(const char* name, const char* role) {
    auto* label = new QLabel;
    label->setObjectName(QString::fromLatin1(name));
    label->setFont(plots::uiFont(12));
    label->setProperty("role", role);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setContentsMargins(kIndent, 0, kSide, 0);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // the dock's width decides, never a text
    label->setMinimumWidth(1);
    return label;
}

}  // namespace

InterventionRow::InterventionRow(const InterventionAction& action, QWidget* parent)
    : QFrame(parent), m_action(action), m_head(new QPushButton(actionTitle(action))), m_button(new QPushButton(text("Apply"))), m_meaning(line("meaning", "hint")),
      m_cost(line("cost", "hint")), m_answer(line("answer", "err")), m_argument(new QComboBox), m_controls(new QWidget), m_extra(new QVBoxLayout) {
    const QString id = QString::fromLatin1(action.id);
    setObjectName(id + QStringLiteral("Row"));
    m_head->setObjectName(id + QStringLiteral("Head"));
    m_head->setProperty("kind", "row");
    m_head->setFont(plots::uiFont(13, QFont::Medium));
    m_head->setIconSize({12, 12});
    m_button->setObjectName(id);
    m_button->setFont(plots::uiFont(12, QFont::Medium));
    m_argument->setObjectName(id + QStringLiteral("Argument"));
    m_argument->setAccessibleName(actionTitle(action));
    auto* controls = new QHBoxLayout(m_controls);
    controls->setContentsMargins(kIndent, 4, kSide, 4);
    controls->setSpacing(8);
    controls->addWidget(m_argument);
    controls->addWidget(m_button);
    controls->addStretch(1);
    m_extra->setContentsMargins(kIndent, 0, kSide, 0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 6);
    column->setSpacing(0);
    for (QWidget* part : std::initializer_list<QWidget*>{m_head, m_meaning, m_cost, m_controls, m_answer}) column->addWidget(part);
    column->addLayout(m_extra);
    connect(m_head, &QPushButton::clicked, this, [this] {
        setOpen(!m_open);
        if (m_open) emit opened();
    });
    connect(m_button, &QPushButton::clicked, this, &InterventionRow::applied);
    m_answer->hide();
    showState();
}

void InterventionRow::setState(const State& state) {
    const QString chosen = m_argument->currentText();
    bool same = state.choices.size() == m_state.choices.size();
    for (std::size_t i = 0; same && i < state.choices.size(); ++i) same = state.choices[i].text == m_state.choices[i].text;
    m_state = state;
    if (!same) {
        m_argument->clear();
        for (const ArgumentChoice& choice : state.choices) m_argument->addItem(choice.text);
        m_argument->setCurrentIndex(std::max(0, m_argument->findText(chosen)));
    }
    showState();
}

void InterventionRow::setOpen(bool on) {
    m_open = on;
    showState();
}

void InterventionRow::setAnswer(const QString& sentence, bool good) {
    m_answer->setText(sentence);
    m_answer->setProperty("role", good ? "ok" : "err");
    m_answer->style()->unpolish(m_answer);
    m_answer->style()->polish(m_answer);
    showState();
}

std::optional<config::Value> InterventionRow::argument() const {
    const int at = m_argument->currentIndex();
    if (m_state.undo || at < 0 || static_cast<std::size_t>(at) >= m_state.choices.size()) return std::nullopt;
    return m_state.choices[static_cast<std::size_t>(at)].value;
}

void InterventionRow::showState() {
    m_head->setIcon(plots::icon(m_open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), plots::Ink{plots::Ink::Text3, 0, 0, {}}));
    const QString meaning = text(m_action.meaning);
    m_meaning->setToolTip(m_open ? QString() : meaning);
    m_meaning->setWordWrap(m_open);
    m_meaning->setText(m_open ? meaning : m_meaning->fontMetrics().elidedText(meaning, Qt::ElideRight, width() - kIndent - kSide));
    m_cost->setText(m_state.refused.isEmpty() ? text(m_action.cost) : m_state.refused);
    m_cost->setVisible(m_open);
    m_controls->setVisible(m_open && m_state.possible && m_state.refused.isEmpty());
    m_argument->setVisible(!m_state.choices.empty() && !m_state.undo);
    m_button->setText(m_state.undo ? text("Take it back") : text("Apply"));
    m_answer->setVisible(m_open && !m_answer->text().isEmpty());
}

void InterventionRow::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    if (!m_open) showState();
}

bool InterventionRow::event(QEvent* event) {
    if (event->type() == QEvent::FontChange) showState();
    return QFrame::event(event);
}

}  // namespace moescope::ui
