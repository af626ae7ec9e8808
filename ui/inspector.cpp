// Builds and fills the inspector.
#include "ui/inspector.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "plots/bars.hpp"
#include "plots/controls.hpp"
#include "plots/figures.hpp"
#include "plots/theme.hpp"
#include "ui/help_text.hpp"
#include "ui/run_watched.hpp"
#include "ui/run_words.hpp"
#include "ui/train_curves.hpp"
#include "ui/train_text.hpp"

namespace moescope::ui {
namespace {

constexpr int kSide = 16;

QLabel* label(QWidget* parent, const QFont& font, const char* role) {
    auto* made = new QLabel(parent);
    made->setFont(font);
    made->setProperty("role", role);
    made->setTextFormat(Qt::PlainText);
    return made;
}

QPixmap dot(const QColor& color, double ratio) {
    QPixmap picture(QSize(10, 10) * ratio);
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QRectF(1, 1, 8, 8));
    return picture;
}

/// A value that is wider than the row ends in "…" and is whole in its tool tip; its caption is never cut.
void showValue(QLabel* value, const QString& text, int room) {
    const int free = room - value->buddy()->sizeHint().width();
    const QString fitted = value->fontMetrics().elidedText(text, Qt::ElideRight, std::max(24, free));
    value->setText(fitted);
    value->setToolTip(fitted == text ? QString() : text);
}

QString speedText(const WatchedRun& run) {
    const double steps = run.stepsPerSecond();
    if (!std::isnan(steps)) return Inspector::tr("%1 steps/s").arg(plots::figure(steps));
    const double tokens = run.data()->summary().tokensPerSecond;
    return std::isnan(tokens) ? QStringLiteral("–") : Inspector::tr("%1 tokens/s").arg(RunWords::amount(tokens));
}

QString checkpointText(const RunData& run) {
    std::int64_t newest = -1;
    for (const storage::CheckpointRow& row : run.checkpoints())
        if (row.state != "bad" && row.state != "deleting") newest = std::max(newest, row.step);
    return newest < 0 ? Inspector::tr("none yet") : Inspector::tr("step %1").arg(plots::figure(static_cast<double>(newest), plots::Figure::Integer));
}

}  // namespace

Inspector::Inspector(WatchedRun& run, QWidget* parent) : QWidget(parent), m_run(run), m_column(new QVBoxLayout(this)) {
    setObjectName(QStringLiteral("inspector"));
    setAccessibleName(tr("Inspector"));
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(0);
    buildRun();
    buildLayer();
    buildDomains();
    m_column->addStretch(1);
    buildDevice();
}

Inspector::Section Inspector::addSection(const char* name) {
    auto* box = new QWidget(this);
    box->setObjectName(QString::fromLatin1(name));
    setHelp(box, placeCard(name));
    auto* outer = new QVBoxLayout(box);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    if (m_column->count() > 0) {
        auto* line = new QFrame(box);
        line->setProperty("role", "hairline");
        outer->addWidget(line);
    }
    auto* column = new QVBoxLayout;
    column->setContentsMargins(kSide, 12, kSide, 12);
    column->setSpacing(8);
    outer->addLayout(column);
    m_column->addWidget(box);
    return {box, column};
}

QLabel* Inspector::addRow(QVBoxLayout* rows, const QString& text, const char* name) {
    QLabel* caption = label(this, plots::uiFont(12), "label");
    caption->setText(text);
    QLabel* value = label(this, plots::uiFont(12, QFont::Medium), "value");
    value->setObjectName(QString::fromLatin1(name));
    value->setBuddy(caption);  // the room that the caption leaves
    value->setMinimumWidth(24);
    caption->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(caption);
    row->addWidget(value, 1);
    rows->addLayout(row);
    return value;
}

void Inspector::buildRun() {
    const Section section = addSection("inspectorRun");
    m_runBox = section.box;
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    m_dot = new QLabel(this);
    m_name = label(this, plots::uiFont(15, QFont::DemiBold), "title");
    m_name->setObjectName(QStringLiteral("runName"));
    m_name->setMinimumWidth(40);
    m_state = new plots::Pill({}, plots::Pill::Neutral, this);
    m_state->setObjectName(QStringLiteral("runState"));
    head->addWidget(m_dot);
    head->addWidget(m_name, 1);
    head->addWidget(m_state);
    section.column->addLayout(head);
    auto* grid = new QVBoxLayout;
    grid->setSpacing(5);
    m_parameters = addRow(grid, tr("Parameters"), "parameters");
    m_forward = addRow(grid, tr("Forward, per token"), "forwardFlop");
    m_speed = addRow(grid, tr("Speed"), "speed");
    m_checkpoint = addRow(grid, tr("Last checkpoint"), "lastCheckpoint");
    section.column->addLayout(grid);
}

void Inspector::buildLayer() {
    const Section section = addSection("inspectorLayer");
    m_layerBox = section.box;
    auto* head = new QHBoxLayout;
    m_layerName = label(this, plots::uiFont(13, QFont::DemiBold), "title");
    m_when = label(this, plots::uiFont(12), "unit");
    m_when->setObjectName(QStringLiteral("inspectorWhen"));
    head->addWidget(m_layerName, 1);
    head->addWidget(m_when);
    section.column->addLayout(head);
    auto* hero = new QHBoxLayout;
    hero->setSpacing(8);
    m_hero = label(this, plots::uiFont(28, QFont::DemiBold), "title");
    m_hero->setObjectName(QStringLiteral("effectiveExperts"));
    m_heroUnit = label(this, plots::uiFont(12), "label");
    hero->addWidget(m_hero, 0, Qt::AlignBottom);
    hero->addWidget(m_heroUnit, 1, Qt::AlignBottom);
    m_heroUnit->setContentsMargins(0, 0, 0, 5);
    section.column->addLayout(hero);
    auto* pills = new QHBoxLayout;
    pills->setSpacing(6);
    m_idle = new plots::Pill({}, plots::Pill::Ok, this);
    m_idle->setObjectName(QStringLiteral("idlePill"));
    m_hottest = new plots::Pill({}, plots::Pill::Neutral, this);
    m_hottest->setObjectName(QStringLiteral("hottestPill"));
    pills->addWidget(m_idle);
    pills->addWidget(m_hottest);
    pills->addStretch(1);
    section.column->addLayout(pills);
    QLabel* caption = label(this, plots::uiFont(12), "label");
    caption->setText(tr("Load, ratio to fair share"));
    section.column->addWidget(caption);
    m_load = new plots::LoadBars(this);
    m_load->setObjectName(QStringLiteral("loadBars"));
    section.column->addWidget(m_load);
    m_muted = label(this, plots::uiFont(12), "warn");
    m_muted->setObjectName(QStringLiteral("mutedExperts"));
    m_muted->setWordWrap(true);
    section.column->addWidget(m_muted);
    connect(m_load, &plots::LoadBars::expertMenuRequested, this, &Inspector::expertMenuRequested);
    connect(m_load, &plots::LoadBars::expertClicked, this, [this](int expert) { emit expertMenuRequested(expert, QCursor::pos()); });
}

void Inspector::buildDomains() {
    const Section section = addSection("inspectorDomains");
    m_domainBox = section.box;
    auto* head = new QHBoxLayout;
    QLabel* title = label(this, plots::uiFont(13, QFont::DemiBold), "title");
    title->setText(tr("Loss by domain"));
    QLabel* unit = label(this, plots::uiFont(12), "unit");
    unit->setText(tr("nats/token"));
    head->addWidget(title, 1);
    head->addWidget(unit);
    section.column->addLayout(head);
    m_domains = new plots::DomainBars(this);
    m_domains->setObjectName(QStringLiteral("domainBars"));
    section.column->addWidget(m_domains);
}

void Inspector::buildDevice() {
    const Section section = addSection("inspectorDevice");
    m_deviceBox = section.box;
    auto* head = new QHBoxLayout;
    QLabel* title = label(this, plots::uiFont(13, QFont::DemiBold), "title");
    title->setText(tr("Device"));
    m_device = label(this, plots::uiFont(12), "unit");
    m_device->setObjectName(QStringLiteral("deviceName"));
    head->addWidget(title);
    head->addWidget(m_device, 1, Qt::AlignRight);
    section.column->addLayout(head);
    auto* grid = new QVBoxLayout;
    m_memory = addRow(grid, tr("Memory, peak"), "memory");
    section.column->addLayout(grid);
}

void Inspector::fitDomains() {
    int needed = m_domainBox->minimumSizeHint().height();
    for (const QWidget* box : {m_runBox, m_layerBox, m_deviceBox})
        if (!box->isHidden()) needed += box->minimumSizeHint().height();
    m_domainBox->setVisible(m_run.data() && !m_run.data()->meta().facts.domains.empty() && needed <= height());
}

void Inspector::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitDomains();
}

void Inspector::refresh(std::int64_t moeLayer, double step, bool live) {
    m_layer = moeLayer;
    const RunData* data = m_run.data();
    for (QWidget* box : {m_runBox, m_deviceBox}) box->setVisible(data);
    m_layerBox->setVisible(data && data->experts() > 0);
    if (!data) return m_domainBox->hide();
    showRun(step);
    if (data->experts() > 0) showLayer(moeLayer, step, live);
    m_domains->setData(domainBars(*data, step));
    fitDomains();
}

void Inspector::showRun(double step) {
    const RunData& data = *m_run.data();
    const int room = width() - 2 * kSide - 8;
    m_dot->setPixmap(dot(plots::colorOf(plots::theme(), RunWords::ink(data.meta().ulid, m_run.colour().toStdString())), devicePixelRatioF()));
    const QString name = m_run.name();
    m_state->setState(RunWords::state(m_run.state()), RunWords::pill(m_run.state()), m_run.isTraining());
    m_name->setText(m_name->fontMetrics().elidedText(name, Qt::ElideRight, width() - 2 * kSide - 26 - m_state->sizeHint().width()));
    m_name->setToolTip(name);
    showValue(m_parameters, parametersText(data), room);
    showValue(m_forward, data.meta().facts.flopsToken > 0 ? RunWords::flop(data.meta().facts.flopsToken / 3) : QStringLiteral("–"), room);
    showValue(m_speed, speedText(m_run), room);
    showValue(m_checkpoint, checkpointText(data), room);
    const QString device = deviceText(data);
    m_device->setText(m_device->fontMetrics().elidedText(device, Qt::ElideRight, width() - 2 * kSide - 60));
    m_device->setToolTip(device);
    const double memory = valueAt(data, "memory", 0, step);
    showValue(m_memory, std::isnan(memory) ? QStringLiteral("–") : RunWords::bytes(memory), room);
}

void Inspector::showLayer(std::int64_t moeLayer, double step, bool live) {
    const RunData& data = *m_run.data();
    const auto& layers = data.meta().facts.moeLayers;
    const auto at = static_cast<std::size_t>(moeLayer);
    m_layerName->setText(tr("Layer %1").arg(at < layers.size() ? layers[at] : 0));
    m_when->setText(live ? (m_run.isTraining() ? tr("now") : tr("at the end")) : tr("at step %1").arg(plots::figure(step, plots::Figure::Integer)));
    const double effective = valueAt(data, "effective_experts", moeLayer, step), dead = valueAt(data, "dead", moeLayer, step);
    const double hottest = valueAt(data, "imbalance", moeLayer, step);
    m_hero->setText(std::isnan(effective) ? QStringLiteral("–") : plots::figure(effective, plots::Figure::Fixed1));
    m_heroUnit->setText(data.experts() == 1 ? tr("of one expert") : tr("of %1 effective experts").arg(data.experts()));
    m_idle->setVisible(!std::isnan(dead) && data.experts() > 1);
    m_idle->setState(dead > 0 ? tr("%1 idle").arg(std::lround(dead)) : tr("none idle"), dead > 0 ? plots::Pill::Warn : plots::Pill::Ok);
    m_hottest->setVisible(!std::isnan(hottest) && data.experts() > 1);
    m_hottest->setState(tr("hottest ×%1").arg(plots::figure(hottest, plots::Figure::Fixed1)), plots::Pill::Neutral);
    m_load->setData(loadBars(data, moeLayer, step));
    QStringList muted, rigged;
    for (const auto& [layer, expert] : m_run.steering().muted)
        if (at < layers.size() && layer == layers[at]) muted << QStringLiteral("E%1").arg(expert);
    for (const auto& [place, bias] : m_run.steering().rig)
        if (at < layers.size() && place.first == layers[at]) rigged << QStringLiteral("E%1 %2%3").arg(place.second).arg(bias > 0 ? QStringLiteral("+") : QString(), QString::number(bias).replace(QLatin1Char('-'), QChar(0x2212)));
    QStringList lines;
    if (!muted.isEmpty()) lines << tr("Muted: %1").arg(muted.join(QStringLiteral(", ")));
    if (!rigged.isEmpty()) lines << tr("Rigged: %1").arg(rigged.join(QStringLiteral(", ")));
    m_muted->setText(lines.join(QLatin1Char('\n')));
    m_muted->setVisible(!lines.isEmpty());
}

}  // namespace moescope::ui
