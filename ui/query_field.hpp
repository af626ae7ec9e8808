// QueryField: a line for the query language, with completion of keys and values, its mistakes, and filters kept under a name.
#pragma once

#include <QLineEdit>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/catalog_row.hpp"
#include "storage/query.hpp"

class QCompleter;
class QMenu;
class QStringListModel;

namespace moescope::ui {

class RunKeys;
class RunLibrary;
class SavedShelf;

/// The word under the cursor and what could stand in its place.
struct QueryCompletion {
    int begin = 0, end = 0;        ///< UTF-16 positions that a choice replaces
    QStringList choices;           ///< at most 60
};
/// `values`: what a key takes in the store, as a query writes it. Nothing to offer: no choices.
QueryCompletion completeQuery(const QString& text, int cursor, const std::function<QStringList(const std::string& key)>& values);

/// What a key takes over these runs, ascending, each once, as a query writes it (quoted where it has to be).
QStringList valuesTaken(RunKeys& keys, const std::vector<storage::RunRow>& rows, const std::string& key);

/// "k takes 1, 2, 4 in this store.": why a query finds nothing, as far as one of its conditions alone finds nothing; else a sentence
/// that each alone does. Empty for a query of words. Looks at conditions written without spaces.
QString whyNothing(const QString& query, RunKeys& keys, const std::vector<storage::RunRow>& rows);

/// The query around a mistake with a caret under it, and what is wrong: two or three lines of a monospaced font.
QString mistakeText(const QString& query, const storage::QueryMistake& mistake);

/// GUI thread. Borrows the library, which outlives it.
class QueryField : public QLineEdit {
    Q_OBJECT
public:
    QueryField(RunLibrary& library, QWidget* parent = nullptr);
    ~QueryField() override;
    RunKeys& keys() { return *m_keys; }
    /// Frames the field as wrong, or not.
    void setWrong(bool on);

signals:
    void message(const QString& sentence);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void offer(bool wholeList);
    void insert(const QString& choice);
    void fillMenu();
    void saveFilter();

    RunLibrary& m_library;
    SavedShelf* m_shelf;
    std::unique_ptr<RunKeys> m_keys;
    QCompleter* m_completer;
    QStringListModel* m_choices;
    QMenu* m_menu;
    QueryCompletion m_completion;
};

}  // namespace moescope::ui
