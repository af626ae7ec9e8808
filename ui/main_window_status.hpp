// The status bar: what trains, how fast, how long still, on what, and how many runs there are.
#pragma once

#include <QStatusBar>

class QLabel;

namespace moescope::ui {

class RunLibrary;
class TrainCursor;
class WatchedRun;

class StatusRow : public QStatusBar {
    Q_OBJECT
public:
    StatusRow(WatchedRun& run, RunLibrary& library, TrainCursor& cursor, QWidget* parent = nullptr);
    void refresh();

private:
    QLabel* add(const char* name, bool right = false);
    QString trainingText() const;

    WatchedRun& m_run;
    RunLibrary& m_library;
    TrainCursor& m_cursor;
    QLabel *m_dot, *m_training, *m_speed, *m_left, *m_device, *m_store, *m_alerts;
};

}  // namespace moescope::ui
