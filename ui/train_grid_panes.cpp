// The grid as people arrange it: scales of the plots, metrics put on them by drag or key, plots of their own.
#include <QDragEnterEvent>
#include <QMenu>
#include <QMimeData>
#include <QRubberBand>

#include <algorithm>

#include <qcustomplot.h>

#include "plots/chart_panels.hpp"
#include "ui/help_text.hpp"
#include "ui/metric_list.hpp"
#include "ui/train_grid.hpp"

namespace moescope::ui {
namespace {

using plots::ScaleKind;

constexpr auto kRemoval = "removesMetric";

QString firstFreeName(const std::vector<AddedMetric>& added) {
    for (int number = 1;; ++number) {
        const QString name = QStringLiteral("own%1").arg(number);
        if (std::ranges::find(added, name, &AddedMetric::panel) == added.end()) return name;
    }
}

}  // namespace

// ---- scales --------------------------------------------------------------------------------------------------------

void TrainGrid::connectChart(plots::ChartPanel* chart) {
    chart->setIgnoreOutliers(m_ignoreOutliers);
    connect(chart, &plots::ChartPanel::yScaleChosen, this, [this, chart](ScaleKind kind) {
        chart->setYScale(kind);
        emit lookChanged();
    });
    connect(chart, &plots::ChartPanel::outliersChosen, this, &TrainGrid::outliersChosen);
}

void TrainGrid::setIgnoreOutliers(bool on) {
    m_ignoreOutliers = on;
    for (const Slot& slot : m_slots)
        if (auto* chart = qobject_cast<plots::ChartPanel*>(slot.panel)) chart->setIgnoreOutliers(on);
}

void TrainGrid::cycleYScale(plots::Panel* panel) {
    auto* chart = qobject_cast<plots::ChartPanel*>(panel);
    if (!chart) return;
    chart->setYScale(static_cast<ScaleKind>((static_cast<int>(chart->yScale()) + 1) % 3));
    emit lookChanged();
}

std::map<QString, ScaleKind> TrainGrid::yScales() const {
    std::map<QString, ScaleKind> scales;
    for (const Slot& slot : m_slots)
        if (const auto* chart = qobject_cast<const plots::ChartPanel*>(slot.panel); chart && chart->yScale() != ScaleKind::Linear) scales[slot.panel->objectName()] = chart->yScale();
    return scales;
}

void TrainGrid::setYScales(const std::map<QString, ScaleKind>& scales) {
    for (const Slot& slot : m_slots)
        if (auto* chart = qobject_cast<plots::ChartPanel*>(slot.panel)) {
            const auto found = scales.find(slot.panel->objectName());
            chart->setYScale(found == scales.end() ? ScaleKind::Linear : found->second);
        }
}

// ---- which plot is meant -------------------------------------------------------------------------------------------

plots::Panel* TrainGrid::panelNamed(const QString& name) const {
    const auto found = std::ranges::find_if(m_slots, [&](const Slot& slot) { return slot.panel->objectName() == name; });
    return found == m_slots.end() ? nullptr : found->panel;
}

plots::Panel* TrainGrid::pointedPanel() {
    const auto shown = shownPanels();
    for (plots::Panel* panel : shown)
        if (panel->isVisible() && panel->plot()->hasFocus()) return panel;
    for (plots::Panel* panel : shown)
        if (panel->isVisible() && panel->underMouse()) return panel;
    if (m_pointed && std::ranges::find(shown, m_pointed.data()) != shown.end()) return m_pointed;
    return m_loss;
}

bool TrainGrid::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::Enter)
        for (const Slot& slot : m_slots)
            if (watched == slot.panel->plot() && m_pointed != slot.panel) {
                m_pointed = slot.panel;
                emit pointedChanged(qobject_cast<plots::ChartPanel*>(slot.panel) ? slot.panel->header()->title() : QString());
            }
    return QWidget::eventFilter(watched, event);
}

// ---- metrics of people's own ---------------------------------------------------------------------------------------

bool TrainGrid::isOwn(const plots::Panel* panel) const { return std::ranges::find(m_own, panel) != m_own.end(); }

void TrainGrid::addMetric(const QString& metric, plots::Panel* to) {
    const QString panel = qobject_cast<plots::ChartPanel*>(to) ? to->objectName() : firstFreeName(m_added);
    const AddedMetric wanted{metric, panel};
    if (std::ranges::find(m_added, wanted) != m_added.end()) return;
    std::vector<AddedMetric> next = m_added;
    next.push_back(wanted);
    setAdded(std::move(next));
    emit lookChanged();
}

void TrainGrid::setAdded(std::vector<AddedMetric> added) {
    if (added == m_added) return;
    m_added = std::move(added);
    makeOwnPanels();
    if (m_maximised && panelNamed(m_maximised->objectName()) != m_maximised) m_maximised = nullptr;
    arrange();
    if (m_data) nameEverything();
    refresh();
}

void TrainGrid::makeOwnPanels() {
    std::vector<QString> wanted;
    for (const AddedMetric& each : m_added)
        if (each.panel.startsWith(QLatin1String("own")) && std::ranges::find(wanted, each.panel) == wanted.end()) wanted.push_back(each.panel);
    std::vector<plots::Panel*> kept;
    for (plots::Panel* panel : m_own) {
        if (std::ranges::find(wanted, panel->objectName()) != wanted.end()) {
            kept.push_back(panel);
            continue;
        }
        std::erase_if(m_slots, [panel](const Slot& slot) { return slot.panel == panel; });
        if (m_maximised == panel) m_maximised = nullptr;
        panel->hide();
        panel->deleteLater();
    }
    m_own = std::move(kept);
    for (const QString& name : wanted) {
        if (panelNamed(name)) continue;
        auto* panel = new plots::LanesPanel(this);
        add(panel, name.toLatin1().constData(), QString(), [] {});
        panel->setSmoothing(m_smoothing);
        m_own.push_back(panel);
    }
}

void TrainGrid::fillAdded(plots::Panel* panel) {
    auto* chart = qobject_cast<plots::ChartPanel*>(panel);
    if (!chart || !m_data) return;
    std::vector<plots::Lane> lanes;
    QStringList titles;
    for (const AddedMetric& each : m_added) {
        if (each.panel != panel->objectName()) continue;
        titles << each.metric;
        plots::Lane lane = metricLane(*m_data, m_view, each.metric);
        for (plots::Curve& curve : lane.curves)
            if (curve.ink.kind == plots::Ink::Run) curve.ink = m_ink;
        if (!lane.curves.empty()) lanes.push_back(std::move(lane));
    }
    if (isOwn(panel)) {
        panel->setTitle(titles.join(QStringLiteral(", ")), m_data->moeLayers() > 0 ? layerName() : QString());
        QString card;
        for (const QString& metric : titles) card += metricCard(metric.toStdString());
        setHelp(panel->header(), card);
        if (lanes.size() == 1) lanes.front().name.clear();
        static_cast<plots::LanesPanel*>(chart)->setData(std::move(lanes));
    } else {
        chart->setExtraLanes(std::move(lanes));
    }
}

void TrainGrid::offerRemoval(plots::Panel* panel) {
    QMenu* menu = panel->header()->menu();
    for (QAction* action : menu->actions())
        if (action->property(kRemoval).isValid()) delete action;
    for (const AddedMetric& each : m_added) {
        if (each.panel != panel->objectName()) continue;
        QAction* action = menu->addAction(tr("Remove %1").arg(each.metric), this, [this, each] {
            std::vector<AddedMetric> next = m_added;
            std::erase(next, each);
            setAdded(std::move(next));
            emit lookChanged();
        });
        action->setProperty(kRemoval, true);
    }
}

// ---- dropping ------------------------------------------------------------------------------------------------------

plots::Panel* TrainGrid::panelAt(QPoint place) const {
    for (plots::Panel* panel : shownPanels())
        if (panel->isVisible() && panel->geometry().contains(place)) return panel;
    return nullptr;
}

void TrainGrid::markTarget(const plots::Panel* panel) {
    if (!m_target) m_target = new QRubberBand(QRubberBand::Rectangle, this);
    const bool joins = qobject_cast<const plots::ChartPanel*>(panel);
    m_target->setGeometry(joins ? panel->geometry() : QRect(0, height() - 28, width(), 28));
    m_target->show();
    m_target->raise();
}

void TrainGrid::dragEnterEvent(QDragEnterEvent* event) {
    if (m_data && event->mimeData()->hasFormat(QLatin1String(kMetricMime))) event->acceptProposedAction();
}

void TrainGrid::dragMoveEvent(QDragMoveEvent* event) {
    if (!event->mimeData()->hasFormat(QLatin1String(kMetricMime))) return;
    markTarget(panelAt(event->position().toPoint()));
    event->acceptProposedAction();
}

void TrainGrid::dragLeaveEvent(QDragLeaveEvent*) {
    if (m_target) m_target->hide();
}

void TrainGrid::dropEvent(QDropEvent* event) {
    if (m_target) m_target->hide();
    const QByteArray metric = event->mimeData()->data(QLatin1String(kMetricMime));
    if (metric.isEmpty()) return;
    addMetric(QString::fromUtf8(metric), panelAt(event->position().toPoint()));
    event->acceptProposedAction();
}

}  // namespace moescope::ui
