// Choosing the two axes and drawing.
#include "ui/compare_scatter.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace moescope::ui {
namespace {

QComboBox* box(const char* name, const QString& label) {
    auto* made = new QComboBox;
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(label);
    made->setMaxVisibleItems(24);
    made->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    return made;
}

QLabel* words(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("role", "label");
    label->setFont(plots::uiFont(12));
    return label;
}

}  // namespace

void offerSceneKeys(QComboBox& box, const CompareScene& scene, const std::vector<std::string>& keys, const std::string& usual) {
    const QSignalBlocker quiet(&box);
    const QString before = box.currentData().toString();
    box.clear();
    for (const std::string& key : keys) {
        box.addItem(sceneTitle(scene, key), QString::fromStdString(key));
        if (key != kMetricKey) box.setItemData(box.count() - 1, QString::fromStdString(key), Qt::ToolTipRole);
    }
    const int kept = before.isEmpty() ? -1 : box.findData(before);
    box.setCurrentIndex(kept >= 0 ? kept : std::max(0, box.findData(QString::fromStdString(usual))));
}

CompareScatter::CompareScatter(QWidget* parent)
    : QWidget(parent), m_x(box("scatterX", tr("x-axis"))), m_y(box("scatterY", tr("y-axis"))), m_logX(new QCheckBox(tr("Log x"))), m_logY(new QCheckBox(tr("Log y"))), m_plot(new plots::ScatterPlot) {
    setObjectName(QStringLiteral("compareScatter"));
    m_plot->setObjectName(QStringLiteral("scatterPlot"));
    m_plot->setAccessibleName(tr("Runs over two quantities"));
    m_logX->setObjectName(QStringLiteral("scatterLogX"));
    m_logY->setObjectName(QStringLiteral("scatterLogY"));
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    for (QWidget* widget : QWidgetList{words(tr("Over")), m_x, m_logX, words(tr("up")), m_y, m_logY}) top->addWidget(widget);
    top->addStretch();
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 4, 0, 0);
    lines->setSpacing(4);
    lines->addLayout(top);
    lines->addWidget(m_plot, 1);
    for (QComboBox* each : {m_x, m_y}) connect(each, &QComboBox::currentIndexChanged, this, &CompareScatter::draw);
    for (QCheckBox* each : {m_logX, m_logY}) connect(each, &QCheckBox::toggled, this, &CompareScatter::draw);
    connect(m_plot, &plots::ScatterPlot::hovered, this, &CompareScatter::hovered);
    connect(m_plot, &plots::ScatterPlot::clicked, this, &CompareScatter::chosen);
}

void CompareScatter::setScene(const CompareScene& scene) {
    m_scene = scene;
    const std::vector<std::string> keys = sceneKeys(scene);
    const auto setting = std::ranges::find_if(scene.keys, [](const std::string& key) { return key.find('.') != std::string::npos; });
    offerSceneKeys(*m_x, scene, keys, setting == scene.keys.end() ? "flops" : *setting);
    offerSceneKeys(*m_y, scene, keys, kMetricKey);
    draw();
}

void CompareScatter::setKeys(const std::string& x, const std::string& y) {
    m_x->setCurrentIndex(std::max(0, m_x->findData(QString::fromStdString(x))));
    m_y->setCurrentIndex(std::max(0, m_y->findData(QString::fromStdString(y))));
}

void CompareScatter::draw() {
    const SceneAxis x = sceneAxis(m_scene, m_x->currentData().toString().toStdString()), y = sceneAxis(m_scene, m_y->currentData().toString().toStdString());
    plots::ScatterData data{x.axis, y.axis, {}, tr("No run has both %1 and %2.").arg(x.axis.title, y.axis.title)};
    m_logX->setVisible(x.axis.labels.isEmpty());
    m_logY->setVisible(y.axis.labels.isEmpty());
    data.x.logarithmic = m_logX->isChecked() && x.axis.labels.isEmpty();
    data.y.logarithmic = m_logY->isChecked() && y.axis.labels.isEmpty();
    for (std::size_t i = 0; i < m_scene.entries.size(); ++i)
        data.points.push_back({QString::fromStdString(m_scene.entries[i].ulid), m_scene.entries[i].name, x.values[i], y.values[i], m_scene.ink(i)});
    m_plot->setData(std::move(data));
}

}  // namespace moescope::ui
