// CompareReader: reads what Compare needs of many runs in threads of its own, and again when a run has grown.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QThread>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/config/run_config.hpp"
#include "core/statistics/comparison.hpp"
#include "storage/run_reader.hpp"
#include "ui/compare_metrics.hpp"
#include "ui/run_data.hpp"

class QTimer;

namespace moescope::ui {

/// Which curve of each run.
struct CompareWish {
    std::string series = "val_loss";
    MetricPart part = MetricPart::none;
    std::int64_t moeLayer = 0;       ///< counts layers with experts
    std::string domain;
    XAxis axis = XAxis::step;
    bool operator==(const CompareWish&) const = default;
};

/// One run as it was read. `x` and `y` are as long as each other; low and high too, or empty where every point is stored.
struct ComparedRun {
    std::string ulid, problem;       ///< problem: why it could not be read
    storage::RunMeta meta;
    config::RunConfig config;
    statistics::Likeness likeness;   ///< of config; made here, since it costs a while
    storage::StateInfo state;
    storage::Summary summary;
    double effective = telemetry::kNone;      ///< effective experts at the last report, mean over layers
    CompareWish wish;
    std::vector<double> x, y, low, high;
};
using ComparedRunPtr = std::shared_ptr<const ComparedRun>;

namespace detail {
class CompareWorker;
}

/// GUI thread; the reading happens elsewhere.
class CompareReader : public QObject {
    Q_OBJECT
public:
    explicit CompareReader(QObject* parent = nullptr);
    ~CompareReader() override;

    /// Reads all these runs for the wish; `read` follows for each, in any order, then `finished` with the request's number. Runs
    /// that grow are read again about once a second.
    int request(const std::vector<std::pair<QString, QString>>& ulidsAndFolders, const CompareWish& wish);

    /// Points a curve has at most: two for every pixel column of a large screen.
    static constexpr std::int64_t kPoints = 4000;

signals:
    void read(int request, moescope::ui::ComparedRunPtr run);
    void finished(int request);

private:
    /// A run is always read by the same thread, which has it open.
    std::size_t threadOf(const QString& ulid);

    struct Lane {
        detail::CompareWorker* worker = nullptr;
        std::unique_ptr<QThread> thread;
    };
    std::vector<Lane> m_lanes;
    QHash<QString, std::size_t> m_places;   ///< by ULID
    int m_request = 0, m_finished = 0;      ///< m_finished: threads that are done with m_request
};

namespace detail {

/// Lives in one of the reader's threads.
class CompareWorker : public QObject {
    Q_OBJECT
public:
    using Runs = std::vector<std::pair<QString, QString>>;
    void load(int request, const Runs& runs, const moescope::ui::CompareWish& wish);
    void start();

signals:
    void read(int request, moescope::ui::ComparedRunPtr run);
    void finished(int request);

private:
    struct Open {
        std::unique_ptr<storage::RunReader> reader;
        storage::Cursor cursor;
        storage::StateInfo state;
    };
    void again();
    ComparedRunPtr readRun(const QString& ulid, const QString& folder);
    void readNumbers(storage::RunReader& reader, std::int64_t lastReport, ComparedRun& run);
    void readCurve(storage::RunReader& reader, ComparedRun& run);

    int m_request = 0;
    Runs m_runs;
    CompareWish m_wish;
    std::unordered_map<std::string, Open> m_open;
    QTimer* m_timer = nullptr;
};

}  // namespace detail

}  // namespace moescope::ui
