// SQL for people: one reading statement, within limits.
#include "storage/query_sql.hpp"

#include <SQLiteCpp/Column.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "storage/database.hpp"
#include "storage/run_database.hpp"

namespace moescope::storage {

using base::Error;
using base::ExitCode;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMostSqlBytes = 64 << 10;
constexpr std::size_t kMostResultBytes = 64 << 20;
constexpr int kInstructionsPerLook = 10'000;

Error refused(const std::string& what) { return Error(ExitCode::usage, "sql.refused", what, "SQL", "write one SELECT or WITH statement; the tables are described in storage/schema"); }

int allowReading(void*, int action, const char*, const char*, const char*, const char*) {
    const bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE;
    return reads ? SQLITE_OK : SQLITE_DENY;
}

int pastDeadline(void* deadline) { return Clock::now() > *static_cast<Clock::time_point*>(deadline) ? 1 : 0; }

SqlValue valueOf(const SQLite::Column& column) {
    if (column.isNull()) return std::monostate();
    if (column.isInteger()) return column.getInt64();
    if (column.isFloat()) return column.getDouble();
    if (column.isText()) return column.getString();
    const auto* bytes = static_cast<const std::byte*>(column.getBlob());
    return std::vector<std::byte>(bytes, bytes + column.getBytes());
}

SqlResult collect(SQLite::Statement& statement, const SqlLimits& limits) {
    SqlResult result;
    for (int i = 0; i < statement.getColumnCount(); ++i) result.columns.emplace_back(statement.getColumnName(i));
    std::size_t bytes = 0;
    while (statement.executeStep()) {
        if (result.rows.size() >= limits.rows || bytes > kMostResultBytes) {
            result.cut = true;
            break;
        }
        auto& row = result.rows.emplace_back();
        for (int i = 0; i < statement.getColumnCount(); ++i) {
            const SQLite::Column column = statement.getColumn(i);
            row.push_back(valueOf(column));
            bytes += 32 + static_cast<std::size_t>(std::max(0, column.getBytes()));
        }
    }
    return result;
}

// One statement only: what follows it must be space.
void requireSingle(SQLite::Database& database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int result = sqlite3_prepare_v2(database.getHandle(), sql.c_str(), static_cast<int>(sql.size()), &statement, &rest);
    const bool reading = statement != nullptr && sqlite3_stmt_readonly(statement) != 0 && sqlite3_stmt_isexplain(statement) == 0;
    sqlite3_finalize(statement);
    if (result != SQLITE_OK) throw refused(std::string("SQLite says: ") + sqlite3_errmsg(database.getHandle()));
    if (!reading) throw refused("this is no statement that only reads");
    if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) throw refused("there is a second statement");
}

SqlResult ask(SQLite::Database& database, const std::string& sql, const SqlLimits& limits) {
    sqlite3_set_authorizer(database.getHandle(), allowReading, nullptr);
    requireSingle(database, sql);
    auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds));
    sqlite3_progress_handler(database.getHandle(), kInstructionsPerLook, pastDeadline, &deadline);
    try {
        SQLite::Statement statement(database, sql);
        return collect(statement, limits);
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_INTERRUPT) throw Error(ExitCode::usage, "sql.time", "the statement took longer than it may", "SQL", "ask for less, or use an index (see storage/schema)");
        if (error.getErrorCode() == SQLITE_CORRUPT) throw;
        throw refused(std::string("SQLite says: ") + error.what());
    }
}

}  // namespace

SqlResult querySql(const std::filesystem::path& database, std::string_view sql, const SqlLimits& limits) {
    if (sql.size() > kMostSqlBytes) throw refused("the statement is longer than 64 KiB");
    if (sql.find('\0') != std::string_view::npos) throw refused("the statement has a NUL byte");
    const std::string text(sql);
    if (database.filename() == "catalog.db") {
        const Connection connection = openForReading(database, catalogSchema());
        return guarded(database, [&] { return ask(*connection, text, limits); });
    }
    ReadOnlyRun run(database.parent_path());
    return guarded(database, [&] { return ask(run.database(), text, limits); });
}

std::string_view sqliteVersion() { return sqlite3_libversion(); }

}  // namespace moescope::storage
