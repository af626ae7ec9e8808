// Completion, explanations and the menu of kept filters.
#include "ui/query_field.hpp"

#include <QAbstractItemView>
#include <QAction>
#include <QCompleter>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QStringListModel>
#include <QStyle>

#include <algorithm>

#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/compare_keys.hpp"
#include "ui/run_library.hpp"
#include "ui/saved_shelf.hpp"

namespace moescope::ui {
namespace {

constexpr qsizetype kMostChoices = 60, kMostListed = 6;
constexpr int kExcerpt = 26;

bool endsWord(QChar c) { return c.isSpace() || c == QLatin1Char('(') || c == QLatin1Char(')'); }
bool isOperator(QChar c) { return QStringLiteral("=!<>:~").contains(c); }

/// Where the word that holds the cursor begins; quotes keep spaces inside a word.
int wordBegin(const QString& text, int cursor) {
    int begin = 0;
    bool quoted = false;
    for (int i = 0; i < cursor; ++i) {
        if (text[i] == QLatin1Char('"')) quoted = !quoted;
        if (!quoted && endsWord(text[i])) begin = i + 1;
    }
    return begin;
}

QStringList keysLike(const QString& part) {
    QStringList first, rest;
    for (const std::string& each : storage::queryKeys()) {
        const QString key = QString::fromStdString(each);
        if (key.startsWith(part, Qt::CaseInsensitive)) first << key;
        else if (key.contains(part, Qt::CaseInsensitive)) rest << key;
    }
    return first + rest;
}

QString quotedIfNeeded(const QString& value) {
    if (std::ranges::none_of(value, [](QChar c) { return endsWord(c) || c == QLatin1Char('"'); })) return value;
    return QLatin1Char('"') + QString(value).replace(QLatin1Char('\\'), QLatin1String("\\\\")).replace(QLatin1Char('"'), QLatin1String("\\\"")) + QLatin1Char('"');
}

/// "true" rather than "on": as a query writes it.
QString queryText(const storage::QueryValue& value) {
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? QStringLiteral("true") : QStringLiteral("false");
    return quotedIfNeeded(valueText(value).replace(QChar(0x2212), QLatin1Char('-')));
}

QStringList fixedValues(const std::string& key) {
    if (key == "is") return {QStringLiteral("star"), QStringLiteral("archived"), QStringLiteral("running"), QStringLiteral("finished"), QStringLiteral("stopped"), QStringLiteral("diverged")};
    if (key == "since" || key == "before" || key == "created") return {QStringLiteral("1h"), QStringLiteral("1d"), QStringLiteral("7d"), QStringLiteral("4w")};
    return {};
}

/// "k takes 1, 2, 4 in this store."
QString takenText(const std::string& key, const QStringList& taken) {
    const QString title = keyTitle(key).size() == 1 ? keyTitle(key) : QString::fromStdString(key);   // as people write it in a query
    if (taken.isEmpty()) return QueryField::tr("No run of this store has %1.").arg(title);
    if (taken.size() <= kMostListed) return QueryField::tr("%1 takes %2 in this store.").arg(title, taken.join(QStringLiteral(", ")));
    bool isNumber = false;
    taken.front().toDouble(&isNumber);
    if (isNumber) return QueryField::tr("%1 goes from %2 to %3 in this store.").arg(title, taken.front(), taken.back());
    return QueryField::tr("%1 takes %2 and %3 more in this store.").arg(title, taken.mid(0, kMostListed).join(QStringLiteral(", "))).arg(taken.size() - kMostListed);
}

}  // namespace

QueryCompletion completeQuery(const QString& text, int cursor, const std::function<QStringList(const std::string&)>& values) {
    QueryCompletion completion;
    completion.begin = wordBegin(text, cursor);
    completion.end = cursor;
    const QString word = text.mid(completion.begin, cursor - completion.begin);
    const auto sign = std::ranges::find_if(word, isOperator);
    if (sign == word.end()) {
        if (!word.isEmpty()) completion.choices = keysLike(word).mid(0, kMostChoices);
        if (completion.choices == QStringList{word}) completion.choices.clear();
        return completion;
    }
    auto value = sign;
    while (value != word.end() && isOperator(*value)) ++value;
    const std::string key = word.left(sign - word.begin()).toStdString();
    const QString part = word.mid(value - word.begin());
    completion.begin += static_cast<int>(value - word.begin());
    QStringList all = fixedValues(key);
    if (const auto known = storage::queryKey(key); known && all.isEmpty()) all = values(*known);
    for (const QString& each : all)
        if (each.startsWith(part, Qt::CaseInsensitive) && each != part && completion.choices.size() < kMostChoices) completion.choices << each;
    return completion;
}

QStringList valuesTaken(RunKeys& keys, const std::vector<storage::RunRow>& rows, const std::string& key) {
    std::vector<storage::QueryValue> values;
    for (const storage::RunRow& row : rows) {
        const RunValue value = keys.value(row, key);
        if (!value) continue;
        if (const auto* list = std::get_if<std::vector<std::string>>(&*value)) values.insert(values.end(), list->begin(), list->end());
        else values.push_back(*value);
    }
    std::ranges::sort(values, storage::lessValue);
    QStringList texts;
    for (const storage::QueryValue& value : values)
        if (const QString text = queryText(value); (texts.isEmpty() || texts.back() != text) && text != QStringLiteral("\u2013")) texts << text;
    return texts;
}

QString whyNothing(const QString& query, RunKeys& keys, const std::vector<storage::RunRow>& rows) {
    int conditions = 0;
    for (int end = 1; end <= query.size(); ++end) {
        if (end < query.size() && wordBegin(query, end + 1) <= end) continue;   // the word goes on
        const QString word = query.mid(wordBegin(query, end), end - wordBegin(query, end));
        const auto sign = std::ranges::find_if(word, isOperator);
        const auto key = sign == word.end() ? std::nullopt : storage::queryKey(word.left(sign - word.begin()).toStdString());
        const auto alone = storage::Query::parse(word.toStdString(), 0);
        if (!key || !std::holds_alternative<storage::Query>(alone)) continue;
        ++conditions;
        const auto holds = [&](const storage::RunRow& row) { return std::get<storage::Query>(alone).matches(storage::RowSubject(row, keys.settings(row))); };
        if (std::ranges::none_of(rows, holds)) return takenText(*key, valuesTaken(keys, rows, *key));
    }
    return conditions < 2 ? QString() : QueryField::tr("Each condition alone finds runs, all together none.");
}

QString mistakeText(const QString& query, const storage::QueryMistake& mistake) {
    const int at = static_cast<int>(QString::fromUtf8(query.toUtf8().left(static_cast<int>(mistake.at))).size());
    const int from = std::max(0, at - kExcerpt + 4);
    return query.mid(from, kExcerpt) + QLatin1Char('\n') + QString(at - from, QLatin1Char(' ')) + QStringLiteral("^\n") + QString::fromStdString(mistake.text);
}

QueryField::QueryField(RunLibrary& library, QWidget* parent)
    : QLineEdit(parent), m_library(library), m_shelf(SavedShelf::of(library)), m_keys(std::make_unique<RunKeys>()), m_completer(new QCompleter(this)),
      m_choices(new QStringListModel(this)), m_menu(new QMenu(this)) {
    setProperty("kind", "quiet");
    setFont(plots::uiFont(12));
    setAccessibleName(tr("Filter runs"));
    setPlaceholderText(tr("Filter: k=2 and val_loss<1.5"));
    setToolTip(tr("Words match names, tags and notes, /patterns/ too; k=2 and val_loss<1.5 tag:g8 is:star state:running since:7d. Keys and values complete themselves; Ctrl+Space lists them."));
    setClearButtonEnabled(true);
    QAction* kept = addAction(plots::icon(QStringLiteral("search"), plots::Ink{plots::Ink::Text3, 0, 0, {}}), QLineEdit::LeadingPosition);
    kept->setObjectName(QStringLiteral("keptFilters"));
    kept->setToolTip(tr("Kept filters"));
    m_menu->setObjectName(QStringLiteral("keptFiltersMenu"));
    connect(m_menu, &QMenu::aboutToShow, this, &QueryField::fillMenu);
    connect(kept, &QAction::triggered, this, [this] { m_menu->popup(mapToGlobal(QPoint(0, height()))); });
    m_completer->setModel(m_choices);
    m_completer->setWidget(this);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->popup()->setFont(plots::uiFont(12));
    m_completer->popup()->setObjectName(QStringLiteral("queryChoices"));
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this, &QueryField::insert);
    connect(this, &QLineEdit::textEdited, this, [this] { offer(false); });
}

QueryField::~QueryField() = default;

void QueryField::setWrong(bool on) {
    setProperty("state", on ? QVariant(QStringLiteral("error")) : QVariant());
    style()->unpolish(this);
    style()->polish(this);
}

void QueryField::offer(bool wholeList) {
    m_completion = completeQuery(text(), cursorPosition(), [this](const std::string& key) { return valuesTaken(*m_keys, *m_library.runs(), key); });
    if (m_completion.choices.isEmpty() && wholeList && m_completion.begin == m_completion.end) m_completion.choices = keysLike({});
    m_choices->setStringList(m_completion.choices);
    if (m_completion.choices.isEmpty() || !hasFocus()) return m_completer->popup()->hide();
    m_completer->complete(QRect(0, 0, std::max(width(), 240), height()));
}

void QueryField::insert(const QString& choice) {
    setText(text().left(m_completion.begin) + choice + text().mid(m_completion.end));
    setCursorPosition(m_completion.begin + static_cast<int>(choice.size()));
}

void QueryField::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::ControlModifier) return offer(true);
    const bool open = m_completer->popup()->isVisible();
    const bool chosen = m_completer->popup()->currentIndex().isValid();
    // Enter with nothing chosen is Enter of the field: the list is only an offer.
    if (open && !chosen && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) m_completer->popup()->hide();
    else if (open && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Escape)) return event->ignore();
    QLineEdit::keyPressEvent(event);
}

void QueryField::fillMenu() {
    m_menu->clear();
    const auto add = [](QMenu* menu, const char* name, const QString& label, QObject* owner, auto&& act) {
        QAction* action = menu->addAction(label);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, owner, std::forward<decltype(act)>(act));
        return action;
    };
    add(m_menu, "keepFilter", tr("Keep this filter\u2026"), this, [this] { saveFilter(); })->setEnabled(!text().trimmed().isEmpty());
    const auto& filters = m_shelf->views().filters;
    if (filters.empty()) return;
    m_menu->addSeparator();
    QMenu* forget = new QMenu(tr("Forget"), m_menu);
    for (const storage::SavedFilter& filter : filters) {
        const QString name = QString::fromStdString(filter.name), query = QString::fromStdString(filter.query);
        add(m_menu, "keptFilter", name, this, [this, query] { setText(query); })->setToolTip(query);
        add(forget, "forgetFilter", name, this, [this, name = filter.name] { m_shelf->edit([name](storage::SavedViews& views) { views.forgetFilter(name); }); });
    }
    m_menu->addSeparator();
    m_menu->addMenu(forget);
}

void QueryField::saveFilter() {
    auto* dialog = new QInputDialog(this);
    dialog->setObjectName(QStringLiteral("keepFilterDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keep this filter"));
    dialog->setLabelText(tr("Name of the filter %1").arg(text().trimmed()));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& name) {
        if (name.trimmed().isEmpty()) return;
        m_shelf->edit([filter = storage::SavedFilter{name.trimmed().toStdString(), text().trimmed().toStdString()}](storage::SavedViews& views) { views.keep(filter); });
    });
    dialog->open();
}

}  // namespace moescope::ui
