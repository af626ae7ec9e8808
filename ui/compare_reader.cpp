// The threads that read compared runs.
#include "ui/compare_reader.hpp"

#include <QTimer>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/config/config_json.hpp"

namespace moescope::ui {
namespace {

constexpr int kAgainMs = 1000, kMostThreads = 4;

const char* nameOf(XAxis axis) {
    switch (axis) {
        case XAxis::tokens: return "tokens";
        case XAxis::flops: return "flops";
        case XAxis::seconds: return "seconds";
        default: return "step";
    }
}

/// The element of the series that is wished for; nothing when the run has no such layer or domain.
std::optional<std::int64_t> elementOf(const storage::SeriesInfo& info, const storage::RunMeta& meta, const CompareWish& wish) {
    if (wish.part == MetricPart::layer) return storage::elementAt(info, {{"layer", wish.moeLayer}});
    if (wish.part != MetricPart::domain) return 0;
    const auto at = std::ranges::find(meta.facts.domains, wish.domain);
    if (at == meta.facts.domains.end()) return std::nullopt;
    return storage::elementAt(info, {{"domain", at - meta.facts.domains.begin()}});
}

}  // namespace

namespace detail {

void CompareWorker::start() {
    m_timer = new QTimer(this);
    connect(m_timer, &QTimer::timeout, this, &CompareWorker::again);
    m_timer->start(kAgainMs);
}

void CompareWorker::load(int request, const Runs& runs, const CompareWish& wish) {
    m_request = request;
    m_runs = runs;
    m_wish = wish;
    std::erase_if(m_open, [&](const auto& open) { return std::ranges::none_of(runs, [&](const auto& run) { return run.first.toStdString() == open.first; }); });
    for (const auto& [ulid, folder] : m_runs) emit read(request, readRun(ulid, folder));
    emit finished(request);
}

void CompareWorker::again() {
    for (const auto& [ulid, folder] : m_runs) {
        const auto open = m_open.find(ulid.toStdString());
        if (open == m_open.end()) continue;
        try {
            if (open->second.reader->now() == open->second.cursor && open->second.reader->state() == open->second.state) continue;
        } catch (const std::exception&) {
            // readRun meets the same mistake and says it.
        }
        emit read(m_request, readRun(ulid, folder));
    }
}

ComparedRunPtr CompareWorker::readRun(const QString& ulid, const QString& folder) {
    auto run = std::make_shared<ComparedRun>();
    run->ulid = ulid.toStdString();
    run->wish = m_wish;
    try {
        Open& open = m_open[run->ulid];
        if (!open.reader) open.reader = std::make_unique<storage::RunReader>(folder.toStdString());
        open.cursor = open.reader->now();
        open.state = run->state = open.reader->state();
        readNumbers(*open.reader, open.cursor.reportStep, *run);
        readCurve(*open.reader, *run);
    } catch (const base::Error& error) {
        run->problem = error.happened() + ". " + error.advice() + ".";
    } catch (const std::exception& error) {
        run->problem = error.what();
    }
    if (!run->problem.empty()) m_open.erase(run->ulid);
    return run;
}

void CompareWorker::readNumbers(storage::RunReader& reader, std::int64_t lastReport, ComparedRun& run) {
    run.meta = reader.meta();
    run.summary = reader.summary();
    if (const base::Problems problems = config::applyJson(run.config, run.meta.configJson); !problems.empty()) run.problem = problems.front().text;
    run.likeness = statistics::likenessOf(run.config);
    const auto info = reader.findSeries("effective_experts");
    if (!info) return;
    const storage::SeriesData last = reader.series("effective_experts", {.maxPoints = 0, .fromStep = std::max<std::int64_t>(0, lastReport)});
    if (last.size() == 0) return;
    double sum = 0, count = 0;
    const std::size_t begin = (last.size() - 1) * static_cast<std::size_t>(last.width);
    for (std::size_t i = begin; i < last.values.size(); ++i)
        if (std::isfinite(last.values[i])) {
            sum += last.values[i];
            ++count;
        }
    if (count > 0) run.effective = sum / count;
}

void CompareWorker::readCurve(storage::RunReader& reader, ComparedRun& run) {
    const auto info = reader.findSeries(m_wish.series);
    const auto element = info ? elementOf(*info, run.meta, m_wish) : std::nullopt;
    if (!element) return;
    storage::SeriesData data = reader.series(m_wish.series, {.element = *element, .maxPoints = CompareReader::kPoints});
    const std::vector<std::int64_t>& steps = data.raw() ? data.steps : data.lastSteps;
    run.y = data.raw() ? std::move(data.values) : std::move(data.mean);
    if (!data.raw()) {
        run.low = std::move(data.minimum);
        run.high = std::move(data.maximum);
    }
    run.x = m_wish.axis == XAxis::step ? std::vector<double>(steps.begin(), steps.end()) : reader.axis(nameOf(m_wish.axis), steps);
}

}  // namespace detail

CompareReader::CompareReader(QObject* parent) : QObject(parent) {
    qRegisterMetaType<ComparedRunPtr>("moescope::ui::ComparedRunPtr");
    m_lanes.resize(static_cast<std::size_t>(std::clamp(QThread::idealThreadCount(), 1, kMostThreads)));
    for (Lane& lane : m_lanes) {
        lane.worker = new detail::CompareWorker;
        lane.thread = std::make_unique<QThread>();
        lane.worker->moveToThread(lane.thread.get());
        connect(lane.thread.get(), &QThread::started, lane.worker, &detail::CompareWorker::start);
        connect(lane.thread.get(), &QThread::finished, lane.worker, &QObject::deleteLater);
        connect(lane.worker, &detail::CompareWorker::read, this, &CompareReader::read);
        connect(lane.worker, &detail::CompareWorker::finished, this, [this](int request) {
            if (request == m_request && ++m_finished == static_cast<int>(m_lanes.size())) emit finished(request);
        });
        lane.thread->start();
    }
}

CompareReader::~CompareReader() {
    for (const Lane& lane : m_lanes) lane.thread->quit();
    for (const Lane& lane : m_lanes) lane.thread->wait();
}

std::size_t CompareReader::threadOf(const QString& ulid) {
    const auto known = m_places.constFind(ulid);
    return known != m_places.constEnd() ? *known : *m_places.insert(ulid, static_cast<std::size_t>(m_places.size()) % m_lanes.size());
}

int CompareReader::request(const std::vector<std::pair<QString, QString>>& runs, const CompareWish& wish) {
    const int request = ++m_request;
    m_finished = 0;
    std::vector<detail::CompareWorker::Runs> shares(m_lanes.size());
    for (const auto& run : runs) shares[threadOf(run.first)].push_back(run);
    for (std::size_t i = 0; i < m_lanes.size(); ++i)
        QMetaObject::invokeMethod(m_lanes[i].worker, [worker = m_lanes[i].worker, request, share = std::move(shares[i]), wish] { worker->load(request, share, wish); });
    return request;
}

}  // namespace moescope::ui
