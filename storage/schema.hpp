// The two kinds of database: their identification, their schema text, their migrations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::storage {

/// A step from schema `version` - 1 to `version`. Fault site "mig.<version>".
struct Migration {
    int version = 0;
    std::string name, sql;
};

struct Schema {
    std::string_view what;           ///< "run database", for messages
    std::int32_t applicationId = 0;
    int version = 0;
    int pageSize = 4096;
    bool wal = false;
    std::string_view synchronous;
    std::int64_t journalLimit = 0;
    std::string_view sql;            ///< storage/schema/*.sql, the newest schema
    std::vector<Migration> migrations;
};

const Schema& runSchema();
const Schema& catalogSchema();

}  // namespace moescope::storage
