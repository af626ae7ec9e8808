// ActionBook: the window's one list of actions. Menus, palette, cheat sheet and the Shortcuts page read it; keys are set only here.
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>

#include <optional>
#include <vector>

class QAction;
class QKeyEvent;
class QMenu;
class QMenuBar;
class QSettings;

namespace moescope::ui {

/// Where an action has something to do. Outside, it is disabled; two actions may share a key if their places differ.
enum ActionPlace { kEverywhere = 0, kOnTrain = 1, kOnRouting = 2, kOnCompare = 4, kOnPlots = kOnTrain | kOnRouting, kOnTabs = kOnPlots | kOnCompare };

/// GUI thread. Borrows the menu bar; every entry of its menus belongs to the book, whoever added it. A key with Ctrl or Alt, or a
/// function key, works everywhere in the window; a bare key (a letter, Space, Esc) only where nobody types.
class ActionBook : public QObject {
    Q_OBJECT
public:
    struct Entry {
        QAction* action;
        QString menu;   ///< "View", "View, Layout"
        QString text;   ///< without mnemonic and key
    };

    explicit ActionBook(QMenuBar* bar, QObject* parent = nullptr);

    /// All entries that can be seen, in the order of the menus.
    std::vector<Entry> entries() const;

    /// Gives an action its key; the first one given is its default.
    static void setKey(QAction* action, const QKeySequence& key);
    static QKeySequence key(const QAction* action);
    static QKeySequence usualKey(const QAction* action);
    static bool isBare(const QKeySequence& key);
    static QString plainText(const QAction* action);

    static void setPlace(QAction* action, int place);
    /// Enables what has something to do on a page and disables the rest.
    void enableFor(ActionPlace page, bool runOpen);

    /// Who has this key already, in a place that overlaps; nullptr if nobody.
    QAction* holderOf(const QKeySequence& key, const QAction* except) const;
    /// A remapped key, kept in `settings` (may be nullptr). Refused with the holder's name if it is taken or cannot be used.
    std::optional<QString> remap(QAction* action, const QKeySequence& key, QSettings* settings);
    /// Back to the default; the same refusal.
    std::optional<QString> restore(QAction* action, QSettings* settings);
    void load(QSettings& settings);

    /// A key that nobody took: triggers the enabled action that has it.
    bool press(QKeyEvent* event) const;

signals:
    void keysChanged();

private:
    void collect(const QMenu* menu, const QString& path, std::vector<Entry>& into) const;
    QMenuBar* m_bar;
};

/// A dialog, text field or list that takes letters for itself.
bool takesLetters(const QWidget* widget);

}  // namespace moescope::ui
