// Checking a run's database row by row, its checkpoints by their manifests.
#include "storage/verify.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>

#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "storage/codec.hpp"
#include "storage/log_tail.hpp"
#include "storage/meta_file.hpp"
#include "storage/run_database.hpp"
#include "storage/run_tables.hpp"
#include "storage/run_writer.hpp"

namespace moescope::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostManifestBytes = 64 << 20;

class RunVerifier {
public:
    RunVerifier(const fs::path& folder, const VerifyOptions& options) : m_folder(folder), m_ulid(folder.filename().string()), m_options(options) {}

    std::vector<Finding> run() {
        check("meta.json", [&] { readMetaFile(m_folder); });
        check("run.db", [&] {
            ReadOnlyRun database(m_folder);
            m_statements.emplace(database.database());
            guarded(database.file(), [&] { verifyDatabase(); });
            m_statements.reset();
        });
        return std::move(m_findings);
    }

private:
    void damage(const std::string& where, const std::string& text) { m_findings.push_back({Finding::Kind::damage, m_ulid, where, text}); }

    // What goes wrong in one part does not keep the others from being looked at.
    template <class Work> void check(const std::string& where, Work&& work) {
        try {
            guarded(m_folder / where, work);
        } catch (const base::Error& error) {
            damage(where, error.happened() + "; " + error.advice());
        }
    }

    void verifyDatabase() {
        check("run.db: status", [&] { m_status = readStatus(*m_statements); });
        check("run.db: run_meta", [&] {
            if (const std::string ulid = readMeta(*m_statements).ulid; ulid != m_ulid) damage("run.db: run_meta", "the database belongs to run " + base::printable(ulid, 40) + ", the folder says another");
        });
        check("run.db: checkpoints", [&] { verifyCheckpoints(); });
        check("teacher", [&] { verifyTeacher(); });
        check("run.db", [&] { verifyStructure(m_options.deep ? "PRAGMA integrity_check(20)" : "PRAGMA quick_check(20)"); });
        if (!m_options.deep) return;
        for (const char* table : {"run_meta", "status", "summary", "attempts", "series", "step_log", "superseded", "events", "probe", "sample", "checkpoints", "migrations"})
            check(std::string("run.db: ") + table, [&] { verifyRows(table); });
        if (hasPlanes(*m_statements)) check("run.db: plane", [&] {
            verifyRows("plane");
            for (const std::int64_t step : readPlaneSteps(*m_statements)) readPlane(*m_statements, step);
        });
        check("run.db: series", [&] { m_series = readSeries(*m_statements); });
        check("run.db: step_log", [&] { verifyLog(); });
        check("run.db: probe", [&] { for (const std::int64_t step : readProbeSteps(*m_statements, 0)) readProbe(*m_statements, step); });
        check("run.db: sample", [&] { readSamples(*m_statements, 0); });
        verifyChunks();
        check("run.db: seq", [&] { verifySeq(); });
    }

    void verifyStructure(const char* sql) {
        Rows rows(*m_statements, sql);
        while (rows.next())
            if (const std::string answer = rows->getColumn(0).getString(); answer != "ok") damage("run.db", "SQLite: " + base::printable(answer, 200));
    }

    void verifyRows(const std::string& table) {
        Rows rows(*m_statements, ("SELECT * FROM " + table).c_str());
        while (rows.next())
            if (!rowHolds(*rows)) damage("run.db: " + table + " " + base::printable(rows->getColumn(0).getString(), 40), "the row does not match its checksum; \"repair\" leaves it out");
    }

    void verifyLog() {
        Rows rows(*m_statements, "SELECT * FROM step_log ORDER BY seq");
        while (rows.next()) {
            const LogRow row = decodeLog(textColumn(*rows, "data"));
            for (const LogBlock& block : row.blocks)
                if (std::none_of(m_series.begin(), m_series.end(), [&](const SeriesRow& s) { return s.info.id == block.seriesId; }))
                    damage("run.db: step_log " + std::to_string(intColumn(*rows, "seq")), "it has values of an unknown series");
        }
    }

    // Chunk by chunk first, so that one bad blob is one finding; the pyramid only of series that are whole.
    void verifyChunks() {
        std::set<std::int64_t> damagedSeries;
        check("run.db: chunk", [&] {
            Rows rows(*m_statements, "SELECT * FROM chunk");
            while (rows.next()) {
                const std::int64_t seq = intColumn(*rows, "seq"), id = intColumn(*rows, "series_id");
                const auto series = std::find_if(m_series.begin(), m_series.end(), [&](const SeriesRow& s) { return s.info.id == id; });
                try {
                    if (series == m_series.end()) throw DecodeError("it belongs to no series");
                    decodeChunk(*rows, series->key());
                } catch (const DecodeError& error) {
                    damage("run.db: chunk " + std::to_string(seq), std::string(error.what()) + "; \"repair\" leaves it out");
                    damagedSeries.insert(id);
                }
            }
        });
        for (const SeriesRow& series : m_series)
            if (!damagedSeries.contains(series.info.id)) check("run.db: series " + series.info.name, [&] { verifyPyramid(series); });
    }

    void verifyPyramid(const SeriesRow& series) {
        ChunkReader chunks(*m_statements);
        std::int64_t below = -1;
        Buckets expected;
        for (int level = 0; level <= kPyramidLevels; ++level) {
            verifyOrder(series, level);
            const std::int64_t total = chunks.total(series.key(), level);
            if (below >= 0 && total != below / kPyramidFactor) return damage("run.db: series " + series.info.name, "level " + std::to_string(level) + " of its pyramid is incomplete");
            if (level == 0) expected = unitBuckets(chunks.pointsFrom(series.key(), 0));
            else compareLevel(series, level, chunks.bucketsFrom(series.key(), level, 0), expected);
            below = total;
            if (total == 0) return;
        }
    }

    void verifyOrder(const SeriesRow& series, int level) {
        Rows rows(*m_statements, "SELECT first_index, n, step_first, step_last FROM chunk WHERE series_id=? AND level=? ORDER BY step_first", series.info.id, level);
        std::int64_t index = 0, step = -1;
        while (rows.next()) {
            if (rows->getColumn(0).getInt64() != index || rows->getColumn(2).getInt64() <= step) damage("run.db: series " + series.info.name, "level " + std::to_string(level) + " has a gap");
            index = rows->getColumn(0).getInt64() + rows->getColumn(1).getInt64();
            step = rows->getColumn(3).getInt64();
        }
    }

    // Merges `items` one level up and compares; `items` becomes that level.
    void compareLevel(const SeriesRow& series, int level, const Buckets& stored, Buckets& items) {
        Buckets merged;
        for (std::size_t at = 0; at + kPyramidFactor <= items.size(); at += kPyramidFactor) mergeInto(merged, items, at, at + kPyramidFactor, series.bytesPerValue);
        const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
            return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
        };
        if (!same(merged.minimum, stored.minimum) || !same(merged.maximum, stored.maximum) || !same(merged.mean, stored.mean) || merged.finite != stored.finite || merged.first != stored.first || merged.last != stored.last)
            damage("run.db: series " + series.info.name, "level " + std::to_string(level) + " of its pyramid does not follow from the values; \"repair\" makes it anew");
        items = std::move(merged);
    }

    void verifySeq() {
        if (!m_status) return;
        Rows rows(*m_statements, "SELECT max(seq) FROM (SELECT max(seq) seq FROM step_log UNION ALL SELECT max(seq) FROM chunk UNION ALL SELECT max(seq) FROM events "
                                 "UNION ALL SELECT max(seq) FROM probe UNION ALL SELECT max(seq) FROM sample UNION ALL SELECT max(seq) FROM superseded)");
        if (rows.next() && rows->getColumn(0).getInt64() > m_status->lastSeq) damage("run.db: status", "rows have a higher seq than the run has given");
    }

    void verifyCheckpoints() {
        for (const CheckpointRow& row : readCheckpoints(*m_statements)) {
            if (row.state == "bad" || row.state == "deleting") continue;
            const fs::path folder = m_folder / "checkpoints" / row.folder;
            const std::string where = "checkpoints/" + row.folder;
            check(where, [&] { verifyManifest(folder, row, where); });
            if (!m_options.deep || !m_options.checkFiles) continue;
            if (const std::string wrong = m_options.checkFiles(folder); !wrong.empty()) damage(where, wrong);
        }
    }

    /// What a run that distils keeps of its teacher.
    void verifyTeacher() {
        std::error_code none;
        if (!m_options.deep || !m_options.checkFiles) return;
        for (fs::directory_iterator at(m_folder / "teacher", none), end; !none && at != end; at.increment(none)) {
            const std::string where = "teacher/" + at->path().filename().string();
            if (const std::string wrong = m_options.checkFiles(at->path()); !wrong.empty()) damage(where, wrong);
        }
    }

    void verifyManifest(const fs::path& folder, const CheckpointRow& row, const std::string& where) {
        if (!base::realFiles().isFolder(folder)) return damage(where, "the checkpoint's folder is missing; resume from another step");
        const std::string manifest = base::readWhole(folder / "manifest.json", kMostManifestBytes);
        if (base::hex(base::hash128(manifest)) != row.manifestHash) damage(where, "manifest.json is not the one that was written; resume from another step");
    }

    fs::path m_folder;
    std::string m_ulid;
    VerifyOptions m_options;
    std::vector<Finding> m_findings;
    std::optional<Statements> m_statements;
    std::optional<Status> m_status;
    std::vector<SeriesRow> m_series;
};

std::vector<Finding> verifyCatalog(const Store& store, bool deep) {
    std::error_code ignored;
    const fs::path file = store.folder() / "catalog.db";
    if (!fs::exists(file, ignored)) return {};
    try {
        const Connection connection = openForReading(file, catalogSchema());
        return guarded(file, [&] {
            std::vector<Finding> findings;
            Statements statements(*connection);
            Rows structure(statements, deep ? "PRAGMA integrity_check(20)" : "PRAGMA quick_check(20)");
            while (structure.next())
                if (const std::string answer = structure->getColumn(0).getString(); answer != "ok") findings.push_back({Finding::Kind::damage, "", "catalog.db", "SQLite: " + base::printable(answer, 200) + "; delete the file, it comes back by itself"});
            Rows rows(statements, "SELECT * FROM runs");
            while (deep && rows.next())
                if (!rowHolds(*rows)) findings.push_back({Finding::Kind::damage, "", "catalog.db: " + base::printable(rows->getColumn(0).getString(), 40), "the row does not match its checksum; it is made anew from the run's folder"});
            return findings;
        });
    } catch (const base::Error& error) {
        return {{Finding::Kind::damage, "", "catalog.db", error.happened() + "; delete the file, it comes back by itself"}};
    }
}

}  // namespace

std::vector<Finding> verifyRun(const fs::path& runFolder, const VerifyOptions& options) { return RunVerifier(runFolder, options).run(); }

std::vector<Finding> verifyStore(const Store& store, const VerifyOptions& options) {
    std::vector<Finding> all = verifyCatalog(store, options.deep);
    for (const std::string& ulid : store.list()) {
        const std::vector<Finding> findings = verifyRun(store.runFolder(ulid), options);
        all.insert(all.end(), findings.begin(), findings.end());
    }
    return all;
}

std::map<std::string, std::string> seriesDigest(const fs::path& runFolder) {
    ReadOnlyRun run(runFolder);
    return guarded(run.file(), [&] {
        std::map<std::string, std::string> digests;
        const ReadTransaction transaction(run.database());
        Statements statements(run.database());
        LogTail tail;
        tail.refresh(statements, readStatus(statements));
        ChunkReader chunks(statements);
        for (const SeriesRow& series : readSeries(statements)) {
            if (series.info.width != 1 || isVolatileSeries(series.info.name)) continue;
            Points points = chunks.points(series.key(), std::numeric_limits<std::int64_t>::min(), kLastStep);
            append(points, tail.points(series.key(), std::numeric_limits<std::int64_t>::min(), kLastStep));
            base::Hasher128 hasher;
            for (std::size_t i = 0; i < points.size(); ++i) {
                hasher.addNumber(static_cast<std::uint64_t>(points.steps[i]));
                hasher.addNumber(std::bit_cast<std::uint64_t>(points.values[i]));
            }
            digests[series.info.name] = base::hex(hasher.value());
        }
        return digests;
    });
}

}  // namespace moescope::storage
