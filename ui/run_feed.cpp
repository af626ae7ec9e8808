// The reader thread of a run.
#include "ui/run_feed.hpp"

#include <QTimer>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/telemetry/step_telemetry.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kLiveMs = 100;
constexpr int kIdleMs = 1000;
constexpr std::int64_t kOverviewPoints = 4000, kOverviewValues = 400'000;

/// What the window draws: every number of the step and of the layer, and what plots need of the experts; the rest (positions,
/// domains x experts ...) stays in the folder until a view asks for it.
const std::vector<std::string>& shownSeries() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> names{"tokens", "flops", "seconds", "val_loss", "domain_loss", "bits_per_byte", "load", "logit_mean", "logit_quantiles", "selection_bias"};
        const telemetry::StepTelemetry none;
        telemetry::visitMetrics(none, [&](const telemetry::Metric& metric, const auto&) {
            if (metric.shape == telemetry::Shape::scalar || metric.shape == telemetry::Shape::layer) names.emplace_back(metric.name);
        });
        return names;
    }();
    return all;
}

bool isShown(const std::string& name) { return std::ranges::find(shownSeries(), name) != shownSeries().end(); }

/// Wide series are read in fewer points: a picture has no room for more.
std::int64_t overviewPoints(const storage::SeriesInfo& info) {
    return std::clamp<std::int64_t>(kOverviewValues / std::max<std::int64_t>(1, info.width), 200, kOverviewPoints);
}

std::shared_ptr<RunOpening> openingOf(storage::RunReader& reader) {
    auto opening = std::make_shared<RunOpening>();
    opening->folder = reader.runFolder().string();
    opening->cursor = reader.now();
    opening->meta = reader.meta();
    opening->state = reader.state();
    opening->summary = reader.summary();
    for (const storage::SeriesInfo& info : reader.listSeries())
        if (isShown(info.name)) opening->series.push_back({info, reader.series(info.name, {.maxPoints = overviewPoints(info)})});
    opening->events = reader.events();
    opening->samples = reader.samples();
    opening->probes = reader.probes();
    opening->checkpoints = reader.checkpoints();
    opening->superseded = reader.superseded();
    std::erase_if(opening->superseded, [](const storage::SeriesNews& news) { return !isShown(news.info.name); });
    return opening;
}

}  // namespace

namespace detail {

template <class Read>
void FeedWorker::guarded(Read&& read) {
    try {
        read();
    } catch (const base::Error& error) {
        close();
        emit failed(RunWords::sentence(error));
    } catch (const std::exception& error) {
        close();
        emit failed(QString::fromUtf8(error.what()));
    }
}

void FeedWorker::open(const QString& runFolder) {
    close();
    if (!m_timer) {
        m_timer = new QTimer(this);
        connect(m_timer, &QTimer::timeout, this, &FeedWorker::poll);
    }
    guarded([&] {
        m_reader = std::make_unique<storage::RunReader>(runFolder.toStdString());
        readAll();
        m_timer->start(m_state.lockHeld ? kLiveMs : kIdleMs);
    });
}

void FeedWorker::readAll() {
    const auto opening = openingOf(*m_reader);
    m_cursor = opening->cursor;
    m_state = opening->state;
    m_factsKnown = opening->meta.facts.paramsTotal > 0;
    emit opened(opening);
}

void FeedWorker::close() {
    if (m_timer) m_timer->stop();
    m_reader.reset();
}

void FeedWorker::poll() {
    if (!m_reader) return;
    guarded([this] {
        auto update = std::make_shared<storage::Update>(m_reader->poll(m_cursor, shownSeries()));
        if (update->restarted || (!m_factsKnown && !(update->cursor == m_cursor))) return readAll();
        m_cursor = update->cursor;
        const bool changed = !update->empty() || update->summary || !(update->state == m_state);
        m_state = update->state;
        m_timer->setInterval(m_state.lockHeld ? kLiveMs : kIdleMs);
        if (changed) emit updated(update);
    });
}

void FeedWorker::loadProbe(qint64 step) {
    if (!m_reader) return;
    guarded([&] { emit probeLoaded(std::make_shared<telemetry::ProbeSnapshot>(m_reader->probe(step))); });
}

}  // namespace detail

RunFeed::RunFeed(QObject* parent) : QObject(parent), m_worker(new detail::FeedWorker) {
    qRegisterMetaType<RunOpeningPtr>("moescope::ui::RunOpeningPtr");
    qRegisterMetaType<RunUpdatePtr>("moescope::ui::RunUpdatePtr");
    qRegisterMetaType<ProbePtr>("moescope::ui::ProbePtr");
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &detail::FeedWorker::opened, this, &RunFeed::opened);
    connect(m_worker, &detail::FeedWorker::updated, this, &RunFeed::updated);
    connect(m_worker, &detail::FeedWorker::probeLoaded, this, &RunFeed::probeLoaded);
    connect(m_worker, &detail::FeedWorker::failed, this, &RunFeed::failed);
    m_thread.start();
}

RunFeed::~RunFeed() {
    m_thread.quit();
    m_thread.wait();
}

void RunFeed::open(const QString& runFolder) {
    QMetaObject::invokeMethod(m_worker, [this, runFolder] { m_worker->open(runFolder); });
}

void RunFeed::close() {
    QMetaObject::invokeMethod(m_worker, [this] { m_worker->close(); });
}

void RunFeed::loadProbe(std::int64_t step) {
    QMetaObject::invokeMethod(m_worker, [this, step] { m_worker->loadProbe(step); });
}

}  // namespace moescope::ui
