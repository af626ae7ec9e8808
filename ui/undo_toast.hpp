// UndoToast: one line over the bottom of a pane that says what was done and offers the way back.
#pragma once

#include <QFrame>
#include <QString>

#include <functional>

class QLabel;
class QPushButton;
class QTimer;

namespace moescope::ui {

/// GUI thread. A child of `host`, laid over its bottom edge; hidden until something is said.
class UndoToast : public QFrame {
    Q_OBJECT
public:
    explicit UndoToast(QWidget* host);

    /// "Moved to the trash", "Undo": the action runs at most once, then the toast goes.
    void offer(const QString& sentence, const QString& action, std::function<void()> run);
    /// A mistake or a word to read; stays a while, no action.
    void tell(const QString& sentence);
    /// The offered action, as the button does; false when there is none.
    bool act();
    QString sentence() const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void appear(const QString& sentence);
    void place();

    QLabel* m_text;
    QPushButton* m_action;
    QPushButton* m_close;
    QTimer* m_timer;
    std::function<void()> m_run;
};

}  // namespace moescope::ui
