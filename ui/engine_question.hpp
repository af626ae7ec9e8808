// EngineQuestion: one question to an engine of its own; a new one ends the last.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QPointer>
#include <QStringList>

class QProcess;

namespace moescope::ui {

/// GUI thread; the engine works in a process of its own and ends with the answer.
class EngineQuestion : public QObject {
    Q_OBJECT
public:
    explicit EngineQuestion(QObject* parent = nullptr);
    ~EngineQuestion() override;

    /// Verb and arguments; `--json --quiet` go before them. `input` is its standard input.
    void ask(const QStringList& arguments, const QByteArray& input = {});
    void stop();
    bool isAsking() const { return !m_process.isNull(); }

signals:
    /// The lines of its output, each one JSON object; or why there is no answer, in sentences (then the lines do not count).
    void answered(const QByteArrayList& lines, const QString& problem);

private:
    void finish(QProcess* process);
    QPointer<QProcess> m_process;
};

/// The store a run's folder lies in.
QString storeOfRun(const QString& runFolder);

}  // namespace moescope::ui
