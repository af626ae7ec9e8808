// Number grid: a small matrix as tinted cells with their numbers in them; without numbers where cells get too small.
#pragma once

#include "plots/figures.hpp"

#include <QRect>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

namespace moescope::plots {

// One merge of a dendrogram: nodes 0 .. n-1 are the rows as they are drawn, node n + i is branch i, most alike first.
struct GridBranch {
    int left = 0, right = 0;
    double at = 0;                     // how alike the two sides are
    bool operator==(const GridBranch&) const = default;
};

// Share: 0..`top`, neutral tint. Ratio: 1 = as expected, coloured by log2 in -3..3.
enum class GridScale { Share, Ratio };

struct GridData {
    QString title;                     // for screen readers and the table: "share of each domain's tokens"
    QString rowTitle;                  // what a row is: "domain"
    QStringList rows, columns;
    std::vector<double> values;        // [rows, columns]; NaN = never measured, drawn as nothing
    GridScale scale = GridScale::Share;
    double top = 1;                    // Share: value of the strongest tint
    bool percent = false;              // cells show 100 times the value, as whole numbers
    int experts = 0;                   // columns are this many experts: a chip of its colour before each name; 0 = none
    bool expertRows = false;           // rows are experts too
    std::vector<int> expertOf;         // which expert column (and row) i is; empty = i
    std::vector<GridBranch> tree = {}; // lines at the right that join the rows, `top` at the cells; empty = none
    double at(int row, int column) const { return values[size_t(row) * size_t(columns.size()) + size_t(column)]; }
    int expertAt(int place) const { return expertOf.empty() ? place : expertOf[size_t(place)]; }
    bool operator==(const GridData&) const = default;
};

class NumberGrid : public QWidget {
    Q_OBJECT
public:
    explicit NumberGrid(QWidget* parent = nullptr);
    void setData(GridData);
    const GridData& data() const { return m_data; }
    QString cellText(int row, int column) const;       // "58", "0.31", "" where never measured
    bool showsNumbers() const;                         // cells are wide enough
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, 60}; }

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;

private:
    QRectF cell(int row, int column) const;
    int measuredGutter() const;
    int gutter() const { return m_gutter; }
    int headHeight() const;
    double pitchX() const;
    double pitchY() const;
    int labelStride(bool rows) const;
    QColor colorFor(double value) const;
    void paintHead(QPainter&) const;
    void paintRow(QPainter&, int row) const;
    void paintTree(QPainter&) const;
    int treeRoom() const;
    bool roomy() const;                // few rows with a tree: larger cells
    GridData m_data;
    int m_gutter = 0;                  // room of the row names, measured once for each data
};

}  // namespace moescope::plots
