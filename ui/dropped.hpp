// Files and folders dropped on the window: what they are, told by a look at each path and never by reading through them.
#pragma once

#include <QString>
#include <QStringList>

#include <functional>

namespace moescope::ui {

struct Dropped {
    enum Kind { nothing, recipe, runHere, runElsewhere, text };
    Kind kind = nothing;
    QString path;       ///< recipe: the file; runs: the folder; text: a file or folder to train on
    QStringList paths;  ///< text: several files, to be gathered
    QString sentence;   ///< what was left out or refused, and why; may be empty
};

/// Asks the file system about each path once. `storeFolder` tells a run of this store from one elsewhere.
Dropped lookAt(const QStringList& paths, const QString& storeFolder);

/// A folder of links to these files below the store, so that each becomes a domain; nothing is copied. Empty and a sentence in
/// *problem when it cannot be made.
QString gatherTexts(const QStringList& files, const QString& storeFolder, QString* problem);

/// Copies a run folder into the store in a thread of its own and calls `done` there with a sentence, empty when it worked. A run
/// that trains is refused.
void copyRunInto(const QString& runFolder, const QString& storeFolder, std::function<void(const QString& problem)> done);

}  // namespace moescope::ui
