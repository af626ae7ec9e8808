// Opening a database of the store safely: pragmas, limits, identification, and SQLite's errors as ours.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "storage/bytes.hpp"
#include "storage/schema.hpp"

namespace moescope::storage {

using Connection = std::unique_ptr<SQLite::Database>;

/// SQLite's error as exit 5 (damaged), 6 (I/O, full, busy) or 5 for anything else, naming the file.
base::Error toError(const SQLite::Exception& error, const std::filesystem::path& file);
base::Error damaged(const std::string& what, const std::filesystem::path& file);

/// Runs `work`; SQLite's and decoding errors leave it as base::Error.
template <class Work> auto guarded(const std::filesystem::path& file, Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const SQLite::Exception& error) {
        throw toError(error, file);
    } catch (const DecodeError& error) {
        throw damaged(error.what(), file);
    }
}

/// Makes a new database with the newest schema in rollback mode; fails if the file is there.
Connection createDatabase(const std::filesystem::path& file, const Schema& schema);

/// The one writing connection: checked, migrated if older, pragmas set, WAL where the schema wants it and the file system
/// can (then not on network file systems). `wal` false leaves the journal mode as it is.
Connection openForWriting(const std::filesystem::path& file, const Schema& schema, bool wal = true);

/// A connection that can neither write nor checkpoint. `immutable`: the file is on a medium nobody can write.
Connection openForReading(const std::filesystem::path& file, const Schema& schema, bool immutable = false);

/// A small regular file that is no link; else an error that says which.
void requireRegularFile(const std::filesystem::path& file);

/// Shared memory for WAL works there (not on network and FUSE file systems).
bool walWorksIn(const std::filesystem::path& folder);

std::int64_t pragmaNumber(SQLite::Database& database, const std::string& name);

/// A read transaction: everything read while it lives is of one moment.
class ReadTransaction {
public:
    explicit ReadTransaction(SQLite::Database& database) : m_database(database) { m_database.exec("BEGIN"); }
    ~ReadTransaction() { m_database.tryExec("ROLLBACK"); }
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;

private:
    SQLite::Database& m_database;
};

}  // namespace moescope::storage
