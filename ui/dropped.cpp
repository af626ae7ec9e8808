// Looks at paths; links and copies.
#include "ui/dropped.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "ui/recipe_reader.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

namespace fs = std::filesystem;

constexpr qint64 kLargestRecipe = 2 << 20;
constexpr int kPeek = 4096, kNamed = 4;

QString text(const char* source) { return QCoreApplication::translate("Dropped", source); }

/// Why a path cannot be trained on; empty when it may be.
QString refusal(const QFileInfo& info) {
    const QString name = RunWords::oneLine(info.fileName().toStdString());
    struct stat facts {};
    if (::stat(info.filePath().toUtf8().constData(), &facts) != 0)
        return info.isSymLink() ? text("%1 is a link that leads nowhere or in a circle.").arg(name) : text("%1 is not there any more.").arg(name);
    if (S_ISSOCK(facts.st_mode)) return text("%1 is a socket, not a text.").arg(name);
    if (S_ISFIFO(facts.st_mode)) return text("%1 is a pipe, not a text.").arg(name);
    if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return text("%1 is a device, not a text.").arg(name);
    if (!info.isReadable()) return text("%1 may not be read with your rights.").arg(name);
    if (S_ISREG(facts.st_mode) && facts.st_size == 0) return text("%1 is empty.").arg(name);
    return {};
}

bool isRunFolder(const QFileInfo& info) { return info.isDir() && QFileInfo(info.filePath() + QStringLiteral("/run.db")).isFile(); }

bool isRecipe(const QFileInfo& info) {
    if (!info.isFile() || info.size() > kLargestRecipe) return false;
    const QString suffix = info.suffix().toLower();
    if (suffix == QLatin1String("json") || suffix == QLatin1String("moe")) return true;
    QFile file(info.filePath());
    return file.open(QIODevice::ReadOnly) && file.read(kPeek).startsWith("moe:");
}

/// Held by an engine: the database is being written.
bool isTraining(const QString& runFolder) {
    const int lock = ::open((runFolder + QStringLiteral("/run.lock")).toUtf8().constData(), O_RDONLY | O_CLOEXEC);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_EX | LOCK_NB) != 0;
    ::close(lock);
    return held;
}

QString copyRun(const fs::path& from, const fs::path& store) {
    const fs::path to = store / "runs" / from.filename(), part = store / ("incoming-" + from.filename().string());
    std::error_code error;
    fs::create_directories(store / "runs", error);
    fs::remove_all(part, error);
    fs::copy(from, part, fs::copy_options::recursive | fs::copy_options::skip_symlinks, error);
    if (!error) fs::rename(part, to, error);
    if (!error) return {};
    std::error_code ignored;
    fs::remove_all(part, ignored);
    return text("The run could not be copied into the store: %1.").arg(QString::fromStdString(error.message()));
}

}  // namespace

Dropped lookAt(const QStringList& paths, const QString& storeFolder) {
    Dropped found;
    QStringList refused;
    for (const QString& path : paths) {
        const QFileInfo info(path);
        if (const QString why = refusal(info); !why.isEmpty()) refused << why;
        else found.paths << info.absoluteFilePath();
    }
    if (refused.size() > kNamed) refused = refused.mid(0, kNamed) << text("%1 more were left out.").arg(refused.size() - kNamed);
    found.sentence = refused.join(QLatin1Char(' '));
    if (found.paths.isEmpty()) return found;
    const QFileInfo first(found.paths.front());
    found.path = found.paths.front();
    found.kind = Dropped::text;
    if (found.paths.size() > 1) return found;
    if (isRunFolder(first)) {
        const QString runs = QFileInfo(storeFolder + QStringLiteral("/runs")).canonicalFilePath();
        found.kind = !runs.isEmpty() && QFileInfo(first.canonicalPath()).canonicalFilePath() == runs ? Dropped::runHere : Dropped::runElsewhere;
    } else if (isRecipe(first)) {
        found.kind = Dropped::recipe;
    }
    return found;
}

QString gatherTexts(const QStringList& files, const QString& storeFolder, QString* problem) {
    const QString base = storeFolder + QStringLiteral("/texts/") + QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd-HHmmss"));
    QString folder = base;
    for (int number = 2; QFileInfo::exists(folder); ++number) folder = base + QLatin1Char('-') + QString::number(number);
    if (!QDir().mkpath(folder)) return *problem = text("%1 could not be made: is the disk full or read-only?").arg(folder), QString();
    for (const QString& file : files) {
        const QFileInfo info(file);
        QString link = folder + QLatin1Char('/') + info.fileName();
        for (int number = 2; QFileInfo(link).isSymLink(); ++number)
            link = folder + QStringLiteral("/%1-%2%3").arg(info.completeBaseName()).arg(number).arg(info.suffix().isEmpty() ? QString() : QLatin1Char('.') + info.suffix());
        if (!QFile::link(info.absoluteFilePath(), link)) return *problem = text("%1 could not be linked into %2.").arg(info.fileName(), folder), QString();
    }
    return folder;
}

void copyRunInto(const QString& runFolder, const QString& storeFolder, std::function<void(const QString&)> done) {
    const QString name = QFileInfo(runFolder).fileName();
    if (isTraining(runFolder)) return done(text("%1 is being trained: copy it when it has stopped.").arg(name));
    if (QFileInfo::exists(storeFolder + QStringLiteral("/runs/") + name)) return done(text("The store has a run %1 already.").arg(name));
    std::thread([from = fs::path(runFolder.toStdString()), store = fs::path(storeFolder.toStdString()), done = std::move(done)] { done(copyRun(from, store)); }).detach();
}

}  // namespace moescope::ui
