// Bars: load per expert (LoadBars) and a value per domain (DomainBars), painted.
#pragma once

#include "plots/figures.hpp"

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace moescope::plots {

struct LoadBarsData {
    std::vector<double> ratio;         // [experts] load / fair share; NaN = never measured
    double top = 8;                    // E / k, the largest possible ratio
    double idleBelow = 0.05;           // value in warn colour
    bool operator==(const LoadBarsData&) const = default;
};

// Up to 24 experts a row each (scale 0..2.5, or 0..E/k once anything exceeds 3; it goes back only for a new run);
// beyond that by rank, neutral, hottest orange and starving amber. The fair line is always drawn.
class LoadBars : public QWidget {
    Q_OBJECT
public:
    explicit LoadBars(QWidget* parent = nullptr);
    void setData(const LoadBarsData&);
    void resetScale();                 // another run or layer
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString summary() const;
    int expertAt(const QPoint&) const; // -1 = none

signals:
    void expertClicked(int expert);
    void expertMenuRequested(int expert, const QPoint& globalPos);

protected:
    void paintEvent(QPaintEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;
    bool event(QEvent*) override;

private:
    void paintRows(QPainter&) const;
    void paintRanks(QPainter&) const;
    double scaleTop() const;
    int pitch() const;
    LoadBarsData m_data;
    std::vector<int> m_rank;
    bool m_wide = false;
};

struct DomainBar {
    QString name;
    double value = 0;                  // NaN = not measured
    std::optional<double> floor;       // entropy of the source: a mark that the bar cannot pass
    bool operator==(const DomainBar&) const = default;
};

class DomainBars : public QWidget {
    Q_OBJECT
public:
    explicit DomainBars(QWidget* parent = nullptr);
    void setData(std::vector<DomainBar>, double top = 0, Figure = Figure::Fixed2);   // top 0 = a nice end above all
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString summary() const;

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;

private:
    std::vector<DomainBar> m_bars;
    double m_top = 1;
    Figure m_figure = Figure::Fixed2;
};

}  // namespace moescope::plots
