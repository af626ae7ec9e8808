// Densities by smoothed histogram; painting of rows and axis.
#include "plots/ridges.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <limits>

namespace moescope::plots {
namespace {

constexpr int kGutter = 56, kFoot = 24, kTop = 14, kRight = 12, kBins = 120, kPitchMost = 58, kPitchLeast = 6;
constexpr double kTail = 0.002, kOverlap = 1.15, kBandwidth = 1.6;   // bandwidth in bins
constexpr size_t kMedian = 3;

double sampleAt(const std::vector<float>& sorted, double level) { return sorted[size_t(std::lround(level * double(sorted.size() - 1)))]; }

double medianOf(std::vector<float> values) {
    std::ranges::nth_element(values, values.begin() + std::ptrdiff_t(values.size() / 2));
    return values[values.size() / 2];
}

}  // namespace

Ridges::Ridges(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setFocusPolicy(Qt::TabFocus);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, qOverload<>(&QWidget::update));
}

void Ridges::setData(RidgeData data) {
    if (data == m_data) return;
    m_data = std::move(data);
    std::vector<float> all;
    for (const RidgeRow& row : m_data.rows) all.insert(all.end(), row.samples.begin(), row.samples.end());
    std::erase_if(all, [](float value) { return !std::isfinite(value); });
    std::ranges::sort(all);
    m_low = all.empty() ? std::numeric_limits<double>::infinity() : sampleAt(all, kTail);
    m_high = all.empty() ? -m_low : sampleAt(all, 1 - kTail);
    for (const RidgeRow& row : m_data.rows)
        for (const auto* levels : {&row.before, &row.after})
            for (const double value : *levels)
                if (std::isfinite(value)) m_low = std::min(m_low, value), m_high = std::max(m_high, value);
    if (!(m_high > m_low)) m_low = std::isfinite(m_low) ? m_low - 0.5 : 0, m_high = m_low + 1;
    m_density.clear();
    for (const RidgeRow& row : m_data.rows) m_density.push_back(densityOf(row));
    setAccessibleName(m_data.title);
    setAccessibleDescription(summary());
    updateGeometry();
    update();
}

QString Ridges::summary() const {
    QStringList words;
    for (size_t i = 0; i < std::min<size_t>(m_data.rows.size(), 24); ++i) {
        const RidgeRow& row = m_data.rows[i];
        QString text = QStringLiteral("E%1").arg(row.expert);
        if (!row.samples.empty()) text += tr(" median %1").arg(figure(medianOf(row.samples), Figure::Fixed2));
        if (row.before.size() > kMedian) text += tr(" before %1").arg(figure(row.before[kMedian], Figure::Fixed2));
        if (row.after.size() > kMedian) text += tr(" after %1").arg(figure(row.after[kMedian], Figure::Fixed2));
        words << text;
    }
    return words.join(QStringLiteral("; "));
}

std::vector<double> Ridges::densityOf(const RidgeRow& row) const {
    if (row.samples.empty()) return {};
    std::vector<double> bins(kBins), smooth(kBins);
    for (const float value : row.samples)
        if (std::isfinite(value)) bins[size_t(std::clamp(int((value - m_low) / (m_high - m_low) * kBins), 0, kBins - 1))] += 1;
    for (int i = 0; i < kBins; ++i)
        for (int j = std::max(0, i - 6); j <= std::min(kBins - 1, i + 6); ++j) smooth[size_t(i)] += bins[size_t(j)] * std::exp(-0.5 * (i - j) * (i - j) / (kBandwidth * kBandwidth));
    const double most = *std::ranges::max_element(smooth);
    for (double& value : smooth) value /= std::max(most, 1e-12);
    return smooth;
}

double Ridges::pitch() const { return m_data.rows.empty() ? kPitchMost : std::clamp(double(height() - kTop - kFoot) / double(m_data.rows.size()), double(kPitchLeast), double(kPitchMost)); }

double Ridges::xOf(double value) const { return kGutter + (std::clamp(value, m_low, m_high) - m_low) / (m_high - m_low) * (width() - kGutter - kRight); }

QSize Ridges::sizeHint() const { return {480, kTop + kFoot + int(std::max<size_t>(1, m_data.rows.size())) * (expertsHaveIdentity(m_data.experts) ? 40 : 8)}; }

void Ridges::paintAxis(QPainter& painter) const {
    const Theme& t = theme();
    const double base = kTop + pitch() * double(m_data.rows.size());
    const Ticks ticks = niceTicks(m_low, m_high, std::max(3, width() / 110));
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const double at : ticks.at) painter.fillRect(QRectF(std::floor(xOf(at)), kTop, 1, base - kTop), at == 0 ? t.lineStrong : t.grid);
    for (const double at : ticks.at) drawText(painter, xOf(at), base + 13, tickLabel(at, ticks.step), uiFont(11), t.text3, Qt::AlignHCenter);
    drawText(painter, 0, base + 13, m_data.axis, uiFont(11), t.text3);
}

void Ridges::paintBar(QPainter& painter, const std::vector<double>& levels, double y, const QColor& color) const {
    if (levels.size() < 7 || !std::isfinite(levels[kMedian])) return;
    painter.fillRect(QRectF(xOf(levels[0]), y, std::max(1.0, xOf(levels[6]) - xOf(levels[0])), 1), color);
    painter.fillRect(QRectF(xOf(levels[2]), y - 1, std::max(1.0, xOf(levels[4]) - xOf(levels[2])), 3), color);
    painter.fillRect(QRectF(xOf(levels[kMedian]) - 1, y - 3, 2, 7), color);
}

void Ridges::paintRow(QPainter& painter, size_t i) const {
    const Theme& t = theme();
    const RidgeRow& row = m_data.rows[i];
    const bool named = expertsHaveIdentity(m_data.experts);
    const bool below = !row.after.empty() && pitch() >= 16;
    const double base = kTop + pitch() * double(i + 1) - (below ? 8 : 1), tall = (pitch() - (below ? 8 : 1)) * kOverlap;
    const QColor ink = named ? expertInk(t, row.expert, m_data.experts) : t.slateBar;
    painter.setRenderHint(QPainter::Antialiasing);
    if (!m_density[i].empty()) {
        QPainterPath path(QPointF(xOf(m_low), base));
        for (int bin = 0; bin < kBins; ++bin) path.lineTo(xOf(m_low + (bin + 0.5) * (m_high - m_low) / kBins), base - m_density[i][size_t(bin)] * tall);
        path.lineTo(xOf(m_high), base);
        painter.fillPath(path, withOpacity(ink, t.isDark ? 0.35 : 0.25));
        painter.strokePath(path, QPen(ink, pitch() >= 14 ? 1.4 : 0.8));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (!row.before.empty()) paintBar(painter, row.before, pitch() >= 12 ? base - pitch() * 0.35 : base - 2, ink);
    if (!row.after.empty() && pitch() >= 12) paintBar(painter, row.after, base + (below ? 4 : 0), t.text2);
    const int stride = pitch() >= 14 ? 1 : pitch() >= 8 ? 2 : 4;
    if (i % size_t(stride) != 0) return;
    const double middle = base - std::min(6.0, pitch() / 2);
    painter.setRenderHint(QPainter::Antialiasing);
    if (named) fillExpert(painter, t, QRectF(0, middle - 5, 10, 10), 2, row.expert, m_data.experts);
    drawText(painter, named ? 15 : 0, middle, QStringLiteral("E%1").arg(row.expert), uiFont(pitch() >= 14 ? 12 : 10), t.text2);
}

void Ridges::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintAxis(painter);
    for (size_t i = 0; i < m_data.rows.size(); ++i) paintRow(painter, i);
    if (hasFocus()) drawFocusRing(painter, rect(), 4);
}

bool Ridges::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || m_data.rows.empty()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int row = int((help->pos().y() - kTop) / pitch());
    if (row < 0 || row >= int(m_data.rows.size())) QToolTip::hideText();
    else QToolTip::showText(help->globalPos(), summary().section(QStringLiteral("; "), row, row), this);
    return true;
}

}  // namespace moescope::plots
