// The three quiet choices.
#include "ui/train_options.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

constexpr double kWeights[] = {0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99};
constexpr int kUsual = 3;
constexpr int kArrowRoom = 34;
constexpr XAxis kAxes[] = {XAxis::step, XAxis::tokens, XAxis::flops, XAxis::seconds};

/// As wide as its longest entry, once and for all: nothing moves when another is chosen.
void fit(QComboBox* combo) {
    int widest = 0;
    for (int i = 0; i < combo->count(); ++i) widest = std::max(widest, combo->fontMetrics().horizontalAdvance(combo->itemText(i)));
    combo->setFixedWidth(widest + kArrowRoom);
}

}  // namespace

TrainOptions::TrainOptions(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 16, 0);
    row->setSpacing(2);
    m_layer = addChoice("layerChoice", tr("Layer"), &m_layerLabel);
    m_axis = addChoice("axisChoice", tr("x-axis"));
    m_smoothing = addChoice("smoothingChoice", tr("Smoothing"));
    for (const XAxis axis : kAxes) m_axis->addItem(axisWords(axis).choice);
    for (const double weight : kWeights) m_smoothing->addItem(weight == 0 ? tr("off") : plots::figure(weight, plots::Figure::Fixed2));
    m_smoothing->setCurrentIndex(kUsual);
    fit(m_axis);
    fit(m_smoothing);
    connect(m_layer, &QComboBox::activated, this, [this](int index) { emit layerChosen(index); });
    connect(m_axis, &QComboBox::activated, this, [this](int index) { emit axisChosen(kAxes[index]); });
    connect(m_smoothing, &QComboBox::currentIndexChanged, this, [this] { emit smoothingChosen(smoothing()); });
}

QComboBox* TrainOptions::addChoice(const char* name, const QString& label, QLabel** labelWidget) {
    auto* caption = new QLabel(label, this);
    caption->setFont(plots::uiFont(12));
    caption->setProperty("role", "label");
    auto* combo = new QComboBox(this);
    combo->setObjectName(QString::fromLatin1(name));
    combo->setAccessibleName(label);
    combo->setProperty("kind", "quiet");
    combo->setFont(plots::uiFont(12, QFont::Medium));
    auto* row = static_cast<QHBoxLayout*>(layout());
    if (row->count() > 0) row->addSpacing(6);
    row->addWidget(caption);
    row->addWidget(combo);
    if (labelWidget) *labelWidget = caption;
    return combo;
}

void TrainOptions::setRun(const RunData* data) {
    const std::vector<std::int32_t> layers = data ? data->meta().facts.moeLayers : std::vector<std::int32_t>();
    m_layer->setVisible(!layers.empty());
    m_layerLabel->setVisible(!layers.empty());
    if (layers == m_layers) return;
    m_layers = layers;
    m_layer->clear();
    for (const std::int32_t layer : layers) m_layer->addItem(QString::number(layer));
    fit(m_layer);
}

void TrainOptions::setLayer(std::int64_t moeLayer) { m_layer->setCurrentIndex(static_cast<int>(moeLayer)); }

void TrainOptions::setAxis(XAxis axis) { m_axis->setCurrentIndex(static_cast<int>(axis)); }

double TrainOptions::smoothing() const { return kWeights[std::clamp(m_smoothing->currentIndex(), 0, static_cast<int>(std::size(kWeights)) - 1)]; }

void TrainOptions::stepLayer(int by) {
    const int next = m_layer->currentIndex() + by;
    if (next >= 0 && next < m_layer->count()) emit layerChosen(next);
}

void TrainOptions::stepSmoothing(int by) {
    m_smoothing->setCurrentIndex(std::clamp(m_smoothing->currentIndex() + by, 0, m_smoothing->count() - 1));
}

}  // namespace moescope::ui
