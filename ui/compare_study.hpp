// CompareStudy: what takes its time in Compare (means, bands, the verdict's resampling), in a thread of its own.
#pragma once

#include <QObject>
#include <QThread>

#include <atomic>
#include <memory>
#include <vector>

#include "core/statistics/horizons.hpp"
#include "ui/compare_curves.hpp"
#include "ui/compare_verdict.hpp"

namespace moescope::ui {

/// All that the lines and the verdict depend on.
struct StudyQuestion {
    std::vector<CompareEntry> entries;
    std::vector<CompareGroup> groups;
    int baseline = -1;             ///< index of entries
    CompareMetric metric;
    XAxis axis = XAxis::step;
    Band band = Band::interval;
    double smoothing = 0;
    bool verdict = true;           ///< false: the lines alone
    bool savings = false;          ///< over horizons too
};

/// Savings over horizons, and the comparison of which they are the parts; a problem's text where there is none.
struct StudiedSavings {
    QString problem;
    statistics::Comparison whole;
    std::vector<statistics::HorizonSavings> shares;
};
using StudiedSavingsPtr = std::shared_ptr<const StudiedSavings>;

using FacetLanesPtr = std::shared_ptr<const std::vector<FacetLane>>;
using DrawnComparisonPtr = std::shared_ptr<const DrawnComparison>;

namespace detail {

/// Lives in the study's thread. A question that a newer one has overtaken is dropped.
class StudyWorker : public QObject {
    Q_OBJECT
public:
    explicit StudyWorker(const std::atomic<int>& newest) : m_newest(newest) {}
    void study(int request, const moescope::ui::StudyQuestion& question);

signals:
    void drawn(int request, moescope::ui::FacetLanesPtr lanes);
    void judged(int request, moescope::ui::DrawnComparisonPtr comparison);
    void saved(int request, moescope::ui::StudiedSavingsPtr savings);
    void finished(int request);

private:
    const std::atomic<int>& m_newest;
};

}  // namespace detail

/// GUI thread; only the newest question is answered: first its lines, then its verdict and savings where they were asked for.
class CompareStudy : public QObject {
    Q_OBJECT
public:
    explicit CompareStudy(QObject* parent = nullptr);
    ~CompareStudy() override;
    void ask(StudyQuestion question);
    bool busy() const { return m_busy; }

signals:
    void drawn(moescope::ui::FacetLanesPtr lanes);
    void judged(moescope::ui::DrawnComparisonPtr comparison);
    void saved(moescope::ui::StudiedSavingsPtr savings);
    void finished();

private:
    std::atomic<int> m_newest = 0;
    bool m_busy = false;
    detail::StudyWorker* m_worker;
    QThread m_thread;
};

}  // namespace moescope::ui
