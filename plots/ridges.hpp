// Ridges: a row for each expert: the density of its values, and quantiles before or after something was added.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct RidgeRow {
    int expert = 0;
    std::vector<float> samples;        // drawn as a density on the row's base line; may be empty
    std::vector<double> before, after; // seven quantiles, 5 15 30 50 70 85 95 %: a bar on the base line, and one below it
    bool operator==(const RidgeRow&) const = default;
};

struct RidgeData {
    QString title;                     // for screen readers: "router logits of each expert"
    QString axis;                      // at the left end of the tick row: "logit"
    std::vector<RidgeRow> rows;
    int experts = 0;
    bool operator==(const RidgeData&) const = default;
};

class Ridges : public QWidget {
    Q_OBJECT
public:
    explicit Ridges(QWidget* parent = nullptr);
    void setData(RidgeData);
    const RidgeData& data() const { return m_data; }
    QString summary() const;
    double low() const { return m_low; }               // ends of the axis: nearly all values lie between them
    double high() const { return m_high; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {240, 120}; }

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;

private:
    double pitch() const;
    double xOf(double value) const;
    std::vector<double> densityOf(const RidgeRow&) const;
    void paintAxis(QPainter&) const;
    void paintRow(QPainter&, size_t row) const;
    void paintBar(QPainter&, const std::vector<double>& levels, double y, const QColor&) const;
    RidgeData m_data;
    std::vector<std::vector<double>> m_density;        // [row][bin], 0..1 of the row's highest
    double m_low = 0, m_high = 1;
};

}  // namespace moescope::plots
