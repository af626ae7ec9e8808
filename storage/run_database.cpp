// New run databases, and read-only connections on any medium.
#include "storage/run_database.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "core/base/files.hpp"
#include "core/base/version.hpp"
#include "storage/run_tables.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOldestReader = "1";  // what later schemas added can be left unread

fs::path walOf(const fs::path& file) { return file.string() + "-wal"; }

bool hasWal(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(walOf(file), ignored) && fs::file_size(walOf(file), ignored) > 0;
}

fs::path privateFolder() {
    const char* place = std::getenv("TMPDIR");
    std::string pattern = (fs::path(place && *place ? place : "/tmp") / "moescope-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw base::FileError(errno, "make a folder like", pattern);
    return pattern;
}

}  // namespace

void createRunDatabase(const fs::path& runFolder, const NewRun& run, const std::string& ulid, std::int64_t createdUs) {
    const fs::path file = runFolder / "run.db";
    const Connection connection = createDatabase(file, runSchema());
    guarded(file, [&] {
        Statements statements(*connection);
        connection->exec("BEGIN IMMEDIATE");
        const std::string version = std::to_string(runSchema().version);
        for (const auto& [key, text] : std::map<std::string, std::string>{{"ulid", ulid}, {"name", run.name}, {"preset", run.preset}, {"router", run.router},
                 {"group", run.group}, {"config", run.configJson}, {"parent", run.parent}, {"parent_step", std::to_string(run.parentStep)},
                 {"created_us", std::to_string(createdUs)}, {"app_version", std::string(base::version())}, {"min_reader", kOldestReader}, {"min_writer", version}})
            writeMetaText(statements, key, text);
        writeStatus(statements, {});
        connection->exec("COMMIT");
    });
}

ReadOnlyRun::ReadOnlyRun(const fs::path& runFolder) : m_file(runFolder / "run.db") {
    struct stat info {};
    if (::stat(m_file.c_str(), &info) == 0) {
        m_device = info.st_dev;
        m_inode = info.st_ino;
    }
    if (openPlain()) return;
    m_frozen = true;
    if (hasWal(m_file)) openCopy();
    else m_connection = openForReading(m_file, runSchema(), true);
}

ReadOnlyRun::~ReadOnlyRun() {
    m_connection.reset();
    std::error_code ignored;
    if (!m_copy.empty()) fs::remove_all(m_copy, ignored);
}

// False where SQLite would have to write beside the file (a WAL needs its index) and may not.
bool ReadOnlyRun::openPlain() {
    try {
        m_connection = openForReading(m_file, runSchema());
        guarded(m_file, [&] { return pragmaNumber(*m_connection, "schema_version"); });
        return true;
    } catch (const base::Error& error) {
        if (error.code() != "io.failed") throw;
        m_connection.reset();
        return false;
    }
}

void ReadOnlyRun::openCopy() {
    m_copy = privateFolder();
    std::error_code error;
    fs::copy_file(m_file, m_copy / "run.db", error);
    if (!error) fs::copy_file(walOf(m_file), m_copy / "run.db-wal", error);
    if (error) throw base::FileError(error.value(), "copy", m_file);
    fs::permissions(m_copy / "run.db", fs::perms::owner_write, fs::perm_options::add, error);
    fs::permissions(m_copy / "run.db-wal", fs::perms::owner_write, fs::perm_options::add, error);
    m_connection = openForReading(m_copy / "run.db", runSchema());
}

bool ReadOnlyRun::stillThere() const {
    struct stat info {};
    return ::stat(m_file.c_str(), &info) == 0 && info.st_dev == m_device && info.st_ino == m_inode;
}

}  // namespace moescope::storage
