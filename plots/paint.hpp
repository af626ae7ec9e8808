// Painting helpers shared inside this layer: an item with a paint function, text with a halo, dotted lines, axis styles.
#pragma once

#include "plots/axis_scale.hpp"
#include "plots/theme.hpp"

#include <qcustomplot.h>

#include <functional>

namespace moescope::plots {

// One item class serves flags, cursor, labels, maps and cards.
class PaintItem : public QCPAbstractItem {
public:
    PaintItem(QCustomPlot* plot, const QString& layer, std::function<void(QCPPainter*)> paint);
    double selectTest(const QPointF&, bool, QVariant* = nullptr) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    std::function<void(QCPPainter*)> m_paint;
};

// Ticks at exact labels of an axis whose range is in places of `scale`; `exponent` divides the labels by 10^exponent, `ends`
// labels only the two ends of the range, `clock` writes times of day.
class ExactTicker : public QCPAxisTicker {
public:
    int most = 5;
    int exponent = 0;
    bool ends = false, plain = false, clock = false;
    AxisScale scale;
    void generate(const QCPRange&, const QLocale&, QChar, int, QVector<double>& ticks, QVector<double>* subTicks,
                  QVector<QString>* labels) override;
};

int textWidth(const QFont&, const QString&);
// Baseline of text centred on y.
double baselineFor(const QFont&, double centreY);
void drawText(QPainter&, double x, double centreY, const QString&, const QFont&, const QColor&,
              Qt::Alignment = Qt::AlignLeft);
// The same with a 3 px outline in the surface colour, so that text over lines stays readable.
void drawHaloText(QPainter&, double x, double centreY, const QString&, const QFont&, const QColor&,
                  Qt::Alignment = Qt::AlignLeft);
void drawDottedColumn(QPainter&, double x, double top, double bottom, const QColor&);
void drawDashedRow(QPainter&, double left, double right, double y, const QColor&);
int tagWidth(const QString&);
void drawTag(QPainter&, double centreX, double top, const QString&, bool alarm);
void drawFocusRing(QPainter&, const QRectF&, double radius);

}  // namespace moescope::plots
