// Copying the whole rows of a damaged run database into a new one.
#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/clock.hpp"
#include "core/base/files.hpp"
#include "storage/run_database.hpp"
#include "storage/run_lock.hpp"
#include "storage/run_tables.hpp"
#include "storage/verify.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;

namespace {

struct Table {
    const char* name;
    const char* key;
};
constexpr std::array<Table, 13> kTables = {{{"run_meta", "k"}, {"summary", "k"}, {"attempts", "id"}, {"series", "id"}, {"step_log", "seq"}, {"superseded", "seq"},
    {"events", "seq"}, {"probe", "step"}, {"plane", "step"}, {"sample", "step"}, {"checkpoints", "step"}, {"migrations", "version"}, {"status", "id"}}};

class Salvage {
public:
    Salvage(SQLite::Database& from, SQLite::Database& to, RepairResult& result) : m_from(from), m_to(to), m_result(result), m_target(to) {}

    void run() {
        m_to.exec("PRAGMA foreign_keys=OFF");
        m_to.exec("BEGIN IMMEDIATE");
        m_to.exec("DELETE FROM migrations");
        for (const Table& table : kTables)
            if (m_from.tableExists(table.name)) both(table.name, table.key, [&](SQLite::Statement& row) { copy(table, row); });
        salvageChunks();
        restoreStatus();
        m_to.exec("COMMIT");
    }

private:
    // Up to the damage from the front, then from the back.
    template <class Visit> void both(const std::string& table, const std::string& order, Visit&& visit) {
        for (const char* direction : {" ASC", " DESC"}) {
            try {
                SQLite::Statement rows(m_from, "SELECT * FROM " + table + " ORDER BY " + order + direction);
                while (rows.executeStep()) visit(rows);
                return;
            } catch (const SQLite::Exception& error) {
                note(table, std::string("SQLite: ") + error.what());
            }
        }
    }

    void note(const std::string& table, const std::string& text) { m_result.findings.push_back({Finding::Kind::damage, "", "run.db: " + table, text}); }

    void drop(const std::string& table, SQLite::Statement& row) {
        ++m_result.rowsDropped;
        note(table + " " + base::printable(row.getColumn(0).getString(), 40), "the row does not match its checksum and was left out");
    }

    void copy(const Table& table, SQLite::Statement& row) {
        if (!m_seen.insert(std::string(table.name) + row.getColumn(0).getString()).second) return;
        if (!rowHolds(row)) return drop(table.name, row);
        std::string sql = "INSERT OR REPLACE INTO " + std::string(table.name) + " VALUES(?";
        for (int i = 1; i < row.getColumnCount(); ++i) sql += ",?";
        SQLite::Statement& insert = m_target.get((sql + ")").c_str());
        insert.reset();
        for (int i = 0; i < row.getColumnCount(); ++i) bind(insert, i + 1, row.getColumn(i));
        insert.exec();
        insert.reset();
        ++m_result.rowsKept;
    }

    static void bind(SQLite::Statement& insert, int at, const SQLite::Column& column) {
        if (column.isNull()) insert.bind(at);
        else if (column.isInteger()) insert.bind(at, column.getInt64());
        else if (column.isFloat()) insert.bind(at, column.getDouble());
        else if (column.isText()) insert.bind(at, column.getString());
        else insert.bind(at, column.getBytes() == 0 ? "" : column.getBlob(), column.getBytes());
    }

    // Values only; the pyramid is made anew, so that its indices have no gaps.
    void salvageChunks() {
        std::int64_t seq = maximumSeq();
        ChunkWriter chunks(m_target, seq, 1);
        std::map<std::int64_t, std::map<std::int64_t, Points>> columns;   // by series, by first step
        const std::vector<SeriesRow> series = readSeries(m_target);
        both("chunk", "seq", [&](SQLite::Statement& row) {
            if (intColumn(row, "level") != 0) return;
            const std::int64_t id = intColumn(row, "series_id");
            const auto known = std::find_if(series.begin(), series.end(), [&](const SeriesRow& s) { return s.info.id == id; });
            if (!m_seen.insert("chunk" + row.getColumn(0).getString()).second) return;
            try {
                if (known == series.end()) throw DecodeError("its series is lost");
                const Chunk chunk = decodeChunk(row, known->key());
                columns[id][chunk.stepFirst] = chunk.points;
                ++m_result.rowsKept;
            } catch (const DecodeError&) {
                drop("chunk", row);
            }
        });
        for (const SeriesRow& row : series)
            for (const auto& [step, points] : columns[row.info.id])
                if (chunks.lastStep(row.key()).value_or(-1) < step) chunks.append(row.key(), points);
        m_seq = seq;
    }

    std::int64_t maximumSeq() {
        std::int64_t highest = 0;
        for (const char* table : {"step_log", "superseded", "events", "probe", "plane", "sample"}) {
            SQLite::Statement query(m_to, std::string("SELECT max(seq) FROM ") + table);
            if (query.executeStep()) highest = std::max(highest, query.getColumn(0).getInt64());
        }
        SQLite::Statement query(m_from, "SELECT last_seq FROM status");
        try {
            if (query.executeStep()) highest = std::max(highest, query.getColumn(0).getInt64());
        } catch (const SQLite::Exception&) {   // a lost status: the rows' own numbers must do
        }
        return highest;
    }

    // Readers must start over: what they hold may be gone.
    void restoreStatus() {
        Status status;
        try {
            status = readStatus(m_target);
        } catch (const DecodeError&) {
            status.state = RunState::stopped;
            status.reason = "repaired; its state was lost";
            const auto attempts = readAttempts(m_target);
            if (!attempts.empty()) status.attempt = attempts.back().id;
        }
        status.lastSeq = std::max(status.lastSeq, m_seq) + 1;
        status.checkpointsSeq = status.lastSeq;
        ++status.generation;
        writeStatus(m_target, status);
    }

    SQLite::Database& m_from;
    SQLite::Database& m_to;
    RepairResult& m_result;
    Statements m_target;
    std::set<std::string> m_seen;
    std::int64_t m_seq = 0;
};

void putInPlace(const fs::path& fresh, const fs::path& file, const fs::path& kept) {
    base::FileOps& files = base::realFiles();
    base::FileHandle handle(files, fresh, base::OpenMode::read);
    handle.syncAll();
    handle.close();
    for (const char* ending : {"-wal", "-shm"})
        if (files.exists(file.string() + ending)) files.renameNew(file.string() + ending, kept.string() + ending);
    files.renameNew(file, kept);
    files.renameNew(fresh, file);
    files.syncFolder(file.parent_path());
}

}  // namespace

RepairResult repairRun(const fs::path& runFolder) {
    RepairResult result;
    const RunLock lock = RunLock::acquire(runFolder);
    VerifyOptions deep;
    deep.deep = true;
    const std::vector<Finding> wrong = verifyRun(runFolder, deep);
    if (std::none_of(wrong.begin(), wrong.end(), [](const Finding& f) { return f.where.starts_with("run.db"); })) return result;
    const fs::path file = runFolder / "run.db", fresh = runFolder / "run.db.new";
    const std::string suffix = ".bad-" + std::to_string(base::wallMicroseconds());
    base::FileOps& files = base::realFiles();
    if (files.exists(fresh)) files.removeFile(fresh);
    {
        ReadOnlyRun from(runFolder);
        const Connection to = createDatabase(fresh, runSchema());
        guarded(fresh, [&] { Salvage(from.database(), *to, result).run(); });
    }
    result.kept = file.string() + suffix;
    putInPlace(fresh, file, result.kept);
    return result;
}

}  // namespace moescope::storage
