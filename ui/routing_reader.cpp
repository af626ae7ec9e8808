// The probe reading thread.
#include "ui/routing_reader.hpp"

#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "storage/run_reader.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace detail {

RoutingWorker::~RoutingWorker() = default;

void RoutingWorker::open(const QString& runFolder, std::int64_t domains) {
    m_folder = runFolder;
    m_domains = domains;
    m_reader.reset();
    m_first.clear();
}

storage::RunReader& RoutingWorker::reader() {
    if (!m_reader) m_reader = std::make_unique<storage::RunReader>(m_folder.toStdString());
    return *m_reader;
}

RoutingSnapshotPtr RoutingWorker::snapshot(std::int64_t step) {
    auto found = std::make_shared<RoutingSnapshot>();
    found->probe = reader().probe(step);
    std::int64_t domains = m_domains;
    for (const std::int32_t domain : found->probe.domains) domains = std::max<std::int64_t>(domains, domain + 1);
    for (std::int32_t layer = 0; layer < found->probe.layers; ++layer) found->layers.push_back(telemetry::specialise(found->probe, layer, domains));
    found->plane = reader().plane(step);
    return found;
}

ChurnPtr RoutingWorker::churn(const std::vector<std::int64_t>& steps) {
    auto all = std::make_shared<std::vector<FirstChoices>>();
    for (const std::int64_t step : steps) {
        if (!m_first.contains(step)) m_first.emplace(step, firstChoicesOf(reader().probe(step)));
        all->push_back(m_first.at(step));
    }
    return all;
}

}  // namespace detail

RoutingReader::RoutingReader(QObject* parent) : QObject(parent), m_worker(new detail::RoutingWorker) {
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

RoutingReader::~RoutingReader() {
    m_thread.quit();
    m_thread.wait();
}

// Runs `work` in the thread and what it returns back here, unless another run was opened meanwhile.
template <class Work>
void RoutingReader::post(Work work) {
    ++m_pending;
    QMetaObject::invokeMethod(m_worker, [this, work, generation = m_generation, worker = m_worker] {
        std::function<void()> answer;
        try {
            answer = work(*worker);
        } catch (const base::Error& error) {
            answer = [this, sentence = RunWords::sentence(error)] { emit failed(sentence); };
        } catch (const std::exception& error) {
            answer = [this, sentence = QString::fromUtf8(error.what())] { emit failed(sentence); };
        }
        QMetaObject::invokeMethod(this, [this, answer, generation] {
            --m_pending;
            if (generation == m_generation && answer) answer();
        });
    });
}

void RoutingReader::open(const QString& runFolder, std::int64_t domains) {
    ++m_generation;
    post([runFolder, domains](detail::RoutingWorker& worker) -> std::function<void()> {
        worker.open(runFolder, domains);
        return {};
    });
}

void RoutingReader::loadSnapshot(std::int64_t step) {
    post([this, step](detail::RoutingWorker& worker) -> std::function<void()> {
        return [this, snapshot = worker.snapshot(step)] { emit snapshotLoaded(snapshot); };
    });
}

void RoutingReader::loadChurn(const std::vector<std::int64_t>& steps) {
    post([this, steps](detail::RoutingWorker& worker) -> std::function<void()> {
        return [this, churn = worker.churn(steps)] { emit churnLoaded(churn); };
    });
}

}  // namespace moescope::ui
