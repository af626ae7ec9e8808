// RunsDockMenu: what can be done to the chosen runs, as the actions of the dock's context menu.
#pragma once

#include <QObject>
#include <QStringList>

#include <functional>
#include <vector>

#include "storage/catalog.hpp"
#include "ui/runs_dock_model.hpp"

class QMenu;
class QWidget;

namespace moescope::ui {

class EngineLink;
class RunLibrary;
class UndoToast;

/// GUI thread. Whatever changes or removes can be undone from the toast. Works on copies of rows, since the library may replace them meanwhile.
class RunsDockMenu : public QObject {
    Q_OBJECT
public:
    struct Choice {
        std::vector<storage::RunRow> runs;
        RunsDockModel::Section section = RunsDockModel::Section::runs;
    };

    RunsDockMenu(RunLibrary& library, EngineLink& link, UndoToast& toast, QWidget* window);

    /// Fills an empty menu for the choice: only what applies to it.
    void fill(QMenu& menu, const Choice& choice);

    void remove(const std::vector<storage::RunRow>& runs);
    void restore(const std::vector<storage::RunRow>& runs);
    void star(const std::vector<storage::RunRow>& runs, bool on);
    void rename(const storage::RunRow& run, const QString& name);
    /// Asks for the tag.
    void addTag(const std::vector<storage::RunRow>& runs);
    /// Into the archive, or out of it when all are there.
    void archive(const std::vector<storage::RunRow>& runs);

    /// How a folder is shown; a test puts its own in place.
    std::function<void(const QString& folder)> showFolder;

signals:
    void openRequested(const QString& ulid);
    void renameRequested(const QString& ulid);   ///< start editing in place
    void compareRequested(const QStringList& ulids);
    void seedsRequested(const QString& ulid, int total);   ///< so many seeds of this run in all

private:
    void addEngineActions(QMenu& menu, const storage::RunRow& run);
    void convert(const storage::RunRow& run);
    void addMarks(QMenu& menu, const Choice& choice);
    void addColours(QMenu& menu, const Choice& choice);
    void addFiles(QMenu& menu, const storage::RunRow& run);
    void editNote(const storage::RunRow& run);
    void editGroup(const std::vector<storage::RunRow>& runs);
    void command(const storage::RunRow& run, const char* verb);
    void start(const QStringList& arguments, const QString& what);
    /// Changes marks of all these runs, says so and offers the way back to what they were.
    void mark(const std::vector<storage::RunRow>& runs, const QString& sentence, std::function<void(storage::Catalog&, const std::string& ulid)> change);
    void each(const std::vector<storage::RunRow>& runs, std::function<void(storage::Catalog&, const std::string& ulid)> change);

    RunLibrary& m_library;
    EngineLink& m_link;
    UndoToast& m_toast;
    QWidget* m_window;
};

}  // namespace moescope::ui
