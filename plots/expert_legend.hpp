// Expert legend: a chip and a name for each expert; a click picks one, a second click all again.
#pragma once

#include <QRect>
#include <QWidget>

#include <vector>

namespace moescope::plots {

class ExpertLegend : public QWidget {
    Q_OBJECT
public:
    explicit ExpertLegend(QWidget* parent = nullptr);
    // Up to 24 experts: all of them. More: those of `named`, in their cluster's colour, and the word that the rest is grey.
    void setExperts(int experts, std::vector<int> named = {});
    void setSolo(int expert);          // -1 = all; no signal
    int solo() const { return m_solo; }
    QRect chipRect(int expert) const;  // null if it has none

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

signals:
    void soloChanged(int expert);      // by a person
    void expertMenuRequested(int expert, const QPoint& globalPos);

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    struct Chip {
        int expert = 0;
        QRect rect;
    };
    std::vector<Chip> layoutFor(int width) const;
    void choose(int expert);

    int m_experts = 0, m_solo = -1;
    std::vector<int> m_shown;          // in drawn order
    std::vector<Chip> m_chips;
};

}  // namespace moescope::plots
