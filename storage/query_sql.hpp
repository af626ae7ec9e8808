// Questions in SQL to a run's database or the catalog: reading only, with limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moescope::storage {

using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::byte>>;

struct SqlResult {
    std::vector<std::string> columns;
    std::vector<std::vector<SqlValue>> rows;
    bool cut = false;    ///< there were more rows than the limit
};

struct SqlLimits {
    std::size_t rows = 1000;
    double seconds = 10;
};

/// One SELECT, WITH or VALUES statement. Throws exit 2 "sql.refused" (anything else, or a mistake, with SQLite's words),
/// "sql.time"; exit 5-7 as RunReader. `database` is a run.db or catalog.db.
SqlResult querySql(const std::filesystem::path& database, std::string_view sql, const SqlLimits& limits = {});

/// Of the library in use, "3.40.1".
std::string_view sqliteVersion();

}  // namespace moescope::storage
