// Prepared statements, kept by their text; a Query borrows one and gives it back reset.
#pragma once

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace moescope::storage {

class Statements {
public:
    explicit Statements(SQLite::Database& database) : m_database(database) {}
    SQLite::Statement& get(const char* sql) {
        auto& slot = m_kept[sql];
        if (!slot) slot = std::make_unique<SQLite::Statement>(m_database, sql);
        return *slot;
    }
    SQLite::Database& database() { return m_database; }

private:
    SQLite::Database& m_database;
    std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> m_kept;
};

/// One use of a statement: `Rows rows(statements, "SELECT ... ?", a, b); while (rows.next()) rows->...`
class Rows {
public:
    template <class... Values> Rows(Statements& statements, const char* sql, const Values&... values) : m_statement(statements.get(sql)) {
        m_statement.tryReset();
        int index = 1;
        (m_statement.bind(index++, values), ...);
    }
    ~Rows() { m_statement.tryReset(); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    bool next() { return m_statement.executeStep(); }
    SQLite::Statement* operator->() { return &m_statement; }
    SQLite::Statement& operator*() { return m_statement; }

private:
    SQLite::Statement& m_statement;
};

/// The first column of the first row, 0 when there is none or it is null.
inline std::int64_t firstNumber(Statements& statements, const char* sql) {
    Rows rows(statements, sql);
    return rows.next() && !rows->getColumn(0).isNull() ? rows->getColumn(0).getInt64() : 0;
}

}  // namespace moescope::storage
