// The thread and the order of its answers.
#include "ui/compare_study.hpp"

#include <utility>

namespace moescope::ui {

void detail::StudyWorker::study(int request, const StudyQuestion& question) {
    if (request != m_newest) return;
    emit drawn(request, std::make_shared<const std::vector<FacetLane>>(compareLanes(question.entries, question.groups, question.baseline, question.metric, question.band)));
    if (!question.verdict || request != m_newest) return;
    emit judged(request, std::make_shared<const DrawnComparison>(compareDrawn(question.entries, question.groups, question.baseline, question.metric, question.axis, question.smoothing)));
}

CompareStudy::CompareStudy(QObject* parent) : QObject(parent), m_worker(new detail::StudyWorker(m_newest)) {
    qRegisterMetaType<FacetLanesPtr>("moescope::ui::FacetLanesPtr");
    qRegisterMetaType<DrawnComparisonPtr>("moescope::ui::DrawnComparisonPtr");
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &detail::StudyWorker::drawn, this, [this](int request, const FacetLanesPtr& lanes) {
        if (request != m_newest) return;
        m_busy = m_verdict;
        emit drawn(lanes);
        if (!m_busy) emit finished();
    });
    connect(m_worker, &detail::StudyWorker::judged, this, [this](int request, const DrawnComparisonPtr& comparison) {
        if (request != m_newest) return;
        m_busy = false;
        emit judged(comparison);
        emit finished();
    });
    m_thread.start();
}

CompareStudy::~CompareStudy() {
    ++m_newest;
    m_thread.quit();
    m_thread.wait();
}

void CompareStudy::ask(StudyQuestion question) {
    const int request = ++m_newest;
    m_busy = true;
    m_verdict = question.verdict;
    QMetaObject::invokeMethod(m_worker, [this, request, question = std::move(question)] { m_worker->study(request, question); });
}

}  // namespace moescope::ui
