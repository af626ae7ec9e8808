// The catalog in a thread.
#include "ui/run_library.hpp"

#include <QDir>
#include <QFileSystemWatcher>
#include <QTimer>

#include "core/base/error.hpp"
#include "ui/run_words.hpp"

namespace moescope::ui {
namespace {

constexpr int kScanMs = 1000;

RunRows rowsOf(storage::Catalog& catalog, bool trash) {
    storage::ListQuery query;
    query.archived = true;
    query.trash = trash;
    auto found = catalog.list(query);
    auto* rows = std::get_if<std::vector<storage::RunRow>>(&found);
    return std::make_shared<const std::vector<storage::RunRow>>(rows ? std::move(*rows) : std::vector<storage::RunRow>());
}

}  // namespace

namespace detail {

void LibraryWorker::start() {
    m_timer = new QTimer(this);
    connect(m_timer, &QTimer::timeout, this, &LibraryWorker::sync);
    m_watcher = new QFileSystemWatcher(this);
    connect(m_watcher, &QFileSystemWatcher::directoryChanged, this, &LibraryWorker::sync);
    m_timer->start(kScanMs);
    sync();
}

template <class Work>
bool LibraryWorker::guarded(Work&& work) {
    try {
        work();
        return true;
    } catch (const base::Error& error) {
        emit failed(RunWords::sentence(error));
    } catch (const std::exception& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
    return false;
}

// A store that was never there is a new one; one that was and is not must not be made anew in its place.
bool LibraryWorker::storeIsThere() {
    const bool there = QDir(m_store).exists();
    const bool gone = m_seen && !there;
    m_seen = m_seen || there;
    if (gone != m_gone) {
        m_gone = gone;
        m_catalog.reset();
        m_published = false;
        emit missing(gone);
    }
    return !gone;
}

void LibraryWorker::open() {
    if (!m_catalog) m_catalog = std::make_unique<storage::Catalog>(storage::Store(m_store.toStdString()));
    const QString runs = m_store + QStringLiteral("/runs");
    if (m_watcher->directories().isEmpty() && QDir(runs).exists()) m_watcher->addPath(runs);
}

void LibraryWorker::sync() {
    if (!storeIsThere()) return;
    const bool well = guarded([this] {
        open();
        if (m_catalog->sync().changed || !m_published) publish();
    });
    if (!well) {  // the catalog is a cache: the next scan opens it anew, and sets a damaged one aside
        m_catalog.reset();
        m_published = false;
    }
    m_failures = well ? 0 : m_failures + 1;
    m_timer->setInterval(m_failures > 1 ? 10 * kScanMs : kScanMs);
}

void LibraryWorker::edit(const RunLibrary::Edit& change) {
    if (!storeIsThere()) return;
    guarded([&] {
        open();
        change(*m_catalog);
    });
    sync();
    guarded([this] { publish(); });
}

void LibraryWorker::publish() {
    if (!m_catalog) return;
    m_published = true;
    emit listed(rowsOf(*m_catalog, false), rowsOf(*m_catalog, true));
}

}  // namespace detail

RunLibrary::RunLibrary(const QString& storeFolder, QObject* parent)
    : QObject(parent), m_store(storeFolder), m_runs(std::make_shared<std::vector<storage::RunRow>>()), m_trash(m_runs),
      m_worker(new detail::LibraryWorker(storeFolder)) {
    qRegisterMetaType<RunRows>("moescope::ui::RunRows");
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::started, m_worker, &detail::LibraryWorker::start);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &detail::LibraryWorker::failed, this, &RunLibrary::failed);
    connect(m_worker, &detail::LibraryWorker::listed, this, [this](const RunRows& runs, const RunRows& trash) {
        m_runs = runs;
        m_trash = trash;
        m_loaded = true;
        emit changed();
    });
    connect(m_worker, &detail::LibraryWorker::missing, this, [this](bool gone) {
        m_missing = gone;
        emit changed();
    });
    m_thread.start();
}

RunLibrary::~RunLibrary() {
    m_thread.quit();
    m_thread.wait();
}

QString RunLibrary::runFolder(const QString& ulid) const { return m_store + QStringLiteral("/runs/") + ulid; }

const storage::RunRow* RunLibrary::find(const QString& ulid) const {
    const std::string wanted = ulid.toStdString();
    for (const storage::RunRow& row : *m_runs)
        if (row.ulid == wanted) return &row;
    return nullptr;
}

void RunLibrary::edit(Edit change) {
    QMetaObject::invokeMethod(m_worker, [this, change = std::move(change)] { m_worker->edit(change); });
}

void RunLibrary::refresh() {
    QMetaObject::invokeMethod(m_worker, [this] { m_worker->sync(); });
}

}  // namespace moescope::ui
