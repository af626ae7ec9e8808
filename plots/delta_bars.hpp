// Delta bars: what each domain's loss gains or loses by one change, as bars from a zero line, painted.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace moescope::plots {

struct DeltaBar {
    QString name;
    double with = 0, without = 0;      // nats per token; NaN = not measured
    double delta() const { return without - with; }
    bool operator==(const DeltaBar&) const = default;
};

// The scale reaches from the smallest to the largest change, at least 0.1 nats, so that noise looks like noise.
class DeltaBars : public QWidget {
    Q_OBJECT
public:
    explicit DeltaBars(QWidget* parent = nullptr);
    // The expert's colour marks what it did for a domain: bars of at least half the largest gain.
    void setData(std::vector<DeltaBar> bars, int expert, int experts);
    const std::vector<DeltaBar>& data() const { return m_bars; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString summary() const;

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent*) override;

private:
    std::vector<DeltaBar> m_bars;
    double m_low = 0, m_high = 0.1;
    int m_expert = 0, m_experts = 1;
};

}  // namespace moescope::plots
