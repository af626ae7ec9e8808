// CheatSheet: every key of the window on one card, over the window. "?" opens and closes it.
#pragma once

#include <QWidget>

#include "ui/action_book.hpp"

class QScrollArea;

namespace moescope::ui {

/// GUI thread. Deletes itself when closed (Escape, "?", a click).
class CheatSheet : public QWidget {
    Q_OBJECT
public:
    CheatSheet(const std::vector<ActionBook::Entry>& entries, QWidget* window);

protected:
    void paintEvent(QPaintEvent*) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent*) override { close(); }
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    QWidget* m_card;
    QScrollArea* m_scroll;
};

}  // namespace moescope::ui
