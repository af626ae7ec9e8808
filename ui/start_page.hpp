// The start page: three ways to begin, and the runs of before.
#pragma once

#include <QStringList>
#include <QWidget>

class QFrame;
class QLabel;
class QVBoxLayout;

namespace moescope::plots {
class Fingerprint;
}

namespace moescope::ui {

class RecentRuns;
class RunLibrary;

/// GUI thread. Borrows the library, which outlives it.
class StartPage : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(RunLibrary& library, QWidget* parent = nullptr);
    /// Without an engine nothing can be trained: says so instead of offering it.
    void setEngineMissing(bool missing);

signals:
    void presetRequested(const QString& id);    ///< train it at once
    void ownTextRequested();
    void filesDropped(const QStringList& paths);
    void runActivated(const QString& ulid);

private:
    struct Tile {
        const char* name;
        const char* preset;       ///< nullptr: own text
        const char* title;
        const char* text;
        const char* button;
        const char* icon;
        const char* note;
    };
    QFrame* makeTile(const Tile& tile, bool primary);
    QWidget* makePicture(const Tile& tile, QWidget* parent);
    void showRuns();

    RunLibrary& m_library;
    RecentRuns* m_recent;
    QWidget* m_recentBox;
    QLabel* m_notice;
    plots::Fingerprint* m_demo = nullptr;
};

}  // namespace moescope::ui
