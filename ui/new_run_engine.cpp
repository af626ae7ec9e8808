// The engine's processes and what they print.
#include "ui/new_run_engine.hpp"

#include <QProcess>
#include <QTimer>

#include <limits>

#include <nlohmann/json.hpp>

#include "core/config/config_json.hpp"
#include "ui/engine_link.hpp"

namespace moescope::ui {
namespace {

using Json = nlohmann::json;

QString text(const Json& object, const char* key) { return QString::fromStdString(object.value(key, std::string())); }

/// The sentences of an engine's last line: problems, or an error.
QString problemOf(const Json& answer) {
    if (!answer.is_object()) return {};
    QStringList sentences;
    if (answer.contains("problems") && answer["problems"].is_array())
        for (const Json& problem : answer["problems"])
            if (problem.is_object()) sentences << text(problem, "text");
    if (answer.contains("error") && answer["error"].is_object()) sentences << text(answer["error"], "what") + QStringLiteral(". ") + text(answer["error"], "advice");
    return sentences.join(QLatin1Char('\n'));
}

Json lastLine(const QByteArray& output) { return Json::parse(output.trimmed().split('\n').back().toStdString(), nullptr, false); }

void end(QPointer<QProcess>& process) {
    if (!process) return;
    process->disconnect();
    process->kill();
    QObject::connect(process, &QProcess::finished, process, &QObject::deleteLater);
    process.clear();
}

DataFacts factsOf(const Json& answer) {
    DataFacts facts;
    facts.documents = answer.value("documents", std::int64_t{0});
    facts.tokens = answer.value("tokens", std::int64_t{0});
    facts.bytes = answer.value("bytes", std::int64_t{0});
    facts.vocabulary = answer.value("vocabulary", std::int64_t{0});
    for (const Json& domain : answer.value("domains", Json::array())) facts.domains << text(domain, "name");
    for (const Json& warning : answer.value("warnings", Json::array()))
        if (warning.is_string()) facts.warnings << QString::fromStdString(warning.get<std::string>());
    return facts;
}

}  // namespace

NewRunEngine::NewRunEngine(QString storeFolder, QObject* parent) : QObject(parent), m_store(std::move(storeFolder)) {}

NewRunEngine::~NewRunEngine() {
    for (QPointer<QProcess>* process : {&m_inspecting, &m_measuring})
        if (*process) {
            (*process)->disconnect();
            (*process)->kill();
            (*process)->waitForFinished(1000);
        }
}

bool NewRunEngine::available() { return !EngineLink::enginePath().isEmpty(); }

QProcess* NewRunEngine::ask(const QStringList& verb, const config::RunConfig& config, std::function<void(const QByteArray&, const QString&)> answer) {
    auto* process = new QProcess(this);
    connect(process, &QProcess::finished, this, [process, answer](int, QProcess::ExitStatus status) {
        const QByteArray output = process->readAllStandardOutput();
        QString problem = problemOf(lastLine(output));
        if (problem.isEmpty() && (status != QProcess::NormalExit || process->exitCode() != 0))
            problem = QString::fromUtf8(process->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1);
        process->deleteLater();
        answer(output, problem);
    });
    connect(process, &QProcess::errorOccurred, this, [process, answer](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        process->deleteLater();
        answer({}, tr("moescope-engine could not be started."));
    });
    process->start(EngineLink::enginePath(), QStringList{QStringLiteral("--store"), m_store, QStringLiteral("--json"), QStringLiteral("--quiet")} + verb + QStringList{QStringLiteral("--recipe"), QStringLiteral("-")});
    process->write(QByteArray::fromStdString(config::toJson(config, -1)));
    process->closeWriteChannel();
    return process;
}

void NewRunEngine::inspect(const config::RunConfig& config) {
    end(m_inspecting);
    m_inspecting = ask({QStringLiteral("data"), QStringLiteral("inspect")}, config, [this](const QByteArray& output, const QString& problem) {
        m_inspecting.clear();
        const Json answer = lastLine(output);
        DataFacts facts = answer.is_object() ? factsOf(answer) : DataFacts();
        facts.problem = problem.isEmpty() && !answer.is_object() ? tr("The engine gave no answer that can be read.") : problem;
        emit inspected(facts);
    });
}

void NewRunEngine::measure(const config::RunConfig& config) {
    end(m_measuring);
    m_measuring = ask({QStringLiteral("estimate"), QStringLiteral("--probe")}, config, [this](const QByteArray& output, const QString& problem) {
        m_measuring.clear();
        const Json answer = lastLine(output);
        const bool known = answer.is_object() && answer.contains("seconds") && answer["seconds"].is_number();
        emit measured(known ? answer["seconds"].get<double>() : std::numeric_limits<double>::quiet_NaN(), known ? QString() : problem);
    });
}

void NewRunEngine::stopMeasuring() { end(m_measuring); }

}  // namespace moescope::ui
