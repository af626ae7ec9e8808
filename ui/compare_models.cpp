// The table of layers.
#include "ui/compare_models.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/config/derived.hpp"
#include "core/config/layer_cost.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kRowHeight = 26;

/// One line of the table for one run; a layer that a run does not have is empty.
struct Line {
    QString shape = {};
    double total = 0, active = 0, flops = 0;
};

QString count(double value) { return value == 0 ? QStringLiteral("\u2013") : RunWords::parameters(value); }
QString mega(double flops) { return flops == 0 ? QStringLiteral("\u2013") : plots::figure(flops / 1e6); }

QString more(double a, double b) {
    if (a == b) return QStringLiteral("=");
    const QString size = RunWords::parameters(std::abs(b - a));
    return (b > a ? QStringLiteral("+") : QString(QChar(0x2212))) + size;
}

QString moreShare(double a, double b) {
    if (a == b) return QStringLiteral("=");
    if (a == 0 || b == 0) return QStringLiteral("\u2013");
    return (b > a ? QStringLiteral("+") : QString(QChar(0x2212))) + plots::figure(100 * std::abs(b - a) / a, plots::Figure::Fixed1) + QStringLiteral(" %");
}

Line lineOf(const config::RunConfig& config, std::int64_t layer) {
    if (layer >= config.model.layers) return {};
    const config::LayerCost cost = config::layerCost(config, layer);
    return {layerShape(config, layer), static_cast<double>(cost.paramsTotal), static_cast<double>(cost.paramsActive), cost.flopsTokenForward};
}

Line wholeOf(const config::RunConfig& config, std::int64_t vocabulary) {
    const config::Cost cost = config::cost(config, vocabulary);
    return {CompareModels::tr("%1 layers, width %2, %3 heads").arg(config.model.layers).arg(config.model.width).arg(config.model.heads), static_cast<double>(cost.paramsTotal), static_cast<double>(cost.paramsActive), cost.flopsTokenForward};
}

void addRow(TextTable& table, const QString& name, const Line& a, const Line& b) {
    table.rows << name;
    table.cells.push_back({a.shape, count(a.total), count(a.active), mega(a.flops), b.shape, count(b.total), count(b.active), mega(b.flops), more(a.total, b.total), more(a.active, b.active), moreShare(a.flops, b.flops)});
}

}  // namespace

QString layerShape(const config::RunConfig& config, std::int64_t layer) {
    const config::MoeShape shape = config::moeShape(config, layer);
    if (shape.experts == 0) return CompareModels::tr("dense, %1").arg(config::denseWidth(config));
    QString words = CompareModels::tr("%1 experts of %2, k %3").arg(shape.computing()).arg(shape.expertWidth).arg(shape.topK);
    if (shape.zeroComputation > 0) words += CompareModels::tr(", %1 without computation").arg(shape.zeroComputation);
    if (config.moe.residual != "none") words += CompareModels::tr(", 1 residual");
    if (config.moe.shared_experts > 0) words += CompareModels::tr(", %1 shared").arg(config.moe.shared_experts);
    return words;
}

TextTable modelDifference(const config::RunConfig& a, const config::RunConfig& b, std::int64_t vocabularyA, std::int64_t vocabularyB) {
    TextTable table;
    table.corner = CompareModels::tr("part");
    for (const char* side : {"A", "B"})
        for (const QString& what : {CompareModels::tr("shape"), CompareModels::tr("params"), CompareModels::tr("active"), CompareModels::tr("MFLOP/token")}) table.columns << QLatin1String(side) + QLatin1Char(' ') + what;
    table.columns << CompareModels::tr("B\u2212A params") << CompareModels::tr("B\u2212A active") << CompareModels::tr("B\u2212A FLOP");
    const Line wholeA = wholeOf(a, vocabularyA), wholeB = wholeOf(b, vocabularyB);
    addRow(table, CompareModels::tr("whole model"), wholeA, wholeB);
    Line restA = wholeA, restB = wholeB;
    for (std::int64_t layer = 0; layer < std::max(a.model.layers, b.model.layers); ++layer) {
        const Line one = lineOf(a, layer), two = lineOf(b, layer);
        addRow(table, CompareModels::tr("layer %1").arg(layer), one, two);
        for (const auto& [rest, line] : {std::pair(&restA, &one), {&restB, &two}}) rest->total -= line->total, rest->active -= line->active, rest->flops -= line->flops;
    }
    restA.shape = CompareModels::tr("vocabulary %1").arg(a.model.vocabulary > 0 ? a.model.vocabulary : vocabularyA);
    restB.shape = CompareModels::tr("vocabulary %1").arg(b.model.vocabulary > 0 ? b.model.vocabulary : vocabularyB);
    addRow(table, CompareModels::tr("embedding and head"), restA, restB);
    return table;
}

CompareModels::CompareModels(QWidget* parent) : QWidget(parent), m_title(new QLabel), m_words(new QLabel), m_table(new QTableWidget) {
    setObjectName(QStringLiteral("compareModels"));
    m_title->setObjectName(QStringLiteral("modelsTitle"));
    m_title->setProperty("role", "title");
    m_title->setFont(plots::uiFont(13, QFont::DemiBold));
    m_title->setTextFormat(Qt::PlainText);
    m_words->setProperty("role", "hint");
    m_words->setFont(plots::uiFont(12));
    m_words->setWordWrap(true);
    m_words->setText(tr("Counted from the settings; active: touched by one token; FLOP of one token's forward pass. What differs is strong. Choose another row of the table to set it against the baseline."));
    m_table->setObjectName(QStringLiteral("modelsTable"));
    m_table->setAccessibleName(tr("Architectures of two runs"));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->horizontalHeader()->setFont(plots::uiFont(12));
    m_table->verticalHeader()->setFont(plots::uiFont(12));
    m_table->verticalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { border: none; padding: 0 8px 0 0; }"));
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    auto* copy = new QPushButton(tr("Markdown"));
    copy->setObjectName(QStringLiteral("modelsMarkdown"));
    copy->setProperty("kind", "link");
    copy->setToolTip(tr("Copy the table"));
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(toMarkdown(m_values)); });
    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(copy);
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 8, 0, 0);
    lines->setSpacing(6);
    lines->addLayout(top);
    lines->addWidget(m_words);
    lines->addWidget(m_table, 1);
}

void CompareModels::setScene(const CompareScene& scene) {
    const int other = scene.other();
    const auto* a = scene.baseline >= 0 ? scene.entries[static_cast<std::size_t>(scene.baseline)].run.get() : nullptr;
    const auto* b = other >= 0 ? scene.entries[static_cast<std::size_t>(other)].run.get() : nullptr;
    const bool both = a && b && a->problem.empty();
    m_words->setVisible(both);
    m_table->setVisible(both);
    if (!both) return m_title->setText(tr("Two runs that can be read are needed to compare their architectures."));
    m_title->setText(tr("A = %1 (baseline), B = %2").arg(scene.entries[static_cast<std::size_t>(scene.baseline)].name, scene.entries[static_cast<std::size_t>(other)].name));
    const auto vocabulary = [](const ComparedRun& run) { return static_cast<std::int64_t>(run.meta.facts.vocabulary.size()); };
    const TextTable values = modelDifference(a->config, b->config, vocabulary(*a), vocabulary(*b));
    if (values == m_values) return;
    m_values = values;
    m_table->setColumnCount(static_cast<int>(values.columns.size()));
    m_table->setRowCount(static_cast<int>(values.rows.size()));
    m_table->setHorizontalHeaderLabels(values.columns);
    m_table->setVerticalHeaderLabels(values.rows);
    for (int row = 0; row < m_table->rowCount(); ++row)
        for (int column = 0; column < m_table->columnCount(); ++column) {
            const QStringList& cells = values.cells[static_cast<std::size_t>(row)];
            auto* item = new QTableWidgetItem(cells[column]);
            const bool differs = column >= 8 ? cells[column] != QLatin1String("=") : cells[column] != cells[(column + 4) % 8];
            item->setFont(plots::uiFont(12, differs ? QFont::DemiBold : QFont::Normal));
            item->setTextAlignment(Qt::AlignVCenter | (column % 4 == 0 && column < 8 ? Qt::AlignLeft : Qt::AlignRight));
            m_table->setItem(row, column, item);
        }
    m_table->resizeColumnsToContents();
}

}  // namespace moescope::ui
