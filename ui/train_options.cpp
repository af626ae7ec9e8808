// Two quiet choices and a slider.
#include "ui/train_options.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSlider>

#include <algorithm>
#include <cmath>

#include "plots/figures.hpp"
#include "plots/scaled.hpp"
#include "plots/theme.hpp"
#include "ui/preferences.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

constexpr double kWeights[] = {0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999};   // where [ and ] stop
constexpr double kMostSmooth = 0.999;
constexpr int kArrowRoom = 34, kSliderEnd = 99, kSliderWidth = 84, kFieldWidth = 48;
constexpr XAxis kAxes[] = {XAxis::step, XAxis::tokens, XAxis::flops, XAxis::seconds, XAxis::relative, XAxis::wall};

/// As wide as its longest entry, once and for all: nothing moves when another is chosen.
void fit(QComboBox* combo) {
    int widest = 0;
    for (int i = 0; i < combo->count(); ++i) widest = std::max(widest, combo->fontMetrics().horizontalAdvance(combo->itemText(i)));
    combo->setFixedWidth(widest + plots::scaled(kArrowRoom));
}

}  // namespace

TrainOptions::TrainOptions(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 16, 0);
    row->setSpacing(2);
    m_layer = addChoice("layerChoice", tr("Layer"), &m_layerLabel);
    m_axis = addChoice("axisChoice", tr("x-axis"), &m_axisLabel);
    for (const XAxis axis : kAxes) m_axis->addItem(axisWords(axis).choice);
    fit(m_axis);
    showFrom(DetailLevel::standard, m_axis);
    showFrom(DetailLevel::standard, m_axisLabel);
    addSmoothing();
    setSmoothing(preferences().smoothing);
    connect(m_layer, &QComboBox::activated, this, [this](int index) { emit layerChosen(index); });
    connect(m_axis, &QComboBox::activated, this, [this](int index) { emit axisChosen(kAxes[index]); });
}

QLabel* TrainOptions::addLabel(const QString& text) {
    auto* label = new QLabel(text, this);
    label->setFont(plots::uiFont(12));
    label->setProperty("role", "label");
    auto* row = static_cast<QHBoxLayout*>(layout());
    if (row->count() > 0) row->addSpacing(6);
    row->addWidget(label);
    return label;
}

void TrainOptions::addSmoothing() {
    addLabel(tr("Smoothing"));
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setObjectName(QStringLiteral("smoothingSlider"));
    m_slider->setAccessibleName(tr("Smoothing"));
    m_slider->setRange(0, kSliderEnd);
    m_slider->setFixedWidth(kSliderWidth);
    m_field = new QLineEdit(this);
    m_field->setObjectName(QStringLiteral("smoothingField"));
    m_field->setAccessibleName(tr("Smoothing, typed: 0 to 0.999"));
    m_field->setToolTip(tr("Weight of the past in the moving average; the raw line stays behind it. 0 to 0.999"));
    m_field->setProperty("kind", "quiet");
    m_field->setFont(plots::uiFont(12, QFont::Medium));
    m_field->setFixedWidth(plots::scaled(kFieldWidth));
    layout()->addWidget(m_slider);
    layout()->addWidget(m_field);
    connect(m_slider, &QSlider::valueChanged, this, [this](int hundredths) { setSmoothing(hundredths / 100.0); });
    connect(m_field, &QLineEdit::editingFinished, this, [this] {
        bool number = false;
        const double typed = QLocale::c().toDouble(m_field->text().trimmed().replace(QLatin1Char(','), QLatin1Char('.')), &number);
        if (number && typed >= 0) setSmoothing(typed);
        showSmoothing();
    });
}

void TrainOptions::setSmoothing(double weight) {
    const double next = std::clamp(weight, 0.0, kMostSmooth);
    const bool changed = next != m_weight;
    m_weight = next;
    showSmoothing();
    if (changed) emit smoothingChosen(m_weight);
}

void TrainOptions::showSmoothing() {
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(static_cast<int>(std::lround(std::min(m_weight * 100, static_cast<double>(kSliderEnd)))));
    m_field->setText(plots::figure(m_weight, m_weight > 0.99 ? plots::Figure::Fixed3 : plots::Figure::Fixed2));
}

QComboBox* TrainOptions::addChoice(const char* name, const QString& label, QLabel** labelWidget) {
    QLabel* caption = addLabel(label);
    auto* combo = new QComboBox(this);
    combo->setObjectName(QString::fromLatin1(name));
    combo->setAccessibleName(label);
    combo->setProperty("kind", "quiet");
    combo->setFont(plots::uiFont(12, QFont::Medium));
    layout()->addWidget(combo);
    if (labelWidget) *labelWidget = caption;
    return combo;
}

void TrainOptions::rescale() {
    fit(m_layer);
    fit(m_axis);
    m_field->setFixedWidth(plots::scaled(kFieldWidth));
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

void TrainOptions::stepLayer(int by) {
    const int next = m_layer->currentIndex() + by;
    if (next >= 0 && next < m_layer->count()) emit layerChosen(next);
}

void TrainOptions::stepSmoothing(int by) {
    if (by > 0) {
        const auto* next = std::ranges::upper_bound(kWeights, m_weight + 1e-9);
        setSmoothing(next == std::end(kWeights) ? kMostSmooth : *next);
    } else {
        const auto* next = std::ranges::lower_bound(kWeights, m_weight - 1e-9);
        setSmoothing(next == std::begin(kWeights) ? 0 : next[-1]);
    }
}

}  // namespace moescope::ui
