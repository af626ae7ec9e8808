// The toolbar: start and stop, and the live knobs of the open run.
#pragma once

#include <QStringList>
#include <QWidget>

#include <vector>

#include "ui/run_live_settings.hpp"

class QBoxLayout;
class QComboBox;
class QPushButton;
class QToolButton;

namespace moescope::ui {

class WatchedRun;

/// GUI thread. Borrows the run, which outlives it. A knob shows what the engine has; one that was sent waits for its event.
class Toolbar : public QWidget {
    Q_OBJECT
public:
    explicit Toolbar(WatchedRun& run, QWidget* parent = nullptr);

    void refresh();
    /// What the primary button does now; also the space bar.
    void primary();
    void step();
    void stop();
    /// After the size of all text has changed.
    void rescale();
    QSize minimumSizeHint() const override { return {300, minimumHeight()}; }

signals:
    void resumeRequested();      ///< an engine must be started for the open run
    void trainAgainRequested();  ///< the same settings as a new run

protected:
    void resizeEvent(QResizeEvent*) override;

private:
    struct Control {
        LiveSetting setting;
        QWidget* widget = nullptr;
        bool pending = false;
    };

    void buildButtons();
    void buildControls();
    QWidget* makeKnob(const LiveSetting& setting);
    QWidget* makeChoice(const LiveSetting& setting);
    void place();
    std::vector<const QWidget*> widgetsToFold() const;
    void showButtons();
    void showControl(Control& control);
    void settle(const QString& key, bool pending);
    QString whyNot() const;

    WatchedRun& m_run;
    QBoxLayout* m_row;
    QPushButton* m_primary = nullptr;
    QToolButton *m_step = nullptr, *m_stop = nullptr, *m_more = nullptr;
    QWidget* m_moreBox = nullptr;
    std::vector<Control> m_controls;
    std::vector<const QWidget*> m_folded;
};

}  // namespace moescope::ui
