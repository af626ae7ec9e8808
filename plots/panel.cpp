// The common part of all plots: one QCustomPlot, shared cursor and range, flags, mouse.
#include "plots/panel.hpp"

#include "plots/figures.hpp"
#include "plots/paint.hpp"

#include <QAction>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <utility>

namespace moescope::plots {

Panel::Panel(QWidget* parent)
    : QWidget(parent), m_header(new PanelHeader(this)), m_plot(new QCustomPlot(this)), m_ownHub(new CursorHub(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_plot, 1);
    m_plot->setMinimumSize(120, 90);
    m_plot->setMouseTracking(true);
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->installEventFilter(this);
    m_plot->setNotAntialiasedElements(QCP::aeGrid | QCP::aeAxes | QCP::aeSubGrid);
    m_plot->setPlottingHint(QCP::phFastPolylines);
    m_plot->plotLayout()->clear();
    m_plot->plotLayout()->setMargins(QMargins());
    m_under = new PaintItem(m_plot, QStringLiteral("grid"), [this](QCPPainter* p) {
        if (m_dirty) return;   // the next paint draws it anew
        if (!flagsOverData()) paintFlags(p);
        if (hasData()) paintUnder(p);
    });
    m_over = new PaintItem(m_plot, QStringLiteral("overlay"), [this](QCPPainter* p) {
        if (m_dirty) return;
        if (flagsOverData()) paintFlags(p);
        paintAxisName(p);
        if (m_ring) drawFocusRing(*p, QRectF(m_plot->rect()).adjusted(1, 1, -1, -1), 6);
        paintCursor(p);
        if (hasData()) paintOver(p);
        paintEmpty(p);
    });
    setXAxis(tr("step"), tr("training step"));
    buildMenu();
    setHub(nullptr);
    connect(m_header, &PanelHeader::maximiseRequested, this, &Panel::maximiseRequested);
    connect(&ThemeHub::instance(), &ThemeHub::changed, this, &Panel::applyTheme);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

Panel::~Panel() { m_plot->removeEventFilter(this); }

void Panel::buildMenu() {
    QMenu* menu = m_header->menu();
    m_maximise = menu->addAction(tr("Maximise"), this, &Panel::maximiseRequested);
    menu->addAction(tr("Fit"), this, [this] { m_hub->setXRange(std::nullopt); });
    menu->addSeparator();
    const std::pair<QString, ExportFormat> formats[] = {{tr("Save as PNG…"), ExportFormat::Png},
                                                        {tr("Save as PNG, double size…"), ExportFormat::Png2x},
                                                        {tr("Save as SVG…"), ExportFormat::Svg},
                                                        {tr("Save as PDF…"), ExportFormat::Pdf},
                                                        {tr("Save as CSV…"), ExportFormat::Csv}};
    for (const auto& [text, format] : formats)
        menu->addAction(text, this, [this, format = format] { emit exportRequested(format); });
    menu->addAction(tr("Copy image"), this, &Panel::copyImage);
}

void Panel::setTitle(const QString& title, const QString& unit) {
    m_header->setTitle(title);
    m_header->setUnit(unit);
    setAccessibleName(title);
    m_plot->setAccessibleName(title);
}

void Panel::setHub(CursorHub* hub) {
    if (m_hub) m_hub->disconnect(this);
    m_hub = hub ? hub : m_ownHub;
    connect(m_hub, &CursorHub::cursorChanged, this, &Panel::cursorMoved);
    connect(m_hub, &CursorHub::rangeChanged, this, &Panel::markDirty);
    connect(m_hub, &CursorHub::flagsChanged, this, &Panel::markDirty);
    markDirty();
}

void Panel::setXAxis(const QString& name, const QString& exportTitle) {
    m_xName = name;
    m_xTitle = exportTitle.isEmpty() ? name : exportTitle;
    markDirty();
}

void Panel::setEmptyText(const QString& text) {
    m_emptyText = text;
    markDirty();
}

void Panel::setMaximised(bool on) { m_maximise->setText(on ? tr("Back to all plots") : tr("Maximise")); }

void Panel::applyTheme() {
    m_plot->setBackground(theme().surface);
    markDirty();
}

void Panel::markDirty() {
    m_dirty = true;
    update();
}

void Panel::refresh() {
    if (!m_dirty) return;
    m_dirty = false;
    m_plot->setBackground(theme().surface);
    rebuild();
    updateReadout();
    const QString words = summary();
    setAccessibleDescription(words);
    m_plot->setAccessibleDescription(words);
    m_plot->replot(QCustomPlot::rpQueuedRefresh);
}

// Only what is on screen is ever painted, so hidden panels cost nothing.
void Panel::paintEvent(QPaintEvent*) { refresh(); }

void Panel::resizeEvent(QResizeEvent*) { markDirty(); }

void Panel::contextMenuEvent(QContextMenuEvent* event) { m_header->menu()->popup(event->globalPos()); }

bool Panel::mouseIsHere() const { return m_plot->underMouse(); }

XRange Panel::xRange() const {
    XRange range{0, growingEnd(0)};
    const Extent extent = dataExtent();
    if (const auto visible = m_hub->visible(); visible && visible->hi > visible->lo) range = *visible;
    else if (extent.valid) range = extent.hi > extent.lo ? XRange{extent.lo, extent.hi} : XRange{std::min(0.0, extent.lo), growingEnd(extent.lo)};
    if (xScale().kind == ScaleKind::Log && !(range.lo > 0)) range.lo = std::min(m_hub->smallest(), range.hi / 2);
    return range;
}

QString Panel::xText(double x) const { return m_hub->clock() ? clockText(x) : figure(x, Figure::Integer); }

std::optional<double> Panel::shownCursor() const { return m_hub->shown(); }

double Panel::cursorOrLast() const {
    if (const auto at = m_hub->shown()) return *at;
    const Extent extent = dataExtent();
    return extent.valid ? extent.hi : std::nan("");
}

void Panel::cursorMoved() {
    if (m_dirty || !isVisible()) {
        markDirty();
        return;
    }
    updateReadout();
    m_plot->layer(QStringLiteral("overlay"))->replot();
}

double Panel::xAt(double pixel) const {
    const QRect inner = rects().front()->rect();
    const XRange range = xRange();
    const double lo = xScale().to(range.lo), hi = xScale().to(range.hi);
    return xScale().from(lo + (pixel - inner.left()) / std::max(1, inner.width()) * (hi - lo));
}

double Panel::pixelOf(double x) const {
    const QRect inner = rects().front()->rect();
    const XRange range = xRange();
    const double lo = xScale().to(range.lo), hi = xScale().to(range.hi);
    return inner.left() + (xScale().to(x) - lo) / (hi - lo) * inner.width();
}

void Panel::styleRect(QCPAxisRect* rect, bool bottomTicks) {
    const Theme& t = theme();
    rect->setAutoMargins(QCP::msNone);
    rect->setBackground(Qt::NoBrush);
    rect->axis(QCPAxis::atTop)->setVisible(false);
    rect->axis(QCPAxis::atRight)->setVisible(false);
    for (const auto type : {QCPAxis::atBottom, QCPAxis::atLeft}) {
        QCPAxis* axis = rect->axis(type);
        const bool bottom = type == QCPAxis::atBottom;
        axis->setLayer(QStringLiteral("axes"));
        axis->setTickLength(0, 0);
        axis->setSubTicks(false);
        axis->setTickLabelFont(uiFont(11));
        axis->setTickLabelColor(t.text3);
        axis->setTickLabelPadding(bottom ? 6 : 8);
        axis->setLabelFont(uiFont(11));
        axis->setLabelColor(t.text3);
        axis->setBasePen(bottom ? QPen(t.lineStrong, 1) : QPen(Qt::NoPen));
        axis->setTickPen(Qt::NoPen);
        axis->grid()->setVisible(!bottom);
        axis->grid()->setPen(QPen(t.grid, 1));
        axis->grid()->setZeroLinePen(Qt::NoPen);
        axis->grid()->setSubGridVisible(false);
    }
    rect->axis(QCPAxis::atBottom)->setTickLabels(bottomTicks);
    if (auto* ticker = dynamic_cast<ExactTicker*>(rect->axis(QCPAxis::atBottom)->ticker().data()))
        ticker->most = std::clamp(m_plot->viewport().width() / (m_hub->clock() ? 80 : 56), 3, 7), ticker->plain = true;
    // Without data there are no numbers to show: the base line and the sentence stay.
    const bool numbers = hasData() || m_hub->visible();
    if (!numbers) rect->axis(QCPAxis::atBottom)->setTickLabels(false);
    rect->axis(QCPAxis::atLeft)->setTickLabels(hasData());
    rect->axis(QCPAxis::atLeft)->grid()->setVisible(hasData());
}

// ---- flags, cursor, words -------------------------------------------------------------------------------------

void Panel::paintFlags(QCPPainter* painter) {
    const auto all = rects();
    if (all.isEmpty() || m_hub->flags().isEmpty()) return;
    const QRect first = all.front()->rect();
    const double bottom = all.back()->rect().bottom();
    QList<EventFlag> flags = m_hub->flags();
    std::stable_sort(flags.begin(), flags.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    for (qsizetype i = 0; i < flags.size();) {
        const double px = pixelOf(flags[i].x);
        if (px < first.left() - 1 || px > first.right() + 2) {
            ++i;
            continue;
        }
        qsizetype end = i;
        bool alarm = false;
        const int room = std::max(18, tagWidth(QString::number(flags[i].number) + QChar('+')) + 2);
        while (end < flags.size() && pixelOf(flags[end].x) - px < (end > i ? room : 18)) alarm |= flags[end++].alarm;
        const QColor color = alarm ? theme().warn : theme().text3;
        drawDottedColumn(*painter, px, first.top(), bottom, color);
        const QString text = QString::number(flags[i].number) + (end - i > 1 ? QStringLiteral("+") : QString());
        drawTag(*painter, std::floor(px) + 0.5, first.top() - 17, text, alarm);
        i = end;
    }
}

void Panel::paintCursor(QCPPainter* painter) {
    const auto at = m_hub->shown();
    const auto all = rects();
    if (all.isEmpty()) return;
    const QRect top = all.front()->rect(), last = all.back()->rect();
    if (m_drag == Selecting) {
        const QRectF span(QPointF(std::min(m_dragFrom, m_dragTo), top.top()),
                          QPointF(std::max(m_dragFrom, m_dragTo), last.bottom()));
        painter->fillRect(span, withOpacity(theme().accent, 0.12));
    }
    if (!at || !hasData()) return;
    const double px = std::floor(pixelOf(*at));
    if (px < top.left() - 1 || px > top.right() + 1) return;
    painter->setRenderHint(QPainter::Antialiasing, false);
    painter->fillRect(QRectF(px, top.top(), 1, last.bottom() - top.top()), theme().accent);
    const QFont font = uiFont(11, QFont::DemiBold);
    const QString text = m_hub->clock() ? clockText(*at) : tickLabel(*at, 1);
    const int width = textWidth(font, text) + 14;
    const double left = std::clamp(px + 0.5 - width / 2.0, 0.0, double(m_plot->width() - width));
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme().accent);
    const QRectF box(left, last.bottom() + 4, width, 16);
    painter->drawRoundedRect(box, 4, 4);
    drawText(*painter, box.center().x(), box.center().y(), text, font, theme().onAccent, Qt::AlignHCenter);
}

void Panel::paintAxisName(QCPPainter* painter) {
    const auto all = rects();
    if (all.isEmpty()) return;
    QCPAxis* axis = all.back()->axis(QCPAxis::atBottom);
    if (!axis->label().isEmpty()) return;
    const QRect inner = all.back()->rect();
    double right = inner.left() - 8;
    const QVector<double> ticks = axis->tickVector();
    const QVector<QString> labels = axis->tickVectorLabels();
    if (axis->tickLabels() && !ticks.isEmpty() && ticks.size() == labels.size())
        right = std::min(right, axis->coordToPixel(ticks[0]) - textWidth(uiFont(11), labels[0]) / 2.0 - 5);
    drawText(*painter, right, inner.bottom() + 1 + 6 + 6, m_xName, uiFont(11), theme().text3, Qt::AlignRight);
}

void Panel::paintEmpty(QCPPainter* painter) {
    if (hasData() || m_emptyText.isEmpty() || rects().isEmpty()) return;
    const QRect top = rects().front()->rect(), last = rects().back()->rect();
    drawHaloText(*painter, top.center().x(), (top.top() + last.bottom()) / 2.0, m_emptyText, uiFont(12), theme().text3,
                 Qt::AlignHCenter);
}

// ---- mouse ----------------------------------------------------------------------------------------------------

bool Panel::eventFilter(QObject* object, QEvent* event) {
    return object == m_plot ? mouse(event) : QWidget::eventFilter(object, event);
}

bool Panel::mouse(QEvent* event) {
    switch (event->type()) {
        case QEvent::MouseButtonPress: pressed(static_cast<QMouseEvent*>(event)); return false;
        case QEvent::MouseMove: moved(static_cast<QMouseEvent*>(event)); return false;
        case QEvent::MouseButtonRelease: released(static_cast<QMouseEvent*>(event)); return false;
        case QEvent::MouseButtonDblClick: m_hub->setXRange(std::nullopt); return true;
        case QEvent::Leave: m_hub->setHover(std::nullopt); return false;
        case QEvent::KeyPress: return pressedKey(static_cast<QKeyEvent*>(event));
        case QEvent::FocusIn:
        case QEvent::FocusOut: focusMoved(event->type() == QEvent::FocusIn, static_cast<QFocusEvent*>(event)->reason()); return false;
        case QEvent::Wheel: {
            const auto* wheel = static_cast<QWheelEvent*>(event);
            if (!hasData() || wheel->angleDelta().y() == 0) return false;
            zoom(wheel->angleDelta().y() > 0 ? 0.8 : 1.25, xAt(wheel->position().x()));
            return true;
        }
        default: return false;
    }
}

void Panel::pressed(QMouseEvent* event) {
    if (event->button() == Qt::RightButton || !hasData()) return;
    const bool pan = event->button() == Qt::MiddleButton || event->modifiers() & Qt::ShiftModifier;
    m_drag = pan ? Panning : Pressed;
    m_dragFrom = m_dragTo = event->position().x();
    m_dragRange = xRange();
}

void Panel::moved(QMouseEvent* event) {
    if (!hasData()) return;
    const double px = event->position().x();
    const QRect inner = rects().front()->rect();
    m_dragTo = std::clamp(px, double(inner.left()), double(inner.right()));
    if (m_drag == Panning) {
        const AxisScale scale = xScale();
        const double lo = scale.to(m_dragRange.lo), hi = scale.to(m_dragRange.hi), shift = (m_dragFrom - px) / std::max(1, inner.width()) * (hi - lo);
        m_hub->setXRange(XRange{scale.from(lo + shift), scale.from(hi + shift)});
        return;
    }
    if (m_drag == Pressed && std::abs(m_dragTo - m_dragFrom) > 4) m_drag = Selecting;
    if (px < inner.left() - 4 || px > inner.right() + 4)
        m_hub->setHover(std::nullopt);
    else
        m_hub->setHover(snapped(xAt(px)));
}

void Panel::released(QMouseEvent* event) {
    const Drag drag = std::exchange(m_drag, NoDrag);
    if (drag == Pressed) {
        emit m_hub->clicked(snapped(xAt(event->position().x())));
        clickedAt(event->position());
    }
    if (drag != Selecting) return;
    const double from = xAt(std::min(m_dragFrom, m_dragTo)), to = xAt(std::max(m_dragFrom, m_dragTo));
    if (to > from) m_hub->setXRange(XRange{from, to});
}

void Panel::zoom(double factor, double at) {
    const XRange now = xRange();
    const Extent whole = dataExtent();
    const AxisScale scale = xScale();
    const double lo = scale.to(now.lo), hi = scale.to(now.hi), place = scale.to(at);
    const XRange next{scale.from(place - (place - lo) * factor), scale.from(place + (hi - place) * factor)};
    if (next.lo <= whole.lo && next.hi >= whole.hi)
        m_hub->setXRange(std::nullopt);
    else if (next.hi - next.lo > 1e-9 * std::max(1.0, std::abs(at)))
        m_hub->setXRange(next);
}

// ---- keyboard -------------------------------------------------------------------------------------------------

bool Panel::pressedKey(QKeyEvent* event) {
    if (!hasData() || event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)) return false;
    const double at = std::isfinite(cursorOrLast()) ? cursorOrLast() : xRange().hi;
    switch (event->key()) {
        case Qt::Key_Left: return stepCursor(-1), true;
        case Qt::Key_Right: return stepCursor(1), true;
        case Qt::Key_Home: return emit m_hub->clicked(dataExtent().lo), true;
        case Qt::Key_End: return emit m_hub->clicked(dataExtent().hi), true;
        case Qt::Key_Plus:
        case Qt::Key_Equal: return zoom(0.8, at), true;
        case Qt::Key_Minus: return zoom(1.25, at), true;
        default: return false;
    }
}

// To the next measured place that is at least a pixel away.
void Panel::stepCursor(int by) {
    const double from = cursorOrLast(), start = pixelOf(from);
    for (int px = 1; px <= m_plot->width(); ++px)
        if (const double next = snapped(xAt(start + by * px)); next != from && (next > from) == (by > 0)) return emit m_hub->clicked(next);
}

void Panel::focusMoved(bool in, Qt::FocusReason reason) {
    m_ring = in && reason != Qt::MouseFocusReason && reason != Qt::ActiveWindowFocusReason && reason != Qt::PopupFocusReason;
    if (!m_dirty && isVisible()) m_plot->layer(QStringLiteral("overlay"))->replot();
}

}  // namespace moescope::plots
