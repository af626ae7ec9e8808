// Keeping the list in step with the folders, and changing runs.
#include "storage/catalog.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/fault.hpp"
#include "core/base/files.hpp"
#include "core/base/ulid.hpp"
#include "storage/catalog_row.hpp"
#include "storage/database.hpp"
#include "storage/folder_lock.hpp"
#include "storage/meta_file.hpp"
#include "storage/run_lock.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using base::Error;
using base::ExitCode;

namespace {

// A run that trains changes ten times a second; its line in the file may be this old.
constexpr std::int64_t kKeepEveryNs = 5'000'000'000;

struct Entry {
    KeptRow kept;
    FlatConfig config;
    std::int64_t keptNs = 0;
};
using Entries = std::map<std::string, Entry>;

bool isLive(RunState state) { return state == RunState::running || state == RunState::paused || state == RunState::created; }

std::vector<std::string> foldersIn(const fs::path& place) {
    std::vector<std::string> ulids;
    std::error_code error;
    for (fs::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        std::error_code ignored;
        if (base::isUlid(name) && fs::is_directory(at->symlink_status(ignored))) ulids.push_back(name);
    }
    std::sort(ulids.begin(), ulids.end());
    return ulids;
}

}  // namespace

struct Catalog::Impl {
    explicit Impl(Store s) : store(std::move(s)), readOnly(!store.writable()) { open(); }

    fs::path file() const { return store.folder() / "catalog.db"; }
    fs::path folderOf(const Entry& entry) const { return (entry.kept.trashed ? store.trashFolder() : store.runsFolder()) / entry.kept.row.ulid; }

    // Nothing to open before the store exists; without a file the list lives in memory alone.
    void open() {
        std::error_code ignored;
        if (connection || readOnly || !fs::is_directory(store.folder(), ignored)) return;
        const FolderLock lock(store.folder());
        try {
            connect();
            guarded(file(), [&] { load(); });
        } catch (const Error& error) {
            if (error.exit() == ExitCode::newerSchema) throw;
            disconnect();
            if (error.exit() != ExitCode::corrupt) return;   // busy or unwritable: a cache is not worth stopping for
            setAside();
            startAnew();
        }
    }

    void startAnew() {
        try {
            connect();
        } catch (const Error& error) {
            if (error.exit() != ExitCode::io) throw;
            disconnect();
        }
    }

    void disconnect() {
        statements.reset();
        connection.reset();
        runs.clear();
        trash.clear();
    }

    void connect() {
        std::error_code ignored;
        const auto kind = fs::symlink_status(file(), ignored);
        if (fs::is_regular_file(kind) && fs::is_empty(file(), ignored)) fs::remove(file(), ignored);   // left when the disk was full
        const bool there = fs::exists(fs::symlink_status(file(), ignored));
        connection = there ? openForWriting(file(), catalogSchema()) : createDatabase(file(), catalogSchema());
        statements.emplace(*connection);
    }

    void setAside() const {
        const std::string suffix = ".bad-" + std::to_string(base::wallMicroseconds());
        for (const char* ending : {"", "-journal"}) {
            std::error_code ignored;
            fs::rename(file().string() + ending, file().string() + suffix + ending, ignored);
        }
    }

    void load() {
        for (KeptRow& kept : loadRows(*statements)) {
            Entry& entry = (kept.trashed ? trash : runs)[kept.row.ulid];
            entry.config = flatten(kept.row.configJson);
            entry.kept = std::move(kept);
        }
    }

    // Best effort: other programs may be writing, and the next sync brings it again.
    void keep(const std::vector<const KeptRow*>& changed, const std::vector<std::string>& gone) {
        open();
        if (!connection || (changed.empty() && gone.empty())) return;
        try {
            connection->exec("BEGIN IMMEDIATE");
            for (const std::string& ulid : gone) forgetRow(*statements, ulid);
            for (const KeptRow* row : changed) keepRow(*statements, *row);
            if (const int error = base::fault::systemError(base::fault::pass("cat.commit")); error != 0) throw SQLite::Exception("fault", error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR);
            connection->exec("COMMIT");
        } catch (const SQLite::Exception& exception) {
            connection->tryExec("ROLLBACK");
            const Error error = toError(exception, file());
            if (error.exit() != ExitCode::io) throw error;
        }
    }

    Entry& read(Entries& place, const std::string& ulid, bool trashed, std::string stamp) {
        Entry& entry = place[ulid];
        entry.kept.trashed = trashed;
        entry.kept.stamp = std::move(stamp);
        const fs::path folder = (trashed ? store.trashFolder() : store.runsFolder()) / ulid;
        entry.kept.row = readRunRow(folder, ulid);
        if (!trashed) entry.kept.row.deletedUs = 0;
        entry.config = flatten(entry.kept.row.configJson);
        return entry;
    }

    void syncPlace(Entries& place, bool trashed, SyncResult& result, std::vector<const KeptRow*>& changed, std::vector<std::string>& gone) {
        const fs::path folder = trashed ? store.trashFolder() : store.runsFolder();
        const std::vector<std::string> there = foldersIn(folder);
        for (const std::string& ulid : there) {
            const auto known = place.find(ulid);
            std::string stamp = stampOf(folder / ulid);
            if (known == place.end()) {
                changed.push_back(&read(place, ulid, trashed, std::move(stamp)).kept);
                result.appeared.push_back(ulid);
            } else if (known->second.kept.stamp != stamp) {
                Entry& entry = read(place, ulid, trashed, std::move(stamp));
                const std::int64_t now = base::monotonicNanoseconds();
                if (entry.kept.row.state != RunState::running || now - entry.keptNs > kKeepEveryNs) {
                    entry.keptNs = now;
                    changed.push_back(&entry.kept);
                }
                result.updated.push_back(ulid);
            } else if (isLive(known->second.kept.row.state) && refreshState(folder / ulid, known->second.kept.row)) {
                changed.push_back(&known->second.kept);
                result.updated.push_back(ulid);
            }
        }
        for (auto at = place.begin(); at != place.end();) {
            if (std::binary_search(there.begin(), there.end(), at->first)) {
                ++at;
                continue;
            }
            result.vanished.push_back(at->first);
            if (!(trashed ? runs : trash).contains(at->first)) gone.push_back(at->first);
            at = place.erase(at);
        }
    }

    Entry& need(const std::string& ulid, bool trashed = false) {
        Entries& place = trashed ? trash : runs;
        if (const auto found = place.find(ulid); found != place.end()) return found->second;
        const fs::path folder = (trashed ? store.trashFolder() : store.runsFolder()) / ulid;
        std::error_code ignored;
        if (!base::isUlid(ulid) || !fs::is_directory(fs::symlink_status(folder, ignored)))
            throw Error(ExitCode::usage, "run.unknown", "there is no run " + base::printable(ulid, 40) + (trashed ? " in the trash" : ""), store.folder().string(), "see \"moescope-engine runs\"");
        return read(place, ulid, trashed, stampOf(folder));
    }

    void edit(const std::string& ulid, const std::function<void(MetaFile&)>& change) {
        Entry& entry = need(ulid);
        editMetaFile(folderOf(entry), [&](MetaFile& meta) {
            if (meta.ulid.empty()) meta.ulid = ulid;
            if (meta.name.empty()) meta.name = entry.kept.row.name;
            change(meta);
        });
        reread(runs, ulid, false);
    }

    void reread(Entries& place, const std::string& ulid, bool trashed) {
        const fs::path folder = (trashed ? store.trashFolder() : store.runsFolder()) / ulid;
        keep({&read(place, ulid, trashed, stampOf(folder)).kept}, {});
    }

    void move(const std::string& ulid, const fs::path& from, const fs::path& to) {
        base::FileOps& files = base::realFiles();
        std::error_code error;
        fs::create_directories(to, error);
        if (error) throw base::FileError(error.value(), "make the folder", to);
        files.renameNew(from / ulid, to / ulid);
        files.syncFolder(to);
        files.syncFolder(from);
    }

    Store store;
    bool readOnly;
    Connection connection;
    std::optional<Statements> statements;
    Entries runs, trash;
};

Catalog::Catalog(Store store) : m_impl(std::make_unique<Impl>(std::move(store))) {}
Catalog::~Catalog() = default;
Catalog::Catalog(Catalog&&) noexcept = default;

const Store& Catalog::store() const { return m_impl->store; }
bool Catalog::readOnly() const { return m_impl->readOnly; }

SyncResult Catalog::sync() {
    SyncResult result;
    std::vector<const KeptRow*> changed;
    std::vector<std::string> gone;
    m_impl->syncPlace(m_impl->runs, false, result, changed, gone);
    SyncResult trashed;
    m_impl->syncPlace(m_impl->trash, true, trashed, changed, gone);
    m_impl->keep(changed, gone);
    result.changed = !result.appeared.empty() || !result.vanished.empty() || !result.updated.empty() || !trashed.appeared.empty() || !trashed.vanished.empty() || !trashed.updated.empty();
    return result;
}

std::variant<std::vector<RunRow>, base::Problems> Catalog::list(const ListQuery& query) {
    auto parsed = Query::parse(query.where, base::wallMicroseconds());
    if (const auto* mistake = std::get_if<QueryMistake>(&parsed)) return base::Problems{toProblem(*mistake, query.where)};
    const Query& where = std::get<Query>(parsed);
    const bool descending = query.sort.starts_with('-');
    const auto key = queryKey(std::string_view(query.sort).substr(descending ? 1 : 0));
    if (!key) return base::Problems{{"sort", "\"" + base::printable(query.sort, 60) + "\" is no field of a run and no setting"}};
    const bool archivedToo = query.archived || query.trash || where.mentions("archived");

    struct Found {
        const Entry* entry;
        std::optional<QueryValue> value;
    };
    std::vector<Found> found;
    for (const auto& [ulid, entry] : query.trash ? m_impl->trash : m_impl->runs) {
        const RowSubject subject(entry.kept.row, entry.config);
        if ((entry.kept.row.archived && !archivedToo) || !where.matches(subject)) continue;
        found.push_back({&entry, subject.value(*key)});
    }
    std::stable_sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
        if (!a.value || !b.value) return a.value.has_value() && !b.value.has_value();
        if (lessValue(*a.value, *b.value)) return !descending;
        if (lessValue(*b.value, *a.value)) return descending;
        return a.entry->kept.row.ulid > b.entry->kept.row.ulid;
    });
    std::vector<RunRow> rows;
    for (std::size_t i = query.offset; i < found.size() && rows.size() < query.limit; ++i) rows.push_back(found[i].entry->kept.row);
    return rows;
}

std::optional<RunRow> Catalog::find(const std::string& ulid) {
    for (const Entries* place : {&m_impl->runs, &m_impl->trash})
        if (const auto found = place->find(ulid); found != place->end()) return found->second.kept.row;
    return std::nullopt;
}

void Catalog::rename(const std::string& ulid, const std::string& name) {
    requireName(name);
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.name = name; });
}

void Catalog::tag(const std::string& ulid, const std::string& tag) {
    requireTag(tag);
    m_impl->edit(ulid, [&](MetaFile& meta) {
        if (std::find(meta.tags.begin(), meta.tags.end(), tag) == meta.tags.end()) meta.tags.push_back(tag);
    });
}

void Catalog::untag(const std::string& ulid, const std::string& tag) {
    m_impl->edit(ulid, [&](MetaFile& meta) { std::erase(meta.tags, tag); });
}

void Catalog::star(const std::string& ulid, bool on) {
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.star = on; });
}

void Catalog::note(const std::string& ulid, const std::string& text) {
    requireNote(text);
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.note = text; });
}

void Catalog::colour(const std::string& ulid, const std::string& rgb) {
    requireColour(rgb);
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.colour = rgb; });
}

void Catalog::group(const std::string& ulid, const std::string& name) {
    if (!name.empty()) requireName(name);
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.group = name; });
}

void Catalog::archive(const std::string& ulid, bool on) {
    m_impl->edit(ulid, [&](MetaFile& meta) { meta.archived = on; });
}

void Catalog::remove(const std::string& ulid) {
    const fs::path folder = m_impl->folderOf(m_impl->need(ulid));
    const RunLock lock = RunLock::acquire(folder);
    editMetaFile(folder, [](MetaFile& meta) { meta.deletedUs = base::wallMicroseconds(); });
    m_impl->move(ulid, m_impl->store.runsFolder(), m_impl->store.trashFolder());
    m_impl->runs.erase(ulid);
    m_impl->reread(m_impl->trash, ulid, true);
}

void Catalog::restore(const std::string& ulid) {
    m_impl->need(ulid, true);
    m_impl->move(ulid, m_impl->store.trashFolder(), m_impl->store.runsFolder());
    m_impl->trash.erase(ulid);
    m_impl->edit(ulid, [](MetaFile& meta) { meta.deletedUs = 0; });
}

std::vector<std::string> Catalog::purge(int days) {
    sync();
    const std::int64_t before = base::wallMicroseconds() - std::int64_t{days} * 86'400'000'000;
    std::vector<std::string> purged;
    for (const auto& [ulid, entry] : m_impl->trash)
        if (entry.kept.row.deletedUs > 0 && entry.kept.row.deletedUs <= before) purged.push_back(ulid);
    for (const std::string& ulid : purged) {
        base::removeTree(m_impl->store.trashFolder() / ulid);
        m_impl->trash.erase(ulid);
    }
    m_impl->keep({}, purged);
    return purged;
}

}  // namespace moescope::storage
