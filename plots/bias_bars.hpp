// Bias bars: the load of each expert and, under it, the constant added to its router logit, as a slider with a ghost bar.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct BiasBar {
    int expert = 0;
    double ratio = 0;                  // load / fair share; NaN = never measured
    double bias = 0;                   // logits; beyond -8..8 the handle stands at the end and the number says it
    bool muted = false;
    bool operator==(const BiasBar&) const = default;
};

// Steps of 0.5. A double click takes the bias away. Up and down choose the row, left and right move its handle.
class BiasBars : public QWidget {
    Q_OBJECT
public:
    static constexpr double kMost = 8;
    explicit BiasBars(QWidget* parent = nullptr);
    // While a handle is dragged the values of that row are those of the hand.
    void setData(std::vector<BiasBar> bars, int experts);
    const std::vector<BiasBar>& data() const { return m_bars; }
    void setAdjustable(bool on);       // false: shown, not movable
    QRect handleRect(int row) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString summary() const;

signals:
    void biasChosen(int expert, double bias);      // released, key or double click: send this one
    void expertClicked(int expert);
    void expertMenuRequested(int expert, const QPoint& globalPos);

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void focusInEvent(QFocusEvent*) override;
    void focusOutEvent(QFocusEvent*) override;

private:
    int rowAt(const QPoint&) const;
    double left() const;
    double right() const;
    double xOf(double bias) const;
    double biasAt(double x) const;
    double shownBias(int row) const;
    void paintLoad(QPainter&, int row, double top) const;
    void paintBias(QPainter&, int row, double top) const;
    double ratioTop() const;

    std::vector<BiasBar> m_bars;
    int m_experts = 1, m_row = 0, m_dragged = -1;
    double m_draggedBias = 0;
    bool m_adjustable = false;
};

}  // namespace moescope::plots
