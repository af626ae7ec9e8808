// NewRunEstimate: what the run will take, beside the form: parameters, compute, memory, time, and against its dense twin.
#pragma once

#include <QWidget>

#include <optional>

#include "core/config/run_config.hpp"

class QBoxLayout;
class QFrame;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace moescope::ui {

class ShareBar;

/// GUI thread. All numbers but the time come from the configuration; the time is measured by the engine on request.
class NewRunEstimate : public QWidget {
    Q_OBJECT
public:
    explicit NewRunEstimate(QWidget* parent = nullptr);

    /// A configuration that can run. `vocabulary` of the data; `known` false: the engine has not read the data yet.
    void setConfig(const config::RunConfig& config, std::int64_t vocabulary, bool known);
    /// There is no number to show while something is wrong.
    void setUnknown();
    /// Beside the number, or below it.
    void setNarrow(bool on);
    void setMeasurable(bool on);
    /// How many such runs will be trained; the time of all is told too.
    void setRuns(std::size_t runs);
    void setMeasuring();
    void setMeasured(double seconds, const QString& problem);

signals:
    void measureRequested();
    void measureCancelled();

private:
    struct Figure {
        QLabel *label, *value, *unit, *aside;
        QBoxLayout* row;
    };
    Figure addFigure(QVBoxLayout& lines, const char* name, const QString& label);
    QLabel* addRow(QVBoxLayout& lines, const char* name, const QString& label);
    void showTwin(const config::RunConfig& config, std::int64_t vocabulary);
    void showTime();

    Figure m_params{}, m_compute{}, m_memory{}, m_time{};
    ShareBar *m_active, *m_room;
    QLabel *m_note, *m_timeNote, *m_twinFlops, *m_twinParams, *m_mark;
    QWidget* m_twin;
    QPushButton* m_measure;
    config::RunConfig m_config;
    std::optional<double> m_seconds;
    std::size_t m_runs = 1;
    bool m_measuring = false;
};

}  // namespace moescope::ui
