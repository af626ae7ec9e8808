// View options of the Train page, at the right end of the tab row: layer, x axis, smoothing (a slider; more by typing).
#pragma once

#include <QWidget>

#include <vector>

#include "ui/train_curves.hpp"

class QComboBox;
class QLabel;
class QLineEdit;
class QSlider;

namespace moescope::ui {

class TrainOptions : public QWidget {
    Q_OBJECT
public:
    explicit TrainOptions(QWidget* parent = nullptr);
    /// Layers of the run (none: dense, the choice goes) and the axes it stored.
    void setRun(const RunData* data);
    void setLayer(std::int64_t moeLayer);
    void setAxis(XAxis axis);
    double smoothing() const { return m_weight; }
    void setSmoothing(double weight);
    void stepLayer(int by);
    /// After the size of all text has changed.
    void rescale();
    void stepSmoothing(int by);

signals:
    void layerChosen(qint64 moeLayer);
    void axisChosen(moescope::ui::XAxis axis);
    void smoothingChosen(double weight);

private:
    QComboBox* addChoice(const char* name, const QString& label, QLabel** labelWidget = nullptr);
    QLabel* addLabel(const QString& text);
    void addSmoothing();
    void showSmoothing();

    QComboBox *m_layer, *m_axis;
    QSlider* m_slider = nullptr;
    QLineEdit* m_field = nullptr;
    QLabel *m_layerLabel = nullptr, *m_axisLabel = nullptr;
    double m_weight = 0;
    std::vector<std::int32_t> m_layers;
};

}  // namespace moescope::ui
