// One process, one question at a time.
#include "ui/route_engine.hpp"

#include <QDateTime>
#include <QProcess>

#include "ui/engine_link.hpp"

namespace moescope::ui {
namespace {

constexpr int kRestMs = 120'000, kGoodbyeMs = 1000;

}  // namespace

RouteEngine::RouteEngine(QObject* parent) : QObject(parent) {
    m_resting.setSingleShot(true);
    m_resting.setInterval(kRestMs);
    connect(&m_resting, &QTimer::timeout, this, &RouteEngine::rest);
}

RouteEngine::~RouteEngine() {
    if (!m_process) return;
    m_process->disconnect();
    m_process->kill();
    m_process->waitForFinished(kGoodbyeMs);
}

void RouteEngine::ask(const std::string& json) {
    m_retried = false;
    if (m_asked.empty()) send(json);
    else m_next = json;
}

void RouteEngine::start() {
    const QString engine = EngineLink::enginePath();
    if (engine.isEmpty()) return;
    auto* process = new QProcess(this);
    m_process = process;
    connect(process, &QProcess::readyReadStandardOutput, this, &RouteEngine::read);
    connect(process, &QProcess::finished, this, [this, process] {
        process->deleteLater();
        if (process != m_process) return;
        m_process.clear();
        lost(tr("The engine ended: %1").arg(QString::fromUtf8(process->readAllStandardError()).trimmed().section(QLatin1Char('\n'), -1)));
    });
    connect(process, &QProcess::errorOccurred, this, [this, process](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        process->deleteLater();
        m_process.clear();
        m_retried = true;
        lost(tr("moescope-engine could not be started."));
    }, Qt::QueuedConnection);
    process->start(engine, {QStringLiteral("--threads"), QStringLiteral("1"), QStringLiteral("route"), QStringLiteral("--serve")});
}

void RouteEngine::send(const std::string& json) {
    m_asked = json;
    m_resting.start();
    if (!m_process) start();
    if (!m_process) {
        QMetaObject::invokeMethod(this, [this] {
            m_retried = true;
            lost(tr("There is no moescope-engine here that could compute this. Build it, or name it in MOESCOPE_ENGINE."));
        }, Qt::QueuedConnection);
        return;
    }
    m_sentAt = QDateTime::currentMSecsSinceEpoch();
    m_process->write(QByteArray::fromStdString(json) + '\n');
}

void RouteEngine::read() {
    while (m_process && m_process->canReadLine()) {
        const QByteArray line = m_process->readLine();
        m_milliseconds = QDateTime::currentMSecsSinceEpoch() - m_sentAt;
        m_asked.clear();
        if (m_next) return send(*std::exchange(m_next, std::nullopt));
        emit answered(readHandReply(line.toStdString()));
    }
}

// An engine that died takes its question with it: it is asked once more, of another.
void RouteEngine::lost(const QString& sentence) {
    const std::string asked = std::exchange(m_asked, {});
    if (asked.empty()) return;
    const std::string newest = m_next ? *std::exchange(m_next, std::nullopt) : asked;
    if (!std::exchange(m_retried, true)) return send(newest);
    emit answered({std::nullopt, {}, sentence});
}

void RouteEngine::rest() {
    if (!m_process || !m_asked.empty()) return;
    m_process->closeWriteChannel();
}

}  // namespace moescope::ui
