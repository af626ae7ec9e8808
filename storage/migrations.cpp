// Forward migrations and verified backups.
#include "storage/migrations.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Transaction.h>

#include "core/base/clock.hpp"
#include "core/base/fault.hpp"
#include "core/base/files.hpp"
#include "core/base/version.hpp"
#include "storage/database.hpp"
#include "storage/row.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;

namespace {

void requireWhole(SQLite::Database& database, const fs::path& file) {
    if (const std::string answer = database.execAndGet("PRAGMA integrity_check").getString(); answer != "ok")
        throw damaged("the copy made before a migration is not whole: " + base::printable(answer), file);
}

void step(SQLite::Database& database, const fs::path& file, const Migration& migration) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::EXCLUSIVE);
    if (pragmaNumber(database, "user_version") >= migration.version) return;   // another program was faster
    base::fault::pass("mig." + std::to_string(migration.version));
    guarded(file, [&] { database.exec(migration.sql); });
    recordMigration(database, migration);
    database.exec("PRAGMA user_version=" + std::to_string(migration.version));
    transaction.commit();
}

}  // namespace

void recordMigration(SQLite::Database& database, const Migration& migration) {
    SQLite::Statement insert(database, "INSERT OR REPLACE INTO migrations VALUES(?,?,?,?,?)");
    insertRow(insert, migration.version, migration.name, std::string(base::version()), base::wallMicroseconds());
}

void backUp(SQLite::Database& database, const fs::path& to) {
    const fs::path temporary = to.string() + ".tmp";
    base::FileOps& files = base::realFiles();
    if (files.exists(temporary)) files.removeFile(temporary);
    {
        SQLite::Database copy(temporary.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Backup backup(copy, database);
        backup.executeStep(-1);
        copy.exec("PRAGMA journal_mode=DELETE");
        requireWhole(copy, temporary);
    }
    base::FileHandle handle(files, temporary, base::OpenMode::read);
    handle.syncAll();
    handle.close();
    files.renameOver(temporary, to);
    files.syncFolder(to.parent_path());
}

void migrate(SQLite::Database& database, const fs::path& file, const Schema& schema) {
    const std::int64_t from = pragmaNumber(database, "user_version");
    backUp(database, file.string() + ".v" + std::to_string(from) + ".backup");
    for (const Migration& migration : schema.migrations)
        if (migration.version > from) step(database, file, migration);
    if (pragmaNumber(database, "user_version") != schema.version)
        throw damaged("there is no way from schema " + std::to_string(from) + " to " + std::to_string(schema.version), file);
}

}  // namespace moescope::storage
