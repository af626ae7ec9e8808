// Sankey: columns of nodes and the flows between neighbouring columns; widths are shares of all tokens.
#pragma once

#include <QRectF>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct SankeyFlow {
    int column = 0, from = 0, to = 0;  // from a node of `column` to one of the next
    double share = 0;                  // of all tokens, 0..1
    QString words;                     // tool tip
    bool operator==(const SankeyFlow&) const = default;
};

struct SankeyData {
    QStringList columns;               // "layer 0"
    int nodes = 0;                     // experts, the same number in each column
    std::vector<double> shares;        // [columns, nodes] of all tokens
    std::vector<SankeyFlow> flows;     // drawn; the rest of a node's height stays free
    bool operator==(const SankeyData&) const = default;
};

class Sankey : public QWidget {
    Q_OBJECT
public:
    explicit Sankey(QWidget* parent = nullptr);
    void setData(SankeyData);
    const SankeyData& data() const { return m_data; }
    QRectF nodeRect(int column, int node) const;       // empty where the node has no share
    QSize minimumSizeHint() const override { return {240, 160}; }

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;

private:
    struct Ribbon {
        QRectF left, right;            // zero width: where it leaves and arrives
        size_t flow = 0;
    };
    double scale() const;              // pixels of a share of 1
    double columnX(int column) const;
    std::vector<Ribbon> ribbons() const;
    SankeyData m_data;
};

}  // namespace moescope::plots
