// Asks to which checkpoint a run should go back, and with which learning rate it goes on.
#pragma once

#include <QDialog>

#include <functional>

class QCheckBox;
class QListWidget;

namespace moescope::ui {

class RunData;

/// GUI thread. Never stops a run: it is not modal.
class RewindDialog : public QDialog {
    Q_OBJECT
public:
    RewindDialog(const RunData& run, const QString& name, bool alive, QWidget* parent);

signals:
    void chosen(qint64 checkpoint, double lrFactor);

private:
    QListWidget* m_list;
    QCheckBox* m_halve;
};

}  // namespace moescope::ui
