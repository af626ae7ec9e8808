// One action of the Interventions dock: its name and what it does; open, also its cost, its argument and the button.
#pragma once

#include <QFrame>

#include <optional>

#include "ui/interventions.hpp"

class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace moescope::ui {

/// GUI thread.
class InterventionRow : public QFrame {
    Q_OBJECT
public:
    explicit InterventionRow(const InterventionAction& action, QWidget* parent = nullptr);
    const InterventionAction& action() const { return m_action; }

    struct State {
        std::vector<ArgumentChoice> choices;
        bool undo = false;        ///< in force: the button takes it back
        bool possible = false;    ///< an engine has the run
        QString refused;          ///< why never in this run
    };
    void setState(const State& state);
    void setOpen(bool on);
    bool isOpen() const { return m_open; }
    /// What the engine said to the last try; empty takes it away.
    void setAnswer(const QString& sentence, bool good);
    std::optional<config::Value> argument() const;
    /// Below the button, for what the action brings (the losses by domain).
    QVBoxLayout* extra() const { return m_extra; }
    QPushButton* button() const { return m_button; }

signals:
    void opened();
    void applied();

protected:
    void resizeEvent(QResizeEvent*) override;
    bool event(QEvent*) override;

private:
    void showState();

    InterventionAction m_action;
    State m_state;
    bool m_open = false;
    QPushButton *m_head, *m_button;
    QLabel *m_meaning, *m_cost, *m_answer;
    QComboBox* m_argument;
    QWidget* m_controls;
    QVBoxLayout* m_extra;
};

}  // namespace moescope::ui
