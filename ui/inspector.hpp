// The inspector: the open run at the shown step: who it is, its chosen layer, its domains, its device.
#pragma once

#include <QWidget>

#include <cstdint>

class QFrame;
class QLabel;
class QVBoxLayout;

namespace moescope::plots {
class DomainBars;
class LoadBars;
class Pill;
}  // namespace moescope::plots

namespace moescope::ui {

class WatchedRun;

/// GUI thread. Borrows the run, which outlives it.
class Inspector : public QWidget {
    Q_OBJECT
public:
    explicit Inspector(WatchedRun& run, QWidget* parent = nullptr);

    /// Shows the run at a step; `live` = the newest.
    void refresh(std::int64_t moeLayer, double step, bool live);

signals:
    void expertMenuRequested(int expert, const QPoint& globalPos);   ///< of the shown layer

protected:
    void resizeEvent(QResizeEvent*) override;

private:
    struct Section {
        QWidget* box;
        QVBoxLayout* column;
    };
    Section addSection(const char* name);
    QLabel* addRow(QVBoxLayout* rows, const QString& label, const char* name);
    void buildRun();
    void buildLayer();
    void buildDomains();
    void buildDevice();
    void showRun(double step);
    void showLayer(std::int64_t moeLayer, double step, bool live);
    void fitDomains();  ///< little room: the list of domains goes first

    WatchedRun& m_run;
    std::int64_t m_layer = 0;
    QVBoxLayout* m_column;
    QWidget *m_layerBox = nullptr, *m_domainBox = nullptr, *m_deviceBox = nullptr, *m_runBox = nullptr;
    QLabel *m_dot = nullptr, *m_name = nullptr, *m_parameters = nullptr, *m_forward = nullptr, *m_speed = nullptr, *m_checkpoint = nullptr;
    QLabel *m_layerName = nullptr, *m_when = nullptr, *m_hero = nullptr, *m_heroUnit = nullptr, *m_muted = nullptr, *m_device = nullptr, *m_memory = nullptr;
    plots::Pill *m_state = nullptr, *m_idle = nullptr, *m_hottest = nullptr;
    plots::LoadBars* m_load = nullptr;
    plots::DomainBars* m_domains = nullptr;
};

}  // namespace moescope::ui
