// OwnText: a text of the user's own, read by a checkpoint of the open run through the engine.
#pragma once

#include <QTimer>
#include <QWidget>

#include <functional>

#include "ui/engine_question.hpp"
#include "ui/routing_view.hpp"

class QLabel;
class QPlainTextEdit;

namespace moescope::ui {

/// A character that the vocabulary does not have, and how often it occurs.
struct UnknownCharacter {
    QString character;
    int count = 0;
};
/// What `probe --text --tokens --json` says in its last line, as a snapshot without domains.
struct OwnReading {
    RoutingSnapshotPtr snapshot;               ///< nullptr: the line cannot be read
    std::vector<UnknownCharacter> unknown;
};
OwnReading readOwnReading(const QByteArray& line);

/// GUI thread.
class OwnText : public QWidget {
    Q_OBJECT
public:
    explicit OwnText(QWidget* parent = nullptr);
    /// The run and the step it is looked at; another model reads the text again.
    void setModel(const RoutingShown& shown);
    void setText(const QString& text);
    /// Of the text as it was read last; nullptr before that.
    RoutingSnapshotPtr snapshot() const { return m_reading.snapshot; }
    bool isReading() const { return m_question.waiting() || m_soon.isActive(); }
    QString status() const;
    /// Seam: which file to read; empty = none.
    std::function<QString()> askFile;

signals:
    void changed();

private:
    void open();
    void ask();
    void take(const QByteArray& output, const QString& problem);
    void said(const QString& sentence, bool problem);

    EngineQuestion m_question;
    QTimer m_soon;
    QString m_folder, m_run;
    std::int64_t m_checkpoint = -1, m_later = -1;   ///< -1 = none; m_later: it is younger than the shown step
    OwnReading m_reading;
    QPlainTextEdit* m_edit;
    QLabel* m_status;
};

}  // namespace moescope::ui
