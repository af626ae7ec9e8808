// EngineLink: starts engines and talks to running ones, without ever blocking the window or owning a training.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QLocalSocket>
#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <functional>

#include "core/base/problem.hpp"
#include "core/config/run_config.hpp"

namespace moescope::ui {

/// What an engine answered to a command; problems are empty when it was applied.
struct CommandAnswer {
    bool ok = false;
    std::int64_t step = 0;
    base::Problems problems;
    QByteArray json;             ///< the whole line, for questions that bring more than a step
};

/// GUI thread.
class EngineLink : public QObject {
    Q_OBJECT
public:
    explicit EngineLink(QString storeFolder, QObject* parent = nullptr);

    /// Path of moescope-engine: $MOESCOPE_ENGINE, else beside this program; empty if there is none.
    static QString enginePath();

    /// Starts an engine on a new run; it goes on when the window closes. `started(token, run)` or `refused(token, problems)`
    /// follows. Returns the token.
    int train(const config::RunConfig& config, const QString& name, const QStringList& tags = {}, const QString& group = {});
    /// Any other engine verb that trains: {"resume", ulid}, {"twin", ulid, "--dense"}, {"fork", ulid, "--from", "200"}.
    int run(const QStringList& arguments);

    /// Sends a command to the engine that listens at `socketPath`; `answer` is called once, in this thread.
    void send(const QString& socketPath, const config::Command& command, std::function<void(const CommandAnswer&)> answer = {});
    /// Keeps a connection to that engine, so that it knows a window watches (it then pauses on trouble instead of ending).
    void watch(const QString& socketPath);
    /// Asks the engine with that process id to keep a checkpoint and end; false if there is no such engine.
    static bool askToStop(std::int64_t pid);

signals:
    void started(int token, const QString& ulid);
    void refused(int token, const QString& sentence);  ///< problems or an error, ready to show
    void ended(int token, int exitCode, const QString& lastWords);

private:
    int startProcess(const QStringList& arguments, const QByteArray& input);
    void readLines(int token, QProcess& process);
    void finish(int token, QProcess& process);

    QString m_store;
    int m_nextToken = 1;
    QLocalSocket* m_watch = nullptr;
    QHash<int, QString> m_problems;  ///< by token: what the engine said before it started training
    QHash<int, QString> m_runs;      ///< by token: ULID of what trains
};

}  // namespace moescope::ui
