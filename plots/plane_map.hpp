// Plane map: a square picture of two inputs: regions in the colours of their experts, or levels; data points on top.
#pragma once

#include "plots/theme.hpp"

#include <QImage>
#include <QPointF>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace moescope::plots {

struct PlaneMark {
    double x = 0, y = 0;
    int shape = 0;                     // by domain: circle, square, triangle, diamond, repeating
    double level = 0;                  // 0..1 of the sequential scale
    bool operator==(const PlaneMark&) const = default;
};

struct PlaneMapData {
    QString title, note;               // above the picture; both empty: no head
    int columns = 0, rows = 0;         // cells [row][column], row 0 lowest
    double left = -1, right = 1, bottom = -1, top = 1;
    int experts = 0;                   // > 0: cells have the colour of their owner; 0: of their level
    std::vector<int> owner;            // [cell] expert, or region of equal levels; its borders are drawn
    std::vector<float> level;          // [cell] 0..1 of the sequential scale; empty with experts
    std::vector<float> strength;       // [cell] 0..1 how much colour; the rest is surface
    std::vector<PlaneMark> marks;
    double markSize = 6;               // px across
    bool operator==(const PlaneMapData&) const = default;
};

class PlaneMap : public QWidget {
    Q_OBJECT
public:
    explicit PlaneMap(QWidget* parent = nullptr);
    void setData(PlaneMapData);
    const PlaneMapData& data() const { return m_data; }
    void setPointer(std::optional<QPointF>);           // where a person looks, in plane units
    void setPin(std::optional<QPointF>);
    QRectF picture() const;                            // the square, in widget pixels
    QPointF toPixel(QPointF plane) const;
    QPointF toPlane(QPointF pixel) const;
    QColor cellColor(int column, int row) const;       // as drawn, borders aside
    QSize minimumSizeHint() const override { return {64, 80}; }

signals:
    void hovered(QPointF plane);
    void left();
    void clicked(QPointF plane);

protected:
    void paintEvent(QPaintEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    bool framed() const;                               // large enough for axis labels
    void makeImage();
    void paintMarks(QPainter&) const;
    void paintAxes(QPainter&) const;
    void paintNames(QPainter&) const;
    void paintPointer(QPainter&) const;
    PlaneMapData m_data;
    QImage m_image;                    // one pixel a cell, top row first
    std::optional<QPointF> m_pointer, m_pin;
};

// Outline of a mark's shape, centred on `at`.
void drawPlaneMark(QPainter&, QPointF at, int shape, double size);

// Values [row][column][channel] on a grid `factor` times as fine, linear between cell centres.
std::vector<float> finer(const std::vector<float>& values, int columns, int rows, int channels, int factor);

}  // namespace moescope::plots
