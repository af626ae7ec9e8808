// The thread and the order of its answers.
#include "ui/compare_study.hpp"

#include <utility>

namespace moescope::ui {

namespace {

StudiedSavings savingsOf(const DrawnComparison& drawn) {
    StudiedSavings savings;
    const auto* whole = std::get_if<statistics::Comparison>(&drawn.answer);
    if (!whole) {
        savings.problem = QString::fromStdString(std::get<base::Problems>(drawn.answer).front().text);
    } else {
        savings.whole = *whole;
        savings.shares = statistics::savingsOverHorizons(drawn.groups, *whole, statistics::kHorizonShares);
    }
    return savings;
}

}  // namespace

void detail::StudyWorker::study(int request, const StudyQuestion& question) {
    if (request != m_newest) return;
    emit drawn(request, std::make_shared<const std::vector<FacetLane>>(compareLanes(question.entries, question.groups, question.baseline, question.metric, question.band)));
    if ((question.verdict || question.savings) && request == m_newest) {
        const auto comparison = std::make_shared<const DrawnComparison>(compareDrawn(question.entries, question.groups, question.baseline, question.metric, question.axis, question.smoothing));
        emit judged(request, comparison);
        if (question.savings && request == m_newest) emit saved(request, std::make_shared<const StudiedSavings>(savingsOf(*comparison)));
    }
    emit finished(request);
}

CompareStudy::CompareStudy(QObject* parent) : QObject(parent), m_worker(new detail::StudyWorker(m_newest)) {
    qRegisterMetaType<FacetLanesPtr>("moescope::ui::FacetLanesPtr");
    qRegisterMetaType<DrawnComparisonPtr>("moescope::ui::DrawnComparisonPtr");
    qRegisterMetaType<StudiedSavingsPtr>("moescope::ui::StudiedSavingsPtr");
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &detail::StudyWorker::drawn, this, [this](int request, const FacetLanesPtr& lanes) {
        if (request == m_newest) emit drawn(lanes);
    });
    connect(m_worker, &detail::StudyWorker::judged, this, [this](int request, const DrawnComparisonPtr& comparison) {
        if (request == m_newest) emit judged(comparison);
    });
    connect(m_worker, &detail::StudyWorker::saved, this, [this](int request, const StudiedSavingsPtr& savings) {
        if (request == m_newest) emit saved(savings);
    });
    connect(m_worker, &detail::StudyWorker::finished, this, [this](int request) {
        if (request != m_newest) return;
        m_busy = false;
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
    QMetaObject::invokeMethod(m_worker, [this, request, question = std::move(question)] { m_worker->study(request, question); });
}

}  // namespace moescope::ui
