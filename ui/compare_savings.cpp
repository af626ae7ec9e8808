// The lines, the table and the sentence of savings.
#include "ui/compare_savings.hpp"

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

#include "core/statistics/verdict.hpp"
#include "plots/chart_panels.hpp"

namespace moescope::ui {
namespace {

constexpr int kRowHeight = 26, kLabelSpace = 128;

QString percent(double share) { return plots::figure(100 * share, plots::Figure::Integer) + QStringLiteral(" %"); }

QString cell(const statistics::Savings& savings) {
    if (std::isfinite(savings.share)) {
        if (!savings.interval.known()) return percent(savings.share);
        return CompareSavings::tr("%1 (%2 to %3)").arg(percent(savings.share), plots::figure(100 * savings.interval.low, plots::Figure::Integer), plots::figure(100 * savings.interval.high, plots::Figure::Integer));
    }
    return std::isfinite(savings.atMost) ? CompareSavings::tr("at most %1").arg(percent(savings.atMost)) : QStringLiteral("\u2013");
}

QString axisWord(XAxis axis) {
    switch (axis) {
        case XAxis::tokens: return CompareSavings::tr("tokens");
        case XAxis::flops: return CompareSavings::tr("FLOPs");
        case XAxis::seconds: return CompareSavings::tr("seconds");
        default: return CompareSavings::tr("steps");
    }
}

}  // namespace

plots::Lane savingsLane(const StudiedSavings& savings, const std::vector<CompareGroup>& groups) {
    plots::Lane lane;
    for (std::size_t pair = 0; pair < savings.whole.pairs.size(); ++pair) {
        const std::size_t group = savings.whole.pairs[pair].group;
        const QString name = QString::fromStdString(savings.whole.groups[group].name);
        const auto drawn = std::ranges::find(groups, name, &CompareGroup::name);
        plots::Curve curve;
        curve.id = curve.name = name;
        curve.role = plots::CurveRole::Run;
        curve.ink = drawn != groups.end() ? drawn->ink : plots::Ink::run(static_cast<int>(group));
        curve.endLabel = true;
        curve.inReadout = false;
        curve.figure = plots::Figure::Integer;
        curve.unit = QStringLiteral("%");
        for (const statistics::HorizonSavings& at : savings.shares) {
            const statistics::Savings& value = at.pairs[pair];
            if (!std::isfinite(value.share)) continue;
            curve.points.x.push_back(100 * at.share);
            curve.points.y.push_back(100 * value.share);
            curve.points.low.push_back(100 * (value.interval.known() ? value.interval.low : value.share));
            curve.points.high.push_back(100 * (value.interval.known() ? value.interval.high : value.share));
        }
        if (!curve.points.empty()) lane.curves.push_back(std::move(curve));
    }
    if (!lane.curves.empty()) lane.references.push_back({0, CompareSavings::tr("as much as the baseline")});
    return lane;
}

TextTable savingsTable(const StudiedSavings& savings) {
    TextTable table;
    table.corner = CompareSavings::tr("of the horizon");
    for (const statistics::Pair& pair : savings.whole.pairs) table.columns << QString::fromStdString(savings.whole.groups[pair.group].name);
    for (const statistics::HorizonSavings& at : savings.shares) {
        table.rows << CompareSavings::tr("%1, %2").arg(percent(at.share), QString::fromStdString(statistics::placeText(savings.whole.question.axis, at.horizon)));
        QStringList cells;
        for (const statistics::Savings& pair : at.pairs) cells << cell(pair);
        table.cells.push_back(cells);
    }
    return table;
}

CompareSavings::CompareSavings(QWidget* parent) : QWidget(parent), m_panel(new plots::LinePanel), m_table(new QTableWidget), m_words(new QLabel) {
    setObjectName(QStringLiteral("compareSavings"));
    m_panel->setObjectName(QStringLiteral("savingsPanel"));
    m_panel->setLabelSpace(kLabelSpace);
    m_panel->setLabelValues(true);
    m_panel->setXAxis(QStringLiteral("%"), tr("share of the common horizon, %"));
    m_table->setObjectName(QStringLiteral("savingsTable"));
    m_table->setAccessibleName(tr("Savings over horizons"));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setFont(plots::uiFont(12));
    m_table->horizontalHeader()->setFont(plots::uiFont(12));
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setDefaultSectionSize(150);
    m_table->verticalHeader()->setFont(plots::uiFont(12));
    m_table->verticalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { border: none; padding: 0; }"));
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_words->setProperty("role", "hint");
    m_words->setFont(plots::uiFont(12));
    m_words->setWordWrap(true);
    m_words->setTextFormat(Qt::PlainText);
    auto* copy = new QPushButton(tr("Markdown"));
    copy->setObjectName(QStringLiteral("savingsMarkdown"));
    copy->setProperty("kind", "link");
    copy->setToolTip(tr("Copy the table"));
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(toMarkdown(m_values)); });
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_words, 1);
    bottom->addWidget(copy, 0, Qt::AlignTop);
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 4, 0, 0);
    lines->setSpacing(6);
    lines->addWidget(m_panel, 1);
    lines->addLayout(bottom);
    lines->addWidget(m_table);
    connect(m_panel, &plots::Panel::exportRequested, this, [this](plots::ExportFormat format) { emit exportRequested(m_panel, format); });
}

void CompareSavings::setSavings(const StudiedSavings& savings, const std::vector<CompareGroup>& groups, XAxis axis) {
    plots::Lane lane = savings.problem.isEmpty() ? savingsLane(savings, groups) : plots::Lane();
    m_panel->setTitle(tr("Savings against horizon"), tr("% of the baseline's %1, with 95 % interval").arg(axisWord(axis)));
    m_panel->setEmptyText(!savings.problem.isEmpty() ? savings.problem : savings.whole.pairs.empty() ? tr("one group alone has nothing to save against") : tr("no group reaches the baseline's loss with seeds that both share"));
    m_panel->setData(std::move(lane));
    m_values = savings.problem.isEmpty() ? savingsTable(savings) : TextTable();
    m_words->setText(tr("What a group needs to reach what the baseline's run of the same seed has when training ends at that share of the horizon, and to stay there for three evaluations. "
                        "Above 0 it needs less. At most: not every seed got there, so the horizon stands in its place."));
    m_table->setVisible(!m_values.columns.isEmpty());
    m_table->setColumnCount(static_cast<int>(m_values.columns.size()));
    m_table->setRowCount(static_cast<int>(m_values.rows.size()));
    m_table->setHorizontalHeaderLabels(m_values.columns);
    m_table->setVerticalHeaderLabels(m_values.rows);
    for (int row = 0; row < m_table->rowCount(); ++row)
        for (int column = 0; column < m_table->columnCount(); ++column) m_table->setItem(row, column, new QTableWidgetItem(m_values.cells[static_cast<std::size_t>(row)][column]));
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() + m_table->rowCount() * kRowHeight + 14);
}

}  // namespace moescope::ui
