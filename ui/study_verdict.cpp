// Reads the runs twice, once for each axis, and speaks.
#include "ui/study_verdict.hpp"

#include <algorithm>

#include "core/statistics/axes.hpp"
#include "ui/run_library.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr XAxis kAxes[] = {XAxis::flops, XAxis::seconds};

const statistics::Comparison* comparisonOf(const DrawnComparisonPtr& drawn) { return std::get_if<statistics::Comparison>(&drawn->answer); }

}  // namespace

StudyVerdict::StudyVerdict(RunLibrary& library, QObject* parent) : QObject(parent), m_library(library), m_reader(this), m_study(this) {
    connect(&m_reader, &CompareReader::read, this, [this](int request, const ComparedRunPtr& run) {
        const auto entry = std::ranges::find(m_entries, run->ulid, &CompareEntry::ulid);
        if (request == m_request && entry != m_entries.end()) entry->run = run;
    });
    connect(&m_reader, &CompareReader::finished, this, &StudyVerdict::judge);
    connect(&m_study, &CompareStudy::judged, this, &StudyVerdict::onJudged);
}

void StudyVerdict::read(const QStringList& ulids) {
    m_ulids = ulids;
    m_judged.clear();
    m_entries.clear();
    for (const QString& ulid : ulids) {
        const storage::RunRow* row = m_library.find(ulid);
        m_entries.push_back({nullptr, ulid.toStdString(), row ? RunWords::oneLine(row->name) : ulid, {}});
    }
    readNext();
}

void StudyVerdict::readNext() {
    std::vector<std::pair<QString, QString>> runs;
    for (const QString& ulid : m_ulids) runs.emplace_back(ulid, m_library.runFolder(ulid));
    CompareWish wish;
    wish.axis = kAxes[m_judged.size()];
    m_request = m_reader.request(runs, wish);
}

void StudyVerdict::judge(int request) {
    if (request != m_request || m_judged.size() == std::size(kAxes)) return;
    const CompareMetric& metric = compareMetrics()[static_cast<std::size_t>(compareMetricIndex("val_loss"))];
    m_study.ask({m_entries, groupEntries(m_entries, Grouping()), 0, metric, kAxes[m_judged.size()], Band::none, 0, true});
}

void StudyVerdict::onJudged(const DrawnComparisonPtr& drawn) {
    m_judged.push_back(drawn);
    if (m_judged.size() < std::size(kAxes)) return readNext();
    const auto *flops = comparisonOf(m_judged[0]), *seconds = comparisonOf(m_judged[1]);
    QStringList sentences;
    for (std::size_t group = 0; flops && seconds && group < flops->groups.size(); ++group)
        if (const std::string sentence = statistics::axesSentence(*flops, *seconds, group); !sentence.empty()) sentences << QString::fromStdString(sentence);
    emit told(m_ulids, sentences.join(QLatin1Char('\n')));
}

}  // namespace moescope::ui
