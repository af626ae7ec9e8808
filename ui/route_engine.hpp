// RouteEngine: an engine that stays warm and answers one table after the other; of many edits only the newest waits.
#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <optional>
#include <string>

#include "ui/hand_table.hpp"

class QProcess;

namespace moescope::ui {

/// GUI thread; the engine works in a process of its own (`route --serve`), which ends after two minutes without a question.
class RouteEngine : public QObject {
    Q_OBJECT
public:
    explicit RouteEngine(QObject* parent = nullptr);
    ~RouteEngine() override;

    /// Asks for this input (one line of JSON). While one is being answered the newest of the others waits.
    void ask(const std::string& json);
    bool isIdle() const { return m_asked.empty() && !m_next; }
    /// Milliseconds from the last question that was sent to its answer; 0 = none yet.
    qint64 lastMilliseconds() const { return m_milliseconds; }

signals:
    /// To the newest question only.
    void answered(const moescope::ui::HandReply& reply);

private:
    void start();
    void send(const std::string& json);
    void read();
    void lost(const QString& sentence);
    void rest();

    QPointer<QProcess> m_process;
    QTimer m_resting;
    std::string m_asked;                     ///< sent and not answered; empty = none
    std::optional<std::string> m_next;
    bool m_retried = false;
    qint64 m_sentAt = 0, m_milliseconds = 0;
};

}  // namespace moescope::ui
