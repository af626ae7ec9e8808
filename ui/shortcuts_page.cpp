// Table of keys and the field that changes one.
#include "ui/shortcuts_page.hpp"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "plots/theme.hpp"
#include "ui/action_book.hpp"
#include "ui/fuzzy.hpp"

namespace moescope::ui {
namespace {

constexpr int kActionRole = Qt::UserRole + 1;

QPushButton* button(const char* name, const QString& text) {
    auto* made = new QPushButton(text);
    made->setObjectName(QString::fromLatin1(name));
    made->setAutoDefault(false);
    return made;
}

}  // namespace

ShortcutsPage::ShortcutsPage(ActionBook& book, QSettings* settings, QWidget* parent)
    : QWidget(parent), m_book(book), m_settings(settings), m_filter(new QLineEdit), m_table(new QTableWidget), m_key(new QKeySequenceEdit), m_set(button("shortcutSet", tr("Use this key"))),
      m_usual(button("shortcutUsual", tr("Usual key"))), m_none(button("shortcutNone", tr("No key"))), m_message(new QLabel) {
    setObjectName(QStringLiteral("shortcutsPage"));
    m_filter->setObjectName(QStringLiteral("shortcutFilter"));
    m_filter->setPlaceholderText(tr("Search"));
    m_filter->setAccessibleName(tr("Search the actions"));
    m_table->setObjectName(QStringLiteral("shortcutTable"));
    m_table->setAccessibleName(tr("Actions and their keys"));
    m_table->setColumnCount(3);
    m_table->setHorizontalHeaderLabels({tr("Action"), tr("Menu"), tr("Key")});
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->setColumnWidth(1, 120);
    m_table->setColumnWidth(2, 120);
    m_table->verticalHeader()->hide();
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_key->setObjectName(QStringLiteral("shortcutKey"));
    m_key->setAccessibleName(tr("The new key: press it"));
    m_message->setObjectName(QStringLiteral("shortcutMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setFont(plots::uiFont(12));
    auto* row = new QHBoxLayout;
    row->addWidget(m_key, 1);
    for (QPushButton* each : {m_set, m_usual, m_none}) row->addWidget(each);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 16, 16);
    column->setSpacing(8);
    column->addWidget(m_filter);
    column->addWidget(m_table, 1);
    column->addLayout(row);
    column->addWidget(m_message);
    connect(m_filter, &QLineEdit::textChanged, this, &ShortcutsPage::filter);
    connect(m_table, &QTableWidget::currentCellChanged, this, &ShortcutsPage::showCurrent);
    connect(m_set, &QPushButton::clicked, this, [this] { assign(false); });
    connect(m_usual, &QPushButton::clicked, this, [this] { assign(true); });
    connect(m_none, &QPushButton::clicked, this, [this] {
        m_key->clear();
        assign(false);
    });
    connect(&m_book, &ActionBook::keysChanged, this, &ShortcutsPage::fill);
    fill();
    m_table->setCurrentCell(0, 0);
}

void ShortcutsPage::fill() {
    const auto entries = m_book.entries();
    const int chosen = m_table->currentRow();
    const QSignalBlocker quiet(m_table);
    m_table->setRowCount(static_cast<int>(entries.size()));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const ActionBook::Entry& entry = entries[static_cast<std::size_t>(row)];
        auto* name = new QTableWidgetItem(entry.text);
        name->setData(kActionRole, QVariant::fromValue<QObject*>(entry.action));
        m_table->setItem(row, 0, name);
        m_table->setItem(row, 1, new QTableWidgetItem(entry.menu));
        auto* key = new QTableWidgetItem(ActionBook::key(entry.action).toString(QKeySequence::NativeText));
        if (ActionBook::key(entry.action) != ActionBook::usualKey(entry.action)) key->setToolTip(tr("changed; usually %1").arg(ActionBook::usualKey(entry.action).toString(QKeySequence::NativeText)));
        m_table->setItem(row, 2, key);
    }
    if (chosen >= 0) m_table->setCurrentCell(chosen, 0);
    filter(m_filter->text());
}

void ShortcutsPage::filter(const QString& words) {
    for (int row = 0; row < m_table->rowCount(); ++row) {
        QString line;
        for (int column = 0; column < 3; ++column) line += m_table->item(row, column)->text() + QLatin1Char(' ');
        m_table->setRowHidden(row, !fuzzyScore(words, line));
    }
}

QAction* ShortcutsPage::current() const {
    const QTableWidgetItem* item = m_table->currentRow() < 0 ? nullptr : m_table->item(m_table->currentRow(), 0);
    return item ? qobject_cast<QAction*>(item->data(kActionRole).value<QObject*>()) : nullptr;
}

void ShortcutsPage::showCurrent() {
    const QAction* action = current();
    m_key->setKeySequence(action ? ActionBook::key(action) : QKeySequence());
    for (QWidget* each : std::initializer_list<QWidget*>{m_key, m_set, m_usual, m_none}) each->setEnabled(action);
    tell({}, false);
}

void ShortcutsPage::assign(bool usual) {
    QAction* action = current();
    if (!action) return;
    const auto refusal = usual ? m_book.restore(action, m_settings) : m_book.remap(action, m_key->keySequence(), m_settings);
    if (refusal) return tell(*refusal, true);
    m_key->setKeySequence(ActionBook::key(action));
    tell(ActionBook::key(action).isEmpty() ? tr("%1 has no key now.").arg(ActionBook::plainText(action))
                                           : tr("%1: %2").arg(ActionBook::plainText(action), ActionBook::key(action).toString(QKeySequence::NativeText)),
         false);
}

void ShortcutsPage::tell(const QString& sentence, bool mistake) {
    m_message->setText(sentence);
    m_message->setStyleSheet(mistake ? QStringLiteral("color: %1").arg(plots::theme().err.name()) : QString());
}

}  // namespace moescope::ui
