// Heat panel: cells at pixel resolution, drawn row by row.
#include "plots/heat_panel.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moescope::plots {
namespace {

constexpr int gapUpTo = 16, sortedAbove = 24;
constexpr double fadedBy = 0.72;

float latest(const HeatData& data, int row) {
    const size_t columns = data.x.size();
    for (size_t c = columns; c > 0; --c) {
        const float v = data.values[size_t(row) * columns + c - 1];
        if (std::isfinite(v)) return v;
    }
    return -1;
}

}  // namespace

HeatPanel::HeatPanel(QWidget* parent) : Panel(parent), m_rect(new QCPAxisRect(plot())) {
    plot()->plotLayout()->addElement(0, 0, m_rect);
    m_rect->axis(QCPAxis::atBottom)->setTicker(QSharedPointer<ExactTicker>::create());
    m_map = new PaintItem(plot(), QStringLiteral("main"), [this](QCPPainter* painter) {
        if (m_cells.isNull()) return;
        painter->setRenderHint(QPainter::Antialiasing, false);
        const int rows = int(m_order.size());
        if (rows > m_rect->height()) {
            painter->setRenderHint(QPainter::SmoothPixmapTransform);
            painter->drawImage(QRectF(m_rect->rect()), m_cells);
            return;
        }
        for (int i = 0; i < rows; ++i)
            painter->drawImage(QRectF(rowRect(i)), m_cells, QRectF(0, i, m_cells.width(), 1));
    });
}

void HeatPanel::setData(HeatData data) {
    if (data == m_data) return;
    const bool fresh = data.key != m_data.key || data.rows != m_data.rows || data.sortByLoad != m_data.sortByLoad;
    m_data = std::move(data);
    if (fresh) m_order.clear();
    sortRows();
    markDirty();
}

// A new order only together with a new length of the axis: rows never jump by themselves under the reader's eye.
void HeatPanel::sortRows() {
    const double end = m_data.x.empty() ? 0 : growingEnd(m_data.x.back());
    if (int(m_order.size()) == m_data.rows && (!m_data.sortByLoad || end == m_orderEnd)) return;
    m_orderEnd = end;
    m_order.resize(size_t(m_data.rows));
    std::iota(m_order.begin(), m_order.end(), 0);
    if (!m_data.sortByLoad) return;
    std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) { return latest(m_data, a) > latest(m_data, b); });
}

bool HeatPanel::hasData() const { return !m_data.x.empty() && m_data.rows > 0; }

Extent HeatPanel::dataExtent() const {
    Extent x;
    if (hasData()) x.add(m_data.x.front()), x.add(m_data.x.back());
    return x;
}

double HeatPanel::snapped(double x) const {
    const int i = nearestIndex(m_data.x, x);
    return i < 0 ? x : m_data.x[size_t(i)];
}

QColor HeatPanel::colorFor(float value) const {
    switch (m_data.scale) {
        case HeatScale::LoadRatio: return loadColor(theme(), value > 0 ? std::log2(double(value)) : -3);
        case HeatScale::Share: return shareColor(theme(), value, m_data.lowest);
        case HeatScale::Probability: return sequentialColor(theme(), value);
    }
    return {};
}

void HeatPanel::rebuild() {
    styleRect(m_rect, true);
    const bool titles = !m_rect->axis(QCPAxis::atBottom)->label().isEmpty();
    m_rect->setMargins(QMargins(titles ? 58 : 40, 18, 12, titles ? 40 : 22));
    m_rect->axis(QCPAxis::atLeft)->setVisible(titles);

    m_rect->axis(QCPAxis::atLeft)->setTickLabels(false);
    m_rect->axis(QCPAxis::atLeft)->grid()->setVisible(false);
    m_rect->axis(QCPAxis::atLeft)->setLabelPadding(34);
    m_rect->axis(QCPAxis::atBottom)->setBasePen(hasData() ? QPen(Qt::NoPen) : QPen(theme().lineStrong));
    const XRange range = xRange();
    const AxisScale scale = xScale();
    const double first = scale.to(range.lo), last = scale.to(range.hi);
    if (auto* ticker = dynamic_cast<ExactTicker*>(m_rect->axis(QCPAxis::atBottom)->ticker().data())) ticker->scale = scale, ticker->clock = hub()->clock();
    m_rect->axis(QCPAxis::atBottom)->setRange(first, last);
    plot()->plotLayout()->setOuterRect(plot()->viewport());
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plot()->plotLayout()->update(phase);
    m_cells = QImage();
    if (!hasData() || m_rect->width() < 2) return;

    // Each pixel column shows the mean of the measurements inside it, or the one that reaches over it.
    const int width = int(std::ceil(m_rect->width() * plot()->devicePixelRatioF()));
    const size_t columns = m_data.x.size();
    const double reach = medianSpacing(m_data.x) * 1.5;
    const double placesPerPixel = (last - first) / width;
    m_cells = QImage(width, m_data.rows, QImage::Format_ARGB32_Premultiplied);
    m_cells.fill(Qt::transparent);
    for (int px = 0; px < width; ++px) {
        const double lo = scale.from(first + px * placesPerPixel), hi = scale.from(first + (px + 1) * placesPerPixel), perPixel = hi - lo;
        auto from = size_t(std::lower_bound(m_data.x.begin(), m_data.x.end(), lo) - m_data.x.begin());
        auto to = size_t(std::lower_bound(m_data.x.begin(), m_data.x.end(), hi) - m_data.x.begin());
        if (from == to) {
            const auto near = size_t(nearestIndex(m_data.x, (lo + hi) / 2));
            if (std::abs(m_data.x[near] - (lo + hi) / 2) > std::max(reach, perPixel)) continue;
            if (columns > 1 && (m_data.x.back() < lo || m_data.x.front() > hi + reach)) continue;
            from = near, to = near + 1;
        }
        for (int i = 0; i < m_data.rows; ++i) {
            const float* row = m_data.values.data() + size_t(m_order[size_t(i)]) * columns;
            double sum = 0;
            int count = 0;
            for (size_t c = from; c < to; ++c)
                if (std::isfinite(row[c])) sum += row[c], ++count;
            if (count > 0) m_cells.setPixelColor(px, i, colorFor(float(sum / count)));
        }
    }
}

QRect HeatPanel::rowRect(int drawn) const {
    const int rows = std::max(1, int(m_order.size()));
    const QRect inner = m_rect->rect();
    const int gap = rows <= gapUpTo && m_data.scale == HeatScale::LoadRatio ? 2 : 0;
    const int top = inner.height() * drawn / rows, bottom = inner.height() * (drawn + 1) / rows;
    return QRect(inner.left(), inner.top() + top, inner.width(), std::max(1, bottom - top - gap));
}

QString HeatPanel::rowName(int row) const {
    return row < m_data.rowNames.size() ? m_data.rowNames[row] : m_data.rowPrefix + QString::number(row);
}

// All names where they fit; else every n-th; of many sorted rows the first, the middle, the last and the idle ones.
void HeatPanel::paintRowNames(QCPPainter* painter) {
    const QFont font = uiFont(11);
    const int rows = int(m_order.size());
    std::vector<int> wanted;
    if (m_data.sortByLoad && rows > sortedAbove) {
        wanted = {0, rows - 1, rows / 2};
        for (int i = 0; i < rows; ++i)
            if (const float v = latest(m_data, m_order[size_t(i)]); v >= 0 && v < 0.05F) wanted.push_back(i);
    } else {
        int every = 1;
        while (rows > 0 && m_rect->height() * every / rows < 13) ++every;
        for (int i = 0; i < rows; i += every) wanted.push_back(i);
    }
    std::vector<double> taken;
    for (const int i : wanted) {
        const double y = QRectF(rowRect(i)).center().y();
        if (std::any_of(taken.begin(), taken.end(), [y](double other) { return std::abs(other - y) < 12; })) continue;
        taken.push_back(y);
        const QString name = QFontMetrics(font).elidedText(rowName(m_order[size_t(i)]), Qt::ElideRight, 32);
        drawText(*painter, m_rect->left() - 8, y, name, font, theme().text3, Qt::AlignRight);
    }
}

void HeatPanel::paintUnder(QCPPainter*) {}

void HeatPanel::setSolo(int row) {
    if (row == m_solo) return;
    m_solo = row;
    plot()->replot(QCustomPlot::rpQueuedRefresh);
}

void HeatPanel::paintOver(QCPPainter* painter) {
    if (m_solo >= 0 && hasData())
        for (size_t i = 0; i < m_order.size(); ++i)
            if (m_order[i] != m_solo) painter->fillRect(rowRect(int(i)), withOpacity(theme().surface, fadedBy));
    paintRowNames(painter);
}

void HeatPanel::setExportMode(bool on) {
    m_rect->axis(QCPAxis::atBottom)->setLabel(on ? xTitle() : QString());
    m_rect->axis(QCPAxis::atLeft)->setLabel(on ? (yTitle().isEmpty() ? tr("expert") : yTitle()) : QString());
}

QList<QCPAxisRect*> HeatPanel::rects() const { return {m_rect}; }

void HeatPanel::updateReadout() {
    ScaleStrip strip;
    const int stops = 25;
    switch (m_data.scale) {
        case HeatScale::LoadRatio: {
            const double most = std::clamp(std::log2(std::max(1.0, m_data.top)), 0.0, 3.0);
            for (int i = 0; i < stops; ++i) strip.colors.push_back(loadColor(theme(), -3 + (most + 3) * i / (stops - 1)));
            strip.low = tr("idle");
            strip.high = (m_data.top > 8 ? QStringLiteral("≥ 8×") : figure(m_data.top, Figure::Integer) + QStringLiteral("×"));
            if (m_data.top < 8 && m_data.top != std::round(m_data.top)) strip.high = figure(m_data.top, Figure::Fixed1) + QStringLiteral("×");
            strip.tick = 3 / (most + 3);
            strip.note = tr("1 = fair share");
            break;
        }
        case HeatScale::Share:
            for (int i = 0; i < stops; ++i)
                strip.colors.push_back(shareColor(theme(), m_data.lowest + (1 - m_data.lowest) * i / (stops - 1), m_data.lowest));
            strip.low = QStringLiteral("%1 %").arg(std::lround(m_data.lowest * 100));
            strip.high = QStringLiteral("100 %");
            break;
        case HeatScale::Probability:
            for (int i = 0; i < stops; ++i) strip.colors.push_back(sequentialColor(theme(), double(i) / (stops - 1)));
            strip.low = QStringLiteral("0"), strip.high = QStringLiteral("1");
            break;
    }
    if (hasData() && shownCursor() && m_data.scale == HeatScale::LoadRatio) {
        const auto column = size_t(nearestIndex(m_data.x, *shownCursor()));
        int hottest = 0;
        const auto at = [&](int row) { return m_data.values[size_t(row) * m_data.x.size() + column]; };
        for (int row = 1; row < m_data.rows; ++row)
            if (at(row) > at(hottest) || !std::isfinite(at(hottest))) hottest = row;
        if (std::isfinite(at(hottest)))
            strip.note = tr("%1 ×%2 hottest").arg(rowName(hottest), figure(at(hottest), Figure::Fixed1));
    }
    header()->setScaleStrip(strip);
}

QString HeatPanel::summary() const {
    if (!hasData()) return tr("%1: no data yet").arg(header()->title());
    const auto column = size_t(std::max(0, nearestIndex(m_data.x, cursorOrLast())));
    int low = 0, high = 0, idle = 0;
    const auto at = [&](int row) { return m_data.values[size_t(row) * m_data.x.size() + column]; };
    for (int row = 0; row < m_data.rows; ++row) {
        if (at(row) < at(low)) low = row;
        if (at(row) > at(high)) high = row;
        if (at(row) < 0.05F) ++idle;
    }
    return tr("%1, %2 %3: highest %4 %5, lowest %6 %7, %8 below 0.05")
        .arg(header()->title(), xName(), xText(m_data.x[column]), rowName(high),
             figure(at(high), Figure::Fixed2), rowName(low), figure(at(low), Figure::Fixed2))
        .arg(idle);
}

Table HeatPanel::visibleTable() const {
    Table table;
    table.columns << xName();
    for (const int row : m_order) table.columns << rowName(row);
    const XRange range = xRange();
    for (size_t c = 0; c < m_data.x.size(); ++c) {
        if (m_data.x[c] < range.lo || m_data.x[c] > range.hi) continue;
        std::vector<double> line{m_data.x[c]};
        for (const int row : m_order) {
            const float v = m_data.values[size_t(row) * m_data.x.size() + c];
            line.push_back(std::isnan(v) ? Table::missing() : double(v));
        }
        table.rows.push_back(std::move(line));
    }
    return table;
}

int HeatPanel::rowAt(double y) const {
    const int rows = int(m_order.size());
    const double inside = y - m_rect->top();
    if (!hasData() || inside < 0 || inside >= m_rect->height()) return -1;
    return m_order[size_t(std::clamp(int(inside * rows / m_rect->height()), 0, rows - 1))];
}

void HeatPanel::contextMenuEvent(QContextMenuEvent* event) {
    const QPoint onPlot = plot()->mapFrom(this, event->pos());
    const int row = m_rowMenus && hasData() && plot()->rect().contains(onPlot) ? rowAt(onPlot.y()) : -1;
    if (row < 0) return Panel::contextMenuEvent(event);
    emit rowMenuRequested(row, event->globalPos());
}

bool HeatPanel::eventFilter(QObject* object, QEvent* event) {
    if (object == plot() && hasData()) {
        if (event->type() == QEvent::MouseMove) emit rowHovered(rowAt(static_cast<QMouseEvent*>(event)->position().y()));
        if (event->type() == QEvent::Leave) emit rowHovered(-1);
        if (event->type() == QEvent::MouseButtonRelease) {
            const auto* mouse = static_cast<QMouseEvent*>(event);
            const int row = rowAt(mouse->position().y());
            if (mouse->button() == Qt::LeftButton && row >= 0) emit rowClicked(row);
        }
        if (event->type() == QEvent::ToolTip) {
            const auto* help = static_cast<QHelpEvent*>(event);
            const int row = rowAt(help->pos().y());
            const int column = nearestIndex(m_data.x, xAt(help->pos().x()));
            if (row < 0 || column < 0) return false;
            const float v = m_data.values[size_t(row) * m_data.x.size() + size_t(column)];
            const QString value = std::isnan(v) ? tr("not measured")
                                  : m_data.scale == HeatScale::LoadRatio ? tr("×%1 of the fair share").arg(figure(v, Figure::Fixed2))
                                  : m_data.scale == HeatScale::Share ? tr("%1 % of its experts in use").arg(std::lround(v * 100))
                                                                       : figure(v, Figure::Fixed2);
            QToolTip::showText(help->globalPos(), tr("%1, %2 %3: %4").arg(rowName(row), xName(), xText(m_data.x[size_t(column)]), value), plot());
            return true;
        }
    }
    return Panel::eventFilter(object, event);
}

}  // namespace moescope::plots
