// Connections with the store's pragmas.
#include "storage/database.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "core/base/version.hpp"
#include "storage/migrations.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;
using base::Error;
using base::ExitCode;

namespace {

constexpr int kBusyMilliseconds = 5000;
constexpr int kLimitLength = 64 << 20;

void harden(SQLite::Database& database) {
    sqlite3* handle = database.getHandle();
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLimitLength);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    database.exec("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;");
}

void setWriterPragmas(SQLite::Database& database, const Schema& schema) {
    database.exec("PRAGMA synchronous=" + std::string(schema.synchronous) + "; PRAGMA wal_autocheckpoint=0;");
    database.exec("PRAGMA journal_size_limit=" + std::to_string(schema.journalLimit) + ";");
}

std::string uriOf(const fs::path& file, bool immutable) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string()) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                           byte == '/' || byte == '-' || byte == '_' || byte == '.';
        if (plain) uri += c;
        else uri.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
    return uri + (immutable ? "?immutable=1" : "");
}

bool isOurTable(const std::string& type, const std::string& sql) {
    return type == "table" && sql.starts_with("CREATE TABLE");
}

// A view, trigger or virtual table can run code of its maker's; ours have none.
void requirePlainSchema(SQLite::Database& database, const fs::path& file) {
    SQLite::Statement query(database, "SELECT type, name, sql FROM sqlite_schema");
    while (query.executeStep()) {
        const std::string type = query.getColumn(0).getString(), name = query.getColumn(1).getString();
        if (isOurTable(type, query.getColumn(2).getString()) || type == "index") continue;
        throw Error(ExitCode::corrupt, "store.foreign", "the database has a " + base::printable(type, 20) + " \"" + base::printable(name, 60) + "\" that MoEScope does not make",
                    file.string(), "do not trust this file; if you made it yourself, drop what you added");
    }
}

int minimumReader(SQLite::Database& database) {
    if (database.tableExists("run_meta")) {
        SQLite::Statement query(database, "SELECT v FROM run_meta WHERE k='min_reader'");
        if (query.executeStep()) return query.getColumn(0).getInt();
    }
    return INT32_MAX;
}

Error newerSchema(std::int64_t version, const Schema& schema, const fs::path& file) {
    return Error(ExitCode::newerSchema, "store.newer",
                 "the " + std::string(schema.what) + " has schema " + std::to_string(version) + ", this program knows " + std::to_string(schema.version),
                 file.string(), "use the newer MoEScope that wrote it");
}

void requireIdentity(SQLite::Database& database, const Schema& schema, const fs::path& file, bool reading) {
    if (pragmaNumber(database, "application_id") != schema.applicationId)
        throw Error(ExitCode::corrupt, "store.foreign", "this is not a " + std::string(schema.what) + " of MoEScope", file.string(),
                    "check the path; the file was not changed");
    const std::int64_t version = pragmaNumber(database, "user_version");
    if (version > schema.version && !(reading && minimumReader(database) <= schema.version)) throw newerSchema(version, schema, file);
    if (version < 1) throw damaged("the schema has no version", file);
    requirePlainSchema(database, file);
}

Connection connect(const std::string& name, int flags) {
    auto database = std::make_unique<SQLite::Database>(name, flags, kBusyMilliseconds);
    harden(*database);
    return database;
}

}  // namespace

Error damaged(const std::string& what, const fs::path& file) {
    return Error(ExitCode::corrupt, "store.damaged", what, file.string(),
                 "run \"moescope-engine verify --deep\" on the run; \"repair\" saves the rows that are whole");
}

Error toError(const SQLite::Exception& error, const fs::path& file) {
    const std::string text = std::string("SQLite: ") + error.what();
    switch (error.getErrorCode() & 0xff) {
        case SQLITE_FULL: return Error(ExitCode::io, "disk.full", "the disk is full", file.string(), "free some space; nothing that was kept is lost");
        case SQLITE_IOERR: return Error(ExitCode::io, "io.failed", text, file.string(), "check the disk and its cables; free some space");
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Error(ExitCode::io, "store.busy", text, file.string(), "another program holds the database; try again");
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH: return Error(ExitCode::io, "io.failed", text, file.string(), "check that the file and its folder can be written");
        case SQLITE_NOMEM: return Error(ExitCode::device, "memory.full", text, file.string(), "close other programs");
        case SQLITE_NOTADB: return Error(ExitCode::corrupt, "store.foreign", "this is no database of MoEScope (" + text + ")", file.string(), "check the path, or restore the file from a copy");
        default: return damaged(text, file);
    }
}

std::int64_t pragmaNumber(SQLite::Database& database, const std::string& name) {
    return database.execAndGet("PRAGMA " + name).getInt64();
}

void requireRegularFile(const fs::path& file) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            throw Error(ExitCode::corrupt, "store.no_database", "there is no database", file.string(), "this is not a run folder, or it was damaged: restore it from a copy");
        throw base::FileError(errno, "look at", file);
    }
    if (!S_ISREG(info.st_mode))
        throw Error(ExitCode::corrupt, "store.foreign", "the database is not a plain file", file.string(), "links and devices are refused; put the file itself there");
    if (info.st_size == 0) throw damaged("the database is empty (0 bytes)", file);
}

bool walWorksIn(const fs::path& folder) {
    // NFS, SMB, CIFS, SMB2, FUSE, 9p, Ceph, AFS, Lustre
    static constexpr std::array<std::uint32_t, 9> kNoSharedMemory = {0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546, 0x01021997, 0x00C36400, 0x5346414F, 0x0BD00BD0};
    struct statfs info {};
    if (::statfs(folder.c_str(), &info) != 0) return false;
    for (const std::uint32_t type : kNoSharedMemory)
        if (static_cast<std::uint32_t>(info.f_type) == type) return false;
    return true;
}

Connection createDatabase(const fs::path& file, const Schema& schema) {
    return guarded(file, [&] {
        std::error_code ignored;
        if (fs::exists(fs::symlink_status(file, ignored)))
            throw Error(ExitCode::io, "io.exists", "the file is already there", file.string(), "choose another place");
        Connection database = connect(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database->exec("PRAGMA page_size=" + std::to_string(schema.pageSize));
        setWriterPragmas(*database, schema);
        database->exec("BEGIN IMMEDIATE");
        database->exec(std::string(schema.sql));
        database->exec("PRAGMA application_id=" + std::to_string(schema.applicationId) + "; PRAGMA user_version=" + std::to_string(schema.version));
        recordMigration(*database, {schema.version, "first schema", {}});
        database->exec("COMMIT");
        return database;
    });
}

Connection openForWriting(const fs::path& file, const Schema& schema, bool wal) {
    requireRegularFile(file);
    return guarded(file, [&] {
        Connection database = connect(file.string(), SQLite::OPEN_READWRITE);
        requireIdentity(*database, schema, file, false);
        setWriterPragmas(*database, schema);
        if (pragmaNumber(*database, "user_version") < schema.version) migrate(*database, file, schema);
        if (schema.wal && wal && walWorksIn(file.parent_path())) database->exec("PRAGMA journal_mode=WAL");
        return database;
    });
}

Connection openForReading(const fs::path& file, const Schema& schema, bool immutable) {
    requireRegularFile(file);
    return guarded(file, [&] {
        Connection database = connect(uriOf(file, immutable), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
        sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        database->exec("PRAGMA query_only=ON");
        requireIdentity(*database, schema, file, true);
        return database;
    });
}

}  // namespace moescope::storage
