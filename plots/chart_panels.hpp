// Chart panels: lines over x in one lane (LinePanel), several stacked lanes (LanesPanel), a quantile fan (FanPanel).
#pragma once

#include "plots/chart_data.hpp"
#include "plots/panel.hpp"

#include <memory>

class QActionGroup;

namespace moescope::plots {

class LaneView;

class ChartPanel : public Panel {
    Q_OBJECT
public:
    explicit ChartPanel(QWidget* parent = nullptr);
    ~ChartPanel() override;

    void setSmoothing(double weight);                  // 0 = off .. 0.999
    void setLogY(bool);
    void setYScale(ScaleKind);
    ScaleKind yScale() const { return m_yScale; }
    void setIgnoreOutliers(bool);                      // values beyond the scale are arrows at its edge
    bool ignoresOutliers() const { return m_ignoreOutliers; }
    // Right margin for labels at line ends; 0 = chosen by itself (12, or 52 with end labels). Compare takes 128.
    void setLabelSpace(int px);
    void setLabelValues(bool on);                      // end labels carry the last value
    enum HoverCard { NoCard, CardHere, CardAlways };   // all curves at the cursor, sorted by value: only under the mouse, or always
    void setHoverCard(bool on) { setHoverCard(on ? CardAlways : NoCard); }
    void setHoverCard(HoverCard when) { m_hoverCard = when; }
    // Lanes of people's own below those of setData; empty = none.
    void setExtraLanes(std::vector<Lane>);

    bool hasData() const override;
    QString summary() const override;
    Table visibleTable() const override;
    Extent dataExtent() const override;
    const std::vector<Lane>& lanes() const { return m_lanes; }

signals:
    void curveClicked(const QString& id);
    void yScaleChosen(moescope::plots::ScaleKind);     // in the menu
    void outliersChosen(bool ignore);

protected:
    void setLanes(std::vector<Lane>);
    void clickedAt(QPointF) override;
    void rebuild() override;
    void updateReadout() override;
    void paintUnder(QCPPainter*) override;
    void paintOver(QCPPainter*) override;
    void setExportMode(bool) override;
    QList<QCPAxisRect*> rects() const override;
    double snapped(double x) const override;

private:
    void makeViews();
    void buildMenu();
    void joinLanes();
    void layoutLanes();
    int rightMargin() const;
    std::vector<Readout> readoutsAt(double x) const;
    void paintHoverCard(QCPPainter*) const;

    std::vector<Lane> m_own, m_extra, m_lanes;         // m_lanes: both, as drawn
    std::vector<std::unique_ptr<LaneView>> m_views;
    double m_smoothing = 0;
    ScaleKind m_yScale = ScaleKind::Linear;
    HoverCard m_hoverCard = NoCard;
    bool m_ignoreOutliers = false, m_labelValues = false, m_exporting = false;
    QAction* m_outliers = nullptr;
    QActionGroup* m_scales = nullptr;
    int m_labelSpace = 0;
};

class LinePanel : public ChartPanel {
    Q_OBJECT
public:
    using ChartPanel::ChartPanel;
    void setData(Lane);
};

class LanesPanel : public ChartPanel {
    Q_OBJECT
public:
    using ChartPanel::ChartPanel;
    void setData(std::vector<Lane>);                   // two or three, top to bottom
};

class FanPanel : public ChartPanel {
    Q_OBJECT
public:
    using ChartPanel::ChartPanel;
    void setData(const FanData&);
};

}  // namespace moescope::plots
