// CompareVerdict: what the drawn groups prove against the baseline, as one number, its interval, paired dots and sentences.
#pragma once

#include <QWidget>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/statistics/report.hpp"
#include "ui/compare_curves.hpp"

class QLabel;
class QPushButton;

namespace moescope::ui {

/// The statistics of what is drawn. Runs that cannot be read, are hidden or have not stored the metric are left out.
struct DrawnComparison {
    std::variant<statistics::Comparison, base::Problems> answer;
    std::vector<config::RunConfig> configs;   ///< of each group's first run
    std::vector<statistics::Group> groups;    ///< what the answer was computed from, in its order
};
/// `baseline` is an index of entries; `smoothing` is used for noisy metrics only.
DrawnComparison compareDrawn(const std::vector<CompareEntry>& entries, const std::vector<CompareGroup>& groups, int baseline, const CompareMetric& metric, XAxis axis, double smoothing);

/// Differences of pairs as dots on an axis through zero, their mean and its interval below. GUI thread.
class PairedDots : public QWidget {
    Q_OBJECT
public:
    explicit PairedDots(QWidget* parent = nullptr);
    void setPair(const statistics::Pair& pair);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    statistics::Pair m_pair;
};

/// GUI thread.
class CompareVerdict : public QWidget {
    Q_OBJECT
public:
    explicit CompareVerdict(QWidget* parent = nullptr);
    void setComparison(const DrawnComparison& drawn);
    /// Shows the pair with the group that holds this run; the first pair when it is the baseline's or unknown.
    void choose(const std::string& ulid);

signals:
    void reportRequested();
    /// The settings of these two runs shall have so many seeds in common.
    void seedsRequested(const QString& ulid, const QString& baseline, int total);

private:
    void refresh();
    void say(const QString& heading, const QString& number, const QString& interval, const QStringList& sentences);
    std::size_t chosenPair() const;
    void showSeeds(const statistics::Comparison* comparison);

    std::optional<DrawnComparison> m_drawn;
    std::string m_chosen;
    QLabel *m_heading, *m_number, *m_interval, *m_words, *m_which;
    QPushButton *m_copy, *m_report, *m_seeds;
    PairedDots* m_dots;
};

}  // namespace moescope::ui
