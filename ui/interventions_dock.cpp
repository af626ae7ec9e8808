// Puts the Interventions dock together and sends what is chosen in it.
#include "ui/interventions_dock.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/config/validate.hpp"
#include "plots/bias_bars.hpp"
#include "plots/delta_bars.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/intervention_row.hpp"
#include "ui/mute_effect.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_curves.hpp"

namespace moescope::ui {
namespace {

constexpr int kSide = 16, kMostBars = 24, kFewBars = 8, kMostPast = 12, kMoreSteps = 200;

QLabel* label(const QString& text, const QFont& font, const char* role) {
    auto* made = new QLabel(text);
    made->setFont(font);
    made->setProperty("role", role);
    made->setTextFormat(Qt::PlainText);
    return made;
}

QLabel* heading(const QString& text) {
    QLabel* made = label(text, plots::uiFont(13, QFont::DemiBold), "title");
    made->setContentsMargins(kSide, 12, kSide, 4);
    return made;
}

QLabel* note(const char* name, const char* role) {
    QLabel* made = label({}, plots::uiFont(12), role);
    made->setObjectName(QString::fromLatin1(name));
    made->setWordWrap(true);
    return made;
}

QComboBox* choice(const char* name, const QString& accessible) {
    auto* made = new QComboBox;
    made->setObjectName(QString::fromLatin1(name));
    made->setAccessibleName(accessible);
    made->setProperty("kind", "quiet");
    made->setFont(plots::uiFont(12, QFont::Medium));
    return made;
}

/// Up to 24 experts all of them; of more those at the ends of the load, the rigged ones and the chosen one.
std::vector<int> shownExperts(const std::vector<double>& ratio, const Steering& steering, const ExpertPlace& place) {
    std::vector<int> all(ratio.size());
    for (std::size_t e = 0; e < all.size(); ++e) all[e] = static_cast<int>(e);
    if (all.size() <= kMostBars) return all;
    const auto load = [&](int e) { return std::isnan(ratio[static_cast<std::size_t>(e)]) ? -1 : ratio[static_cast<std::size_t>(e)]; };
    std::ranges::stable_sort(all, std::greater(), load);
    std::vector<int> shown(all.begin(), all.begin() + kFewBars);
    for (const auto& [at, bias] : steering.rig)
        if (at.first == place.layer) shown.push_back(static_cast<int>(at.second));
    shown.push_back(static_cast<int>(place.expert));
    std::ranges::sort(shown);
    shown.erase(std::ranges::unique(shown).begin(), shown.end());
    return shown;
}

QString sentences(const CommandAnswer& answer) {
    QStringList said;
    for (const base::Problem& problem : answer.problems) said << QString::fromStdString(problem.text);
    return said.join(QLatin1Char(' '));
}

}  // namespace

InterventionsDock::InterventionsDock(WatchedRun& run, QWidget* parent) : QWidget(parent), m_run(run) {
    setObjectName(QStringLiteral("interventions"));
    setAccessibleName(tr("Interventions"));
    build();
}

void InterventionsDock::build() {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    buildHead(*outer);
    m_body = new QWidget;
    m_body->setProperty("role", "window");
    m_body->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(m_body);
    column->setContentsMargins(0, 0, 0, 12);
    column->setSpacing(0);
    buildNotice(*column);
    buildBias(*column);
    buildActions(*column);
    buildHistory(*column);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(m_body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    outer->addWidget(scroll, 1);
}

void InterventionsDock::buildHead(QVBoxLayout& column) {
    m_expert = choice("interventionExpert", tr("Expert"));
    m_layer = choice("interventionLayer", tr("Layer"));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(kSide, 8, kSide, 8);
    row->setSpacing(4);
    row->addWidget(label(tr("Expert"), plots::uiFont(13, QFont::DemiBold), "title"));
    row->addWidget(m_expert);
    row->addSpacing(8);
    row->addWidget(label(tr("Layer"), plots::uiFont(12), "label"));
    row->addWidget(m_layer);
    row->addStretch(1);
    column.addLayout(row);
    connect(m_expert, &QComboBox::activated, this, [this](int index) { setPlace({m_place.layer, index}); });
    connect(m_layer, &QComboBox::activated, this, [this](int index) { setPlace({m_layer->itemData(index).toLongLong(), m_place.expert}); });
}

void InterventionsDock::buildNotice(QVBoxLayout& column) {
    m_notice = new QFrame;
    m_notice->setObjectName(QStringLiteral("interventionNotice"));
    m_notice->setProperty("role", "card");
    m_noticeText = note("interventionNoticeText", "label");
    m_take = new QPushButton(tr("Take it, paused"));
    m_take->setObjectName(QStringLiteral("takeRun"));
    m_take->setProperty("kind", "primary");
    m_take->setFont(plots::uiFont(13, QFont::DemiBold));
    auto* inner = new QVBoxLayout(m_notice);
    inner->setContentsMargins(12, 10, 12, 10);
    inner->setSpacing(8);
    inner->addWidget(m_noticeText);
    inner->addWidget(m_take, 0, Qt::AlignLeft);
    m_takeMore = new QPushButton(tr("Take it, with %1 more steps").arg(kMoreSteps));
    m_takeMore->setObjectName(QStringLiteral("takeRunFurther"));
    m_takeMore->setProperty("kind", "link");
    m_takeMore->setToolTip(tr("Its planned end moves, so that it can train on after the change."));
    inner->addWidget(m_takeMore, 0, Qt::AlignLeft);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 12, 4);
    row->addWidget(m_notice);
    column.addLayout(row);
    connect(m_take, &QPushButton::clicked, this, [this] { emit takeRequested(0); });
    connect(m_takeMore, &QPushButton::clicked, this, [this] { emit takeRequested(kMoreSteps); });
}

void InterventionsDock::buildBias(QVBoxLayout& column) {
    m_biasTitle = heading(tr("Load and router bias"));
    m_biasNote = note("biasNote", "hint");
    m_biasNote->setContentsMargins(kSide, 0, kSide, 6);
    m_bias = new plots::BiasBars;
    m_bias->setObjectName(QStringLiteral("biasBars"));
    setHelp(m_bias, placeCard("biasBars"));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(kSide, 0, kSide, 0);
    row->addWidget(m_bias);
    for (QWidget* part : QWidgetList{m_biasTitle, m_biasNote}) column.addWidget(part);
    column.addLayout(row);
    connect(m_bias, &plots::BiasBars::biasChosen, this, &InterventionsDock::sendRig);
    connect(m_bias, &plots::BiasBars::expertClicked, this, [this](int expert) { setPlace({m_place.layer, expert}); });
}

void InterventionsDock::buildActions(QVBoxLayout& column) {
    const char* group = nullptr;
    for (const InterventionAction& action : interventionActions()) {
        if (!group || qstrcmp(group, action.group) != 0) column.addWidget(heading(QCoreApplication::translate("Interventions", action.group)));
        group = action.group;
        auto* row = new InterventionRow(action);
        const QString id = QString::fromLatin1(action.id);
        connect(row, &InterventionRow::opened, this, [this, id] { unfold(id); });
        connect(row, &InterventionRow::applied, this, [this, row, id] { apply(id, row->argument()); });
        column.addWidget(row);
        m_rows.push_back(row);
    }
    m_effectBox = new QWidget;
    m_effectTitle = note("effectTitle", "label");
    m_effect = new plots::DeltaBars;
    m_effect->setObjectName(QStringLiteral("muteEffect"));
    setHelp(m_effect, placeCard("muteEffect"));
    auto* ask = new QPushButton(tr("What would it cost?"));
    ask->setObjectName(QStringLiteral("askEffect"));
    ask->setProperty("kind", "link");
    auto* box = new QVBoxLayout(m_effectBox);
    box->setContentsMargins(0, 2, 0, 6);
    box->setSpacing(6);
    box->addWidget(ask, 0, Qt::AlignLeft);
    box->addWidget(m_effectTitle);
    box->addWidget(m_effect);
    connect(ask, &QPushButton::clicked, this, &InterventionsDock::askEffect);
    if (!m_rows.empty()) m_rows.front()->extra()->addWidget(m_effectBox);
    m_twin = new QCheckBox(tr("With a twin without it"));
    m_twin->setObjectName(QStringLiteral("withTwin"));
    m_twin->setToolTip(tr("A second engine trains the same run from the checkpoint before, with the same seed and data, and Compare shows both."));
    auto* twinRow = new QHBoxLayout;
    twinRow->setContentsMargins(kSide - 4, 8, kSide, 0);
    twinRow->addWidget(m_twin);
    column.addLayout(twinRow);
    unfold(QStringLiteral("muteExpert"));
}

void InterventionsDock::buildHistory(QVBoxLayout& column) {
    column.addWidget(heading(tr("Done in this run")));
    m_noPast = note("noInterventions", "hint");
    m_noPast->setText(tr("Nothing yet. Each change is an event and a flag on every plot."));
    m_noPast->setContentsMargins(kSide, 0, kSide, 0);
    column.addWidget(m_noPast);
    auto* box = new QWidget;
    box->setObjectName(QStringLiteral("interventionHistory"));
    m_history = new QVBoxLayout(box);
    m_history->setContentsMargins(kSide, 0, kSide, 0);
    m_history->setSpacing(2);
    column.addWidget(box);
}

void InterventionsDock::unfold(const QString& id) {
    for (InterventionRow* row : m_rows) row->setOpen(id == QLatin1String(row->action().id));
}

void InterventionsDock::setPlace(const ExpertPlace& place) {
    const bool sameRun = m_shownUlid == m_run.ulid();
    if (place == m_place && sameRun) return;
    m_shownUlid = m_run.ulid();
    if (!sameRun) m_twinWanted.reset();
    m_place = place;
    m_effect->setData({}, 0, 1);
    m_effectTitle->clear();
    for (InterventionRow* row : m_rows) row->setAnswer({}, true);
    fillPlaces();
    showRows();
    showBias(m_run.data() ? m_run.data()->lastStep() : 0);
}

void InterventionsDock::fillPlaces() {
    const RunData* data = m_run.data();
    const auto layers = data ? data->meta().facts.moeLayers : std::vector<std::int32_t>();
    if (m_layer->count() != static_cast<int>(layers.size())) {
        m_layer->clear();
        for (const std::int32_t layer : layers) m_layer->addItem(QString::number(layer), layer);
    }
    const int experts = data ? static_cast<int>(data->experts()) : 0;
    if (m_expert->count() != experts) {
        m_expert->clear();
        for (int e = 0; e < experts; ++e) m_expert->addItem(QStringLiteral("E%1").arg(e));
    }
    m_layer->setCurrentIndex(m_layer->findData(static_cast<int>(m_place.layer)));
    m_expert->setCurrentIndex(static_cast<int>(m_place.expert));
}

void InterventionsDock::refresh(double step) {
    const RunData* data = m_run.data();
    m_body->setVisible(data && data->experts() > 0);
    if (!data || data->experts() == 0) return;
    if (m_shownUlid != m_run.ulid()) setPlace({data->meta().facts.moeLayers.front(), 0});
    fillPlaces();
    showNotice();
    showBias(step);
    showRows();
    showHistory();
    if (m_twinWanted) startTwinOf(*m_twinWanted);
}

void InterventionsDock::showNotice() {
    const RunData& data = *m_run.data();
    m_notice->setVisible(!m_run.canSteer());
    const auto checkpoint = checkpointBefore(data, data.lastStep());
    const bool takeable = checkpoint && data.state().state != storage::RunState::created && !EngineLink::enginePath().isEmpty();
    m_take->setVisible(takeable);
    m_takeMore->setVisible(takeable && m_run.state() == storage::RunState::finished);
    if (m_run.canSteer()) return;
    const QString state = RunWords::state(m_run.state()).toLower();
    if (takeable)
        m_noticeText->setText(tr("%1 is %2. An engine can take it at step %3, paused: mute, rig and watch; nothing trains until you let it go on.")
                                  .arg(m_run.name(), state, plots::groupedInteger(*checkpoint)));
    else if (EngineLink::enginePath().isEmpty())
        m_noticeText->setText(tr("You can look at what was done. Changing a run needs moescope-engine."));
    else
        m_noticeText->setText(checkpoint ? tr("The engine of %1 is starting.").arg(m_run.name()) : tr("%1 is %2 and left no checkpoint that an engine could take.").arg(m_run.name(), state));
}

void InterventionsDock::showBias(double step) {
    const RunData* data = m_run.data();
    if (!data || data->experts() == 0) return;
    const auto& layers = data->meta().facts.moeLayers;
    const auto at = std::ranges::find(layers, static_cast<std::int32_t>(m_place.layer));
    if (at == layers.end()) return;
    std::vector<double> ratio = loadBars(*data, at - layers.begin(), step).ratio;
    ratio.resize(static_cast<std::size_t>(data->experts()), telemetry::kNone);
    std::vector<plots::BiasBar> bars;
    for (const int e : shownExperts(ratio, m_run.steering(), m_place))
        bars.push_back({e, ratio[static_cast<std::size_t>(e)], m_run.steering().rigOf(m_place.layer, e), m_run.steering().isMuted(m_place.layer, e)});
    m_bias->setData(std::move(bars), static_cast<int>(data->experts()));
    const base::Problems problems = config::validate(m_run.steering().config, rigCommand(m_place, 1));
    m_bias->setAdjustable(m_run.canSteer() && problems.empty());
    m_biasNote->setText(!problems.empty()  ? QString::fromStdString(problems.front().text)
                        : m_run.canSteer() ? tr("Drag to add −8 to +8 to an expert's logit; a double click takes it away.")
                                           : QString());
    m_biasNote->setVisible(!m_biasNote->text().isEmpty());
}

void InterventionsDock::showRows() {
    const RunData* data = m_run.data();
    if (!data || data->experts() == 0) return;
    for (InterventionRow* row : m_rows) {
        const InterventionAction& action = row->action();
        row->setState({argumentChoices(action, *data, m_place), undoOf(action, m_run.steering(), m_place).has_value(), m_run.canSteer(),
                       whyRefused(action, *data, m_run.steering(), m_place)});
    }
    m_effectBox->setVisible(m_run.canSteer() && m_rows.front()->isOpen());
    m_effectTitle->setVisible(!m_effectTitle->text().isEmpty());
    m_effect->setVisible(!m_effect->data().empty());
    m_twin->setVisible(m_run.canSteer());
}

void InterventionsDock::apply(const QString& id, const std::optional<config::Value>& argument) {
    const InterventionAction* action = findAction(id);
    if (!action) return;
    const auto undo = undoOf(*action, m_run.steering(), m_place);
    const bool asked = m_run.ask(undo ? *undo : commandOf(*action, m_place, argument), [self = QPointer(this), id](const CommandAnswer& answer) {
        if (self) self->settled(id, answer);
    });
    if (!asked) return;
    if (qstrcmp(action->verb, "mute") == 0 && !undo) askEffect();
}

void InterventionsDock::settled(const QString& id, const CommandAnswer& answer) {
    const auto row = std::ranges::find_if(m_rows, [&](const InterventionRow* each) { return id == QLatin1String(each->action().id); });
    const QString said = answer.ok ? tr("Done at step %1.").arg(plots::groupedInteger(answer.step)) : sentences(answer);
    if (row != m_rows.end()) (*row)->setAnswer(said, answer.ok);
    if (!answer.ok) emit message(said);
    if (answer.ok && m_twin->isChecked()) m_twinWanted = answer.step;
}

void InterventionsDock::askEffect() {
    const bool asked = m_run.ask({"mute_delta", {{"layer", m_place.layer}, {"expert", m_place.expert}}}, [self = QPointer(this)](const CommandAnswer& answer) {
        if (self) self->showEffect(answer);
    });
    if (!asked) return;
    m_effectTitle->setText(tr("Measuring on the validation batches…"));
    m_effect->setData({}, 0, 1);
    showRows();
}

void InterventionsDock::showEffect(const CommandAnswer& answer) {
    const auto found = parseMuteDelta(answer.json);
    if (!found) m_effectTitle->setText(answer.problems.empty() ? tr("The engine gave no answer that can be read.") : sentences(answer));
    if (found && !(ExpertPlace{found->layer, found->expert} == m_place)) return;  // somebody chose another expert meanwhile
    if (found) {
        m_effectTitle->setText(tr("Validation loss without E%1, change in nats/token, step %2").arg(found->expert).arg(plots::groupedInteger(found->step)));
        m_effect->setData(found->bars, static_cast<int>(found->expert), static_cast<int>(m_run.data() ? m_run.data()->experts() : 1));
        emit message(found->sentence());
    }
    showRows();
}

void InterventionsDock::sendRig(std::int64_t expert, double bias) {
    m_run.ask(rigCommand({m_place.layer, expert}, bias), [self = QPointer(this)](const CommandAnswer& answer) {
        if (!self) return;
        if (!answer.ok) emit self->message(sentences(answer));
        else if (self->m_twin->isChecked()) self->m_twinWanted = answer.step;
    });
}

void InterventionsDock::startTwinOf(std::int64_t step) {
    const auto change = std::ranges::find(m_past, step, &PastIntervention::step);
    if (change == m_past.end() || !change->checkpoint) return;  // its event is on the way
    m_twinWanted.reset();
    emit twinRequested(*change->checkpoint, change->words);
}

void InterventionsDock::showHistory() {
    std::vector<PastIntervention> past = pastInterventions(*m_run.data());
    const bool alive = m_run.canSteer();
    if (past == m_past && alive == m_pastAlive) return;
    m_past = std::move(past);
    m_pastAlive = alive;
    while (QLayoutItem* item = m_history->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const bool canRewind = alive && config::isCommand("rewind"), canTwin = !EngineLink::enginePath().isEmpty();
    for (std::size_t i = 0; i < m_past.size() && i < kMostPast; ++i) {
        const PastIntervention& each = m_past[i];
        QLabel* words = note("pastIntervention", "value");
        words->setText(tr("Step %1  %2").arg(plots::groupedInteger(each.step), each.words));
        words->setContentsMargins(0, 6, 0, 0);
        m_history->addWidget(words);
        auto* links = new QWidget;
        auto* row = new QHBoxLayout(links);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(12);
        const auto link = [&](const char* name, const QString& text, const QString& tip, auto act) {
            auto* button = new QPushButton(text);
            button->setObjectName(QString::fromLatin1(name));
            button->setProperty("kind", "link");
            button->setFont(plots::uiFont(12));
            button->setToolTip(tip);
            connect(button, &QPushButton::clicked, this, act);
            row->addWidget(button);
        };
        if (each.checkpoint && canRewind)
            link("rewindBefore", tr("Rewind to before"), tr("Back to checkpoint %1, without this and what came after.").arg(*each.checkpoint), [this, to = *each.checkpoint] { emit rewindRequested(to); });
        if (const auto unpin = each.pin && alive ? unpinOf(*each.pin, m_run.steering()) : std::nullopt)
            link("unpinDomain", tr("Unpin"), tr("Ends it for this domain alone; other domains stay pinned."), [this, unpin] { m_run.send(*unpin); });
        if (each.checkpoint && canTwin)
            link("twinWithout", tr("Twin without"), tr("A second engine trains on from checkpoint %1 without this and what came after; Compare shows both.").arg(*each.checkpoint),
                 [this, each] { emit twinRequested(*each.checkpoint, each.words); });
        row->addStretch(1);
        m_history->addWidget(links);
    }
    if (m_past.size() > kMostPast) {
        QLabel* more = note("morePast", "hint");
        more->setText(tr("%1 earlier ones are in the strip of events.").arg(m_past.size() - kMostPast));
        m_history->addWidget(more);
    }
    m_noPast->setVisible(m_past.empty());
}

}  // namespace moescope::ui
