// View options of the Train page, at the right end of the tab row: layer, x axis, smoothing.
#pragma once

#include <QWidget>

#include <vector>

#include "ui/train_curves.hpp"

class QComboBox;
class QLabel;

namespace moescope::ui {

class TrainOptions : public QWidget {
    Q_OBJECT
public:
    explicit TrainOptions(QWidget* parent = nullptr);
    /// Layers of the run (none: dense, the choice goes) and the axes it stored.
    void setRun(const RunData* data);
    void setLayer(std::int64_t moeLayer);
    void setAxis(XAxis axis);
    double smoothing() const;
    void stepLayer(int by);
    void stepSmoothing(int by);

signals:
    void layerChosen(qint64 moeLayer);
    void axisChosen(moescope::ui::XAxis axis);
    void smoothingChosen(double weight);

private:
    QComboBox* addChoice(const char* name, const QString& label, QLabel** labelWidget = nullptr);

    QComboBox *m_layer, *m_axis, *m_smoothing;
    QLabel* m_layerLabel = nullptr;
    std::vector<std::int32_t> m_layers;
};

}  // namespace moescope::ui
