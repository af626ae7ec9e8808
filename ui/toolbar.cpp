// Buttons and knobs.
#include "ui/toolbar.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidgetAction>

#include <algorithm>
#include <cmath>

#include "plots/controls.hpp"
#include "plots/icons.hpp"
#include "plots/scaled.hpp"
#include "ui/help_text.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using plots::Knob;
using plots::scaled;
using storage::RunState;

constexpr int kGap = 16, kMargin = 12, kMoreRoom = 84, kButtonsRoom = 136, kHeight = 52, kChoiceHeight = 42;

bool sameControls(const std::vector<LiveSetting>& wanted, const LiveSetting& have, std::size_t at) {
    return at < wanted.size() && QLatin1String(wanted[at].key) == QLatin1String(have.key) && wanted[at].knob.choices == have.knob.choices &&
           wanted[at].choices.size() == have.choices.size();
}

/// A knob has a fixed width and no hint.
int widthOf(const QWidget* widget) { return std::max(widget->sizeHint().width(), widget->minimumWidth()); }

}  // namespace

Toolbar::Toolbar(WatchedRun& run, QWidget* parent) : QWidget(parent), m_run(run), m_row(new QHBoxLayout(this)) {
    setObjectName(QStringLiteral("steering"));
    m_row->setContentsMargins(kMargin, 0, kMargin, 0);
    m_row->setSpacing(kGap);
    buildButtons();
    rescale();
    connect(&PreferencesHub::instance(), &PreferencesHub::changed, this, &Toolbar::refresh);
    connect(&m_run, &WatchedRun::sent, this, [this](const QString& key) { settle(key, true); });
    connect(&m_run, &WatchedRun::refused, this, [this](const QString& key) { settle(key, false); });
    connect(&m_run, &WatchedRun::steered, this, [this] {
        for (Control& control : m_controls) control.pending = false;
        refresh();
    });
}

void Toolbar::buildButtons() {
    m_primary = new QPushButton(this);
    m_primary->setObjectName(QStringLiteral("primaryButton"));
    m_primary->setProperty("kind", "primary");
    m_primary->setFont(plots::uiFont(13, QFont::DemiBold));
    m_primary->setIconSize({14, 14});
    const auto small = [this](const char* name, const char* icon, const QString& text) {
        auto* button = new QToolButton(this);
        button->setObjectName(QString::fromLatin1(name));
        button->setIcon(plots::icon(QString::fromLatin1(icon)));
        button->setIconSize({16, 16});
        button->setAccessibleName(text);
        return button;
    };
    m_step = small("stepButton", "step", tr("One step"));
    m_stop = small("stopButton", "stop", tr("Stop and keep"));
    m_more = new QToolButton(this);
    m_more->setObjectName(QStringLiteral("moreKnobs"));
    m_more->setText(tr("More"));
    m_more->setIcon(plots::icon(QStringLiteral("sliders")));
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_more->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_more);
    m_moreBox = new QWidget(menu);
    m_moreBox->setLayout(new QVBoxLayout);
    m_moreBox->layout()->setContentsMargins(12, 8, 12, 8);
    auto* action = new QWidgetAction(menu);
    action->setDefaultWidget(m_moreBox);
    menu->addAction(action);
    m_more->setMenu(menu);
    connect(m_primary, &QPushButton::clicked, this, &Toolbar::primary);
    connect(m_step, &QToolButton::clicked, this, &Toolbar::step);
    connect(m_stop, &QToolButton::clicked, this, &Toolbar::stop);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (QWidget* button : std::initializer_list<QWidget*>{m_primary, m_step, m_stop}) buttons->addWidget(button);
    m_row->addLayout(buttons);
    auto* line = new QFrame(this);
    line->setProperty("role", "vline");
    line->setFixedHeight(28);
    m_row->addWidget(line);
    m_row->addStretch(1);
}

void Toolbar::rescale() {
    setFixedHeight(scaled(kHeight));
    m_primary->setMinimumWidth(scaled(112));
    for (QToolButton* button : {m_step, m_stop}) button->setFixedSize(scaled(30), scaled(30));
    for (const Control& control : m_controls)
        if (!control.setting.choices.empty()) control.widget->setFixedHeight(scaled(kChoiceHeight));
    place();
}

void Toolbar::primary() {
    if (!m_run.data()) return;
    if (m_run.canSteer()) return m_run.send({m_run.state() == RunState::paused ? "resume" : "pause", {}});
    if (RunWords::canResume(m_run.state())) return emit resumeRequested();
    if (m_run.state() == RunState::finished) emit trainAgainRequested();
}

void Toolbar::step() {
    if (m_run.canSteer()) m_run.send({"step", {}});
}

void Toolbar::stop() {
    if (m_run.canSteer()) m_run.send({"stop", {}});
}

QString Toolbar::whyNot() const {
    if (!m_run.data()) return tr("No run is open.");
    if (m_run.canSteer()) return {};
    if (RunWords::canResume(m_run.state())) return tr("%1 is not training. Resume it to change this.").arg(m_run.name());
    if (m_run.state() == RunState::created) return tr("The engine is starting.");
    return tr("%1 is finished. Train it again, or start a new run, to change this.").arg(m_run.name());
}

void Toolbar::showButtons() {
    const RunState state = m_run.state();
    const bool alive = m_run.canSteer();
    struct Face {
        QString text, icon, note;
    };
    const Face face = alive && state != RunState::paused ? Face{tr("Pause"), QStringLiteral("pause"), tr("Pause after this step (Space)")}
                      : alive                            ? Face{tr("Continue"), QStringLiteral("play"), tr("Go on training (Space)")}
                      : RunWords::canResume(state)       ? Face{tr("Resume"), QStringLiteral("play"), tr("Go on from the last checkpoint (Space)")}
                      : state == RunState::finished      ? Face{tr("Train again"), QStringLiteral("refresh"), tr("A new run with the same settings (Space)")}
                                                         : Face{tr("Train"), QStringLiteral("play"), whyNot()};
    m_primary->setText(QStringLiteral(" ") + face.text);
    m_primary->setIcon(plots::icon(face.icon, plots::Ink::chosen(plots::theme().onAccent)));
    m_primary->setToolTip(face.note);
    m_primary->setEnabled(m_run.data() && state != RunState::created && state != RunState::quarantined);
    const QString reason = whyNot();
    m_step->setEnabled(alive);
    m_step->setToolTip(alive ? tr("One step, then pause (.)") : reason);
    m_stop->setEnabled(alive);
    m_stop->setToolTip(alive ? tr("Stop and keep: saves a checkpoint") : reason);
}

void Toolbar::refresh() {
    showButtons();
    std::vector<LiveSetting> wanted = m_run.data() ? liveSettings(m_run.steering().config) : std::vector<LiveSetting>();
    std::erase_if(wanted, [](const LiveSetting& setting) { return !levelReached(setting.least); });
    bool same = wanted.size() == m_controls.size();
    for (std::size_t i = 0; same && i < m_controls.size(); ++i) same = sameControls(wanted, m_controls[i].setting, i);
    if (!same) {
        for (Control& control : m_controls) delete control.widget;
        m_controls.clear();
        for (const LiveSetting& setting : wanted) m_controls.push_back({setting, nullptr, false});
        buildControls();
    }
    for (Control& control : m_controls) showControl(control);
}

void Toolbar::buildControls() {
    for (Control& control : m_controls) control.widget = control.setting.choices.empty() ? makeKnob(control.setting) : makeChoice(control.setting);
    place();
}

QWidget* Toolbar::makeKnob(const LiveSetting& setting) {
    auto* knob = new Knob(setting.knob, this);
    knob->setObjectName(QString::fromLatin1(setting.name));
    setHelp(knob, setting.note);
    const QString key = QString::fromLatin1(setting.key);
    const bool whole = key == QLatin1String("moe.top_k");
    connect(knob, &Knob::committed, this, [this, key, whole](double value) {
        m_run.set(key, whole ? config::Value(static_cast<std::int64_t>(std::llround(value))) : config::Value(value));
    });
    return knob;
}

QWidget* Toolbar::makeChoice(const LiveSetting& setting) {
    auto* box = new QWidget(this);
    setHelp(box, setting.note);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* label = new QLabel(setting.knob.label, box);
    label->setFont(plots::uiFont(12));
    label->setProperty("role", "label");
    auto* combo = new QComboBox(box);
    combo->setObjectName(QString::fromLatin1(setting.name));
    combo->setAccessibleName(setting.knob.label);
    combo->setProperty("kind", "quiet");
    combo->setFont(plots::uiFont(12, QFont::Medium));
    combo->setStyleSheet(QStringLiteral("QComboBox { min-height: 20px; padding-left: 0px; } QComboBox:focus { min-height: 18px; padding-left: 0px; }"));
    for (const auto& [text, value] : setting.choices) combo->addItem(text);
    column->addWidget(label);
    column->addWidget(combo);
    box->setFixedHeight(scaled(kChoiceHeight));
    const QString key = QString::fromLatin1(setting.key);
    const auto choices = setting.choices;
    connect(combo, &QComboBox::activated, this, [this, key, choices](int index) { m_run.set(key, choices[static_cast<std::size_t>(index)].second); });
    return box;
}

std::vector<const QWidget*> Toolbar::widgetsToFold() const {
    int room = width() - 2 * kMargin - widthOf(m_primary) - scaled(kButtonsRoom);
    for (const Control& control : m_controls) room -= widthOf(control.widget) + kGap;
    std::vector<const Control*> order;
    for (const Control& control : m_controls) order.push_back(&control);
    std::ranges::stable_sort(order, [](const Control* a, const Control* b) { return a->setting.fold > b->setting.fold; });
    if (room < 0) room -= scaled(kMoreRoom);
    std::vector<const QWidget*> folded;
    for (const Control* control : order) {
        if (room >= 0 || control->setting.fold == 0) break;
        room += widthOf(control->widget) + kGap;
        folded.push_back(control->widget);
    }
    return folded;
}

void Toolbar::place() {
    std::vector<const QWidget*> folded = widgetsToFold();
    const bool placed = std::ranges::all_of(m_controls, [this](const Control& control) { return m_row->indexOf(control.widget) >= 0 || m_moreBox->layout()->indexOf(control.widget) >= 0; });
    if (placed && folded == m_folded) return;
    m_folded = std::move(folded);
    m_row->removeWidget(m_more);
    for (Control& control : m_controls) {
        m_row->removeWidget(control.widget);
        m_moreBox->layout()->removeWidget(control.widget);
        if (std::ranges::find(m_folded, control.widget) != m_folded.end())
            m_moreBox->layout()->addWidget(control.widget);
        else
            m_row->insertWidget(m_row->count() - 1, control.widget);
        control.widget->show();
    }
    m_row->insertWidget(m_row->count() - 1, m_more);
    m_more->setVisible(!m_folded.empty());
}

void Toolbar::showControl(Control& control) {
    const QString reason = whyNot();
    const config::RunConfig& config = m_run.steering().config;
    control.widget->setEnabled(reason.isEmpty());
    const QString note = reason.isEmpty() ? control.setting.note : reason;
    if (auto* knob = qobject_cast<Knob*>(control.widget)) {
        knob->setPending(control.pending);
        knob->setNote(note);
        if (!control.pending && !(knob->slider() && knob->slider()->isSliderDown())) knob->setValue(control.setting.number(config));
        return;
    }
    control.widget->setToolTip(note);
    auto* combo = control.widget->findChild<QComboBox*>();
    if (control.pending) return;
    const config::Value now = control.setting.value(config);
    const auto at = std::ranges::find(control.setting.choices, now, [](const auto& choice) { return choice.second; });
    combo->setCurrentIndex(at == control.setting.choices.end() ? -1 : static_cast<int>(at - control.setting.choices.begin()));
}

void Toolbar::settle(const QString& key, bool pending) {
    for (Control& control : m_controls) {
        if (QLatin1String(control.setting.key) != key) continue;
        control.pending = pending;
        showControl(control);
    }
}

void Toolbar::resizeEvent(QResizeEvent*) { place(); }

}  // namespace moescope::ui
