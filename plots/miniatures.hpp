// Miniatures: a run in the size of a word: load over time (fingerprint) and a curve (sparkline).
// The free functions are for item delegates.
#pragma once

#include "plots/theme.hpp"

#include <QImage>
#include <QRectF>
#include <QWidget>

#include <vector>

class QPainter;

namespace moescope::plots {

struct LoadMatrix {                    // load / fair share; NaN = never measured
    int rows = 0, columns = 0;
    std::vector<float> ratio;          // [rows, columns]
    bool operator==(const LoadMatrix&) const = default;
};

void paintFingerprint(QPainter&, const QRectF&, const LoadMatrix&, const Theme&);
// Values evenly spaced, scaled to their own extent; NaN leaves a gap.
void paintSparkline(QPainter&, const QRectF&, const std::vector<double>& values, const QColor&);

class Fingerprint : public QWidget {
    Q_OBJECT
public:
    explicit Fingerprint(QWidget* parent = nullptr);
    void setData(LoadMatrix);
    // Gaps of 2 px between rows as in the start page's tile; default is one solid chip.
    void setLarge(bool);
    QSize sizeHint() const override { return m_large ? QSize(304, 122) : QSize(28, 14); }
protected:
    void paintEvent(QPaintEvent*) override;
private:
    LoadMatrix m_data;
    bool m_large = false;
};

class Sparkline : public QWidget {
    Q_OBJECT
public:
    explicit Sparkline(QWidget* parent = nullptr);
    void setData(std::vector<double> values, Ink);
    QSize sizeHint() const override { return {56, 16}; }
protected:
    void paintEvent(QPaintEvent*) override;
private:
    std::vector<double> m_values;
    Ink m_ink;
};

}  // namespace moescope::plots
