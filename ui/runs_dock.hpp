// RunsDock: the list of runs, with all that people do to a run.
#pragma once

#include <QStringList>
#include <QWidget>

#include <memory>

namespace moescope::ui {

class EngineLink;
class RunLibrary;

/// GUI thread. Borrows the library and the link, which outlive it.
class RunsDock : public QWidget {
    Q_OBJECT
public:
    RunsDock(RunLibrary& library, EngineLink& link, QWidget* parent = nullptr);
    ~RunsDock() override;

    /// Marks the run that the window shows; empty for none.
    void setCurrentRun(const QString& ulid);
    /// Runs selected now, in the order of the list.
    QStringList selectedRuns() const;
    QSize sizeHint() const override;

signals:
    void runActivated(const QString& ulid);
    void newRunRequested();
    void compareRequested(const QStringList& ulids);
    void seedsRequested(const QString& ulid, int total);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}  // namespace moescope::ui
