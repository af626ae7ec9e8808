// The run the window shows: its data as it grows, how it was steered, and the commands that go to its engine.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>
#include <memory>

#include "ui/engine_link.hpp"
#include "ui/run_data.hpp"
#include "ui/run_feed.hpp"
#include "ui/run_steering.hpp"

namespace moescope::ui {

class RunLibrary;

/// GUI thread. At most one run; everything in it was read from the run's folder.
class WatchedRun : public QObject {
    Q_OBJECT
public:
    WatchedRun(RunLibrary& library, EngineLink& engines, QObject* parent = nullptr);
    ~WatchedRun() override;

    void open(const QString& ulid);
    void close();

    const QString& ulid() const { return m_ulid; }             ///< empty: nothing is open
    const RunData* data() const { return m_data.get(); }       ///< nullptr until it is read
    const Steering& steering() const { return m_steering; }
    const QString& problem() const { return m_problem; }       ///< why it cannot be shown
    QString name() const;                                      ///< as people call it now
    QString colour() const;
    storage::RunState state() const;
    bool isTraining() const { return state() == storage::RunState::running; }
    /// An engine holds it and can be told something.
    bool canSteer() const;
    /// It was sent a command and has not answered within the patience.
    bool isSilent() const { return m_silent; }
    void setPatience(int milliseconds) { m_patience.setInterval(milliseconds); }
    /// Asks a silent engine to keep a checkpoint and end; a sentence comes through `refused` if that cannot be asked.
    void askToStop();
    /// Went from alive to interrupted before our eyes.
    bool diedHere() const { return m_died; }
    /// Steps a second over the last seconds of training; NaN if not training.
    double stepsPerSecond() const;

    /// Sends to its engine; refusals come back through `refused`.
    void send(const config::Command& command);
    void set(const QString& key, const config::Value& value);
    /// The same with the answer; false and no answer when no engine has the run. Not called once this object is gone.
    bool ask(const config::Command& command, std::function<void(const CommandAnswer&)> answer);

signals:
    void changed();                          ///< another run, or none
    void opened();                           ///< data() is new as a whole
    void updated();                          ///< data() grew, or the state changed
    void steered();                          ///< steering() changed
    void sent(const QString& key);           ///< a setting is on its way (key), or a command (its verb)
    void refused(const QString& key, const QString& sentence);

private:
    void onOpened(const RunOpeningPtr& opening);
    void onUpdated(const RunUpdatePtr& update);
    void onFailed(const QString& sentence);
    void refreshSteering();
    void setSilent(bool silent);

    RunLibrary& m_library;
    EngineLink& m_engines;
    RunFeed m_feed;
    QString m_ulid, m_problem;
    std::unique_ptr<RunData> m_data;
    Steering m_steering;
    std::size_t m_eventsSeen = 0;
    bool m_died = false, m_silent = false;
    QTimer m_patience;
};

}  // namespace moescope::ui
