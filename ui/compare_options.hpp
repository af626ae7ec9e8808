// CompareOptions: the controls over the plot of Compare: metric, axis, smoothing, what is averaged, and the three channels of grouping.
#pragma once

#include <QWidget>

#include <string>
#include <vector>

#include "ui/compare_curves.hpp"
#include "ui/compare_metrics.hpp"

class QBoxLayout;
class QCheckBox;
class QComboBox;

namespace moescope::plots {
class SegmentedControl;
}

namespace moescope::ui {

/// GUI thread.
class CompareOptions : public QWidget {
    Q_OBJECT
public:
    explicit CompareOptions(QWidget* parent = nullptr);

    const CompareMetric& metric() const;
    void setMetric(const std::string& series);
    XAxis axis() const;
    void setAxis(XAxis axis);
    double smoothing() const;
    void setSmoothing(double weight);
    Band band() const;
    void setBand(Band band);
    Grouping grouping() const { return m_grouping; }
    void setGrouping(const Grouping& grouping);
    bool logY() const;
    CompareWish wish() const;

    /// Layers or domains of what has been read, for metrics that have a value for each.
    void offerElements(const std::vector<CompareEntry>& entries);
    /// Keys in which the runs differ: what the channels offer.
    void offerKeys(const std::vector<std::string>& keys);
    /// Shows the choice of a band only where something is averaged.
    void setAveraged(bool on);
    /// Opens the list of the colour channel, as the key G does.
    void popUpGrouping();
    /// One row for each half where both have no room in `room` pixels.
    void fit(int room);

signals:
    void wishChanged();        ///< other curves have to be read
    void lookChanged();        ///< the same curves, grouped or averaged otherwise
    void smoothingChanged();
    void logYChanged(bool on);
    void message(const QString& sentence);

private:
    void buildCurveRow();
    void buildGroupRow();
    void fillChannel(QComboBox* box, std::string Grouping::*channel);
    void chooseChannel(QComboBox* box, std::string Grouping::*channel);
    void askForKey(QComboBox* box, std::string Grouping::*channel);

    QBoxLayout *m_rows = nullptr, *m_groupRows = nullptr;
    QComboBox *m_metric, *m_element, *m_smoothing, *m_mean, *m_band, *m_colour, *m_dash, *m_facet;
    plots::SegmentedControl* m_axis;
    QCheckBox* m_logY;
    Grouping m_grouping;
    std::vector<std::string> m_keys;
};

}  // namespace moescope::ui
