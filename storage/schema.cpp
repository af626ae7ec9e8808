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
}  // namespace

const Schema& runSchema() {
    static const Schema schema{"run database", 0x4D6F4552, 1, 8192, true, "FULL", 64 << 20, kRunSql, {}};
    return schema;
}

const Schema& catalogSchema() {
    static const Schema schema{"catalog", 0x4D6F4543, 1, 4096, false, "EXTRA", 1 << 20, kCatalogSql, {}};
    return schema;
}

}  // namespace moescope::storage
