// Painting of delta bars.
#include "plots/delta_bars.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace moescope::plots {
namespace {

constexpr int pitch = 18, barHeight = 8;
constexpr double leastScale = 0.1;

QString signedText(double value) {
    if (std::isnan(value)) return QStringLiteral("–");
    const QString text = figure(value, Figure::Fixed2);
    return value >= 0.005 ? QStringLiteral("+") + text : text;
}

}  // namespace

DeltaBars::DeltaBars(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Change of the loss by domain"));
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void DeltaBars::setData(std::vector<DeltaBar> bars, int expert, int experts) {
    m_bars = std::move(bars);
    m_expert = expert;
    m_experts = experts;
    m_low = 0;
    m_high = leastScale;
    for (const DeltaBar& bar : m_bars) {
        if (!std::isfinite(bar.delta())) continue;
        m_low = std::min(m_low, bar.delta());
        m_high = std::max(m_high, bar.delta());
    }
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

QSize DeltaBars::sizeHint() const { return {200, std::max(1, int(m_bars.size())) * pitch}; }
QSize DeltaBars::minimumSizeHint() const { return {140, sizeHint().height()}; }

QString DeltaBars::summary() const {
    QStringList parts;
    for (const DeltaBar& bar : m_bars) parts << bar.name + QChar(' ') + signedText(bar.delta());
    return parts.join(QStringLiteral(", "));
}

void DeltaBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Theme& t = theme();
    const QFont name = uiFont(12), value = uiFont(12, QFont::Medium), loud = uiFont(12, QFont::DemiBold);
    const int left = std::min(84, width() * 2 / 5), right = width() - textWidth(loud, QStringLiteral("+88.88")) - 8;
    const double span = std::max(8, right - left), perNat = span / (m_high - m_low), zero = std::floor(left - m_low * perNat);
    for (size_t i = 0; i < m_bars.size(); ++i) {
        const double delta = m_bars[i].delta(), centre = double(i) * pitch + pitch / 2;
        drawText(painter, 0, centre, QFontMetrics(name).elidedText(m_bars[i].name, Qt::ElideRight, left - 8), name, t.text2);
        const bool much = delta >= leastScale && delta >= m_high / 2;
        drawText(painter, width(), centre, signedText(delta), much ? loud : value, std::isnan(delta) ? t.text3 : t.text, Qt::AlignRight);
        if (!std::isfinite(delta)) continue;
        const double end = zero + delta * perNat;
        const QRectF bar(std::min(zero, end), centre - barHeight / 2, std::max(1.0, std::abs(end - zero)), barHeight);
        painter.setRenderHint(QPainter::Antialiasing);
        if (much) {
            fillExpert(painter, t, bar, 2, m_expert, m_experts);
            continue;
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.mono);
        painter.drawRoundedRect(bar, std::min(2.0, bar.width() / 2), 2);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(QRectF(zero, 1, 1, height() - 2), t.text3);
}

bool DeltaBars::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const size_t i = size_t(std::max(0, help->pos().y())) / pitch;
    if (i < m_bars.size())
        QToolTip::showText(help->globalPos(), tr("%1: %2 with the expert, %3 without it (nats/token)")
                                                  .arg(m_bars[i].name, figure(m_bars[i].with, Figure::Fixed3), figure(m_bars[i].without, Figure::Fixed3)), this);
    return true;
}

}  // namespace moescope::plots
