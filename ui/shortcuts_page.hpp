// ShortcutsPage: all actions of the window with their keys; a key that is taken is refused by name.
#pragma once

#include <QWidget>

class QAction;
class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QSettings;
class QTableWidget;

namespace moescope::ui {

class ActionBook;

/// GUI thread. Borrows book and settings (nullptr: nothing is kept).
class ShortcutsPage : public QWidget {
    Q_OBJECT
public:
    ShortcutsPage(ActionBook& book, QSettings* settings, QWidget* parent = nullptr);

private:
    void fill();
    void filter(const QString& words);
    void showCurrent();
    void assign(bool usual);
    void tell(const QString& sentence, bool mistake);
    QAction* current() const;

    ActionBook& m_book;
    QSettings* m_settings;
    QLineEdit* m_filter;
    QTableWidget* m_table;
    QKeySequenceEdit* m_key;
    QPushButton *m_set, *m_usual, *m_none;
    QLabel* m_message;
};

}  // namespace moescope::ui
