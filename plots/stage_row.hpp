// StageRow: a pipeline as a row of boxes with arrows; boxes that do not fit beside each other go on in the next row.
#pragma once

#include "plots/theme.hpp"

#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct StageBox {
    QString title;     // "Score", small above the word
    QString word;      // "softmax over all"
    QString hint;      // what hovering says
    bool aside = false;  // beside the way of a token (a loss): drawn dashed
    bool operator==(const StageBox&) const = default;
};

class StageRow : public QWidget {
    Q_OBJECT
public:
    explicit StageRow(QWidget* parent = nullptr);
    void setStages(std::vector<StageBox> stages);
    const std::vector<StageBox>& stages() const { return m_stages; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {240, heightForWidth(240)}; }
    // The chosen box, -1 = none.
    int current() const { return m_current; }
    void setCurrent(int stage);

signals:
    void stageClicked(int stage);

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    bool event(QEvent*) override;

private:
    std::vector<QRectF> boxes(double width) const;
    int boxAt(const QPointF& at) const;

    std::vector<StageBox> m_stages;
    int m_current = -1;
};

}  // namespace moescope::plots
