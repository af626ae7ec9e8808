// Heat panel: rows (experts or layers) over x as coloured cells; quiet where fair.
#pragma once

#include "plots/panel.hpp"

#include <QStringList>

#include <vector>

namespace moescope::plots {

// LoadRatio: load / fair share, coloured by log2 in -3..3. Share: 0..1, the blue half, 1 = background.
// Probability: 0..1, viridis.
enum class HeatScale { LoadRatio, Share, Probability };

struct HeatData {
    std::vector<double> x;             // one per column, ascending: the step (or bucket centre) it was measured at
    int rows = 0;
    std::vector<float> values;         // [rows, columns]; NaN = never measured, drawn as nothing
    HeatScale scale = HeatScale::LoadRatio;
    double top = 8;                    // LoadRatio: largest possible ratio, E / k, written in the legend
    double lowest = 0;                 // Share: value of the darkest blue
    bool sortByLoad = false;           // rows in order of their latest value; order changes only when the axis grows
    QString rowPrefix = QStringLiteral("E");   // "E" experts, "L" layers
    QStringList rowNames;              // instead of prefix and number
    QString key;                       // names the run and layer: another key starts a new order
    bool operator==(const HeatData&) const = default;
};

class HeatPanel : public Panel {
    Q_OBJECT
public:
    explicit HeatPanel(QWidget* parent = nullptr);
    void setData(HeatData);
    void setSolo(int row);                             // the others fade; -1 = all
    int solo() const { return m_solo; }
    void setRowMenus(bool on) { m_rowMenus = on; }     // a right click on a row asks for its menu; the header keeps the panel's

    bool hasData() const override;
    QString summary() const override;
    Table visibleTable() const override;               // x, then one column per row, in drawn order
    Extent dataExtent() const override;
    const std::vector<int>& rowOrder() const { return m_order; }   // drawn top to bottom
    const QImage& cells() const { return m_cells; }    // rows x pixel columns, as drawn

signals:
    void rowHovered(int row);                          // -1 when the mouse leaves
    void rowClicked(int row);
    void rowMenuRequested(int row, const QPoint& globalPos);   // only if setRowMenus

protected:
    void rebuild() override;
    void updateReadout() override;
    void paintUnder(QCPPainter*) override;
    void paintOver(QCPPainter*) override;
    bool flagsOverData() const override { return true; }
    void setExportMode(bool) override;
    QList<QCPAxisRect*> rects() const override;
    double snapped(double x) const override;
    bool eventFilter(QObject*, QEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    void sortRows();
    void paintRowNames(QCPPainter*);
    int rowAt(double pixelY) const;
    QRect rowRect(int drawnRow) const;
    QString rowName(int row) const;
    QColor colorFor(float value) const;

    HeatData m_data;
    std::vector<int> m_order;
    double m_orderEnd = 0;
    bool m_rowMenus = false;
    int m_solo = -1;
    QImage m_cells;
    QCPAxisRect* m_rect;
    PaintItem* m_map;
};

}  // namespace moescope::plots
