// The help card: what the thing under the pointer or with the focus means. Escape or a click beside it closes it.
#pragma once

#include <QFrame>

namespace moescope::ui {

class HelpCard : public QFrame {
    Q_OBJECT
public:
    /// Shows a card beside `place`, on its screen; it deletes itself when closed.
    static HelpCard* showAt(QWidget* place, const QString& card);
    /// For what has the focus or lies under the pointer in `window`; nullptr when neither has a card.
    static HelpCard* showIn(QWidget* window);

private:
    HelpCard(QWidget* parent, const QString& card);
    void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace moescope::ui
