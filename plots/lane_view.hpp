// Lane view: one axis rect and everything drawn in it for one Lane. Private to this layer.
#pragma once

#include "plots/axis_scale.hpp"
#include "plots/chart_data.hpp"
#include "plots/cursor_hub.hpp"
#include "plots/paint.hpp"

namespace moescope::plots {

struct LaneOptions {
    double smoothing = 0;
    ScaleKind y = ScaleKind::Linear;
    AxisScale x;
    bool clock = false, ignoreOutliers = false;
    bool only = true;                 // the only lane: 4-7 ticks; otherwise the two ends
    bool first = true;                // the top lane has no room above it for its name
    bool labelValues = false;
    int labelSpace = 0;               // px right of the rect for end labels, 0 = none
};

class LaneView {
public:
    LaneView(QCustomPlot*, QCPAxisRect*);
    ~LaneView();
    LaneView(const LaneView&) = delete;
    LaneView& operator=(const LaneView&) = delete;

    QCPAxisRect* rect() const { return m_rect; }
    void draw(const Lane&, const LaneOptions&, const XRange&);   // graphs and ranges; the theme in use
    void paintUnder(QCPPainter*) const;                          // reference lines
    void paintOver(QCPPainter*, std::optional<double> cursor) const;
    double valueAt(size_t curve, double x) const;                // as drawn (smoothed); NaN when none
    const std::vector<std::vector<double>>& drawn() const { return m_values; }
    int curveNear(QPointF pixel, double reach) const;            // index of the drawn curve within reach; -1 when none
    double xAt(double pixel) const;

private:
    void drawCurve(size_t);
    void drawAreas();
    void drawBands();
    void fitY();
    QCPGraph* graph(const Points&, const QPen&);
    Points seen(const std::vector<double>& x, const std::vector<double>& y) const;
    void paintClipped(QCPPainter*) const;
    double yPixel(double y) const;
    double xPixel(double x) const;
    void paintEndLabels(QCPPainter*) const;
    void paintLineNames(QCPPainter*) const;
    void paintAreaNames(QCPPainter*) const;
    void paintBadValues(QCPPainter*) const;
    void paintDots(QCPPainter*, double x) const;
    void paintCircles(QCPPainter*) const;
    void paintReferenceName(QCPPainter*, const ReferenceLine&, double y) const;
    bool wantsEndLabel(size_t) const;
    bool crowded(const QRectF&) const;                           // a curve runs through it

    QCustomPlot* m_plot;
    QCPAxisRect* m_rect;
    QSharedPointer<ExactTicker> m_xTicker, m_yTicker;
    std::vector<QCPGraph*> m_graphs;
    Lane m_lane;
    LaneOptions m_options;
    XRange m_range;
    AxisScale m_y;
    double m_low = 0, m_high = 1;                                // ends of the y axis
    std::vector<std::vector<double>> m_values;                   // per curve, per point
    struct Circle {
        double x, y;
        QColor color;
        bool open;
    };
    std::vector<Circle> m_circles;                               // validation, and lines of a single point
};

std::vector<double> shownValues(const Curve&, double smoothing);   // y as drawn
QString readoutText(const Curve&, double value);
QPen curvePen(const Theme&, const Curve&);

}  // namespace moescope::plots
