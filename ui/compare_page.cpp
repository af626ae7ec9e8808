// The page: table, options, plot and side tables, and the reading behind them.
#include "ui/compare_page.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QResizeEvent>
#include <QScrollArea>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "plots/chart_panels.hpp"
#include "plots/controls.hpp"
#include "plots/empty_state.hpp"
#include "plots/theme.hpp"
#include "ui/compare_curves.hpp"
#include "ui/compare_reader.hpp"
#include "ui/compare_side.hpp"
#include "ui/compare_table.hpp"
#include "ui/compare_verdict.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kSideWidth = 320, kNarrow = 900, kLabelSpace = 128, kMargins = 24;

/// The axis in units that keep the ticks short; the curves' x are divided by `factor`.
struct AxisWords {
    QString name, title;
    double factor;
};

AxisWords axisWords(XAxis axis, double last) {
    switch (axis) {
        case XAxis::tokens: return {ComparePage::tr("tokens"), ComparePage::tr("trained tokens"), 1};
        case XAxis::flops: {
            static constexpr const char* units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"};
            int unit = 0;
            double factor = 1;
            for (; unit < 6 && last / factor >= 1000; ++unit) factor *= 1000;
            return {QLatin1String(units[unit]), ComparePage::tr("training compute, %1").arg(QLatin1String(units[unit])), factor};
        }
        case XAxis::seconds: return {ComparePage::tr("s"), ComparePage::tr("training time, seconds"), 1};
        default: return {ComparePage::tr("step"), ComparePage::tr("training step"), 1};
    }
}

QLabel* words(const QString& text) {
    auto* label = new QLabel(text);
    label->setProperty("role", "label");
    label->setFont(plots::uiFont(12));
    return label;
}

}  // namespace

struct ComparePage::Parts {
    Parts(ComparePage& owner, RunLibrary& runs) : page(owner), library(runs), reader(&owner) {}

    ComparePage& page;
    RunLibrary& library;
    CompareReader reader;
    CompareTable* table = new CompareTable;
    plots::LinePanel* panel = new plots::LinePanel;
    CompareSide* side = new CompareSide;
    plots::EmptyState* empty = new plots::EmptyState;
    QStackedLayout* stack = nullptr;
    QBoxLayout* optionRows = nullptr;
    QScrollArea* sideScroll = new QScrollArea;
    QComboBox *metric = new QComboBox, *element = new QComboBox;
    plots::SegmentedControl* axis = new plots::SegmentedControl;
    QComboBox *smoothing = new QComboBox, *band = new QComboBox;
    QCheckBox *logY = new QCheckBox(tr("Log y")), *bySeed = new QCheckBox(tr("Group seeds"));
    std::vector<CompareEntry> entries;
    int baseline = -1, request = 0;
    bool isComplete = true;

    /// What the verdict was computed from: it costs too much to repeat when nothing has changed.
    struct Basis {
        std::vector<ComparedRunPtr> runs;
        std::vector<QString> names;
        std::vector<std::vector<std::size_t>> groups;
        int baseline = -1;
        double smoothing = 0;
        bool operator==(const Basis&) const = default;
    };
    Basis basis;
    DrawnComparison drawn;

    void build();
    QWidget* buildOptions();
    void connectParts();
    void read();
    void onRead(int request, const ComparedRunPtr& run);
    void show();
    void showElements();
    void showPlot();
    void showVerdict(const std::vector<CompareGroup>& groups);
    void chooseRow();
    void fitOptions();
    void takeNames();
    void setBaseline(int entry);
    void remove(int entry);
    void save(plots::ExportFormat format);
    void saveReport();
    const CompareMetric& chosen() const { return compareMetrics()[static_cast<std::size_t>(std::max(0, metric->currentIndex()))]; }
    CompareWish wish() const;
};

QWidget* ComparePage::Parts::buildOptions() {
    for (const CompareMetric& each : compareMetrics()) {
        metric->addItem(each.title);
        metric->setItemData(metric->count() - 1, each.help, Qt::ToolTipRole);
    }
    const auto name = [](QWidget* widget, const char* id, const QString& label) {
        widget->setObjectName(QLatin1String(id));
        widget->setAccessibleName(label);
    };
    name(metric, "compareMetric", tr("Metric"));
    name(element, "compareElement", tr("Layer or domain"));
    name(axis, "compareAxis", tr("x-axis"));
    name(smoothing, "compareSmoothing", tr("Smoothing"));
    name(logY, "compareLogY", tr("Logarithmic y-axis"));
    name(band, "compareBand", tr("Band of a group"));
    name(bySeed, "compareBySeed", tr("Group runs that differ only in the seed"));
    metric->setMaxVisibleItems(20);
    axis->setOptions({tr("steps"), tr("tokens"), tr("FLOPs"), tr("seconds")});
    for (const double weight : {0.0, 0.5, 0.8, 0.9, 0.95, 0.99}) smoothing->addItem(weight == 0 ? tr("none") : QString::number(weight), weight);
    smoothing->setCurrentIndex(3);
    bySeed->setChecked(true);
    bySeed->setToolTip(tr("Runs that differ only in the seed become one line: their mean, with a band."));
    band->addItems({tr("95 % band"), tr("range band")});
    band->setToolTip(tr("The band around a group's mean: its 95 % bootstrap interval over seeds, or from the least to the greatest seed."));
    auto* options = new QWidget;
    optionRows = new QBoxLayout(QBoxLayout::LeftToRight, options);
    optionRows->setContentsMargins(0, 8, 0, 4);
    optionRows->setSpacing(8);
    for (const QWidgetList& part : {QWidgetList{metric, element, axis}, QWidgetList{words(tr("Smoothing")), smoothing, logY, bySeed, band}}) {
        auto* row = new QHBoxLayout;
        row->setSpacing(8);
        for (QWidget* widget : part) row->addWidget(widget);
        row->addStretch();
        optionRows->addLayout(row);
    }
    optionRows->setStretch(1, 1);
    return options;
}

void ComparePage::Parts::build() {
    page.setObjectName(QStringLiteral("comparePage"));
    page.setAttribute(Qt::WA_StyledBackground);
    page.setProperty("role", "surface");
    empty->setContent({QStringLiteral("compare"), tr("Choose two runs to compare"), tr("Select them in the list of runs with Ctrl or Shift, then Compare."), {}, false});
    panel->setObjectName(QStringLiteral("comparePanel"));
    panel->setLabelSpace(kLabelSpace);
    panel->setLabelValues(true);
    panel->setHoverCard(true);
    auto* main = new QWidget;
    auto* lines = new QVBoxLayout(main);
    lines->setContentsMargins(16, 6, 8, 8);
    lines->setSpacing(2);
    lines->addWidget(table);
    lines->addWidget(buildOptions());
    lines->addWidget(panel, 1);
    sideScroll->setWidget(side);
    sideScroll->setWidgetResizable(true);
    sideScroll->setFrameShape(QFrame::NoFrame);
    sideScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    sideScroll->setFixedWidth(kSideWidth);
    auto* full = new QWidget;
    auto* columns = new QHBoxLayout(full);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(main, 1);
    columns->addWidget(sideScroll);
    stack = new QStackedLayout(&page);
    stack->setContentsMargins(0, 0, 0, 0);
    stack->setSizeConstraint(QLayout::SetNoConstraint);
    stack->addWidget(empty);
    stack->addWidget(full);
}

void ComparePage::Parts::connectParts() {
    QObject::connect(&reader, &CompareReader::read, &page, [this](int answered, const ComparedRunPtr& run) { onRead(answered, run); });
    QObject::connect(&reader, &CompareReader::finished, &page, [this](int answered) {
        if (answered != request) return;
        isComplete = true;
        show();
        emit page.completed();
    });
    QObject::connect(metric, &QComboBox::currentIndexChanged, &page, [this] {
        showElements();
        read();
    });
    QObject::connect(element, &QComboBox::currentIndexChanged, &page, [this] { read(); });
    QObject::connect(axis, &plots::SegmentedControl::currentChanged, &page, [this] { read(); });
    QObject::connect(smoothing, &QComboBox::currentIndexChanged, &page, [this] {
        panel->setSmoothing(smoothing->currentData().toDouble());
        if (isComplete) showVerdict(groupEntries(entries, bySeed->isChecked()));
    });
    QObject::connect(logY, &QCheckBox::toggled, &page, [this](bool on) { panel->setLogY(on); });
    QObject::connect(bySeed, &QCheckBox::toggled, &page, [this] { show(); });
    QObject::connect(band, &QComboBox::currentIndexChanged, &page, [this] { show(); });
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, &page, [this] { chooseRow(); });
    QObject::connect(&side->verdict(), &CompareVerdict::reportRequested, &page, [this] { saveReport(); });
    QObject::connect(table, &CompareTable::baselineRequested, &page, [this](int entry) { setBaseline(entry); });
    QObject::connect(table, &CompareTable::removeRequested, &page, [this](int entry) { remove(entry); });
    QObject::connect(table, &CompareTable::openRequested, &page, [this](int entry) { emit page.runActivated(QString::fromStdString(entries[static_cast<std::size_t>(entry)].ulid)); });
    QObject::connect(panel, &plots::Panel::exportRequested, &page, [this](plots::ExportFormat format) { save(format); });
    QObject::connect(&library, &RunLibrary::changed, &page, [this] {
        if (entries.empty()) return;
        takeNames();
        show();
    });
}

CompareWish ComparePage::Parts::wish() const {
    const CompareMetric& metric = chosen();
    CompareWish wish;
    wish.series = metric.series;
    wish.part = metric.part;
    if (metric.part == MetricPart::layer) wish.moeLayer = std::max(0, element->currentData().toInt());
    if (metric.part == MetricPart::domain) wish.domain = element->currentData().toString().toStdString();
    wish.axis = static_cast<XAxis>(axis->current());
    return wish;
}

void ComparePage::Parts::read() {
    if (entries.empty()) return;
    isComplete = false;
    std::vector<std::pair<QString, QString>> runs;
    for (const CompareEntry& entry : entries) {
        const QString ulid = QString::fromStdString(entry.ulid);
        runs.emplace_back(ulid, library.runFolder(ulid));
    }
    request = reader.request(runs, wish());
}

void ComparePage::Parts::onRead(int answered, const ComparedRunPtr& run) {
    if (answered != request) return;
    const auto entry = std::ranges::find(entries, run->ulid, &CompareEntry::ulid);
    if (entry == entries.end()) return;
    entry->run = run;
    if (isComplete) show();  // a run has grown; while all are read, the picture waits for the last
}

void ComparePage::Parts::takeNames() {
    for (CompareEntry& entry : entries) {
        const storage::RunRow* row = library.find(QString::fromStdString(entry.ulid));
        entry.name = row ? RunWords::oneLine(row->name) : entry.run ? RunWords::oneLine(entry.run->meta.name) : QString::fromStdString(entry.ulid);
        entry.ink = RunWords::ink(entry.ulid, row ? row->colour : std::string());
    }
    tellApart(entries);
}

void ComparePage::Parts::show() {
    stack->setCurrentIndex(entries.empty() ? 0 : 1);
    takeNames();
    showElements();
    const std::vector<CompareGroup> groups = groupEntries(entries, bySeed->isChecked());
    const int row = table->currentIndex().row(), column = std::max(0, table->currentIndex().column());
    table->rows().show(entries, groups, baseline);
    if (row >= 0 && row < table->rows().rowCount()) table->setCurrentIndex(table->rows().index(row, column));
    bySeed->setVisible(groupEntries(entries, true).size() < entries.size());
    band->setVisible(groups.size() < entries.size());
    fitOptions();
    side->setEntries(representatives(entries, groups));
    if (!isComplete) return;  // until then some runs still hold the curve of another metric or axis
    showPlot();
    showVerdict(groups);
}

void ComparePage::Parts::showVerdict(const std::vector<CompareGroup>& groups) {
    if (entries.empty()) return;
    Basis now;
    for (const CompareEntry& entry : entries) {
        now.runs.push_back(entry.run);
        now.names.push_back(entry.name);
    }
    for (const CompareGroup& group : groups) now.groups.push_back(group.members);
    now.baseline = baseline;
    now.smoothing = chosen().noisy ? smoothing->currentData().toDouble() : 0;
    if (now == basis) return;
    basis = std::move(now);
    drawn = compareDrawn(entries, groups, baseline, chosen(), static_cast<XAxis>(axis->current()), basis.smoothing);
    side->verdict().setComparison(drawn);
}

/// One row where all of it has room.
void ComparePage::Parts::fitOptions() {
    int needed = optionRows->spacing();
    for (int row = 0; row < optionRows->count(); ++row) needed += optionRows->itemAt(row)->sizeHint().width();
    const int room = page.width() - (page.width() >= kNarrow ? kSideWidth : 0) - kMargins;
    optionRows->setDirection(needed > room ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void ComparePage::Parts::chooseRow() {
    if (table->currentIndex().isValid()) side->verdict().choose(table->rows().entry(table->currentIndex())->ulid);
}

void ComparePage::Parts::showElements() {
    const MetricPart part = chosen().part;
    element->setVisible(part != MetricPart::none);
    QStringList labels, values;
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
    QStringList shown;
    for (int i = 0; i < element->count(); ++i) shown << element->itemData(i).toString();
    if (shown == values) return;
    const QSignalBlocker quiet(element);
    const QString before = element->currentData().toString();
    element->clear();
    for (qsizetype i = 0; i < values.size(); ++i) element->addItem(labels[i], values[i]);
    element->setCurrentIndex(std::max(0, element->findData(before)));
}

void ComparePage::Parts::showPlot() {
    const CompareMetric& metric = chosen();
    plots::Lane lane = compareLane(entries, groupEntries(entries, bySeed->isChecked()), baseline, metric, static_cast<Band>(band->currentIndex()));
    double last = 0;
    for (const plots::Curve& curve : lane.curves) last = std::max(last, curve.points.x.back());
    const AxisWords words = axisWords(static_cast<XAxis>(axis->current()), last);
    if (words.factor != 1)
        for (plots::Curve& curve : lane.curves)
            for (double& x : curve.points.x) x /= words.factor;
    const bool banded = std::ranges::any_of(groupEntries(entries, bySeed->isChecked()), [](const CompareGroup& group) { return group.members.size() > 1; });
    panel->setTitle(metric.title, metric.unit + (banded ? (metric.unit.isEmpty() ? QString() : QStringLiteral(", ")) + (band->currentIndex() == 0 ? tr("mean and 95 % band over seeds") : tr("mean, band from least to greatest seed")) : QString()));
    panel->setXAxis(words.name, words.title);
    panel->setYTitle(metric.unit.isEmpty() ? metric.title : metric.title + QStringLiteral(", ") + metric.unit);
    panel->setEmptyText(tr("none of these runs has stored it"));
    panel->setSmoothing(smoothing->currentData().toDouble());
    panel->setData(std::move(lane));
}

void ComparePage::Parts::setBaseline(int entry) {
    baseline = entry;
    show();
}

void ComparePage::Parts::remove(int entry) {
    const std::string pinned = baseline >= 0 ? entries[static_cast<std::size_t>(baseline)].ulid : std::string();
    entries.erase(entries.begin() + entry);
    const auto kept = std::ranges::find(entries, pinned, &CompareEntry::ulid);
    baseline = kept != entries.end() ? static_cast<int>(kept - entries.begin()) : entries.empty() ? -1 : 0;
    read();
    show();
}

void ComparePage::Parts::save(plots::ExportFormat format) {
    const QString suffix = plots::exportSuffix(format);
    QString path = page.askFileName(QStringLiteral("compare_") + QString::fromStdString(chosen().series) + QLatin1Char('.') + suffix, tr("%1 files (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty()) return;
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) path += QLatin1Char('.') + suffix;
    QString error;
    emit page.message(panel->save(format, path, &error) ? tr("Saved %1").arg(path) : error);
}

void ComparePage::Parts::saveReport() {
    const auto* comparison = std::get_if<statistics::Comparison>(&drawn.answer);
    if (entries.empty() || !isComplete || !comparison || comparison->groups.empty()) {
        emit page.message(tr("There is no comparison to report. Choose runs in the list with Ctrl or Shift, then Compare."));
        return;
    }
    QString path = page.askFileName(QStringLiteral("comparison.html"), tr("HTML (*.html);;Markdown (*.md)"));
    if (path.isEmpty()) return;
    const bool markdown = path.endsWith(QLatin1String(".md"), Qt::CaseInsensitive);
    if (!markdown && !path.endsWith(QLatin1String(".html"), Qt::CaseInsensitive)) path += QStringLiteral(".html");
    const statistics::Report report = statistics::reportOf(*comparison, drawn.configs);
    try {
        base::replaceAtomically(path.toStdString(), markdown ? statistics::toMarkdown(report) : statistics::toHtml(report));
        emit page.message(tr("Saved %1").arg(path));
    } catch (const base::Error& error) {
        emit page.message(QString::fromStdString(error.happened() + ": " + error.where() + ". " + error.advice() + "."));
    }
}

ComparePage::ComparePage(RunLibrary& library, EngineLink&, QWidget* parent) : QWidget(parent), m_parts(std::make_unique<Parts>(*this, library)) {
    askFileName = [this](const QString& suggested, const QString& filter) { return QFileDialog::getSaveFileName(this, tr("Export"), suggested, filter); };
    m_parts->build();
    m_parts->connectParts();
    m_parts->show();
}

ComparePage::~ComparePage() = default;

void ComparePage::setRuns(const QStringList& ulids) {
    std::vector<CompareEntry> entries;
    for (const QString& ulid : ulids) {
        const auto known = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
        if (known != m_parts->entries.end()) entries.push_back(*known);
        else entries.push_back({nullptr, ulid.toStdString(), {}, {}, true});
    }
    m_parts->entries = std::move(entries);
    m_parts->baseline = m_parts->entries.empty() ? -1 : 0;
    m_parts->isComplete = m_parts->entries.empty();
    m_parts->show();
    m_parts->read();
}

QStringList ComparePage::runs() const {
    QStringList ulids;
    for (const CompareEntry& entry : m_parts->entries) ulids << QString::fromStdString(entry.ulid);
    return ulids;
}

void ComparePage::setBaseline(const QString& ulid) {
    const auto entry = std::ranges::find(m_parts->entries, ulid.toStdString(), &CompareEntry::ulid);
    if (entry != m_parts->entries.end()) m_parts->setBaseline(static_cast<int>(entry - m_parts->entries.begin()));
}

bool ComparePage::complete() const { return m_parts->isComplete; }

QSize ComparePage::minimumSizeHint() const { return {480, 400}; }

plots::LinePanel& ComparePage::panel() { return *m_parts->panel; }

void ComparePage::saveReport() { m_parts->saveReport(); }

void ComparePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_parts->sideScroll->setVisible(width() >= kNarrow);
    m_parts->fitOptions();
}

}  // namespace moescope::ui
