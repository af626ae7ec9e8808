// Scatter: one mark for each run over two quantities, with axes, names on hover and clicks.
#pragma once

#include "plots/theme.hpp"

#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct ScatterPoint {
    QString id, name;
    double x = 0, y = 0;               // an index of the axis' labels where it has any
    Ink ink;
    bool operator==(const ScatterPoint&) const = default;
};

// A quantity, or one of a few words in order.
struct ScatterAxis {
    QString title;
    QStringList labels;                // not empty: values are 0, 1, 2 ...
    bool logarithmic = false;          // values that are not positive are left out
    bool operator==(const ScatterAxis&) const = default;
};

struct ScatterData {
    ScatterAxis x, y;
    std::vector<ScatterPoint> points;  // not finite: left out
    QString empty;                     // said while there is nothing to draw
    bool operator==(const ScatterData&) const = default;
};

// Where a value lies between the ends of an axis; shared by pictures that draw their axes themselves.
struct PaintedAxis {
    double lo = 0, hi = 1;
    bool logarithmic = false;
    double share(double value) const;  // 0 at lo, 1 at hi
};
PaintedAxis fitAxis(const std::vector<double>& values, const ScatterAxis& axis);

class ScatterPlot : public QWidget {
    Q_OBJECT
public:
    explicit ScatterPlot(QWidget* parent = nullptr);
    void setData(ScatterData);
    const ScatterData& data() const { return m_data; }
    void setHighlighted(const QString& id);
    QPointF positionOf(const ScatterPoint&) const;
    QSize sizeHint() const override { return {480, 360}; }
    QSize minimumSizeHint() const override { return {240, 160}; }

signals:
    void hovered(const QString& id);   // empty: none
    void clicked(const QString& id);

protected:
    void paintEvent(QPaintEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    QRectF field() const;
    void fit();
    int nearest(const QPointF&) const;
    void paintAxes(QPainter&) const;
    void paintPoints(QPainter&) const;

    ScatterData m_data;
    PaintedAxis m_x, m_y;
    QString m_highlighted;
};

}  // namespace moescope::plots
