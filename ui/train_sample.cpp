// Fills the sample strip.
#include "ui/train_sample.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

#include <algorithm>
#include <map>

#include "plots/figures.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

constexpr std::size_t kNamed = 6;

}  // namespace

std::vector<plots::Token> sampleTokens(const telemetry::GeneratedSample& sample, std::int64_t moeLayer) {
    std::vector<plots::Token> tokens;
    const auto perToken = static_cast<std::size_t>(sample.slotsPerToken), layers = static_cast<std::size_t>(sample.layers);
    for (std::size_t i = 0; i < sample.tokens.size(); ++i) {
        plots::Token token;
        token.text = QString::fromStdString(sample.tokens[i]);
        const std::size_t at = (i * layers + static_cast<std::size_t>(moeLayer)) * perToken;
        const bool routed = perToken > 0 && moeLayer < sample.layers && at + perToken <= sample.expertIds.size();
        if (routed && i >= static_cast<std::size_t>(sample.promptTokens)) {
            token.expert = sample.expertIds[at];
            token.weight = at < sample.weights.size() ? sample.weights[at] : 1;
            if (perToken > 1) token.second = sample.expertIds[at + 1];
        }
        tokens.push_back(std::move(token));
    }
    return tokens;
}

std::vector<int> busiestExperts(const std::vector<plots::Token>& tokens, std::size_t count) {
    std::map<int, int> chosen;
    for (const plots::Token& token : tokens)
        if (token.expert >= 0) ++chosen[token.expert];
    std::vector<std::pair<int, int>> order(chosen.begin(), chosen.end());
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<int> experts;
    for (std::size_t i = 0; i < std::min(count, order.size()); ++i) experts.push_back(order[i].first);
    return experts;
}

const telemetry::GeneratedSample* sampleAt(const RunData& run, double step) {
    const telemetry::GeneratedSample* found = nullptr;
    for (const telemetry::GeneratedSample& sample : run.samples())
        if (static_cast<double>(sample.step) <= step + 1e-6) found = &sample;
    return found;
}

TrainSample::TrainSample(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(tr("Sample"), this)), m_step(new QLabel(this)), m_legend(new QLabel(this)), m_every(new QLabel(this)), m_text(new plots::TokenText(this)) {
    setObjectName(QStringLiteral("sampleStrip"));
    setFixedHeight(48);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 1, 16, 0);
    row->setSpacing(8);
    m_title->setFont(plots::uiFont(13, QFont::DemiBold));
    for (QLabel* label : {m_step, m_every}) {
        label->setFont(plots::uiFont(12));
        label->setProperty("role", "unit");
    }
    m_step->setObjectName(QStringLiteral("sampleStep"));
    m_legend->setObjectName(QStringLiteral("sampleLegend"));
    m_legend->setFont(plots::uiFont(11));
    m_legend->setProperty("role", "label");
    m_legend->setTextFormat(Qt::RichText);
    m_text->setMode(plots::TokenText::Strip);
    m_text->setObjectName(QStringLiteral("sampleText"));
    m_text->setAccessibleName(tr("Sample of generated text"));
    row->addWidget(m_title);
    row->addWidget(m_step);
    row->addSpacing(12);
    row->addWidget(m_text, 1);
    row->addSpacing(12);
    row->addWidget(m_legend);
    row->addWidget(m_every);
}

void TrainSample::setSample(const RunData* data, std::int64_t moeLayer, double step) {
    const telemetry::GeneratedSample* sample = data ? sampleAt(*data, step) : nullptr;
    const std::int64_t every = data ? data->config().telemetry.sample_every : 0;
    m_every->setText(every == 1 ? tr("every step") : tr("every %1 steps").arg(every));
    m_every->setVisible(every > 0);
    if (!sample) {
        m_text->setTokens({}, 0);
        showLegend({}, 0);
        const bool coming = data && data->state().lockHeld;
        m_step->setText(every == 0 ? tr("none: sampling is off in this run") : coming ? tr("first one after step %1").arg(every) : tr("none at this step"));
        return;
    }
    m_step->setText(tr("step %1").arg(plots::figure(static_cast<double>(sample->step), plots::Figure::Integer)));
    std::vector<plots::Token> tokens = sampleTokens(*sample, moeLayer);
    QString whole;
    for (const plots::Token& token : tokens) whole += token.text;
    m_text->setToolTip(whole.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
    showLegend(tokens, sample->experts);
    m_text->setTokens(std::move(tokens), sample->experts);
}

void TrainSample::setSolo(int expert) { m_text->setSolo(expert); }

// With more experts than colours, the busiest of this text have one each, with their names beside it; the rest is grey.
void TrainSample::showLegend(const std::vector<plots::Token>& tokens, int experts) {
    QString legend;
    std::vector<int> colour(static_cast<std::size_t>(experts), -1);
    if (!plots::expertsHaveIdentity(experts)) {
        const std::vector<int> named = busiestExperts(tokens, kNamed);
        for (std::size_t i = 0; i < named.size(); ++i) {
            colour[static_cast<std::size_t>(named[i])] = static_cast<int>(i);
            legend += QStringLiteral("<span style=\"color:%1\">\u25A0</span>\u00A0E%2&nbsp; ").arg(plots::theme().expertFill[i].name()).arg(named[i]);
        }
        if (!named.empty()) legend += tr("others grey");
    }
    m_text->setClusters(std::move(colour));
    m_legend->setText(legend);
    m_legend->setVisible(!legend.isEmpty());
}

void TrainSample::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(QRect(16, 0, width() - 32, 1), plots::theme().line);
}

}  // namespace moescope::ui
