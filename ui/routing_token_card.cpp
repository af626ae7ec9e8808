// Painting of the token card.
#include "ui/routing_token_card.hpp"

#include <QContextMenuEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plots/figures.hpp"
#include "plots/paint.hpp"
#include "plots/theme.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

constexpr int kMargin = 16, kWidth = 280, kHead = 60, kFact = 20, kTitle = 28, kRow = 19, kSplit = 24, kPathRow = 26, kGap = 14, kMostRows = 10;

bool isChosen(const TokenDetail& detail, int expert) { return std::ranges::find(detail.choices, expert, &TokenChoice::expert) != detail.choices.end(); }

double logitMargin(const TokenDetail& detail) {
    if (detail.logits.size() < 2) return telemetry::kNone;
    std::vector<double> sorted = detail.logits;
    std::ranges::partial_sort(sorted, sorted.begin() + 2, std::greater());
    return sorted[0] - sorted[1];
}

}  // namespace

TokenCard::TokenCard(QWidget* parent) : QWidget(parent) {
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TokenCard::setDetail(const TokenDetail& detail, const QString& domain, int modelLayer, bool pinned) {
    m_detail = detail;
    m_domain = domain;
    m_modelLayer = modelLayer;
    m_pinned = pinned;
    setAccessibleName(title());
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

QString TokenCard::title() const { return (m_pinned ? tr("Pinned: token %1") : tr("Token %1")).arg(m_detail.token); }

std::vector<TokenCard::Fact> TokenCard::facts() const {
    std::vector<Fact> facts;
    facts.push_back({tr("Loss of the next token"), std::isnan(m_detail.loss) ? tr("none: end of the sequence") : tr("%1 nats").arg(plots::figure(m_detail.loss, Figure::Fixed2))});
    if (const double margin = logitMargin(m_detail); !std::isnan(margin)) facts.push_back({tr("Logit margin, first to second"), plots::figure(margin, Figure::Fixed2)});
    const auto kept = std::ranges::count_if(m_detail.choices, &TokenChoice::kept);
    const auto all = static_cast<std::ptrdiff_t>(m_detail.choices.size());
    facts.push_back({tr("Capacity"), all == 0 ? tr("no expert chosen") : kept == all ? tr("all %1 kept").arg(all) : tr("%1 of %2 dropped").arg(all - kept).arg(all)});
    return facts;
}

std::vector<int> TokenCard::shownExperts() const {
    std::vector<int> order(m_detail.logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](int a, int b) {
        const bool first = isChosen(m_detail, a), second = isChosen(m_detail, b);
        return first != second ? first : m_detail.logits[static_cast<std::size_t>(a)] > m_detail.logits[static_cast<std::size_t>(b)];
    });
    order.resize(std::min<std::size_t>(order.size(), std::max<std::size_t>(kMostRows, m_detail.choices.size())));
    return order;
}

QString TokenCard::summary() const {
    QStringList words{tr("%1, %2, %3").arg(title(), tokenWord(m_detail.text), m_domain)};
    for (const Fact& fact : facts()) words << fact.name + QLatin1Char(' ') + fact.value;
    for (const TokenChoice& choice : m_detail.choices) words << tr("%1 weight %2%3").arg(expertName(choice.expert), plots::figure(choice.weight, Figure::Fixed2), choice.kept ? QString() : tr(", dropped"));
    for (const int expert : shownExperts()) words << tr("logit of %1 %2").arg(expertName(expert), plots::figure(m_detail.logits[static_cast<std::size_t>(expert)], Figure::Fixed2));
    return words.join(QStringLiteral("; "));
}

QSize TokenCard::sizeHint() const {
    const int logits = m_detail.logits.empty() ? kTitle + kRow : kTitle + kRow * static_cast<int>(shownExperts().size()) + kRow;
    return {kWidth, kHead + kFact * static_cast<int>(facts().size()) + kGap + logits + kGap + kTitle + kSplit + kGap + kTitle + kPathRow * static_cast<int>(m_detail.path.size()) + kGap};
}

int TokenCard::paintHead(QPainter& painter, int y) const {
    const plots::Theme& t = plots::theme();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(m_pinned ? t.control : t.lineStrong);
    painter.setBrush(t.raised);
    painter.drawRoundedRect(QRectF(kMargin, y + 4.5, 40, 40), 8, 8);
    plots::drawText(painter, kMargin + 20, y + 24, QFontMetrics(plots::monoFont(16)).elidedText(tokenWord(m_detail.text), Qt::ElideRight, 36), plots::monoFont(16, QFont::DemiBold), t.text, Qt::AlignHCenter);
    plots::drawText(painter, kMargin + 54, y + 15, title(), plots::uiFont(15, QFont::DemiBold), t.text);
    plots::drawText(painter, kMargin + 54, y + 35, QFontMetrics(plots::uiFont(12)).elidedText(tr("%1, position %2").arg(m_domain).arg(m_detail.position), Qt::ElideRight, width() - kMargin * 2 - 54), plots::uiFont(12), t.text2);
    y += kHead;
    for (const Fact& fact : facts()) {
        plots::drawText(painter, kMargin, y + kFact / 2.0, fact.name, plots::uiFont(12), t.text2);
        plots::drawText(painter, width() - kMargin, y + kFact / 2.0, fact.value, plots::uiFont(12, QFont::DemiBold), t.text, Qt::AlignRight);
        y += kFact;
    }
    return y + kGap;
}

int TokenCard::paintLogits(QPainter& painter, int y) const {
    const plots::Theme& t = plots::theme();
    plots::drawText(painter, kMargin, y + 10, tr("Router logits"), plots::uiFont(13, QFont::DemiBold), t.text);
    plots::drawText(painter, width() - kMargin, y + 10, tr("layer %1").arg(m_modelLayer), plots::uiFont(12), t.text3, Qt::AlignRight);
    y += kTitle;
    m_logitRows.clear();
    if (m_detail.logits.empty()) {
        plots::drawText(painter, kMargin, y + kRow / 2.0, tr("this router stores no logits"), plots::uiFont(12), t.text3);
        return y + kRow + kGap;
    }
    const std::vector<int> shown = shownExperts();
    double low = 0, high = 0;
    for (const int e : shown) {
        low = std::min(low, m_detail.logits[static_cast<std::size_t>(e)]);
        high = std::max(high, m_detail.logits[static_cast<std::size_t>(e)]);
    }
    const double left = kMargin + 40, room = width() - kMargin - 48 - left, scale = room / std::max(high - low, 1e-9), zero = left - low * scale;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const int e = shown[i];
        m_logitRows.emplace_back(y, e);
        const bool chosen = isChosen(m_detail, e);
        const double value = m_detail.logits[static_cast<std::size_t>(e)], middle = y + kRow / 2.0;
        const QFont font = plots::uiFont(12, chosen ? QFont::DemiBold : QFont::Normal);
        plots::drawText(painter, kMargin, middle, expertName(e), font, chosen ? t.text : t.text2);
        const QRectF bar(std::min(zero, zero + value * scale), middle - 6, std::max(1.0, std::abs(value * scale)), 12);
        painter.setOpacity(chosen ? 1 : 0.4);
        plots::fillExpert(painter, t, bar, 2, e, m_detail.experts);
        painter.setOpacity(1);
        plots::drawText(painter, width() - kMargin, middle, plots::figure(value, Figure::Fixed2), font, chosen ? t.text : t.text2, Qt::AlignRight);
        y += kRow;
        if (i + 1 == m_detail.choices.size() && i + 1 < shown.size()) plots::drawDashedRow(painter, kMargin, width() - kMargin, y - 0.5, t.text3);
    }
    painter.fillRect(QRectF(zero, y - kRow * static_cast<double>(shown.size()), 1, kRow * static_cast<double>(shown.size())), t.lineStrong);
    const auto hidden = static_cast<int>(m_detail.logits.size() - shown.size());
    const QString note = hidden > 0 ? tr("chosen above the dashed line; %1 lower hidden").arg(hidden) : shown.size() > m_detail.choices.size() ? tr("chosen above the dashed line (k = %1)").arg(m_detail.choices.size()) : tr("all experts are chosen");
    plots::drawText(painter, kMargin, y + kRow / 2.0 + 2, note, plots::uiFont(11), t.text3);
    return y + kRow + kGap;
}

int TokenCard::paintWeights(QPainter& painter, int y) const {
    const plots::Theme& t = plots::theme();
    plots::drawText(painter, kMargin, y + 10, tr("Combine weights"), plots::uiFont(13, QFont::DemiBold), t.text);
    y += kTitle;
    double sum = 0;
    for (const TokenChoice& choice : m_detail.choices) sum += std::max(0.0, choice.weight);
    double x = kMargin;
    const double room = width() - 2 * kMargin;
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.sunken);
    if (!m_detail.choices.empty()) painter.drawRoundedRect(QRectF(x, y, room, kSplit - 2), 3, 3);
    for (const TokenChoice& choice : m_detail.choices) {
        const double wide = room * std::max(0.0, choice.weight) / std::max(1.0, sum);
        const QRectF part(x, y, std::max(1.0, wide - 2), kSplit - 2);
        const QColor fill = plots::expertFill(t, choice.expert, m_detail.experts);
        painter.setOpacity(choice.kept ? 1 : 0.35);
        plots::fillExpert(painter, t, part, 3, choice.expert, m_detail.experts);
        painter.setOpacity(1);
        const QString text = QStringLiteral("%1 %2").arg(expertName(choice.expert), plots::figure(choice.weight, Figure::Fixed2));
        if (plots::textWidth(plots::uiFont(12, QFont::DemiBold), text) + 12 < part.width())
            plots::drawText(painter, x + 8, part.center().y(), text, plots::uiFont(12, QFont::DemiBold), choice.kept ? plots::contrastText(t, fill) : t.text);
        else if (m_detail.choices.size() == 1)
            plots::drawText(painter, part.right() + 8, part.center().y(), text, plots::uiFont(12, QFont::DemiBold), t.text);
        x += wide;
    }
    if (m_detail.choices.empty()) plots::drawText(painter, kMargin, y + kSplit / 2.0, tr("the token passes by: no expert"), plots::uiFont(12), t.text3);
    return y + kSplit + kGap;
}

int TokenCard::paintPath(QPainter& painter, int y) const {
    const plots::Theme& t = plots::theme();
    plots::drawText(painter, kMargin, y + 10, tr("Path through the layers"), plots::uiFont(13, QFont::DemiBold), t.text);
    y += kTitle;
    for (std::size_t layer = 0; layer < m_detail.path.size(); ++layer) {
        const int name = m_detail.layerNames[layer];
        const QFont font = plots::uiFont(12, QFont::DemiBold);
        plots::drawText(painter, kMargin, y + kPathRow / 2.0 - 2, tr("layer %1").arg(name), plots::uiFont(12, name == m_modelLayer ? QFont::DemiBold : QFont::Normal), name == m_modelLayer ? t.text : t.text2);
        double x = kMargin + 64;
        for (const TokenChoice& choice : m_detail.path[layer]) {
            const double wide = plots::textWidth(font, expertName(choice.expert)) + 14;
            if (x + wide > width() - kMargin) break;
            const QColor fill = plots::expertFill(t, choice.expert, m_detail.experts);
            plots::fillExpert(painter, t, QRectF(x, y + 1, wide, kPathRow - 6), 4, choice.expert, m_detail.experts);
            plots::drawText(painter, x + wide / 2, y + kPathRow / 2.0 - 2, expertName(choice.expert), font, plots::contrastText(t, fill), Qt::AlignHCenter);
            if (!choice.kept) painter.fillRect(QRectF(x + 3, y + kPathRow / 2.0 - 2.5, wide - 6, 1.5), plots::contrastText(t, fill));
            x += wide + 6;
        }
        y += kPathRow;
    }
    return y + kGap;
}

void TokenCard::paintEvent(QPaintEvent*) {
    if (m_detail.token < 0) return;
    QPainter painter(this);
    paintPath(painter, paintWeights(painter, paintLogits(painter, paintHead(painter, 0))));
}

void TokenCard::contextMenuEvent(QContextMenuEvent* event) {
    for (const auto& [top, expert] : m_logitRows)
        if (event->pos().y() >= top && event->pos().y() < top + kRow) emit expertMenuRequested(expert, event->globalPos());
}

}  // namespace moescope::ui
