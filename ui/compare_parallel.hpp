// CompareParallel: the compared runs as lines over upright axes, and the runs a brush picks.
#pragma once

#include <QWidget>

#include "plots/parallel.hpp"
#include "ui/compare_scene.hpp"

class QLabel;
class QMenu;
class QPushButton;

namespace moescope::ui {

/// GUI thread.
class CompareParallel : public QWidget {
    Q_OBJECT
public:
    explicit CompareParallel(QWidget* parent = nullptr);
    void setScene(const CompareScene& scene);
    /// Keys of the axes from left to right; empty: the settings that differ and the metric.
    void setAxes(std::vector<std::string> keys);
    plots::ParallelPlot& plot() { return *m_plot; }

signals:
    void hovered(const QString& ulid);
    void chosen(const QString& ulid);
    void keepRequested(const QStringList& ulids);   ///< compare these alone

private:
    void draw();
    void say();
    void fillAxes();
    std::vector<std::string> axes() const;

    CompareScene m_scene;
    std::vector<std::string> m_axes;
    plots::ParallelPlot* m_plot;
    QLabel* m_count;
    QPushButton *m_pick, *m_keep, *m_clear;
    QMenu* m_menu;
};

}  // namespace moescope::ui
