// The process and what it says when it cannot answer.
#include "ui/engine_question.hpp"

#include <QDir>
#include <QProcess>

#include <nlohmann/json.hpp>

#include "ui/engine_link.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

constexpr int kGoodbyeMs = 1000;

/// The sentences of a last line with problems or an error; else empty.
QString problemOf(const QByteArray& line) {
    const Json answer = Json::parse(line.constData(), line.constData() + line.size(), nullptr, false);
    if (!answer.is_object()) return {};
    const auto text = [](const Json& object, const char* key) { return QString::fromStdString(object.value(key, std::string())); };
    QStringList sentences;
    for (const Json& problem : answer.value("problems", Json::array()))
        if (problem.is_object()) sentences << text(problem, "text");
    if (answer.contains("error") && answer["error"].is_object()) {
        QString what = text(answer["error"], "what"), advice = text(answer["error"], "advice");
        sentences << what.left(1).toUpper() + what.mid(1) + QStringLiteral(". ") + advice.left(1).toUpper() + advice.mid(1) + QLatin1Char('.');
    }
    return sentences.join(QLatin1Char('\n'));
}

}  // namespace

EngineQuestion::EngineQuestion(QObject* parent) : QObject(parent) {}

EngineQuestion::~EngineQuestion() {
    if (!m_process) return;
    m_process->disconnect();
    m_process->kill();
    m_process->waitForFinished(kGoodbyeMs);
}

void EngineQuestion::stop() {
    if (!m_process) return;
    m_process->disconnect();
    connect(m_process, &QProcess::finished, m_process, &QObject::deleteLater);
    m_process->kill();
    m_process.clear();
}

void EngineQuestion::ask(const QStringList& arguments, const QByteArray& input) {
    stop();
    const QString engine = EngineLink::enginePath();
    if (engine.isEmpty()) {
        QMetaObject::invokeMethod(this, [this] { emit answered({}, tr("There is no moescope-engine here that could compute this. Build it, or name it in MOESCOPE_ENGINE.")); }, Qt::QueuedConnection);
        return;
    }
    auto* process = new QProcess(this);
    m_process = process;
    connect(process, &QProcess::finished, this, [this, process] { finish(process); });
    connect(process, &QProcess::errorOccurred, this, [this, process](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart || process != m_process) return;
        m_process.clear();
        process->deleteLater();
        emit answered({}, tr("moescope-engine could not be started."));
    }, Qt::QueuedConnection);
    process->start(engine, QStringList{QStringLiteral("--json"), QStringLiteral("--quiet")} + arguments);
    if (!input.isEmpty()) process->write(input);
    process->closeWriteChannel();
}

void EngineQuestion::finish(QProcess* process) {
    process->deleteLater();
    if (process != m_process) return;
    m_process.clear();
    QByteArrayList lines = process->readAllStandardOutput().trimmed().split('\n');
    lines.removeAll(QByteArray());
    const bool well = process->exitStatus() == QProcess::NormalExit && process->exitCode() == 0;
    QString problem = well || lines.isEmpty() ? QString() : problemOf(lines.back());
    if (!well && problem.isEmpty()) problem = QString::fromUtf8(process->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1);
    if (!well && problem.isEmpty()) problem = tr("The engine ended without an answer.");
    emit answered(lines, problem);
}

QString storeOfRun(const QString& runFolder) {
    QDir folder(runFolder);
    folder.cdUp();
    folder.cdUp();
    return folder.absolutePath();
}

}  // namespace moescope::ui
