// Checking a row against its checksum.
#include "storage/row.hpp"

#include <SQLiteCpp/Column.h>

#include <limits>

#include "storage/bytes.hpp"

namespace moescope::storage {

namespace {

std::string_view bytesOf(const SQLite::Column& column) {
    const void* data = column.getBlob();
    const int size = column.getBytes();
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

}  // namespace

bool rowHolds(SQLite::Statement& statement) {
    RowHash hash;
    const int last = statement.getColumnCount() - 1;
    for (int i = 0; i < last; ++i) {
        const SQLite::Column column = statement.getColumn(i);
        if (column.isNull()) hash.addNull();
        else if (column.isInteger()) hash.add(column.getInt64());
        else if (column.isFloat()) hash.add(column.getDouble());
        else if (column.isText()) hash.addText(bytesOf(column));
        else hash.addBlob(bytesOf(column));
    }
    const SQLite::Column stored = statement.getColumn(last);
    return stored.isInteger() && stored.getInt64() == hash.value();
}

void requireRow(SQLite::Statement& statement, std::string_view table) {
    if (!rowHolds(statement)) throw DecodeError("a row of table " + std::string(table) + " does not match its checksum");
}

std::string_view textColumn(SQLite::Statement& statement, const char* name) { return bytesOf(statement.getColumn(name)); }
std::int64_t intColumn(SQLite::Statement& statement, const char* name) { return statement.getColumn(name).getInt64(); }
double realColumn(SQLite::Statement& statement, const char* name) {
    const SQLite::Column column = statement.getColumn(name);
    return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

}  // namespace moescope::storage
