// EngineQuestion: runs a verb of the engine that answers with one JSON line; a new question ends the one before.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>

#include <functional>

class QProcess;

namespace moescope::ui {

/// GUI thread; the engine works in a process of its own, which ends with this object.
class EngineQuestion : public QObject {
    Q_OBJECT
public:
    explicit EngineQuestion(QString storeFolder = {}, QObject* parent = nullptr);
    ~EngineQuestion() override;

    /// False when there is no engine to ask; then no answer comes. `input` goes to its standard input. The answer is its whole output,
    /// or a sentence why there is none.
    using Answer = std::function<void(const QByteArray& output, const QString& problem)>;
    bool ask(const QStringList& verb, const QByteArray& input, Answer answer);
    /// Asks about another store from now on.
    void setStore(const QString& folder) { m_store = folder; }
    /// Ends the question; no answer comes.
    void stop();
    bool waiting() const { return !m_process.isNull(); }

private:
    QString m_store;
    QPointer<QProcess> m_process;
};

/// The store a run's folder lies in.
QString storeOfRun(const QString& runFolder);

}  // namespace moescope::ui
