// CommandPalette: everything the window can do, found by typing a few letters of it. Keyboard only.
#pragma once

#include <QFrame>
#include <QString>

#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListView;
class QStandardItemModel;

namespace moescope::ui {

struct Command {
    QString title;    ///< "Train: Expert collapse", "Next event"
    QString detail;   ///< "Run", "3 experts, finished": grey, right of the title; searched too
    QString key;      ///< its shortcut as people read it; may be empty
    std::function<void()> run;
};

/// GUI thread. A child that lies over its window; Enter runs the marked command, Escape or a lost focus closes it.
class CommandPalette : public QFrame {
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* window);
    /// Opens with these commands, in this order while nothing is typed; `hint` stands in the empty field.
    void open(std::vector<Command> commands, const QString& hint);
    /// Titles of the commands that fit what is typed, best first.
    QStringList found() const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void search();
    void runCurrent();
    void move(int by);
    void place();
    void dismiss();

    QLineEdit* m_field;
    QListView* m_list;
    QLabel* m_nothing;
    QStandardItemModel* m_model;
    std::vector<Command> m_commands;
    QWidget* m_focusBefore = nullptr;
};

}  // namespace moescope::ui
