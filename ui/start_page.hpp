// The start page: three ways to begin, the runs of before, and presets that go well or wrong with what to look for.
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
    void openRequested();                       ///< a run or file to be chosen
    void presetChosen(const QString& id);       ///< show it in the form

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
    QWidget* makeRecent(QWidget* parent);
    QWidget* makeGallery(QWidget* parent);
    void showRuns();

    RunLibrary& m_library;
    RecentRuns* m_recent;
    QLabel *m_unit = nullptr, *m_noRuns = nullptr;
    QLabel* m_notice;
    plots::Fingerprint* m_demo = nullptr;
};

}  // namespace moescope::ui
