// Columns of keys, made from the book.
#include "ui/cheat_sheet.hpp"

#include <QAction>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kColumns = 3, kMargin = 28, kGap = 40;

struct Line {
    QString key, text;
};
struct Group {
    QString title;
    std::vector<Line> lines;
};

std::vector<Group> groupsOf(const std::vector<ActionBook::Entry>& entries) {
    std::vector<Group> groups;
    for (const ActionBook::Entry& entry : entries) {
        const QString key = ActionBook::key(entry.action).toString(QKeySequence::NativeText);
        if (key.isEmpty()) continue;
        const QString menu = entry.menu.section(QLatin1Char(','), 0, 0);
        if (groups.empty() || groups.back().title != menu) groups.push_back({menu, {}});
        groups.back().lines.push_back({key, entry.text});
    }
    groups.push_back({CheatSheet::tr("In a plot"),
                      {{CheatSheet::tr("Drag"), CheatSheet::tr("zoom to a stretch")},
                       {CheatSheet::tr("Wheel, + and −"), CheatSheet::tr("zoom in and out")},
                       {CheatSheet::tr("Shift+Drag"), CheatSheet::tr("move along")},
                       {CheatSheet::tr("Double-click"), CheatSheet::tr("the whole run again")},
                       {CheatSheet::tr("Click"), CheatSheet::tr("all views show this step")},
                       {CheatSheet::tr("← →"), CheatSheet::tr("step by step")}}});
    return groups;
}

QWidget* groupBox(const Group& group) {
    auto* box = new QWidget;
    auto* lines = new QGridLayout(box);
    lines->setContentsMargins(0, 0, 0, 14);
    lines->setHorizontalSpacing(14);
    lines->setVerticalSpacing(4);
    lines->setColumnStretch(1, 1);
    auto* title = new QLabel(group.title);
    title->setFont(plots::uiFont(13, QFont::DemiBold));
    lines->addWidget(title, 0, 0, 1, 2);
    int row = 1;
    for (const Line& line : group.lines) {
        auto* key = new QLabel(line.key);
        key->setFont(plots::uiFont(12, QFont::Medium));
        key->setTextFormat(Qt::PlainText);
        key->setMinimumWidth(96);
        auto* text = new QLabel(line.text);
        text->setFont(plots::uiFont(12));
        text->setTextFormat(Qt::PlainText);
        text->setProperty("role", "label");
        lines->addWidget(key, row, 0);
        lines->addWidget(text, row++, 1);
    }
    return box;
}

}  // namespace

CheatSheet::CheatSheet(const std::vector<ActionBook::Entry>& entries, QWidget* window) : QWidget(window), m_card(new QFrame(this)), m_scroll(new QScrollArea(m_card)) {
    setObjectName(QStringLiteral("cheatSheet"));
    setAttribute(Qt::WA_DeleteOnClose);
    setAccessibleName(tr("Keys"));
    setFocusPolicy(Qt::StrongFocus);
    m_card->setProperty("role", "card");
    auto* content = new QWidget(m_scroll);
    auto* columns = new QHBoxLayout(content);
    columns->setContentsMargins(0, 0, 8, 0);
    columns->setSpacing(kGap);
    std::vector<QVBoxLayout*> stacks;
    std::vector<std::size_t> used(kColumns, 0);
    for (int c = 0; c < kColumns; ++c) columns->addLayout(stacks.emplace_back(new QVBoxLayout), 1);
    QStringList said;
    for (const Group& group : groupsOf(entries)) {
        const auto shortest = static_cast<std::size_t>(std::ranges::min_element(used) - used.begin());
        stacks[shortest]->addWidget(groupBox(group));
        used[shortest] += group.lines.size() + 2;
        for (const Line& line : group.lines) said << line.key + QStringLiteral(": ") + line.text;
    }
    for (QVBoxLayout* stack : stacks) stack->addStretch(1);
    setAccessibleDescription(said.join(QStringLiteral("; ")));
    m_scroll->setWidget(content);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* title = new QLabel(tr("Keys"), m_card);
    title->setFont(plots::uiFont(20, QFont::DemiBold));
    auto* note = new QLabel(tr("Single letters act while no text field has the focus. All of them can be changed: Edit, Preferences, Shortcuts."), m_card);
    note->setProperty("role", "unit");
    note->setFont(plots::uiFont(12));
    auto* column = new QVBoxLayout(m_card);
    column->setContentsMargins(kMargin, 20, kMargin - 8, 20);
    column->setSpacing(12);
    column->addWidget(title);
    column->addWidget(m_scroll, 1);
    column->addWidget(note);
    window->installEventFilter(this);
    place();
    show();
    raise();
    setFocus();
}

void CheatSheet::place() {
    setGeometry(parentWidget()->rect());
    const QSize content = m_scroll->widget()->sizeHint();
    const QSize wanted(std::max(860, content.width() + 2 * kMargin + 16), content.height() + 140);
    const QSize card = wanted.boundedTo(size() - QSize(48, 48));
    m_card->setGeometry(QRect(QPoint((width() - card.width()) / 2, (height() - card.height()) / 2), card));
}

void CheatSheet::paintEvent(QPaintEvent*) { QPainter(this).fillRect(rect(), plots::withOpacity(plots::theme().window, 0.72)); }

void CheatSheet::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_Question || event->key() == Qt::Key_Return) close();
}

bool CheatSheet::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize) place();
    return QWidget::eventFilter(watched, event);
}

}  // namespace moescope::ui
