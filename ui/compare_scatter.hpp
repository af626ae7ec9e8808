// CompareScatter: any parameter over any metric, a mark for each compared run.
#pragma once

#include <QWidget>

#include "ui/compare_scene.hpp"

class QCheckBox;
class QComboBox;

namespace moescope::ui {

/// A combo box of keys that keeps its choice while the keys on offer change.
void offerSceneKeys(QComboBox& box, const CompareScene& scene, const std::vector<std::string>& keys, const std::string& usual);

/// GUI thread.
class CompareScatter : public QWidget {
    Q_OBJECT
public:
    explicit CompareScatter(QWidget* parent = nullptr);
    void setScene(const CompareScene& scene);
    void setKeys(const std::string& x, const std::string& y);
    plots::ScatterPlot& plot() { return *m_plot; }

signals:
    void hovered(const QString& ulid);
    void chosen(const QString& ulid);

private:
    void draw();

    CompareScene m_scene;
    QComboBox *m_x, *m_y;
    QCheckBox *m_logX, *m_logY;
    plots::ScatterPlot* m_plot;
};

}  // namespace moescope::ui
