// Building and reading the controls.
#include "ui/compare_options.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

#include "plots/controls.hpp"
#include "plots/theme.hpp"
#include "ui/ask_key.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr double kWeights[] = {0.0, 0.5, 0.8, 0.9, 0.95, 0.99};
constexpr const char* kOther = "\n";   // no key is called so

QLabel* words(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("role", "label");
    label->setFont(plots::uiFont(12));
    return label;
}

template <class Widget>
Widget* named(Widget* widget, const char* id, const QString& label, const QString& tip = {}) {
    widget->setObjectName(QLatin1String(id));
    widget->setAccessibleName(label);
    widget->setToolTip(tip);
    return widget;
}

void addRow(QBoxLayout* rows, const QWidgetList& widgets) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (QWidget* widget : widgets) row->addWidget(widget);
    row->addStretch();
    rows->addLayout(row);
}

}  // namespace

CompareOptions::CompareOptions(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("compareOptions"));
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 8, 0, 4);
    lines->setSpacing(6);
    m_rows = new QBoxLayout(QBoxLayout::LeftToRight);
    m_rows->setSpacing(8);
    lines->addLayout(m_rows);
    buildCurveRow();
    buildGroupRow();
    m_groupRows = new QBoxLayout(QBoxLayout::LeftToRight);
    m_groupRows->setSpacing(8);
    lines->addLayout(m_groupRows);
    addRow(m_groupRows, {words(tr("Colour")), m_colour, words(tr("Dash")), m_dash, words(tr("Facet")), m_facet});
    addRow(m_groupRows, {words(tr("Mean")), m_mean, m_band});
    m_groupRows->setStretch(1, 1);
    offerKeys({});
}

void CompareOptions::buildCurveRow() {
    m_metric = named(new QComboBox, "compareMetric", tr("Metric"));
    for (const CompareMetric& each : compareMetrics()) {
        m_metric->addItem(each.title);
        m_metric->setItemData(m_metric->count() - 1, each.help, Qt::ToolTipRole);
    }
    m_metric->setMaxVisibleItems(20);
    m_element = named(new QComboBox, "compareElement", tr("Layer or domain"));
    m_axis = named(new plots::SegmentedControl, "compareAxis", tr("x-axis"));
    m_axis->setOptions({tr("steps"), tr("tokens"), tr("FLOPs"), tr("seconds")});
    m_smoothing = named(new QComboBox, "compareSmoothing", tr("Smoothing"));
    for (const double weight : kWeights) m_smoothing->addItem(weight == 0 ? tr("none") : QString::number(weight), weight);
    m_smoothing->setCurrentIndex(3);
    m_logY = named(new QCheckBox(tr("Log y")), "compareLogY", tr("Logarithmic y-axis"));
    addRow(m_rows, {m_metric, m_element, m_axis});
    addRow(m_rows, {words(tr("Smoothing")), m_smoothing, m_logY});
    m_rows->setStretch(1, 1);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &CompareOptions::wishChanged);
    connect(m_element, &QComboBox::currentIndexChanged, this, &CompareOptions::wishChanged);
    connect(m_axis, &plots::SegmentedControl::currentChanged, this, &CompareOptions::wishChanged);
    connect(m_smoothing, &QComboBox::currentIndexChanged, this, &CompareOptions::smoothingChanged);
    connect(m_logY, &QCheckBox::toggled, this, &CompareOptions::logYChanged);
}

void CompareOptions::buildGroupRow() {
    m_mean = named(new QComboBox, "compareMean", tr("What is averaged"),
                   tr("Over seeds: runs that differ in the seed alone become one line. Over groups: all runs of one colour, dash and picture do."));
    m_mean->addItems({tr("of nothing"), tr("over seeds"), tr("over groups")});
    m_mean->setCurrentIndex(1);
    m_band = named(new QComboBox, "compareBand", tr("Band of a mean"),
                   tr("The band around a mean: its 95 % bootstrap interval, one standard deviation of the runs, or from the least to the greatest run."));
    m_band->addItems({tr("95 % band"), tr("sd band"), tr("range band"), tr("no band")});
    m_colour = named(new QComboBox, "compareColour", tr("Colour by"), tr("Lines with the same value get the same colour (G)"));
    m_dash = named(new QComboBox, "compareDash", tr("Dash by"), tr("Lines with the same value get the same dashes"));
    m_facet = named(new QComboBox, "compareFacet", tr("Facet by"), tr("One picture for each value"));
    const std::pair<QComboBox*, std::string Grouping::*> channels[] = {{m_colour, &Grouping::colour}, {m_dash, &Grouping::dash}, {m_facet, &Grouping::facet}};
    for (const auto& [box, channel] : channels) {
        box->setMaxVisibleItems(24);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        connect(box, &QComboBox::activated, this, [this, box = box, channel = channel] { chooseChannel(box, channel); });
    }
    connect(m_mean, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_grouping.mean = static_cast<Mean>(index);
        emit lookChanged();
    });
    connect(m_band, &QComboBox::currentIndexChanged, this, &CompareOptions::lookChanged);
}

const CompareMetric& CompareOptions::metric() const { return compareMetrics()[static_cast<std::size_t>(std::max(0, m_metric->currentIndex()))]; }
void CompareOptions::setMetric(const std::string& series) { m_metric->setCurrentIndex(compareMetricIndex(series)); }
XAxis CompareOptions::axis() const { return static_cast<XAxis>(m_axis->current()); }
double CompareOptions::smoothing() const { return m_smoothing->currentData().toDouble(); }
Band CompareOptions::band() const { return static_cast<Band>(m_band->currentIndex()); }
bool CompareOptions::logY() const { return m_logY->isChecked(); }
void CompareOptions::setBand(Band band) { m_band->setCurrentIndex(static_cast<int>(band)); }
void CompareOptions::setSmoothing(double weight) { m_smoothing->setCurrentIndex(std::max(0, m_smoothing->findData(weight))); }
void CompareOptions::popUpGrouping() { m_colour->setFocus(Qt::ShortcutFocusReason), m_colour->showPopup(); }

void CompareOptions::setAxis(XAxis axis) {
    if (axis == this->axis()) return;
    m_axis->setCurrent(static_cast<int>(axis));
    emit wishChanged();
}

void CompareOptions::setGrouping(const Grouping& grouping) {
    if (grouping == m_grouping) return;
    m_grouping = grouping;
    const QSignalBlocker quiet(m_mean);
    m_mean->setCurrentIndex(static_cast<int>(grouping.mean));
    offerKeys(m_keys);
    emit lookChanged();
}

CompareWish CompareOptions::wish() const {
    CompareWish wish;
    wish.series = metric().series;
    wish.part = metric().part;
    if (wish.part == MetricPart::layer) wish.moeLayer = std::max(0, m_element->currentData().toInt());
    if (wish.part == MetricPart::domain) wish.domain = m_element->currentData().toString().toStdString();
    wish.axis = axis();
    return wish;
}

void CompareOptions::offerElements(const std::vector<CompareEntry>& entries) {
    const MetricPart part = metric().part;
    m_element->setVisible(part != MetricPart::none);
    QStringList labels, values, shown;
    for (const CompareEntry& entry : entries) {
        if (!entry.run) continue;
        const storage::RunFacts& facts = entry.run->meta.facts;
        if (part == MetricPart::layer)
            for (std::size_t i = static_cast<std::size_t>(labels.size()); i < facts.moeLayers.size(); ++i) {
                labels << tr("layer %1").arg(facts.moeLayers[i]);
                values << QString::number(i);
            }
        if (part == MetricPart::domain)
            for (const std::string& domain : facts.domains)
                if (const QString value = QString::fromStdString(domain); !values.contains(value)) {
                    labels << RunWords::oneLine(domain);
                    values << value;
                }
    }
    for (int i = 0; i < m_element->count(); ++i) shown << m_element->itemData(i).toString();
    if (shown == values) return;
    const QSignalBlocker quiet(m_element);
    const QString before = m_element->currentData().toString();
    m_element->clear();
    for (qsizetype i = 0; i < values.size(); ++i) m_element->addItem(labels[i], values[i]);
    m_element->setCurrentIndex(std::max(0, m_element->findData(before)));
}

void CompareOptions::offerKeys(const std::vector<std::string>& keys) {
    m_keys = keys;
    fillChannel(m_colour, &Grouping::colour);
    fillChannel(m_dash, &Grouping::dash);
    fillChannel(m_facet, &Grouping::facet);
}

void CompareOptions::fillChannel(QComboBox* box, std::string Grouping::*channel) {
    const std::string& chosen = m_grouping.*channel;
    std::vector<std::string> keys = m_keys;
    if (!chosen.empty() && std::ranges::find(keys, chosen) == keys.end()) keys.push_back(chosen);
    QStringList before, now{QString()};
    for (const std::string& key : keys) now << QString::fromStdString(key);
    now << QString::fromLatin1(kOther);
    for (int i = 0; i < box->count(); ++i) before << box->itemData(i).toString();
    const QSignalBlocker quiet(box);
    if (before != now) {
        box->clear();
        box->addItem(box == m_colour ? tr("run") : QStringLiteral("\u2013"), QString());
        for (const std::string& key : keys) box->addItem(keyTitle(key), QString::fromStdString(key));
        for (int i = 1; i < box->count(); ++i) box->setItemData(i, box->itemData(i), Qt::ToolTipRole);
        box->addItem(tr("Another key\u2026"), QString::fromLatin1(kOther));
    }
    box->setCurrentIndex(std::max(0, box->findData(QString::fromStdString(chosen))));
}

void CompareOptions::chooseChannel(QComboBox* box, std::string Grouping::*channel) {
    const std::string key = box->currentData().toString().toStdString();
    if (key == kOther) return askForKey(box, channel);
    if (m_grouping.*channel == key) return;
    m_grouping.*channel = key;
    emit lookChanged();
}

void CompareOptions::askForKey(QComboBox* box, std::string Grouping::*channel) {
    fillChannel(box, channel);
    const auto known = [this, channel](const std::string& key) {
        if (m_grouping.*channel == key) return;
        m_grouping.*channel = key;
        offerKeys(m_keys);
        emit lookChanged();
    };
    const auto unknown = [this](const QString& typed) {
        emit message(tr("\u201c%1\u201d is no field of a run and no setting. Write a key of the settings, tag, preset, router, group or state.").arg(typed));
    };
    ui::askForKey(this, {"groupKeyDialog", tr("Group by"), tr("A setting or a field of a run: router.score, tag, preset"), known, unknown});
}

void CompareOptions::setAveraged(bool on) { m_band->setVisible(on); }

void CompareOptions::fit(int room) {
    for (QBoxLayout* rows : {m_rows, m_groupRows}) {
        int needed = rows->spacing();
        for (int row = 0; row < rows->count(); ++row) needed += rows->itemAt(row)->sizeHint().width();
        rows->setDirection(needed > room ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    }
}

}  // namespace moescope::ui
