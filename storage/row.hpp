// Rows with a checksum: the last column of every table covers all columns before it (schema/run.sql says how).
#pragma once

#include <SQLiteCpp/Statement.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/hash.hpp"

namespace moescope::storage {

struct Blob {
    std::string_view bytes;
};
struct Null {};

class RowHash {
public:
    void addNull() { m_bytes += 'n'; }
    void add(std::int64_t value) { number('i', static_cast<std::uint64_t>(value)); }
    void add(double value) { number('d', std::bit_cast<std::uint64_t>(value)); }
    void addText(std::string_view text) { content('t', text); }
    void addBlob(std::string_view bytes) { content('b', bytes); }
    std::int64_t value() const { return static_cast<std::int64_t>(base::hash64(m_bytes)); }

private:
    void number(char kind, std::uint64_t value) {
        m_bytes += kind;
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void content(char kind, std::string_view bytes) {
        number(kind, bytes.size());
        const std::uint64_t hash = base::hash64(bytes);
        m_bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
    }
    std::string m_bytes;
};

/// Binds the columns of a row in order, then its checksum, and runs the statement. Nothing is copied: the values must
/// outlive the call, which they do as arguments.
class RowBinder {
public:
    explicit RowBinder(SQLite::Statement& statement) : m_statement(statement) { m_statement.reset(); }
    template <class... Values> void run(const Values&... values) {
        (bind(values), ...);
        m_statement.bind(m_next, m_hash.value());
        m_statement.exec();
        m_statement.reset();
    }

private:
    void bind(Null) {
        m_hash.addNull();
        m_statement.bind(m_next++);
    }
    void bind(std::integral auto value) {
        m_hash.add(static_cast<std::int64_t>(value));
        m_statement.bind(m_next++, static_cast<std::int64_t>(value));
    }
    void bind(double value) {   // SQL has no NaN: it becomes NULL
        if (std::isnan(value)) return bind(Null{});
        if (value == 0) value = 0;   // SQLite does not keep the sign of a zero
        m_hash.add(value);
        m_statement.bind(m_next++, value);
    }
    void bind(const std::string& text) {
        m_hash.addText(text);
        m_statement.bindNoCopy(m_next++, text);
    }
    void bind(const Blob& blob) {
        m_hash.addBlob(blob.bytes);
        // A null pointer would bind NULL; an empty blob is not that.
        m_statement.bindNoCopy(m_next++, blob.bytes.empty() ? "" : blob.bytes.data(), static_cast<int>(blob.bytes.size()));
    }

    SQLite::Statement& m_statement;
    RowHash m_hash;
    int m_next = 1;
};

template <class... Values> void insertRow(SQLite::Statement& statement, const Values&... values) {
    RowBinder(statement).run(values...);
}

/// Whether the last column of the current row is the checksum of the others.
bool rowHolds(SQLite::Statement& statement);
/// Throws DecodeError naming `table` when it is not.
void requireRow(SQLite::Statement& statement, std::string_view table);

std::string_view textColumn(SQLite::Statement& statement, const char* name);   ///< valid until the next step
std::int64_t intColumn(SQLite::Statement& statement, const char* name);
double realColumn(SQLite::Statement& statement, const char* name);             ///< NULL is NaN

}  // namespace moescope::storage
