// RoutingReader: reads probe snapshots of one run and computes their specialisation in a thread of its own.
#pragma once

#include <QObject>
#include <QString>
#include <QThread>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ui/routing_probe.hpp"

namespace moescope::storage {
class RunReader;
}

namespace moescope::ui {

/// First choices of all snapshots read so far, by step.
using ChurnPtr = std::shared_ptr<const std::vector<FirstChoices>>;

namespace detail {
class RoutingWorker;
}

/// GUI thread; the reading and counting happens elsewhere and never blocks it. The newest wish wins.
class RoutingReader : public QObject {
    Q_OBJECT
public:
    explicit RoutingReader(QObject* parent = nullptr);
    ~RoutingReader() override;

    /// Another run folder (empty: none). Forgets what was read.
    void open(const QString& runFolder, std::int64_t domains);
    void loadSnapshot(std::int64_t step);
    /// First choices of these snapshots; those already read are kept.
    void loadChurn(const std::vector<std::int64_t>& steps);
    bool idle() const { return m_pending == 0; }

signals:
    void snapshotLoaded(moescope::ui::RoutingSnapshotPtr snapshot);
    void churnLoaded(moescope::ui::ChurnPtr churn);
    void failed(const QString& sentence);

private:
    template <class Work>
    void post(Work work);
    detail::RoutingWorker* m_worker;
    QThread m_thread;
    int m_generation = 0, m_pending = 0;
};

namespace detail {

/// Lives in the reader's thread.
class RoutingWorker : public QObject {
    Q_OBJECT
public:
    ~RoutingWorker() override;
    void open(const QString& runFolder, std::int64_t domains);
    RoutingSnapshotPtr snapshot(std::int64_t step);
    ChurnPtr churn(const std::vector<std::int64_t>& steps);

private:
    storage::RunReader& reader();
    QString m_folder;
    std::int64_t m_domains = 0;
    std::unique_ptr<storage::RunReader> m_reader;
    std::map<std::int64_t, FirstChoices> m_first;
};

}  // namespace detail

}  // namespace moescope::ui
