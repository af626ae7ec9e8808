// Painting of the point's card and of the key.
#include "ui/routing_plane_card.hpp"

#include <QPainter>

#include <algorithm>
#include <numeric>

#include "plots/figures.hpp"
#include "plots/paint.hpp"

namespace moescope::ui {
namespace {

using plots::Figure;

constexpr int kMargin = 16, kWidth = 280, kHead = 40, kLine = 20, kTitle = 28, kRow = 19, kGap = 14, kMost = 10;

QString two(double value) { return plots::figure(value, Figure::Fixed2); }

}  // namespace

PlaneCard::PlaneCard(QWidget* parent) : QWidget(parent) {
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void PlaneCard::setFacts(Facts facts) {
    if (facts == m_facts) return;
    m_facts = std::move(facts);
    setAccessibleName(title());
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

QString PlaneCard::title() const { return (m_facts.pinned ? tr("Pinned: (%1, %2)") : tr("Point (%1, %2)")).arg(two(m_facts.point.x), two(m_facts.point.y)); }

std::vector<std::pair<QString, QString>> PlaneCard::lines() const {
    std::vector<std::pair<QString, QString>> all{{tr("Output of the mixture"), m_facts.point.answer}};
    if (m_facts.point.nearest < 0) return all;
    all.push_back({tr("Data point here"), m_facts.domain});
    all.push_back({tr("Its target"), m_facts.target});
    all.push_back({tr("Its loss"), m_facts.loss});
    return all;
}

std::vector<int> PlaneCard::shownExperts() const {
    const std::vector<double>& p = m_facts.point.probabilities;
    std::vector<int> order(p.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](int a, int b) { return p[static_cast<std::size_t>(a)] > p[static_cast<std::size_t>(b)]; });
    order.resize(std::min<std::size_t>(order.size(), kMost));
    if (p.size() <= kMost) std::ranges::sort(order);  // few experts keep their places while the pointer moves
    return order;
}

QString PlaneCard::summary() const {
    QStringList words{title()};
    for (const auto& [name, value] : lines()) words << name + QLatin1Char(' ') + value;
    for (const int e : shownExperts()) {
        const auto i = static_cast<std::size_t>(e);
        words << tr("E%1 probability %2, weight %3, answers %4").arg(e).arg(two(m_facts.point.probabilities[i]), two(m_facts.point.weights[i]), m_facts.point.answers[i]);
    }
    return words.join(QStringLiteral("; "));
}

QSize PlaneCard::sizeHint() const {
    const auto rows = static_cast<int>(shownExperts().size());
    return {kWidth, kHead + kLine * static_cast<int>(lines().size()) + kGap + kTitle + kRow * rows + kRow + kGap};
}

void PlaneCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const plots::Theme& t = plots::theme();
    double y = 0;
    plots::drawText(painter, kMargin, y + 16, title(), plots::uiFont(15, QFont::DemiBold), t.text);
    y += kHead;
    for (const auto& [name, value] : lines()) {
        plots::drawText(painter, kMargin, y + kLine / 2.0 - 4, name, plots::uiFont(12), t.text2);
        plots::drawText(painter, width() - kMargin, y + kLine / 2.0 - 4, value, plots::uiFont(12, QFont::DemiBold), t.text, Qt::AlignRight);
        y += kLine;
    }
    y += kGap;
    plots::drawText(painter, kMargin, y + 8, tr("Gate"), plots::uiFont(13, QFont::DemiBold), t.text);
    plots::drawText(painter, width() - kMargin, y + 8, tr("probability, own answer"), plots::uiFont(12), t.text3, Qt::AlignRight);
    y += kTitle;
    const auto experts = static_cast<int>(m_facts.point.probabilities.size());
    const double answer = 84, left = kMargin + 34, room = width() - kMargin - answer - 40 - left;
    for (const int e : shownExperts()) {
        const auto i = static_cast<std::size_t>(e);
        const bool used = m_facts.point.weights[i] > 0;
        const double middle = y + kRow / 2.0;
        const QFont font = plots::uiFont(12, used ? QFont::DemiBold : QFont::Normal);
        plots::drawText(painter, kMargin, middle, QStringLiteral("E%1").arg(e), font, used ? t.text : t.text2);
        painter.setOpacity(used ? 1 : 0.4);
        plots::fillExpert(painter, t, QRectF(left, middle - 6, std::max(1.0, room * m_facts.point.probabilities[i]), 12), 2, e, experts);
        painter.setOpacity(1);
        plots::drawText(painter, left + room + 34, middle, two(m_facts.point.probabilities[i]), font, used ? t.text : t.text2, Qt::AlignRight);
        plots::drawText(painter, width() - kMargin, middle, m_facts.point.answers[i], font, used ? t.text : t.text2, Qt::AlignRight);
        y += kRow;
    }
    const auto chosen = std::ranges::count_if(m_facts.point.weights, [](double w) { return w > 0; });
    QString note = chosen == experts ? tr("every expert is weighed by its probability") : chosen == 0 ? tr("no expert is chosen here") : tr("%n chosen here, the others pale", nullptr, static_cast<int>(chosen));
    if (experts > kMost) note += tr("; %1 less likely hidden").arg(experts - kMost);
    plots::drawText(painter, kMargin, y + kRow / 2.0 + 2, note, plots::uiFont(11), t.text3);
}

PlaneKey::PlaneKey(QWidget* parent) : QWidget(parent) {
    setFixedHeight(24);
    connect(&plots::ThemeHub::instance(), &plots::ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void PlaneKey::setKey(const QString& name, const QString& low, const QString& high, int classes, const QStringList& domains) {
    m_name = name, m_low = low, m_high = high, m_classes = classes, m_domains = domains;
    setAccessibleName(tr("Key: %1, %2 to %3; shapes: %4").arg(name, low, high, domains.join(QStringLiteral(", "))));
    update();
}

void PlaneKey::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const plots::Theme& t = plots::theme();
    const QFont font = plots::uiFont(11);
    const double middle = height() / 2.0;
    double x = 0;
    const auto write = [&](const QString& words, const QColor& colour, double gap) {
        plots::drawText(painter, x, middle, words, font, colour);
        x += plots::textWidth(font, words) + gap;
    };
    write(m_name, t.text2, 8);
    if (m_classes > 0) {
        for (int c = 0; c < m_classes; ++c) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(plots::sequentialColor(t, (c + 0.5) / m_classes));
            painter.drawRoundedRect(QRectF(x, middle - 5, 10, 10), 2, 2);
            x += 14;
            write(tr("class %1").arg(c), t.text2, 12);
        }
    } else {
        write(m_low, t.text3, 5);
        QLinearGradient gradient(x, 0, x + 90, 0);
        for (int i = 0; i <= 9; ++i) gradient.setColorAt(i / 9.0, plots::sequentialColor(t, i / 9.0));
        painter.setPen(Qt::NoPen);
        painter.setBrush(gradient);
        painter.drawRoundedRect(QRectF(x, middle - 5, 90, 10), 2, 2);
        x += 95;
        write(m_high, t.text3, 12);
    }
    x += 8;
    for (int d = 0; d < m_domains.size(); ++d) {
        if (x + plots::textWidth(font, m_domains[d]) + 14 > width()) break;
        painter.setPen(QPen(t.text2, 1.2));
        painter.setBrush(Qt::NoBrush);
        plots::drawPlaneMark(painter, {x + 5, middle}, d, 8);
        x += 14;
        write(m_domains[d], t.text2, 12);
    }
}

}  // namespace moescope::ui
