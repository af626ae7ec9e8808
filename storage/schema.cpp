// Schema texts, compiled in from storage/schema/*.sql.
#include "storage/schema.hpp"

namespace moescope::storage {

namespace {
constexpr std::string_view kRunSql =
#include "storage/schema/run.inc"
    ;
constexpr std::string_view kCatalogSql =
#include "storage/schema/catalog.inc"
    ;
// As in run.sql, without its comments.
constexpr std::string_view kAddPlane =
    "CREATE TABLE plane(step INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, "
    "grid_columns INTEGER NOT NULL, grid_rows INTEGER NOT NULL, experts INTEGER NOT NULL, outputs INTEGER NOT NULL, points INTEGER NOT NULL, "
    "classes INTEGER NOT NULL CHECK(classes IN(0,1)), codec INTEGER NOT NULL CHECK(codec IN(0,1)), "
    "raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864), data BLOB NOT NULL, xxh3 INTEGER NOT NULL) STRICT;";
}  // namespace

const Schema& runSchema() {
    static const Schema schema{"run database", 0x4D6F4552, 2, 8192, true, "FULL", 64 << 20, kRunSql, {{2, "the plane", std::string(kAddPlane)}}};
    return schema;
}

const Schema& catalogSchema() {
    static const Schema schema{"catalog", 0x4D6F4543, 1, 4096, false, "EXTRA", 1 << 20, kCatalogSql, {}};
    return schema;
}

}  // namespace moescope::storage
