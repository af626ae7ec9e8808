// Counts and painting of the solo card.
#include "ui/routing_solo.hpp"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <map>

#include "plots/figures.hpp"
#include "plots/paint.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

constexpr int kMargin = 16, kWidth = 280, kHead = 44, kTitle = 24, kRow = 19, kGap = 12, kMostDomains = 8;

std::vector<std::int32_t> firstChoices(const telemetry::ProbeSnapshot& probe, int moeLayer) {
    const FirstChoices all = firstChoicesOf(probe);
    const auto& layer = all.experts[static_cast<std::size_t>(moeLayer)];
    return {layer.begin(), layer.end()};
}

SoloFacts::Row rowOf(const QString& name, const telemetry::LabelLift& lift) { return {name, lift.count, lift.share, lift.lift, lift.null95}; }

}  // namespace

SoloFacts soloFacts(const telemetry::ProbeSnapshot& probe, int moeLayer, int expert, const QStringList& domains, int top) {
    SoloFacts facts;
    facts.expert = expert;
    const std::vector<std::int32_t> first = firstChoices(probe, moeLayer);
    facts.tokens = static_cast<int>(std::ranges::count(first, expert));
    facts.of = static_cast<int>(std::ranges::count_if(first, [](std::int32_t e) { return e >= 0; }));
    std::map<std::int32_t, std::string> texts;
    for (std::size_t t = 0; t < probe.tokenIds.size(); ++t) texts.emplace(probe.tokenIds[t], probe.tokenTexts[t]);
    for (const telemetry::LabelLift& lift : telemetry::labelLifts(first, probe.tokenIds, expert, 1))
        if (lift.lift > 1) facts.words.push_back(rowOf(tokenWord(QString::fromStdString(texts[lift.label])), lift));
    std::ranges::stable_sort(facts.words, std::greater(), [](const SoloFacts::Row& row) { return static_cast<double>(row.count) * std::log(row.lift); });
    facts.words.resize(std::min(facts.words.size(), static_cast<std::size_t>(top)));
    if (probe.domains.size() != first.size()) return facts;
    for (const telemetry::LabelLift& lift : telemetry::labelLifts(first, probe.domains, expert, static_cast<std::size_t>(std::max(2, probe.sequenceLength))))
        facts.domains.push_back(rowOf(lift.label < domains.size() ? domains[lift.label] : QString::number(lift.label), lift));
    std::ranges::stable_sort(facts.domains, std::greater(), &SoloFacts::Row::lift);
    return facts;
}

SoloCard::SoloCard(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void SoloCard::setFacts(SoloFacts facts, int experts) {
    m_facts = std::move(facts);
    m_experts = experts;
    if (m_facts.domains.size() > kMostDomains) m_facts.domains.resize(kMostDomains);
    setAccessibleName(tr("%1 alone").arg(expertName(m_facts.expert)));
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

QString SoloCard::summary() const {
    QStringList words{tr("%1 takes %2 of %3 tokens first").arg(expertName(m_facts.expert)).arg(m_facts.tokens).arg(m_facts.of)};
    for (const auto* rows : {&m_facts.domains, &m_facts.words})
        for (const SoloFacts::Row& row : *rows) words << tr("%1 %2 times, lift %3, chance below %4").arg(row.name).arg(row.count).arg(plots::figure(row.lift, Figure::Fixed1), plots::figure(row.null95, Figure::Fixed1));
    return words.join(QStringLiteral("; "));
}

QSize SoloCard::sizeHint() const {
    const auto part = [](const auto& rows) { return kTitle + kRow * static_cast<int>(std::max<std::size_t>(1, rows.size())) + kGap; };
    return {kWidth, kHead + (m_facts.domains.empty() ? 0 : part(m_facts.domains)) + part(m_facts.words) + kRow};
}

int SoloCard::paintRows(QPainter& painter, int y, const QString& title, const std::vector<SoloFacts::Row>& rows, bool mono) const {
    const plots::Theme& t = plots::theme();
    const double lift = width() - kMargin - 44, chance = width() - kMargin;
    plots::drawText(painter, kMargin, y + 8, title, plots::uiFont(13, QFont::DemiBold), t.text);
    plots::drawText(painter, lift, y + 8, tr("lift"), plots::uiFont(11), t.text3, Qt::AlignRight);
    plots::drawText(painter, chance, y + 8, tr("chance"), plots::uiFont(11), t.text3, Qt::AlignRight);
    y += kTitle;
    if (rows.empty()) plots::drawText(painter, kMargin, y + kRow / 2.0, tr("none more often than elsewhere"), plots::uiFont(12), t.text3);
    for (const SoloFacts::Row& row : rows) {
        const bool real = row.lift > row.null95;
        const QFont font = mono ? plots::monoFont(13) : plots::uiFont(12);
        const double middle = y + kRow / 2.0;
        plots::drawText(painter, kMargin, middle, QFontMetrics(font).elidedText(row.name, Qt::ElideRight, mono ? 60 : 104), font, real ? t.text : t.text2);
        plots::drawText(painter, kMargin + (mono ? 96 : 150), middle, mono ? tr("%1 times").arg(row.count) : plots::figure(100 * row.share, Figure::Integer) + QStringLiteral(" %"), plots::uiFont(12), t.text3, Qt::AlignRight);
        plots::drawText(painter, lift, middle, QStringLiteral("\u00D7") + plots::figure(row.lift, Figure::Fixed1), plots::uiFont(12, real ? QFont::DemiBold : QFont::Normal), real ? t.text : t.text3, Qt::AlignRight);
        plots::drawText(painter, chance, middle, QStringLiteral("\u00D7") + plots::figure(row.null95, Figure::Fixed1), plots::uiFont(12), t.text3, Qt::AlignRight);
        y += kRow;
    }
    return y + (rows.empty() ? kRow : 0) + kGap;
}

void SoloCard::paintEvent(QPaintEvent*) {
    if (m_facts.expert < 0) return;
    QPainter painter(this);
    const plots::Theme& t = plots::theme();
    painter.setRenderHint(QPainter::Antialiasing);
    plots::fillExpert(painter, t, QRectF(kMargin, 5, 12, 12), 3, m_facts.expert, m_experts);
    plots::drawText(painter, kMargin + 20, 11, tr("%1 alone").arg(expertName(m_facts.expert)), plots::uiFont(15, QFont::DemiBold), t.text);
    const double share = m_facts.of > 0 ? 100.0 * m_facts.tokens / m_facts.of : 0;
    plots::drawText(painter, kMargin, 31, tr("first choice of %1 of %2 tokens, %3 %").arg(plots::groupedInteger(m_facts.tokens), plots::groupedInteger(m_facts.of), plots::figure(share, Figure::Integer)), plots::uiFont(12), t.text2);
    int y = kHead + 4;
    if (!m_facts.domains.empty()) y = paintRows(painter, y, tr("Domains"), m_facts.domains, false);
    y = paintRows(painter, y, tr("Tokens"), m_facts.words, true);
    plots::drawText(painter, kMargin, y, tr("chance: 95 % of shuffles lie below"), plots::uiFont(11), t.text3);
}

}  // namespace moescope::ui
