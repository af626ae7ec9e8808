// Puts the Routing page together and asks the reader for what its sub-page needs.
#include "ui/routing_page.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "core/config/derived.hpp"
#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "plots/icons.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/routing_coactivation.hpp"
#include "ui/routing_curves.hpp"
#include "ui/routing_hand.hpp"
#include "ui/routing_logits.hpp"
#include "ui/routing_paths.hpp"
#include "ui/routing_plane.hpp"
#include "ui/routing_saturation.hpp"
#include "ui/routing_specialisation.hpp"
#include "ui/routing_tokens.hpp"
#include "ui/routing_weights.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_cursor.hpp"

namespace moescope::ui {
namespace {

constexpr int kLayerWidth = 64, kRoomForStep = 980;

}  // namespace

RoutingPage::RoutingPage(WatchedRun& run, TrainCursor& cursor, std::function<QString(const QString& ulid)> folderOf, QWidget* parent)
    : QWidget(parent), m_run(run), m_cursor(cursor), m_folderOf(std::move(folderOf)), m_choice(new plots::SegmentedControl(this)), m_layer(new QComboBox(this)),
      m_layerLabel(new QLabel(tr("Layer"), this)), m_step(new QLabel(this)), m_table(new QPushButton(tr("Table"), this)), m_stack(new QStackedWidget(this)),
      m_empty(new plots::EmptyState(this)) {
    build();
    add(tr("Plane"), new RoutingPlane);
    add(tr("Load"), new RoutingCurves(RoutingCurves::load, cursor));
    add(tr("Logits"), new RoutingLogits(cursor));
    add(tr("Tokens"), new RoutingTokens);
    add(tr("Co-activation"), new RoutingCoactivation);
    add(tr("Paths"), new RoutingPaths);
    add(tr("Specialisation"), new RoutingSpecialisation);
    add(tr("Saturation"), new RoutingSaturation);
    add(tr("Weights"), new RoutingWeights);
    add(tr("By hand"), new RoutingHand);
    connect(m_choice, &plots::SegmentedControl::currentChanged, this, [this] { showStep(); });
    connect(m_layer, &QComboBox::activated, this, [this](int index) { emit layerChosen(index); });
    connect(m_table, &QPushButton::toggled, this, &RoutingPage::fill);
    connect(m_empty, &plots::EmptyState::actionTriggered, this, &RoutingPage::newRunRequested);
    connect(&m_reader, &RoutingReader::snapshotLoaded, this, [this](const RoutingSnapshotPtr& snapshot) {
        if (snapshot->probe.step != m_wished) return;
        m_shown.snapshot = snapshot;
        fill();
    });
    connect(&m_reader, &RoutingReader::churnLoaded, this, [this](const ChurnPtr& churn) {
        m_shown.churn = churn;
        fill();
    });
    connect(&m_reader, &RoutingReader::failed, this, [this](const QString& sentence) {
        m_problem = sentence;
        fill();
    });
    reload();
}

void RoutingPage::build() {
    setObjectName(QStringLiteral("routingPage"));
    setProperty("role", "surface");
    setAttribute(Qt::WA_StyledBackground);
    m_choice->setObjectName(QStringLiteral("routingViews"));
    m_choice->setAccessibleName(tr("Views of the routing"));
    m_layer->setObjectName(QStringLiteral("routingLayer"));
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setProperty("kind", "quiet");
    m_layer->setFont(plots::uiFont(12, QFont::Medium));
    m_layer->setFixedWidth(kLayerWidth);
    m_layerLabel->setFont(plots::uiFont(12));
    m_layerLabel->setProperty("role", "label");
    m_step->setObjectName(QStringLiteral("routingStep"));
    m_step->setFont(plots::uiFont(12));
    m_step->setProperty("role", "unit");
    m_table->setObjectName(QStringLiteral("routingTable"));
    m_table->setAccessibleName(tr("Show the numbers as a table"));
    m_table->setProperty("kind", "ghost");
    m_table->setCheckable(true);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(16, 10, 16, 4);
    head->setSpacing(8);
    head->addWidget(m_choice);
    head->addStretch(1);
    for (QWidget* part : QWidgetList{m_step, m_layerLabel, m_layer, m_table}) head->addWidget(part);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
    m_stack->addWidget(m_empty);
}

void RoutingPage::add(const QString& title, RoutingView* view) {
    m_views.push_back({viewIds()[static_cast<qsizetype>(m_views.size())], title, view});
    m_stack->addWidget(view);
    connect(view, &RoutingView::expertMenuRequested, this, &RoutingPage::expertMenuRequested);
    connect(view, &RoutingView::soloChosen, this, &RoutingPage::soloChosen);
    connect(view, &RoutingView::changed, this, &RoutingPage::fill);
}

RoutingView* RoutingPage::current() const { return m_views[m_offered[static_cast<std::size_t>(m_choice->current())]].view; }

// A mixture on the plane has the plane and no tokens; a language model the other way round. Begins with the one that only it has.
void RoutingPage::offerViews() {
    const bool plane = m_run.data() && config::isPlane(m_run.data()->config());
    const QString before = m_offered.empty() ? QString() : view(), own = plane ? QStringLiteral("plane") : QStringLiteral("tokens");
    const QStringList absent = plane ? QStringList{QStringLiteral("tokens"), QStringLiteral("paths"), QStringLiteral("weights")} : QStringList{QStringLiteral("plane")};
    QStringList titles, ids;
    m_offered.clear();
    for (std::size_t i = 0; i < m_views.size(); ++i) {
        if (absent.contains(m_views[i].id)) continue;
        m_offered.push_back(i);
        titles << m_views[i].title;
        ids << m_views[i].id;
    }
    m_choice->setOptions(titles);
    m_choice->setCurrent(static_cast<int>(ids.contains(before) ? ids.indexOf(before) : ids.indexOf(own)));
    emit viewsOffered();
}

QString RoutingPage::titleOf(const QString& id) const { return m_views[static_cast<std::size_t>(viewIds().indexOf(id))].title; }

bool RoutingPage::offers(const QString& id) const {
    return std::ranges::any_of(m_offered, [&](std::size_t i) { return m_views[i].id == id; });
}

const QStringList& RoutingPage::viewIds() {
    static const QStringList ids{QStringLiteral("plane"), QStringLiteral("load"),  QStringLiteral("logits"),         QStringLiteral("tokens"),    QStringLiteral("coactivation"),
                                 QStringLiteral("paths"), QStringLiteral("specialisation"), QStringLiteral("saturation"),
                                 QStringLiteral("weights"), QStringLiteral("hand")};
    return ids;
}

QString RoutingPage::view() const { return m_views[m_offered[static_cast<std::size_t>(m_choice->current())]].id; }

void RoutingPage::setView(const QString& id) {
    const auto index = std::ranges::find(m_offered, id, [this](std::size_t i) { return m_views[i].id; });
    if (index == m_offered.end()) return;
    m_choice->setCurrent(static_cast<int>(index - m_offered.begin()));
    showStep();
}

void RoutingPage::showToken(int token) {
    m_tokenWished = token;
    m_table->setChecked(false);
    for (const Entry& entry : m_views)
        if (auto* tokens = qobject_cast<RoutingTokens*>(entry.view); tokens && !tokens->showsProbe()) tokens->setOwn(false);  // the token is the probe's
    setView(QStringLiteral("tokens"));
}

void RoutingPage::setTable(bool on) { m_table->setChecked(on); }

void RoutingPage::setSolo(int expert) {
    for (const Entry& entry : m_views) entry.view->setSolo(expert);
}

bool RoutingPage::showsSolo() const { return current()->showsSolo(); }

void RoutingPage::reload() {
    const RunData* data = m_run.data();
    m_shown = {};
    m_shown.run = data;
    if (data) m_shown.folder = m_folderOf(m_run.ulid());
    m_wished.reset();
    m_churnWished = 0;
    m_problem.clear();
    offerViews();
    if (data) m_reader.open(m_shown.folder, static_cast<std::int64_t>(data->meta().facts.domains.size()));
    fillLayers();
    showStep();
}

void RoutingPage::fillLayers() {
    const std::vector<std::int32_t> layers = m_run.data() ? m_run.data()->meta().facts.moeLayers : std::vector<std::int32_t>();
    m_layer->clear();
    for (const std::int32_t layer : layers) m_layer->addItem(QString::number(layer));
    m_shown.modelLayer = layers.empty() ? 0 : layers.front();
    if (!m_run.data()) return;
    for (const std::string& domain : m_run.data()->meta().facts.domains) m_shown.domains << RunWords::oneLine(domain);
}

void RoutingPage::setLayer(std::int64_t moeLayer) {
    if (!m_run.data() || moeLayer < 0 || moeLayer >= m_run.data()->moeLayers() || (moeLayer == m_shown.moeLayer && m_layer->currentIndex() == moeLayer)) return;
    m_shown.moeLayer = static_cast<int>(moeLayer);
    m_shown.modelLayer = m_run.data()->meta().facts.moeLayers[static_cast<std::size_t>(moeLayer)];
    m_layer->setCurrentIndex(m_shown.moeLayer);
    fill();
}

void RoutingPage::refresh() {
    if (m_run.data() && m_layer->count() != m_run.data()->moeLayers()) return reload();
    showStep();
}

void RoutingPage::showStep() {
    if (!isVisible()) return;
    wish();
    fill();
}

void RoutingPage::showEvent(QShowEvent*) { showStep(); }

void RoutingPage::resizeEvent(QResizeEvent*) { m_step->setVisible(width() >= kRoomForStep); }

std::optional<std::int64_t> RoutingPage::probeAt(double step) const {
    std::optional<std::int64_t> found;
    if (!m_run.data()) return found;
    for (const std::int64_t probe : m_run.data()->probes())
        if (static_cast<double>(probe) <= step + 1e-6) found = probe;
    return found;
}

void RoutingPage::wish() {
    if (!m_run.data() || m_run.data()->experts() == 0) return;
    const auto step = probeAt(m_cursor.step());
    if (step != m_wished) {
        m_wished = step;
        m_problem.clear();
        if (step) m_reader.loadSnapshot(*step);
        else m_shown.snapshot.reset();
    }
    const std::vector<std::int64_t>& steps = m_run.data()->probes();
    if (!current()->needsChurn() || steps.size() == m_churnWished) return;
    m_churnWished = steps.size();
    m_reader.loadChurn(steps);
}

bool RoutingPage::complete() const {
    if (!current()->isComplete()) return false;
    if (!current()->needsRun()) return true;
    if (!m_run.data() || m_run.data()->experts() == 0) return true;
    return m_reader.idle() && (!m_wished || !m_problem.isEmpty() || (m_shown.snapshot && m_shown.snapshot->probe.step == *m_wished));
}

std::optional<plots::EmptyContent> RoutingPage::missing(const RoutingView& view) const {
    using plots::EmptyContent;
    if (!view.needsRun()) return {};
    const RunData* data = m_run.data();
    if (!m_run.problem().isEmpty()) return EmptyContent{QStringLiteral("warning"), tr("This run cannot be shown"), m_run.problem(), {}, true};
    if (!data && !m_run.ulid().isEmpty()) return EmptyContent{QStringLiteral("file"), tr("Opening %1").arg(m_run.name()), {}, {}, false};
    if (!data) return EmptyContent{QStringLiteral("grid"), tr("No run is open"), tr("Choose one at the left, or start another."), {tr("New run")}, false};
    const bool known = data->meta().facts.paramsTotal > 0;
    if (known && data->experts() == 0) return EmptyContent{QStringLiteral("grid"), tr("This run has no experts"), tr("A dense model has no router: every token takes the same way."), {tr("New run")}, false};
    if (!m_problem.isEmpty()) return EmptyContent{QStringLiteral("warning"), tr("The probe cannot be read"), m_problem, {}, true};
    if (view.needsProbe() && !m_wished) {
        const std::int64_t every = data->config().telemetry.probe_every;
        if (!data->probes().empty()) return EmptyContent{QStringLiteral("file"), tr("No probe snapshot yet at this step"), tr("The first one is of step %1.").arg(data->probes().front()), {}, false};
        if (data->state().lockHeld) return EmptyContent{QStringLiteral("file"), tr("No probe snapshot yet"), every > 0 ? tr("The engine takes one every %1 steps and at the end.").arg(every) : tr("The engine takes one at the end."), {}, false};
        return EmptyContent{QStringLiteral("file"), tr("This run stored no probe snapshot"), tr("They are taken every telemetry.probe_every steps and at the end of a run."), {}, false};
    }
    if (view.needsProbe() && !m_shown.snapshot) return EmptyContent{QStringLiteral("file"), tr("Reading the probe of step %1").arg(*m_wished), {}, {}, false};
    if (view.needsChurn() && !m_shown.churn) return EmptyContent{QStringLiteral("file"), tr("Reading the probes"), {}, {}, false};
    return view.missing(m_shown);
}

QString RoutingPage::stepWords() const {
    if (!m_shown.snapshot || !current()->needsProbe() || !current()->showsProbe()) return {};
    const telemetry::ProbeSnapshot& probe = m_shown.snapshot->probe;
    return (probe.tokenIds.empty() ? tr("probe of step %1, %2 points") : tr("probe of step %1, %2 tokens")).arg(plots::groupedInteger(probe.step), plots::groupedInteger(probe.tokens));
}

void RoutingPage::fill() {
    if (!isVisible()) return;
    m_shown.run = m_run.data();
    m_shown.step = m_run.data() ? m_cursor.step() : 0;
    RoutingView* view = current();
    if (m_run.data() && m_run.data()->experts() > 0) view->prepare(m_shown);
    const auto why = missing(*view);
    if (why) m_empty->setContent(*why);
    m_stack->setCurrentWidget(why ? static_cast<QWidget*>(m_empty) : view);
    m_step->setText(why ? QString() : stepWords());
    m_choice->setToolTip(m_step->text());
    const bool experts = m_run.data() && m_run.data()->experts() > 0;
    setHelp(this, experts || !view->needsRun() ? placeCard(view->objectName().toStdString()) : QString());
    setToolTip({});  // the card is long: on F1, not wherever the pointer rests
    m_layer->setVisible(experts && view->followsLayer());
    m_layerLabel->setVisible(experts && view->followsLayer());
    m_table->setVisible(!why && view->hasTable());
    m_table->setText(m_table->isChecked() ? tr("Picture") : tr("Table"));
    if (why) return;
    view->setTable(m_table->isChecked());
    view->show(m_shown);
    if (auto* tokens = qobject_cast<RoutingTokens*>(view); tokens && m_tokenWished >= 0 && m_tokenWished < m_shown.snapshot->probe.tokens) tokens->select(std::exchange(m_tokenWished, -1));
}

}  // namespace moescope::ui
