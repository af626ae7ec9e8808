// NewRunEngine: asks the engine about a run that is not there yet: what its data holds, how long a step takes.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <functional>
#include <string>

#include "core/config/run_config.hpp"

class QProcess;

namespace moescope::ui {

/// What `data inspect` says of a corpus; `problem` alone when it could not be read.
struct DataFacts {
    std::int64_t documents = 0, tokens = 0, bytes = 0, vocabulary = 0;
    QStringList domains, warnings;
    QString problem;
    bool operator==(const DataFacts&) const = default;
};

/// GUI thread; the engine works in a process of its own. One question of each kind at a time: a new one ends the last.
class NewRunEngine : public QObject {
    Q_OBJECT
public:
    NewRunEngine(QString storeFolder, QObject* parent);
    ~NewRunEngine() override;

    /// False if there is no engine to ask.
    static bool available();
    void inspect(const config::RunConfig& config);
    /// Trains a few steps to measure the time.
    void measure(const config::RunConfig& config);
    void stopMeasuring();
    bool isInspecting() const { return !m_inspecting.isNull(); }
    bool isMeasuring() const { return !m_measuring.isNull(); }

signals:
    void inspected(const moescope::ui::DataFacts& facts);
    /// Seconds of the whole run; NaN with a sentence when it could not be measured.
    void measured(double seconds, const QString& problem);

private:
    QProcess* ask(const QStringList& verb, const config::RunConfig& config, std::function<void(const QByteArray& json, const QString& problem)> answer);

    QString m_store;
    QPointer<QProcess> m_inspecting, m_measuring;
};

}  // namespace moescope::ui
