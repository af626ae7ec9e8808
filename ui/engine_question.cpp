// One process for each question.
#include "ui/engine_question.hpp"

#include <QDir>
#include <QProcess>

#include <nlohmann/json.hpp>

#include "ui/engine_link.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

QString text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? QString::fromStdString(found->get<std::string>()) : QString();
}

/// The sentences of an engine's last line: problems, or an error.
QString problemOf(const QByteArray& output) {
    const Json answer = Json::parse(output.trimmed().split('\n').back().toStdString(), nullptr, false);
    if (!answer.is_object()) return {};
    QStringList sentences;
    if (answer.contains("problems") && answer["problems"].is_array())
        for (const Json& problem : answer["problems"])
            if (problem.is_object()) sentences << text(problem, "text");
    if (answer.contains("error") && answer["error"].is_object()) sentences << text(answer["error"], "what") + QStringLiteral(". ") + text(answer["error"], "advice");
    return sentences.join(QLatin1Char(' '));
}

}  // namespace

EngineQuestion::EngineQuestion(QString storeFolder, QObject* parent) : QObject(parent), m_store(std::move(storeFolder)) {}

EngineQuestion::~EngineQuestion() {
    if (!m_process) return;
    m_process->disconnect();
    m_process->kill();
    m_process->waitForFinished(1000);
}

void EngineQuestion::stop() {
    if (!m_process) return;
    m_process->disconnect();
    connect(m_process, &QProcess::finished, m_process, &QObject::deleteLater);
    m_process->kill();
    m_process.clear();
}

bool EngineQuestion::ask(const QStringList& verb, const QByteArray& input, Answer answer) {
    stop();
    const QString path = EngineLink::enginePath();
    if (path.isEmpty()) return false;
    auto* process = new QProcess(this);
    m_process = process;
    const auto done = [this, process, answer](const QByteArray& output, const QString& problem) {
        m_process.clear();
        process->deleteLater();
        answer(output, problem);
    };
    connect(process, &QProcess::finished, this, [process, done](int code, QProcess::ExitStatus status) {
        const QByteArray output = process->readAllStandardOutput();
        if (status == QProcess::NormalExit && code == 0) return done(output, {});
        QString problem = problemOf(output);
        if (problem.isEmpty()) problem = RunWords::oneLine(QString::fromUtf8(process->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1).toStdString());
        done(output, problem.isEmpty() ? tr("The engine ended without an answer.") : problem);
    });
    connect(process, &QProcess::errorOccurred, this, [done](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) done({}, tr("moescope-engine could not be started."));
    });
    process->start(path, QStringList{QStringLiteral("--store"), m_store, QStringLiteral("--json"), QStringLiteral("--quiet")} + verb);
    if (!m_process) return true;  // it failed at once and said so
    process->write(input);
    process->closeWriteChannel();
    return true;
}

QString storeOfRun(const QString& runFolder) {
    QDir folder(runFolder);
    folder.cdUp();
    folder.cdUp();
    return folder.absolutePath();
}

}  // namespace moescope::ui
