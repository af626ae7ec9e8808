// Painting of load bars and domain bars.
#include "plots/bars.hpp"

#include "plots/paint.hpp"
#include "plots/series.hpp"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moescope::plots {
namespace {

constexpr int byRankAbove = 24, rankHeight = 106, fairRoom = 18, domainPitch = 16;

QString ratioText(double ratio) {
    if (std::isnan(ratio)) return QStringLiteral("–");
    return QStringLiteral("×") + figure(ratio, ratio < 99.995 ? Figure::Fixed2 : Figure::Fixed1);
}

void roundBar(QPainter& painter, const QRectF& rect, const QColor& color, double radius = 2) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(rect, radius, radius);
}

}  // namespace

LoadBars::LoadBars(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setAccessibleName(tr("Load per expert"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void LoadBars::setData(const LoadBarsData& data) {
    if (data == m_data) return;
    const bool resized = data.ratio.size() != m_data.ratio.size();
    m_data = data;
    if (resized) m_wide = false;
    for (const double r : m_data.ratio) m_wide = m_wide || r > 3;
    m_rank.resize(m_data.ratio.size());
    std::iota(m_rank.begin(), m_rank.end(), 0);
    std::stable_sort(m_rank.begin(), m_rank.end(), [&](int a, int b) { return m_data.ratio[size_t(a)] > m_data.ratio[size_t(b)]; });
    setAccessibleDescription(summary());
    if (resized) updateGeometry();
    update();
}

void LoadBars::resetScale() {
    m_wide = false;
    for (const double r : m_data.ratio) m_wide = m_wide || r > 3;
    update();
}

double LoadBars::scaleTop() const { return m_wide ? std::max(3.0, m_data.top) : 2.5; }

QSize LoadBars::sizeHint() const {
    const int n = int(m_data.ratio.size());
    if (n > byRankAbove) return {200, rankHeight};
    return {200, std::max(1, n) * (n > 12 ? 16 : 20) + fairRoom};
}

QSize LoadBars::minimumSizeHint() const {
    const int n = int(m_data.ratio.size());
    return {120, n > byRankAbove ? 60 : std::max(1, n) * 14 + fairRoom};
}

int LoadBars::pitch() const { return std::clamp((height() - fairRoom) / std::max(1, int(m_data.ratio.size())), 14, 20); }

QString LoadBars::summary() const {
    if (m_data.ratio.empty()) return tr("no experts");
    const Extent extent = extentOf(m_data.ratio);
    if (!extent.valid) return tr("not measured yet");
    const auto idle = std::count_if(m_data.ratio.begin(), m_data.ratio.end(), [&](double r) { return r < m_data.idleBelow; });
    return tr("hottest E%1 %2, coldest E%3 %4, %5 of %6 idle")
        .arg(m_rank.front()).arg(ratioText(m_data.ratio[size_t(m_rank.front())]))
        .arg(m_rank.back()).arg(ratioText(m_data.ratio[size_t(m_rank.back())]))
        .arg(idle).arg(m_data.ratio.size());
}

void LoadBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_data.ratio.empty()) return;
    if (m_data.ratio.size() > byRankAbove)
        paintRanks(painter);
    else
        paintRows(painter);
}

void LoadBars::paintRows(QPainter& painter) const {
    const Theme& t = theme();
    const int experts = int(m_data.ratio.size()), row = pitch();
    const QFont name = uiFont(12), value = uiFont(12);
    const int left = textWidth(name, QStringLiteral("E%1").arg(experts > 9 ? 88 : 8)) + 14;
    const int right = width() - textWidth(value, QStringLiteral("×88.88")) - 2;
    const int bar = std::min(10, row - 6), top = 0;
    const double span = std::max(1, right - left), perRatio = span / scaleTop();
    for (int e = 0; e < experts; ++e) {
        const double r = m_data.ratio[size_t(e)];
        const double centre = top + e * row + std::floor(row / 2.0);
        drawText(painter, 0, centre, QStringLiteral("E%1").arg(e), name, t.text2);
        const QRectF track(left, centre - std::floor(bar / 2.0), span, bar);
        roundBar(painter, track, t.sunken);
        if (r > 0) {
            const double length = std::clamp(r * perRatio, 1.5, span);
            fillExpert(painter, t, QRectF(left, track.top(), length, bar), std::min(2.0, length / 2), e, experts);
        }
        const bool idle = r < m_data.idleBelow;
        drawText(painter, width(), centre, ratioText(r), value, std::isnan(r) ? t.text3 : idle ? t.warn : t.text, Qt::AlignRight);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    const double fair = std::floor(left + perRatio);
    painter.fillRect(QRectF(fair, top, 1, experts * row), t.text);
    drawText(painter, fair, top + experts * row + 9, tr("1 = fair"), uiFont(11), t.text3, fair > left + 24 ? Qt::AlignHCenter : Qt::AlignLeft);
}

void LoadBars::paintRanks(QPainter& painter) const {
    const Theme& t = theme();
    const int experts = int(m_data.ratio.size());
    const double hottest = m_data.ratio[size_t(m_rank.front())];
    const double top = std::max(2.5, std::isfinite(hottest) ? std::ceil(hottest * 2) / 2 : 2.5);
    const double base = height() - 1, room = base - 2, slot = double(width()) / experts;
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int i = 0; i < experts; ++i) {
        const double r = m_data.ratio[size_t(m_rank[size_t(i)])];
        if (std::isnan(r)) continue;
        const double x0 = std::floor(i * slot), x1 = std::floor((i + 1) * slot);
        const double h = std::max(2.0, std::floor(std::min(1.0, r / top) * room));
        const QColor color = r > 2 ? t.loadStops[5] : r < 0.5 ? t.amber : t.mono;
        painter.fillRect(QRectF(x0, base - h, std::max(1.0, x1 - x0 - (slot >= 3 ? 1 : 0)), h), color);
    }
    const double fair = std::floor(base - room / top);
    painter.fillRect(QRectF(0, fair, width(), 1), t.text);
    drawHaloText(painter, width(), fair - 9, tr("1 = fair"), uiFont(11), t.text3, Qt::AlignRight);
    painter.fillRect(QRectF(0, base, width(), 1), t.lineStrong);
}

int LoadBars::expertAt(const QPoint& at) const {
    const int experts = int(m_data.ratio.size());
    if (experts == 0 || !rect().contains(at)) return -1;
    if (experts > byRankAbove) return m_rank[size_t(std::clamp(at.x() * experts / std::max(1, width()), 0, experts - 1))];
    const int e = at.y() / pitch();
    return e < experts ? e : -1;
}

void LoadBars::mouseReleaseEvent(QMouseEvent* event) {
    const int e = expertAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && e >= 0) emit expertClicked(e);
}

void LoadBars::contextMenuEvent(QContextMenuEvent* event) {
    const int e = expertAt(event->pos());
    if (e >= 0) emit expertMenuRequested(e, event->globalPos());
}

bool LoadBars::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int e = expertAt(help->pos());
        if (e >= 0)
            QToolTip::showText(help->globalPos(), tr("E%1: %2 of the fair share").arg(e).arg(ratioText(m_data.ratio[size_t(e)])), this);
        return true;
    }
    return QWidget::event(event);
}

DomainBars::DomainBars(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setAccessibleName(tr("Loss by domain"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void DomainBars::setData(std::vector<DomainBar> bars, double top, Figure style) {
    const bool resized = bars.size() != m_bars.size();
    double highest = 0;
    for (const DomainBar& bar : bars) highest = std::max(highest, std::isfinite(bar.value) ? bar.value : 0);
    // Without a given end the scale only grows while the domains stay the same, so that bars do not jump.
    m_top = top > 0 ? top : std::max(resized ? 0.0 : m_top, niceCeiling(highest * 1.2));
    m_figure = style;
    m_bars = std::move(bars);
    setAccessibleDescription(summary());
    if (resized) updateGeometry();
    update();
}

QSize DomainBars::sizeHint() const { return {200, std::max(1, int(m_bars.size())) * domainPitch}; }
QSize DomainBars::minimumSizeHint() const { return {120, sizeHint().height()}; }

QString DomainBars::summary() const {
    QStringList parts;
    for (const DomainBar& bar : m_bars) parts << bar.name + QChar(' ') + figure(bar.value, m_figure);
    return parts.join(QStringLiteral(", "));
}

void DomainBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    const QFont name = uiFont(12), value = uiFont(12, QFont::Medium);
    const int left = std::min(84, width() * 2 / 5), right = width() - textWidth(value, QStringLiteral("88.88")) - 10;
    const double span = std::max(8, right - left);
    for (size_t i = 0; i < m_bars.size(); ++i) {
        const DomainBar& bar = m_bars[i];
        const double centre = double(i) * domainPitch + domainPitch / 2;
        drawText(painter, 0, centre, QFontMetrics(name).elidedText(bar.name, Qt::ElideRight, left - 8), name, t.text2);
        roundBar(painter, QRectF(left, centre - 3, span, 6), t.sunken);
        const bool measured = std::isfinite(bar.value);
        if (measured && bar.value > 0)
            roundBar(painter, QRectF(left, centre - 3, std::min(span, std::max(2.0, span * bar.value / m_top)), 6), t.mono);
        if (bar.floor) painter.fillRect(QRectF(std::floor(left + span * std::min(1.0, *bar.floor / m_top)), centre - 5, 1, 10), t.text);
        drawText(painter, width(), centre, measured ? figure(bar.value, m_figure) : QStringLiteral("–"), value,
                 measured ? t.text : t.text3, Qt::AlignRight);
    }
}

bool DomainBars::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const size_t i = size_t(std::max(0, help->pos().y())) / domainPitch;
        if (i < m_bars.size()) {
            QString text = tr("%1: %2").arg(m_bars[i].name, figure(m_bars[i].value, m_figure));
            if (m_bars[i].floor) text += tr(", the source's entropy is %1").arg(figure(*m_bars[i].floor, m_figure));
            QToolTip::showText(help->globalPos(), text, this);
        }
        return true;
    }
    return QWidget::event(event);
}

}  // namespace moescope::plots
