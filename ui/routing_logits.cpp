// Chooses between the fans and the ridges, and fills the ridges from the snapshot.
#include "ui/routing_logits.hpp"

#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>

#include "plots/controls.hpp"
#include "plots/ridges.hpp"
#include "ui/routing_curves.hpp"
#include "ui/routing_headings.hpp"
#include "ui/routing_table.hpp"

namespace moescope::ui {
namespace {

using plots::EmptyContent;
using telemetry::ProbeSnapshot;

using telemetry::kProbeLevels;

template <class Number>
std::vector<double> levelsOf(std::vector<Number> samples) {
    if (samples.empty()) return {};
    std::ranges::sort(samples);
    std::vector<double> levels;
    for (const double level : kProbeLevels) {
        const double at = level * static_cast<double>(samples.size() - 1);
        const auto below = static_cast<std::size_t>(at), above = std::min(below + 1, samples.size() - 1);
        levels.push_back(samples[below] + (at - static_cast<double>(below)) * (static_cast<double>(samples[above]) - samples[below]));
    }
    return levels;
}

bool hasLogits(const ProbeSnapshot& probe, int moeLayer) {
    const std::size_t size = static_cast<std::size_t>(probe.tokens) * static_cast<std::size_t>(probe.experts), begin = static_cast<std::size_t>(moeLayer) * size;
    return begin + size <= probe.logits.size() && std::any_of(probe.logits.begin() + static_cast<std::ptrdiff_t>(begin), probe.logits.begin() + static_cast<std::ptrdiff_t>(begin + size), [](float z) { return z != 0; });
}

// Quantiles of an expert's logits with the noise of training; empty where its router has none.
std::vector<double> noisyLevels(const ProbeSnapshot& probe, std::size_t layer, std::size_t expert) {
    const std::size_t begin = (layer * static_cast<std::size_t>(probe.experts) + expert) * kProbeLevels.size();
    if (begin + kProbeLevels.size() > probe.noisyLogits.size() || !std::isfinite(probe.noisyLogits[begin])) return {};
    const auto first = probe.noisyLogits.begin() + static_cast<std::ptrdiff_t>(begin);
    return {first, first + static_cast<std::ptrdiff_t>(kProbeLevels.size())};
}

}  // namespace

plots::RidgeData logitRidges(const ProbeSnapshot& probe, int moeLayer) {
    plots::RidgeData data;
    data.title = RoutingLogits::tr("Router logits of each expert over the probe's tokens");
    data.axis = RoutingLogits::tr("logit");
    data.experts = probe.experts;
    const auto experts = static_cast<std::size_t>(probe.experts), tokens = static_cast<std::size_t>(probe.tokens), layer = static_cast<std::size_t>(moeLayer);
    for (std::size_t e = 0; e < experts; ++e) {
        plots::RidgeRow row{static_cast<int>(e), {}, {}, {}};
        for (std::size_t t = 0; t < tokens; ++t) row.samples.push_back(probe.logits[(layer * tokens + t) * experts + e]);
        row.after = noisyLevels(probe, layer, e);
        data.rows.push_back(std::move(row));
    }
    return data;
}

plots::RidgeData biasRidges(const ProbeSnapshot& probe, int moeLayer, bool sigmoid, const std::vector<double>& bias) {
    plots::RidgeData data;
    data.title = RoutingLogits::tr("Score of each expert before and after the selection bias");
    data.axis = RoutingLogits::tr("score");
    data.experts = probe.experts;
    const auto experts = static_cast<std::size_t>(probe.experts), tokens = static_cast<std::size_t>(probe.tokens);
    std::vector<std::vector<double>> scores(experts);
    for (std::size_t t = 0; t < tokens; ++t) {
        const float* z = &probe.logits[(static_cast<std::size_t>(moeLayer) * tokens + t) * experts];
        const double most = *std::max_element(z, z + experts);
        double sum = 0;
        for (std::size_t e = 0; e < experts; ++e) sum += std::exp(z[e] - most);
        for (std::size_t e = 0; e < experts; ++e) scores[e].push_back(sigmoid ? 1 / (1 + std::exp(-static_cast<double>(z[e]))) : std::exp(z[e] - most) / sum);
    }
    for (std::size_t e = 0; e < experts; ++e) {
        plots::RidgeRow row{static_cast<int>(e), {}, levelsOf(scores[e]), {}};
        for (const double level : row.before) row.after.push_back(level + bias[e]);
        data.rows.push_back(std::move(row));
    }
    return data;
}

RoutingLogits::RoutingLogits(TrainCursor& cursor, QWidget* parent)
    : RoutingView(parent), m_choice(new plots::SegmentedControl), m_stack(new QStackedWidget), m_ridgeStack(new QStackedWidget), m_curves(new RoutingCurves(RoutingCurves::logits, cursor)), m_ridges(new plots::Ridges),
      m_ridgeTable(new RoutingTable) {
    setObjectName(QStringLiteral("routingLogits"));
    m_curves->setObjectName(QStringLiteral("logitCurves"));
    m_choice->setObjectName(QStringLiteral("logitModes"));
    m_choice->setAccessibleName(tr("How logits are shown"));
    m_choice->setOptions({tr("Over time"), tr("By expert"), tr("With bias")});
    m_choice->setCompact(true);
    m_ridges->setObjectName(QStringLiteral("logitRidges"));
    m_ridgeTable->setObjectName(QStringLiteral("ridgeTable"));
    m_ridgeTable->setAccessibleName(tr("Quantiles of each expert"));
    m_ridgeStack->addWidget(m_ridges);
    m_ridgeStack->addWidget(m_ridgeTable);
    auto* byExpert = new QWidget;
    auto* inner = new QVBoxLayout(byExpert);
    inner->setContentsMargins(16, 4, 16, 8);
    inner->addWidget(m_ridgeStack);
    m_stack->addWidget(m_curves);
    m_stack->addWidget(byExpert);
    m_note = routingLabel("unit", 12);
    m_note->setObjectName(QStringLiteral("logitNote"));
    m_note->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(16, 6, 16, 0);
    head->setSpacing(12);
    head->addWidget(m_choice);
    head->addWidget(m_note, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
    connect(m_choice, &plots::SegmentedControl::currentChanged, this, [this](int mode) { setMode(static_cast<Mode>(mode)); });
}

void RoutingLogits::setMode(Mode mode) {
    m_mode = mode;
    m_choice->setCurrent(mode);
    setObjectName(mode == overTime ? QStringLiteral("routingLogits") : QStringLiteral("routingRidges"));  // its help card
    m_stack->setCurrentIndex(mode == overTime ? 0 : 1);
    emit changed();
}

std::optional<EmptyContent> RoutingLogits::missing(const RoutingShown& shown) const {
    if (m_mode == overTime) return m_curves->missing(shown);
    return {};
}

QString RoutingLogits::noteOf(const RoutingShown& shown, const plots::RidgeData& data) const {
    const ProbeSnapshot& probe = shown.snapshot->probe;
    if (m_mode == overTime) return {};
    const config::RouterConfig& router = shown.run->config().router;
    if (m_mode == withBias && router.offset == "none") return tr("This router has no selection bias (router.offset is none): nothing is added to its scores.");
    if (m_mode == withBias && data.rows.empty()) return tr("The bias of this step is not stored, or the scores are taken inside groups, which this view does not show.");
    if (m_mode == withBias) return tr("layer %1: score before (colour) and after (grey) the bias of each expert, which only changes who is chosen; thick 30\u201370 %, thin 5\u201395 %").arg(shown.modelLayer);
    if (data.rows.empty()) return tr("This router computes no logits: a table or a fixed order decides.");
    const bool noisy = std::ranges::any_of(data.rows, [](const plots::RidgeRow& row) { return !row.after.empty(); });
    if (noisy) return tr("layer %1: clean logits of each expert over the %2 tokens of the probe (colour), and with the noise a choice in training meets (grey; thick 30\u201370 %, thin 5\u201395 %)").arg(shown.modelLayer).arg(probe.tokens);
    return tr("layer %1: clean logits of each expert over the %2 tokens of the probe, before any noise or selection bias").arg(shown.modelLayer).arg(probe.tokens);
}

void RoutingLogits::show(const RoutingShown& shown) {
    if (m_mode == overTime) {
        m_note->clear();
        return m_curves->show(shown);
    }
    showRidges(shown);
}

plots::RidgeData RoutingLogits::ridgesOf(const RoutingShown& shown) const {
    const ProbeSnapshot& probe = shown.snapshot->probe;
    if (!hasLogits(probe, shown.moeLayer)) return {};
    if (m_mode == byExpert) return logitRidges(probe, shown.moeLayer);
    const config::RouterConfig& router = shown.run->config().router;
    const Track* stored = shown.run->track("selection_bias");
    const std::size_t point = stored ? stored->at(static_cast<double>(probe.step)) : 0;
    if (router.offset == "none" || router.score == "softmax_groups" || router.transform != "none" || !stored || point >= stored->size()) return {};
    std::vector<double> bias;
    for (int e = 0; e < probe.experts; ++e) bias.push_back(stored->mean(point, shown.run->element(*stored, shown.moeLayer, e)));
    return biasRidges(probe, shown.moeLayer, router.score == "sigmoid", bias);
}

void RoutingLogits::showRidges(const RoutingShown& shown) {
    const plots::RidgeData data = ridgesOf(shown);
    m_note->setText(noteOf(shown, data));
    m_ridgeStack->setVisible(!data.rows.empty());
    m_ridges->setData(data);
    if (m_table) fillTable(data);
}

void RoutingLogits::fillTable(const plots::RidgeData& data) {
    QStringList columns{tr("expert")};
    const auto name = [&](const QString& kind) { for (const double level : kProbeLevels) columns << (kind + tr("%1 %").arg(static_cast<int>(std::lround(100 * level)))); };
    name(m_mode == withBias ? tr("before, ") : QString());
    if (m_mode == withBias) name(tr("after, "));
    else if (std::ranges::any_of(data.rows, [](const plots::RidgeRow& row) { return !row.after.empty(); })) name(tr("with noise, "));
    std::vector<std::vector<RoutingTable::Cell>> rows;
    for (const plots::RidgeRow& row : data.rows) {
        rows.push_back({RoutingTable::word(expertName(row.expert))});
        for (const double value : m_mode == withBias ? row.before : levelsOf(row.samples)) rows.back().push_back(RoutingTable::number(value));
        for (const double value : row.after) rows.back().push_back(RoutingTable::number(value));
    }
    m_ridgeTable->setRows(columns, rows);
}

void RoutingLogits::setTable(bool on) {
    m_table = on;
    m_curves->setTable(on);
    m_ridgeStack->setCurrentIndex(on);
}

}  // namespace moescope::ui
