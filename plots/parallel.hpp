// Parallel coordinates: an upright axis for each quantity, a line for each run, ranges brushed on axes.
#pragma once

#include "plots/scatter.hpp"

#include <optional>

namespace moescope::plots {

struct ParallelLine {
    QString id, name;
    std::vector<double> values;        // [axis]; NaN: the line has a gap there and fails every brush of that axis
    Ink ink;
    bool operator==(const ParallelLine&) const = default;
};

struct ParallelData {
    std::vector<ScatterAxis> axes;
    std::vector<ParallelLine> lines;
    QString empty;
    bool operator==(const ParallelData&) const = default;
};

// Drag on an axis to brush a range, drag the brush to move it, click beside it to clear it.
class ParallelPlot : public QWidget {
    Q_OBJECT
public:
    explicit ParallelPlot(QWidget* parent = nullptr);
    void setData(ParallelData);
    const ParallelData& data() const { return m_data; }
    // A range of shares of the axis, 0 at its foot; nullopt clears.
    void brush(int axis, std::optional<std::pair<double, double>> range);
    bool isBrushed() const;
    QStringList brushed() const;       // ids of the lines that pass all brushes; all when there is none
    void setHighlighted(const QString& id);
    QPointF positionOf(const ParallelLine&, int axis) const;
    QSize sizeHint() const override { return {640, 360}; }
    QSize minimumSizeHint() const override { return {320, 180}; }

signals:
    void brushedChanged();
    void hovered(const QString& id);
    void clicked(const QString& id);

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    double axisX(int axis) const;
    double shareAt(double y) const;
    int axisNear(double x) const;
    bool passes(const ParallelLine&) const;
    int lineNear(const QPointF&) const;
    void paintAxis(QPainter&, int axis) const;
    void paintLine(QPainter&, const ParallelLine&, const QPen&) const;

    ParallelData m_data;
    std::vector<PaintedAxis> m_fits;
    std::vector<std::optional<std::pair<double, double>>> m_brushes;
    QString m_highlighted;
    int m_dragged = -1;
    double m_from = 0;
    std::optional<std::pair<double, double>> m_moved;  // the brush as it was when it was taken hold of
};

}  // namespace moescope::plots
