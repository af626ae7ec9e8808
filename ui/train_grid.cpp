// Makes, places and fills the panels.
#include "ui/train_grid.hpp"

#include <QEvent>
#include <QGridLayout>
#include <QMenu>
#include <QRubberBand>

#include <qcustomplot.h>

#include <algorithm>

#include <qcustomplot.h>

#include "plots/chart_panels.hpp"
#include "ui/help_card.hpp"
#include "ui/help_text.hpp"
#include "ui/run_words.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

constexpr int kManyExperts = 24, kManyLayers = 5, kLeastForThree = 420;

/// Lines of the run itself are drawn in its colour.
plots::Lane inked(plots::Lane lane, const plots::Ink& ink) {
    for (plots::Curve& curve : lane.curves)
        if (curve.role != plots::CurveRole::Domain && curve.ink.kind == plots::Ink::Run) curve.ink = ink;
    for (plots::Band& band : lane.bands)
        if (band.ink.kind == plots::Ink::Run) band.ink = ink;
    return lane;
}

std::vector<plots::Lane> inked(std::vector<plots::Lane> lanes, const plots::Ink& ink) {
    for (plots::Lane& lane : lanes) lane = inked(std::move(lane), ink);
    return lanes;
}

}  // namespace

TrainGrid::TrainGrid(plots::CursorHub* hub, QWidget* parent) : QWidget(parent), m_hub(hub), m_grid(new QGridLayout(this)) {
    m_grid->setContentsMargins(16, 6, 16, 0);
    m_grid->setHorizontalSpacing(20);
    m_grid->setVerticalSpacing(10);
    makePanels();
    m_loss->setLabelSpace(64);
    setAcceptDrops(true);
}

TrainGrid::Slot& TrainGrid::add(plots::Panel* panel, const char* name, const QString& title, std::function<void()> fill) {
    panel->setObjectName(QString::fromLatin1(name));
    panel->setTitle(title);
    panel->setHub(m_hub);
    panel->hide();
    connect(panel, &plots::Panel::maximiseRequested, this, [this, panel] { maximise(m_maximised == panel ? nullptr : panel); });
    connect(panel, &plots::Panel::exportRequested, this, [this, panel](plots::ExportFormat format) { emit exportRequested(panel, format); });
    panel->plot()->installEventFilter(this);
    connect(panel->header()->menu(), &QMenu::aboutToShow, this, [this, panel] { offerRemoval(panel); });
    if (auto* chart = qobject_cast<plots::ChartPanel*>(panel)) connectChart(chart);
    setHelp(panel->header(), placeCard(name));
    QAction* what = panel->header()->menu()->addAction(tr("What this shows"), panel, [panel] { HelpCard::showAt(panel, helpOf(panel->header())); });
    what->setObjectName(QStringLiteral("whatThisShows"));
    m_slots.push_back({panel, std::move(fill), true});
    return m_slots.back();
}

void TrainGrid::makePanels() {
    m_loss = new plots::LinePanel(this);
    m_load = new plots::HeatPanel(this);
    m_layers = new plots::HeatPanel(this);
    m_concentration = new plots::LinePanel(this);
    m_spread = new plots::LinePanel(this);
    m_logits = new plots::FanPanel(this);
    m_use = new plots::LanesPanel(this);
    m_health = new plots::LanesPanel(this);
    m_router = new plots::LanesPanel(this);
    add(m_loss, "lossPanel", tr("Loss"), [this] {
        m_loss->setData(withParent(inked(lossLane(*m_data, m_view), m_ink), m_data == m_parent ? nullptr : m_parent, m_view));
        m_loss->setToolTip(lossNote(*m_data));
    });
    add(m_load, "loadPanel", tr("Expert load"), [this] { m_load->setData(loadMap(*m_data, m_view)); });
    add(m_layers, "layersPanel", tr("Effective experts"), [this] { m_layers->setData(layerHealthMap(*m_data, m_view)); });
    add(m_concentration, "concentrationPanel", tr("Top-1 concentration"), [this] { m_concentration->setData(inked(concentrationLane(*m_data, m_view), m_ink)); });
    add(m_logits, "logitsPanel", tr("Router logits"), [this] { m_logits->setData(logitFan(*m_data, m_view)); });
    add(m_use, "usePanel", tr("Experts in use"), [this] { m_use->setData(inked(expertsInUse(*m_data, m_view), m_ink)); });
    add(m_spread, "spreadPanel", tr("Top-1"), [this] { m_spread->setData(inked(concentrationSpread(*m_data, m_view), m_ink)); });
    add(m_health, "healthPanel", tr("Training health"), [this] { m_health->setData(inked(trainingHealth(*m_data, m_view), m_ink)); });
    add(m_router, "routerPanel", tr("This router"), [this] { m_router->setData(inked(ownLanes(*m_data, m_view), m_ink)); });
    for (plots::ChartPanel* panel : std::initializer_list<plots::ChartPanel*>{m_loss, m_concentration, m_spread, m_logits}) panel->setHoverCard(plots::ChartPanel::CardHere);
    for (plots::LinePanel* panel : {m_concentration, m_spread})
        connect(panel->header(), &plots::PanelHeader::choiceChanged, this, [this](int choice) {
            TrainView view = m_view;
            view.concentration = choice;
            emit viewChosen(view);
        });
    const auto chooseExpert = [this](int expert) {
        TrainView view = m_view;
        view.expert = expert;
        emit viewChosen(view);
    };
    connect(m_logits->header(), &plots::PanelHeader::choiceChanged, this, chooseExpert);
    connect(m_load, &plots::HeatPanel::rowClicked, this, chooseExpert);
    m_load->setRowMenus(true);
    connect(m_load, &plots::HeatPanel::rowMenuRequested, this, &TrainGrid::expertMenuRequested);
}

TrainGrid::Kind TrainGrid::kindOf(const RunData* data) const {
    if (!data) return Kind::none;
    if (data->experts() == 0 || data->moeLayers() == 0) return Kind::dense;
    return data->experts() > kManyExperts || data->moeLayers() >= kManyLayers ? Kind::manyExperts : Kind::mixture;
}

std::vector<plots::Panel*> TrainGrid::shownPanels() const {
    std::vector<plots::Panel*> shown;
    switch (m_kind) {
        case Kind::none: return {};
        case Kind::dense: shown = {m_loss, m_health}; break;
        case Kind::mixture: shown = {m_loss, m_load, m_concentration, m_logits, m_use, m_health}; break;
        case Kind::manyExperts: shown = {m_loss, m_load, m_layers, m_logits, m_spread, m_health}; break;
    }
    if (m_ownCurves && m_low && m_kind != Kind::dense) shown.back() = m_router;
    else if (m_ownCurves) shown.insert(shown.end() - 1, m_router);
    shown.insert(shown.end(), m_own.begin(), m_own.end());
    return shown;
}

void TrainGrid::setRun(const RunData* data, plots::Ink runInk) {
    m_data = data;
    m_ink = std::move(runInk);
    const bool ownCurves = data && !data->ownCurves().empty();
    if (const Kind kind = kindOf(data); kind != m_kind || ownCurves != m_ownCurves) {
        m_kind = kind;
        m_ownCurves = ownCurves;
        m_maximised = nullptr;
        arrange();
    }
    if (data) nameEverything();
    refresh();
}

void TrainGrid::arrange() {
    const std::vector<plots::Panel*> shown = shownPanels();
    for (const Slot& slot : m_slots) {
        m_grid->removeWidget(slot.panel);
        slot.panel->hide();
    }
    for (int r = 0; r < m_grid->rowCount(); ++r) m_grid->setRowStretch(r, 0);
    place(m_maximised ? std::vector<plots::Panel*>{m_maximised} : shown);
}

// Panels stand in rows; with the router's own curves the last column of the first two rows holds three, so that no cell is empty.
void TrainGrid::place(const std::vector<plots::Panel*>& panels) {
    constexpr int kUnits = 3;   // of a row, the panels of the shared column take two each
    const bool shared = m_ownCurves && !m_low && !m_maximised && m_kind != Kind::dense;
    const int columns = m_maximised ? 1 : m_kind == Kind::dense && !m_ownCurves ? 2 : 3;
    for (int c = 0; c < 3; ++c) m_grid->setColumnStretch(c, c < columns ? 1 : 0);
    const auto put = [this](plots::Panel* panel, int row, int column, int rows) {
        m_grid->addWidget(panel, row, column, rows, 1);
        panel->setMaximised(panel == m_maximised);
        panel->show();
        for (int r = row; r < row + rows; ++r) m_grid->setRowStretch(r, 1);
    };
    int cell = 0, stacked = 0;
    for (plots::Panel* panel : panels) {
        if (shared && (panel == m_router || panel == m_health || cell % columns == 2) && stacked < 3) {
            put(panel, 2 * stacked++, 2, 2);
            if (panel == m_router) continue;
        } else {
            put(panel, kUnits * (cell / columns), cell % columns, kUnits);
        }
        ++cell;
    }
}

void TrainGrid::maximise(plots::Panel* panel) {
    if (panel == m_maximised) return;
    m_maximised = panel;
    arrange();
    refresh();
    emit lookChanged();
}

QString TrainGrid::layerName() const {
    const auto& layers = m_data->meta().facts.moeLayers;
    const auto at = static_cast<std::size_t>(m_view.moeLayer);
    return tr("layer %1").arg(at < layers.size() ? layers[at] : 0);
}

void TrainGrid::nameEverything() {
    const AxisWords axis = axisWords(m_view.axis);
    for (const Slot& slot : m_slots) {
        slot.panel->setXAxis(axis.name, axis.title);
        slot.panel->setEmptyText(emptyText(*m_data));
    }
    for (plots::Panel* own : m_own) own->setTitle(own->header()->title(), m_data->moeLayers() > 0 ? layerName() : QString());
    m_loss->setTitle(tr("Loss"), tr("nats/token"));
    m_loss->setYTitle(tr("loss, nats/token"));
    m_health->setTitle(tr("Training health"));
    nameOwnCurves();
    if (m_kind != Kind::dense) nameChoices();
}

void TrainGrid::nameOwnCurves() {
    m_router->setTitle(tr("This router"), m_data->moeLayers() > 0 ? layerName() : QString());
    QString card = placeCard("routerPanel");
    for (const std::string& metric : ownShown(*m_data)) card += metricCard(metric);
    setHelp(m_router->header(), card);
}

void TrainGrid::nameChoices() {
    m_load->setTitle(tr("Expert load"), m_data->experts() > kManyExperts ? tr("%1, sorted by load").arg(layerName()) : tr("%1, ratio to fair share").arg(layerName()));
    m_load->setYTitle(tr("expert"));
    m_layers->setTitle(tr("Effective experts"), tr("all %1 layers, share of %2").arg(m_data->moeLayers()).arg(m_data->experts()));
    m_layers->setYTitle(tr("layer"));
    m_use->setTitle(tr("Experts in use"), layerName());
    QStringList statistics;
    for (const Concentration& each : concentrations()) statistics << QCoreApplication::translate("Train", each.name);
    m_concentration->setTitle(tr("Top-1 concentration"), tr("share"));
    m_concentration->setYTitle(tr("share"));
    m_concentration->header()->setChoices(statistics, m_view.concentration);
    m_spread->setTitle(tr("Top-1"), tr("%1 layers").arg(m_data->moeLayers()));
    m_spread->setYTitle(tr("share"));
    m_spread->header()->setChoices(statistics, m_view.concentration);
    m_logits->setTitle(tr("Router logits"), tr("%1, all tokens").arg(layerName()));
    m_logits->setYTitle(tr("logit"));
    QStringList experts;
    for (int e = 0; e < m_data->experts(); ++e) experts << tr("%1, mean of E%2").arg(layerName()).arg(e);
    m_logits->header()->setChoices(m_data->experts() > kManyExperts ? QStringList() : experts, m_view.expert);
}

void TrainGrid::setParentRun(const RunData* data) {
    if (!data && !m_parent) return;
    m_parent = data;
    refresh();
}

void TrainGrid::setView(const TrainView& view) {
    if (view == m_view) return;
    m_view = view;
    if (!m_data) return;
    nameEverything();
    refresh();
}

void TrainGrid::setSolo(int expert) { m_load->setSolo(expert); }

void TrainGrid::setSmoothing(double weight) {
    m_smoothing = weight;
    for (const Slot& slot : m_slots)
        if (auto* chart = qobject_cast<plots::ChartPanel*>(slot.panel)) chart->setSmoothing(weight);
}

void TrainGrid::refresh() {
    for (Slot& slot : m_slots) slot.dirty = true;
    fill(false);
}

void TrainGrid::fillAll() {
    for (Slot& slot : m_slots) slot.dirty = true;
    fill(true);
}

void TrainGrid::fill(bool hiddenToo) {
    if (!m_data || (!hiddenToo && !isVisible())) return;
    const std::vector<plots::Panel*> shown = shownPanels();
    for (Slot& slot : m_slots) {
        if (!slot.dirty || std::ranges::find(shown, slot.panel) == shown.end() || (!hiddenToo && slot.panel->isHidden())) continue;
        slot.dirty = false;
        slot.fill();
        fillAdded(slot.panel);
    }
}

void TrainGrid::showEvent(QShowEvent*) { fill(false); }

void TrainGrid::resizeEvent(QResizeEvent*) {
    const bool low = height() < kLeastForThree;
    if (low == m_low) return;
    m_low = low;
    if (!m_ownCurves) return;
    arrange();
    fill(false);
}

}  // namespace moescope::ui
