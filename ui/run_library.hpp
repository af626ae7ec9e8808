// RunLibrary: the list of runs, kept up to date by a thread of its own; what people do to runs goes through it.
#pragma once

#include <QObject>
#include <QString>
#include <QThread>

#include <functional>
#include <memory>
#include <vector>

#include "storage/catalog.hpp"

class QFileSystemWatcher;
class QTimer;

namespace moescope::ui {

using RunRows = std::shared_ptr<const std::vector<storage::RunRow>>;

namespace detail {
class LibraryWorker;
}

/// GUI thread. Never blocks it: changes are queued and show in the next `changed`.
class RunLibrary : public QObject {
    Q_OBJECT
public:
    explicit RunLibrary(const QString& storeFolder, QObject* parent = nullptr);
    ~RunLibrary() override;

    const QString& storeFolder() const { return m_store; }
    QString runFolder(const QString& ulid) const;
    /// All runs, newest first, and those in the trash; filtering is done on these rows.
    RunRows runs() const { return m_runs; }
    RunRows trash() const { return m_trash; }
    const storage::RunRow* find(const QString& ulid) const;
    bool loaded() const { return m_loaded; }
    /// The store's folder was there and is gone (unplugged, moved, deleted); runs() keeps what was last seen.
    bool storeMissing() const { return m_missing; }

    using Edit = std::function<void(storage::Catalog&)>;
    /// Runs `edit` in the library's thread; a mistake comes back through `failed`.
    void edit(Edit edit);
    void refresh();

signals:
    void changed();                       ///< runs(), trash() or storeMissing() are new
    void failed(const QString& sentence);

private:
    QString m_store;
    RunRows m_runs, m_trash;
    bool m_loaded = false, m_missing = false;
    detail::LibraryWorker* m_worker;
    QThread m_thread;
};

namespace detail {

class LibraryWorker : public QObject {
    Q_OBJECT
public:
    explicit LibraryWorker(QString store) : m_store(std::move(store)) {}
public slots:
    void start();
    void sync();
    void edit(const moescope::ui::RunLibrary::Edit& edit);
signals:
    void listed(moescope::ui::RunRows runs, moescope::ui::RunRows trash);
    void missing(bool gone);
    void failed(const QString& sentence);

private:
    template <class Work>
    bool guarded(Work&& work);
    bool storeIsThere();
    void open();
    void publish();

    QString m_store;
    std::unique_ptr<storage::Catalog> m_catalog;
    QTimer* m_timer = nullptr;
    QFileSystemWatcher* m_watcher = nullptr;
    int m_failures = 0;  ///< scans in a row
    bool m_published = false, m_seen = false, m_gone = false;
};

}  // namespace detail

}  // namespace moescope::ui
