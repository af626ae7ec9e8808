// Engine processes and their sockets.
#include "ui/engine_link.hpp"

#include <QCoreApplication>
#include <QFileInfo>

#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <memory>

#include "core/config/config_json.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

/// The text at `key`, empty if there is none: what comes over a socket may have any shape.
std::string textAt(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

base::Problems problemsOf(const Json& answer) {
    base::Problems problems;
    if (answer.contains("problems") && answer["problems"].is_array())
        for (const Json& problem : answer["problems"])
            if (std::string text = textAt(problem, "text"); !text.empty()) problems.push_back({textAt(problem, "key"), std::move(text)});
    return problems;
}

QString problemText(const Json& line) {
    QStringList sentences;
    for (const base::Problem& problem : problemsOf(line)) sentences << QString::fromStdString(problem.text);
    if (line.contains("error") && line["error"].is_object())
        sentences << QString::fromStdString(textAt(line["error"], "what") + " (" + textAt(line["error"], "where") + "). " + textAt(line["error"], "advice"));
    return sentences.join(QLatin1Char('\n'));
}

CommandAnswer unreadable() { return {false, 0, {{"engine", "The engine gave no answer that can be read."}}, {}}; }

CommandAnswer parseAnswer(const QByteArray& line) {
    const Json answer = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
    if (!answer.is_object() || !answer.contains("ok") || !answer["ok"].is_boolean()) return unreadable();
    const Json step = answer.contains("applied_at_step") ? answer["applied_at_step"] : Json(0);
    if (!step.is_number_integer()) return unreadable();
    base::Problems problems = problemsOf(answer);
    if (!answer["ok"] && problems.empty()) return unreadable();
    return {answer["ok"], step, std::move(problems), line};
}

}  // namespace

EngineLink::EngineLink(QString storeFolder, QObject* parent) : QObject(parent), m_store(std::move(storeFolder)) {}

QString EngineLink::enginePath() {
    const QString named = qEnvironmentVariable("MOESCOPE_ENGINE");
    const QString path = named.isEmpty() ? QCoreApplication::applicationDirPath() + QStringLiteral("/moescope-engine") : named;
    return QFileInfo(path).isExecutable() ? path : QString();
}

int EngineLink::train(const config::RunConfig& config, const QString& name, const QStringList& tags, const QString& group) {
    Json recipe = Json::parse(config::toJson(config, -1));
    QStringList arguments{QStringLiteral("train"), QStringLiteral("--recipe"), QStringLiteral("-")};
    if (!name.isEmpty()) arguments << QStringLiteral("--name") << name;
    for (const QString& tag : tags) arguments << QStringLiteral("--tag") << tag;
    if (!group.isEmpty()) arguments << QStringLiteral("--group") << group;
    return startProcess(arguments, QByteArray::fromStdString(recipe.dump()));
}

int EngineLink::run(const QStringList& arguments) { return startProcess(arguments, {}); }

int EngineLink::startProcess(const QStringList& arguments, const QByteArray& input) {
    const int token = m_nextToken++;
    // Without a parent and never deleted while it runs: a training outlives the window.
    auto* process = new QProcess;
    process->setChildProcessModifier([] { ::setsid(); });
    connect(process, &QProcess::readyReadStandardOutput, this, [this, token, process] { readLines(token, *process); });
    connect(process, &QProcess::finished, this, [this, token, process] { finish(token, *process); });
    // Queued: a start can fail before the caller has its token.
    const auto failed = [this, token, process](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        emit refused(token, tr("moescope-engine could not be started. Build it, or name it in MOESCOPE_ENGINE."));
        process->deleteLater();
    };
    connect(process, &QProcess::errorOccurred, this, failed, Qt::QueuedConnection);
    process->start(enginePath(), QStringList{QStringLiteral("--store"), m_store, QStringLiteral("--json")} + arguments);
    if (process->isOpen()) {
        process->write(input);
        process->closeWriteChannel();
    }
    return token;
}

void EngineLink::readLines(int token, QProcess& process) {
    while (process.canReadLine()) {
        const QByteArray line = process.readLine();
        if (m_runs.contains(token)) continue;  // everything later comes from the store
        const Json json = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
        if (!json.is_object()) continue;
        if (textAt(json, "event") == "started") {
            m_runs[token] = QString::fromStdString(textAt(json, "run"));
            emit started(token, m_runs[token]);
        } else if (const QString text = problemText(json); !text.isEmpty()) {
            m_problems[token] += text;
        }
    }
}

void EngineLink::finish(int token, QProcess& process) {
    readLines(token, process);
    const QString words = QString::fromUtf8(process.readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1);
    const bool clean = process.exitStatus() == QProcess::NormalExit;
    if (m_runs.contains(token))
        emit ended(token, clean ? process.exitCode() : -1, words);
    else
        emit refused(token, m_problems.contains(token) ? m_problems[token] : words);
    m_runs.remove(token);
    m_problems.remove(token);
    process.deleteLater();
}

void EngineLink::send(const QString& socketPath, const config::Command& command, std::function<void(const CommandAnswer&)> answer) {
    auto* socket = new QLocalSocket(this);
    auto pending = std::make_shared<std::function<void(const CommandAnswer&)>>(std::move(answer));
    const auto done = [socket, pending](const CommandAnswer& result) {
        if (*pending) std::exchange(*pending, {})(result);
        socket->deleteLater();
    };
    connect(socket, &QLocalSocket::readyRead, socket, [socket, done] {
        if (socket->canReadLine()) done(parseAnswer(socket->readLine()));
    });
    connect(socket, &QLocalSocket::errorOccurred, socket, [done] { done({false, 0, {{"engine", "The engine does not answer."}}, {}}); });
    socket->connectToServer(socketPath);
    socket->write(QByteArray::fromStdString(config::toJson(command)) + '\n');
}

bool EngineLink::askToStop(std::int64_t pid) {
    const QString program = QFileInfo(QStringLiteral("/proc/%1/exe").arg(pid)).symLinkTarget();
    return pid > 1 && QFileInfo(program).fileName().startsWith(QLatin1String("moescope-engine")) && ::kill(static_cast<pid_t>(pid), SIGTERM) == 0;
}

void EngineLink::watch(const QString& socketPath) {
    if (m_watch && m_watch->fullServerName() == socketPath && m_watch->state() == QLocalSocket::ConnectedState) return;
    if (m_watch) m_watch->deleteLater();
    m_watch = nullptr;
    if (socketPath.isEmpty()) return;
    m_watch = new QLocalSocket(this);
    m_watch->connectToServer(socketPath);
}

}  // namespace moescope::ui
