// PreferencesDialog: theme, level, text, plots, shortcuts and where things are kept. Acts at once; training goes on behind it.
#pragma once

#include <QDialog>

#include "ui/main_window_theme.hpp"

class QLabel;
class QVBoxLayout;

namespace moescope::ui {

class ActionBook;

struct StoreFacts {
    QString folder, engine;   ///< engine: path of the program, empty when there is none
    int runs = 0;
};

/// GUI thread. Borrows book and settings (nullptr: nothing is kept); deletes itself when closed.
class PreferencesDialog : public QDialog {
    Q_OBJECT
public:
    PreferencesDialog(ActionBook& book, QSettings* settings, const StoreFacts& store, QWidget* parent);

signals:
    void themeChosen(moescope::ui::ThemeChoice choice);

private:
    QWidget* generalPage();
    QWidget* plotsPage();
    QWidget* storePage(const StoreFacts& store);

    ActionBook& m_book;
    QSettings* m_settings;
};

}  // namespace moescope::ui
