// StudyVerdict: what a matched study says on each axis, read from its runs and judged in threads, told as sentences.
#pragma once

#include <QObject>
#include <QStringList>

#include <vector>

#include "ui/compare_reader.hpp"
#include "ui/compare_study.hpp"

namespace moescope::ui {

class RunLibrary;

/// GUI thread; reading and judging happen elsewhere. One study at a time: a new one takes the place of the last.
class StudyVerdict : public QObject {
    Q_OBJECT
public:
    explicit StudyVerdict(RunLibrary& library, QObject* parent = nullptr);
    /// Compares the runs over FLOPs and over seconds; the first is the baseline.
    void read(const QStringList& ulids);

signals:
    void told(const QStringList& ulids, const QString& sentences);   ///< empty when there is nothing to say

private:
    void readNext();
    void judge(int request);
    void onJudged(const DrawnComparisonPtr& drawn);

    RunLibrary& m_library;
    CompareReader m_reader;
    CompareStudy m_study;
    QStringList m_ulids;
    std::vector<CompareEntry> m_entries;
    std::vector<DrawnComparisonPtr> m_judged;   ///< over FLOPs, then over seconds
    int m_request = 0;
};

}  // namespace moescope::ui
