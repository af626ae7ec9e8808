// RunFeed: reads one run's folder in a thread of its own and sends what is new to the window.
#pragma once

#include <QObject>
#include <QString>
#include <QThread>

#include <memory>

#include "ui/run_data.hpp"

class QTimer;

namespace moescope::ui {

using RunOpeningPtr = std::shared_ptr<const RunOpening>;
using RunUpdatePtr = std::shared_ptr<const storage::Update>;
using ProbePtr = std::shared_ptr<const telemetry::ProbeSnapshot>;

namespace detail {
class FeedWorker;
}

/// GUI thread; the reading happens elsewhere and never blocks it. One run at a time: open() replaces the last.
class RunFeed : public QObject {
    Q_OBJECT
public:
    explicit RunFeed(QObject* parent = nullptr);
    ~RunFeed() override;

    void open(const QString& runFolder);
    void close();
    void loadProbe(std::int64_t step);

signals:
    void opened(moescope::ui::RunOpeningPtr opening); ///< again when the run went back to an earlier step (a resume)
    void updated(moescope::ui::RunUpdatePtr update);  ///< only when something is new or the state changed
    void probeLoaded(moescope::ui::ProbePtr probe);
    void failed(const QString& sentence);             ///< damaged, gone, newer: what happened and what to do

private:
    detail::FeedWorker* m_worker;
    QThread m_thread;
};

namespace detail {

/// Lives in the feed's thread.
class FeedWorker : public QObject {
    Q_OBJECT
public slots:
    void open(const QString& runFolder);
    void close();
    void loadProbe(qint64 step);

signals:
    void opened(moescope::ui::RunOpeningPtr opening);
    void updated(moescope::ui::RunUpdatePtr update);
    void probeLoaded(moescope::ui::ProbePtr probe);
    void failed(const QString& sentence);

private:
    void poll();
    void readAll();
    template <class Read>
    void guarded(Read&& read);

    std::unique_ptr<storage::RunReader> m_reader;
    storage::Cursor m_cursor;
    storage::StateInfo m_state;
    bool m_factsKnown = false;  ///< domains, layers ...: written once the engine has loaded data and model
    QTimer* m_timer = nullptr;
};

}  // namespace detail

}  // namespace moescope::ui
