// The plots in their grid, common axes, and the key.
#include "ui/compare_facets.hpp"

#include <QGridLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "plots/chart_panels.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr int kLabelSpace = 128, kFacetLabelSpace = 96, kMarkWidth = 16, kGap = 16;

/// One range of y for all plots, so that they can be compared by eye.
void shareRange(std::vector<FacetLane>& lanes) {
    plots::Extent y;
    for (const FacetLane& lane : lanes)
        for (const plots::Curve& curve : lane.lane.curves)
            for (const std::vector<double>* values : {&curve.points.y, &curve.points.low, &curve.points.high}) y.add(plots::extentOf(*values));
    if (!y.valid) return;
    const double room = 0.04 * (y.hi - y.lo);
    for (FacetLane& lane : lanes) std::tie(lane.lane.y.lo, lane.lane.y.hi) = std::pair(y.lo - room, y.hi + room);
}

plots::XRange xRangeOf(const std::vector<FacetLane>& lanes) {
    plots::Extent x;
    for (const FacetLane& lane : lanes)
        for (const plots::Curve& curve : lane.lane.curves) x.add(plots::extentOf(curve.points.x));
    return {x.lo, x.hi};
}

}  // namespace

std::vector<ChannelMark> channelMarks(const std::vector<CompareGroup>& groups, const Grouping& grouping) {
    std::vector<ChannelMark> marks;
    const auto add = [&](const std::string& key, RunValue CompareGroup::*channel, bool dashed) {
        if (key.empty()) return;
        int rank = 0;
        for (const RunValue& value : channelValues(groups, channel)) {
            marks.push_back({keyTitle(key) + QLatin1Char(' ') + valueText(value), plots::Ink::run(rank)});
            if (dashed) marks.back().ink = plots::Ink{plots::Ink::Run, 7 + 8 * rank, 0, {}};
            ++rank;
        }
    };
    add(grouping.colour, &CompareGroup::colour, false);
    add(grouping.dash, &CompareGroup::dash, true);
    return marks;
}

ChannelKey::ChannelKey(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("compareKey"));
    setFixedHeight(20);
    setAccessibleName(tr("Key of colours and dashes"));
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void ChannelKey::setMarks(std::vector<ChannelMark> marks, const QString& note) {
    setVisible(!marks.empty() || !note.isEmpty());
    QStringList words;
    for (const ChannelMark& mark : marks) words << mark.text;
    if (!note.isEmpty()) words << note;
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    setToolTip(words.join(QLatin1Char('\n')));
    m_marks = std::move(marks);
    m_note = note;
    update();
}

void ChannelKey::paintEvent(QPaintEvent*) {
    const plots::Theme& theme = plots::theme();
    QPainter painter(this);
    painter.setFont(plots::uiFont(12));
    const QFontMetrics metrics = painter.fontMetrics();
    int x = 0;
    for (std::size_t i = 0; i < m_marks.size(); ++i) {
        const ChannelMark& mark = m_marks[i];
        const int needed = kMarkWidth + 6 + metrics.horizontalAdvance(mark.text) + kGap;
        const QString more = tr("and %1 more").arg(m_marks.size() - i);
        if (x + needed > width() - (i + 1 < m_marks.size() ? metrics.horizontalAdvance(more) : 0)) {
            painter.setPen(theme.text3);
            painter.drawText(x, 15, more);
            return;
        }
        QPen pen(plots::colorOf(theme, mark.ink), 3);
        pen.setCapStyle(Qt::FlatCap);
        if (!plots::dashOf(mark.ink).isEmpty()) pen.setDashPattern({1.6, 1});
        painter.setPen(pen);
        painter.drawLine(x, 10, x + kMarkWidth, 10);
        painter.setPen(theme.text2);
        painter.drawText(x + kMarkWidth + 6, 15, mark.text);
        x += needed;
    }
    painter.setPen(theme.text3);
    painter.drawText(QRect(x, 0, width() - x, height()), Qt::AlignVCenter, metrics.elidedText(m_note, Qt::ElideRight, width() - x));
}

CompareFacets::CompareFacets(QWidget* parent) : QWidget(parent), m_key(new ChannelKey), m_grid(new QGridLayout) {
    setObjectName(QStringLiteral("compareFacets"));
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(4);
    lines->addWidget(m_key);
    lines->addLayout(m_grid, 1);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(20);
    m_grid->setVerticalSpacing(10);
    m_key->hide();
    make(1);
    arrange(1);
    connect(&m_hub, &plots::CursorHub::clicked, this, [this](double x) {
        m_hub.setCursor(x);
        emit placed(x * m_xFactor, tr("at %1 %2").arg(plots::figure(x), m_xName));
    });
}

void CompareFacets::make(std::size_t count) {
    while (m_panels.size() < count) {
        auto* panel = new plots::LinePanel(this);
        panel->setObjectName(m_panels.empty() ? QStringLiteral("comparePanel") : QStringLiteral("comparePanel%1").arg(m_panels.size() + 1));
        panel->setHub(&m_hub);
        panel->setLabelValues(true);
        panel->setHoverCard(true);
        panel->setSmoothing(m_smoothing);
        panel->setLogY(m_logY);
        connect(panel, &plots::Panel::exportRequested, this, [this, panel](plots::ExportFormat format) { emit exportRequested(panel, format); });
        connect(panel, &plots::ChartPanel::curveClicked, this, &CompareFacets::runClicked);
        m_panels.push_back(panel);
    }
}

/// Up to three side by side.
void CompareFacets::arrange(std::size_t count) {
    const int columns = count <= 3 ? static_cast<int>(count) : count == 4 ? 2 : 3;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        m_grid->removeWidget(m_panels[i]);
        m_panels[i]->setVisible(i < count);
        m_panels[i]->setLabelSpace(count == 1 ? kLabelSpace : kFacetLabelSpace);
        if (i < count) m_grid->addWidget(m_panels[i], static_cast<int>(i) / columns, static_cast<int>(i) % columns);
    }
    for (int column = 0; column < 3; ++column) m_grid->setColumnStretch(column, column < columns ? 1 : 0);
    m_shown = count;
}

void CompareFacets::setLanes(std::vector<FacetLane> lanes, const FacetWords& words, const std::vector<ChannelMark>& marks) {
    const std::size_t all = lanes.size();
    if (words.xName != m_xName) m_hub.setCursor(std::nullopt);   // that place was on another axis
    m_xName = words.xName;
    m_xFactor = words.xFactor;
    if (lanes.size() > kMost) lanes.resize(kMost);
    if (lanes.empty()) lanes.emplace_back();
    make(lanes.size());
    if (lanes.size() != m_shown) arrange(lanes.size());
    m_key->setMarks(marks, all > kMost ? tr("The first %1 of %2 values of %3 are drawn; filter the runs to see the others.").arg(kMost).arg(all).arg(keyTitle(words.facet)) : QString());
    const bool several = lanes.size() > 1;
    if (several) shareRange(lanes);
    m_hub.setExtent(several ? std::optional(xRangeOf(lanes)) : std::nullopt);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        plots::LinePanel& panel = *m_panels[i];
        const QString value = keyTitle(words.facet) + QLatin1Char(' ') + valueText(lanes[i].facet);
        panel.setTitle(words.facet.empty() ? words.title : value, words.facet.empty() ? words.unit : words.title + (words.unit.isEmpty() ? QString() : QStringLiteral(", ") + words.unit));
        panel.setXAxis(words.xName, words.xTitle);
        panel.setYTitle(words.yTitle);
        panel.setEmptyText(words.empty);
        panel.setData(std::move(lanes[i].lane));
    }
}

void CompareFacets::setSmoothing(double weight) {
    m_smoothing = weight;
    for (plots::LinePanel* panel : m_panels) panel->setSmoothing(weight);
}

void CompareFacets::setLogY(bool on) {
    m_logY = on;
    for (plots::LinePanel* panel : m_panels) panel->setLogY(on);
}

std::vector<plots::LinePanel*> CompareFacets::panels() const { return {m_panels.begin(), m_panels.begin() + static_cast<std::ptrdiff_t>(m_shown)}; }

}  // namespace moescope::ui
