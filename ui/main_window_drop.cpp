// Main window: what comes from outside: dropped files and folders, recipes by paste, runs of another store.
#include <QClipboard>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileInfo>
#include <QApplication>
#include <QMimeData>
#include <QPointer>
#include <QUrl>

#include "ui/dropped.hpp"
#include "ui/main_window.hpp"
#include "ui/new_run_page.hpp"
#include "ui/recipe_reader.hpp"
#include "ui/run_library.hpp"
#include "ui/undo_toast.hpp"

namespace moescope::ui {
namespace {

QStringList localPaths(const QMimeData& data) {
    QStringList paths;
    for (const QUrl& url : data.urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    return paths;
}

}  // namespace

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() || (event->mimeData()->hasText() && looksLikeRecipe(event->mimeData()->text()))) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QStringList paths = localPaths(*event->mimeData());
    event->acceptProposedAction();
    if (!paths.isEmpty()) return openPaths(paths);
    if (event->mimeData()->hasUrls()) return m_word->tell(tr("Only files of this computer can be dropped here."));
    takeRecipe(event->mimeData()->text(), tr("a recipe"));
}

void MainWindow::openPaths(const QStringList& paths) {
    QStringList wanted;
    for (const QString& path : paths) wanted << (QFileInfo(path).fileName() == QLatin1String("run.db") ? QFileInfo(path).absolutePath() : path);
    const Dropped found = lookAt(wanted, m_library->storeFolder());
    switch (found.kind) {
        case Dropped::nothing: return m_word->tell(found.sentence);
        case Dropped::runHere: return openRun(QFileInfo(found.path).fileName());
        case Dropped::runElsewhere: return offerCopy(found.path);
        case Dropped::text: return openOwnText(wanted);
        case Dropped::recipe: break;
    }
    QFile file(found.path);
    if (!file.open(QIODevice::ReadOnly)) return m_word->tell(tr("%1 cannot be read: %2.").arg(QFileInfo(found.path).fileName(), file.errorString()));
    takeRecipe(QString::fromUtf8(file.readAll()), QFileInfo(found.path).fileName());
}

void MainWindow::openOwnText(const QStringList& paths) {
    if (paths.isEmpty()) return;
    m_newRun->setPreset(QStringLiteral("own_text"));
    m_newRun->setSourceFiles(paths);
    showPage(PageId::newRun);
}

void MainWindow::takeRecipe(const QString& text, const QString& from) {
    const ReadRecipe read = readRecipe(text);
    if (read.problems.empty()) return showRecipe(read.config, from);
    m_word->tell(sentencesOf(read.problems));
}

void MainWindow::pasteRecipe() {
    const QMimeData* held = QGuiApplication::clipboard()->mimeData();
    if (const QStringList paths = held ? localPaths(*held) : QStringList(); !paths.isEmpty()) return openPaths(paths);
    takeRecipe(QGuiApplication::clipboard()->text(), tr("a recipe"));
}

void MainWindow::offerCopy(const QString& runFolder) {
    const QString ulid = QFileInfo(runFolder).fileName(), store = m_library->storeFolder();
    m_word->offer(tr("%1 is a run of another store. Copy it into this one?").arg(ulid), tr("Copy and open"), [this, runFolder, ulid, store] {
        copyRunInto(runFolder, store, [window = QPointer<MainWindow>(this), ulid](const QString& problem) {
            QMetaObject::invokeMethod(qApp, [window, ulid, problem] {
                if (!window) return;
                if (!problem.isEmpty()) return window->m_word->tell(problem);
                window->m_library->refresh();
                window->openRun(ulid);
            });
        });
    });
}

}  // namespace moescope::ui
