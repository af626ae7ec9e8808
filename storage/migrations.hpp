// Bringing an older database forward, one numbered step after the other, with a verified copy beside it first.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>

#include "storage/schema.hpp"

namespace moescope::storage {

/// Applies schema.migrations above the database's version. Each step, its row and the new version are one transaction under
/// an exclusive lock in which the version is read again, so that of several programs one migrates and all succeed. The copy
/// is "<file>.v<old>.backup". Throws exit 5 or 6; the database then is whole, at its old version or a later one.
void migrate(SQLite::Database& database, const std::filesystem::path& file, const Schema& schema);

void recordMigration(SQLite::Database& database, const Migration& migration);

/// A consistent copy through SQLite's backup interface, checked, durable, in place only when whole; replaces `to`.
void backUp(SQLite::Database& database, const std::filesystem::path& to);

}  // namespace moescope::storage
