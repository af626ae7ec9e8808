// Chart panels: lines over x in one lane (LinePanel), several stacked lanes (LanesPanel), a quantile fan (FanPanel).
#pragma once

#include "plots/chart_data.hpp"
#include "plots/panel.hpp"

#include <memory>

namespace moescope::plots {

class LaneView;

class ChartPanel : public Panel {
    Q_OBJECT
public:
    explicit ChartPanel(QWidget* parent = nullptr);
    ~ChartPanel() override;

    void setSmoothing(double weight);                  // 0 = off .. 0.999
    void setLogY(bool);
    void setIgnoreOutliers(bool);
    // Right margin for labels at line ends; 0 = chosen by itself (12, or 52 with end labels). Compare takes 128.
    void setLabelSpace(int px);
    void setLabelValues(bool on);                      // end labels carry the last value
    void setHoverCard(bool on);                        // all curves at the cursor, sorted by value (Compare)

    bool hasData() const override;
    QString summary() const override;
    Table visibleTable() const override;
    Extent dataExtent() const override;
    const std::vector<Lane>& lanes() const { return m_lanes; }

protected:
    void setLanes(std::vector<Lane>);
    void rebuild() override;
    void updateReadout() override;
    void paintUnder(QCPPainter*) override;
    void paintOver(QCPPainter*) override;
    void setExportMode(bool) override;
    QList<QCPAxisRect*> rects() const override;
    double snapped(double x) const override;

private:
    void makeViews();
    void layoutLanes();
    int rightMargin() const;
    std::vector<Readout> readoutsAt(double x) const;
    void paintHoverCard(QCPPainter*) const;

    std::vector<Lane> m_lanes;
    std::vector<std::unique_ptr<LaneView>> m_views;
    double m_smoothing = 0;
    bool m_logY = false, m_ignoreOutliers = false, m_labelValues = false, m_hoverCard = false, m_exporting = false;
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
