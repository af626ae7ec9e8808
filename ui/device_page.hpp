// The Device page: what this computer offers, how busy it is, what part of that is ours, and what the open run uses.
#pragma once

#include <QWidget>

#include "plots/empty_state.hpp"
#include "ui/engine_question.hpp"
#include "ui/machine_load.hpp"

class QLabel;
class QVBoxLayout;

namespace moescope::plots {
class DomainBars;
}

namespace moescope::ui {

class RoutingTable;
class WatchedRun;

/// GUI thread. Borrows the run, which outlives it. Looks at the machine only while it is on screen.
class DevicePage : public QWidget {
    Q_OBJECT
public:
    DevicePage(WatchedRun& run, const QString& storeFolder, QWidget* parent = nullptr);
    /// The open run or its state changed.
    void refresh();
    /// Devices are listed and the load was seen once.
    bool complete() const { return !m_question.waiting() && m_seen; }

protected:
    void showEvent(QShowEvent*) override;
    void hideEvent(QHideEvent*) override;

private:
    QWidget* buildLeft();
    QWidget* buildRight();
    QLabel* addRow(QVBoxLayout& rows, const QString& caption, const char* name);
    void askDevices();
    void showDevices(const QByteArray& output, const QString& problem);
    void showLoad(const MachineLoad& load);

    WatchedRun& m_run;
    EngineQuestion m_question;
    MachineLoadWatch m_watch;
    bool m_asked = false, m_seen = false;
    RoutingTable* m_devices = nullptr;
    QLabel *m_problem = nullptr, *m_runTitle = nullptr, *m_device = nullptr, *m_threads = nullptr, *m_precision = nullptr, *m_deterministic = nullptr, *m_speed = nullptr, *m_peak = nullptr;
    QLabel *m_memory = nullptr, *m_oursCores = nullptr, *m_oursMemory = nullptr;
    plots::DomainBars* m_cores = nullptr;
};

}  // namespace moescope::ui
