// Damage of every kind is noticed, said, and costs no more than what it hit.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <map>
#include <random>

#include "core/base/fault.hpp"
#include "core/base/hash.hpp"
#include "process.hpp"
#include "storage/catalog.hpp"
#include "storage/database.hpp"
#include "storage/migrations.hpp"
#include "storage/query_sql.hpp"
#include "storage/verify.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Finding> verify(const fs::path& folder) {
    VerifyOptions options;
    options.deep = true;
    return verifyRun(folder, options);
}

// A run with something in every table.
void fill(const TestRun& run) {
    {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 60; ++step) writer.append(fullReport(step));
        writer.append(evaluation(60));
        writer.commit();
    }
    RunWriter writer = run.writer();
    writer.startAttempt(40);
    for (std::int64_t step = 41; step <= 80; ++step) {
        telemetry::StepTelemetry t = fullReport(step);
        t.loss += 1;
        writer.append(t);
    }
    writer.append(probeSnapshot(50));
    writer.append(generatedSample(50));
    writer.append(telemetry::Event{50, telemetry::Severity::warning, "router.idle", "An expert is idle.", "{}"});
    writer.setState(RunState::stopped, "enough");
    writer.close();
    {   // no free pages: every byte of the file means something
        SQLite::Database database((run.folder / "run.db").string(), SQLite::OPEN_READWRITE);
        database.exec("VACUUM");
    }
    RunWriter last = run.writer();
    last.startAttempt(80);
    last.append(fullReport(81));
    last.setState(RunState::running);
    last.commit();   // one row stays in the log
}

// Everything a reader can get out of a run, as text.
std::string content(const fs::path& folder) {
    std::string all;
    RunReader reader(folder);
    const RunMeta meta = reader.meta();
    all += meta.ulid + meta.name + meta.preset + meta.router + meta.configJson + meta.facts.moreJson + meta.appVersion + std::to_string(meta.createdUs);
    for (const std::string& token : meta.facts.vocabulary) all += token;
    const auto number = [&](double value) { all.append(reinterpret_cast<const char*>(&value), sizeof value); };
    for (const SeriesInfo& info : reader.listSeries()) {
        all += info.name + info.unit + std::to_string(info.width);
        const SeriesData data = reader.series(info.name, {-1, 0}), few = reader.series(info.name, {-1, 5});
        for (const double value : data.values) number(value);
        for (const auto* values : {&few.minimum, &few.maximum, &few.mean}) for (const double value : *values) number(value);
        for (const std::int64_t step : data.steps) number(static_cast<double>(step));
    }
    for (const SeriesNews& news : reader.superseded()) for (const double value : news.data.values) number(value);
    for (const StoredEvent& event : reader.events()) all += event.event.code + event.event.text + event.event.detailJson + std::to_string(event.event.step) + std::to_string(event.wallUs);
    for (const std::int64_t step : reader.probes()) for (const float logit : reader.probe(step).logits) number(logit);
    for (const auto& sample : reader.samples()) all += sample.prompt + sample.tokens.back();
    for (const Attempt& attempt : reader.attempts()) all += attempt.endReason + std::to_string(attempt.startStep) + attempt.environmentJson;
    const Summary s = reader.summary();
    for (const double value : {s.loss, s.valLoss, s.bestVal, s.flops, s.seconds, static_cast<double>(s.step)}) number(value);
    return all + std::string(toText(reader.state().state)) + reader.state().reason;
}

TEST(Verify, AWholeRunHasNoFindings) {
    const TestRun run;
    fill(run);
    for (const Finding& finding : verify(run.folder)) ADD_FAILURE() << finding.where << ": " << finding.text;
    EXPECT_THAT(verifyStore(run.store), IsEmpty());
}

TEST(Verify, EveryFlippedBitIsHarmlessOrReported) {
    const TestRun run;
    fill(run);
    const fs::path file = run.folder / "run.db", wal = run.folder / "run.db-wal";
    const std::string wanted = content(run.folder), original = slurp(file), originalWal = fs::exists(wal) ? slurp(wal) : "";
    std::mt19937_64 random(1);
    int reported = 0;
    for (int flip = 0; flip < 150; ++flip) {
        std::string bytes = original;
        const std::size_t at = random() % bytes.size();
        bytes[at] ^= static_cast<char>(1 << (random() % 8));
        fs::remove(run.folder / "run.db-shm");
        spill(file, bytes);
        if (!originalWal.empty()) spill(wal, originalWal);
        if (!verify(run.folder).empty()) {
            ++reported;
            continue;
        }
        EXPECT_EQ(errorOf([&] { EXPECT_TRUE(content(run.folder) == wanted) << "byte " << at << " changed what is read and nobody said so"; }), "none") << "byte " << at;
    }
    EXPECT_GT(reported, 20) << "the flips did not reach the data";
}

TEST(Verify, EveryFlippedBitInABlobIsNoticed) {
    const TestRun run;
    fill(run);
    SQLite::Database database((run.folder / "run.db").string(), SQLite::OPEN_READWRITE);
    std::mt19937_64 random(2);
    for (const auto& [table, flips] : std::map<std::string, int>{{"chunk", 150}, {"step_log", 40}, {"superseded", 40}, {"probe", 35}, {"sample", 35}}) {
        const auto rows = static_cast<std::uint64_t>(database.execAndGet("SELECT count(*) FROM " + table).getInt64());
        for (int flip = 0; flip < flips; ++flip) {
            SQLite::Statement pick(database, "SELECT rowid, data FROM " + table + " LIMIT 1 OFFSET " + std::to_string(random() % rows));
            ASSERT_TRUE(pick.executeStep());
            const std::int64_t row = pick.getColumn(0).getInt64();
            const std::string whole = pick.getColumn(1).getString();
            pick.reset();
            std::string spoiled = whole;
            spoiled[random() % spoiled.size()] ^= static_cast<char>(1 << (random() % 8));
            SQLite::Statement update(database, "UPDATE " + table + " SET data=? WHERE rowid=?");
            const auto write = [&](const std::string& blob) {
                update.reset();
                update.bind(1, blob.data(), static_cast<int>(blob.size()));
                update.bind(2, row);
                update.exec();
            };
            write(spoiled);
            ASSERT_FALSE(verify(run.folder).empty()) << table << " " << row;
            write(whole);
        }
    }
    EXPECT_THAT(verify(run.folder), IsEmpty());
}

TEST(Verify, AFlippedBitInABlobIsNamedAndRepairSavesTheRest) {
    for (const char* table : {"chunk", "step_log", "probe", "sample", "superseded"}) {
        const TestRun run;
        fill(run);
        {
            const Connection connection = openForWriting(run.folder / "run.db", runSchema());
            // One in the middle; of chunks one of stored values, and not of the loss, which is read below.
            const std::string from = std::string(" FROM ") + table + (std::string(table) == "chunk" ? " WHERE level = 0 AND series_id <> (SELECT id FROM series WHERE name = 'loss')" : "");
            SQLite::Statement pick(*connection, "SELECT rowid, data" + from + " ORDER BY rowid LIMIT 1 OFFSET (SELECT count(*)/2" + from + ")");
            ASSERT_TRUE(pick.executeStep()) << table;
            const std::int64_t row = pick.getColumn(0).getInt64();
            std::string blob = pick.getColumn(1).getString();
            blob[blob.size() / 2] ^= 4;
            pick.reset();
            SQLite::Statement update(*connection, std::string("UPDATE ") + table + " SET data=? WHERE rowid=?");
            update.bind(1, blob.data(), static_cast<int>(blob.size()));
            update.bind(2, row);
            update.exec();
        }
        const auto findings = verify(run.folder);
        ASSERT_FALSE(findings.empty()) << table;
        EXPECT_THAT(findings.front().where, HasSubstr(table));
        EXPECT_EQ(findings.front().run, run.ulid);
        const RepairResult repaired = repairRun(run.folder);
        EXPECT_EQ(repaired.rowsDropped, 1) << table;
        EXPECT_GT(repaired.rowsKept, 100);
        EXPECT_TRUE(fs::exists(repaired.kept)) << "the original stays";
        for (const Finding& finding : verify(run.folder)) ADD_FAILURE() << table << " " << finding.where << ": " << finding.text;
        RunReader reader(run.folder);
        EXPECT_EQ(reader.meta().ulid, run.ulid);
        EXPECT_EQ(reader.series("loss", {-1, 0}).size() + (std::string(table) == "step_log" ? 1 : 0), 81u) << "one bad blob costs one blob";
    }
}

TEST(Verify, RepairOfAWholeRunChangesNothingAndOneOfALockedRunIsRefused) {
    const TestRun run;
    fill(run);
    const std::string before = slurp(run.folder / "run.db");
    EXPECT_TRUE(repairRun(run.folder).kept.empty());
    const RunWriter writer = run.writer();
    EXPECT_EQ(errorOf([&] { repairRun(run.folder); }), "4 run.locked");
}

TEST(Verify, CheckpointsAreComparedWithTheirManifests) {
    const TestRun run;
    const fs::path folder = run.folder / "checkpoints" / "step-000000010";
    fs::create_directories(folder);
    spill(folder / "manifest.json", "{\"files\":[]}");
    {
        RunWriter writer = run.started();
        writer.addCheckpoint({10, "step-000000010", "full", false, 10, 1, base::hex(base::hash128(std::string_view("{\"files\":[]}"))), "good"});
        writer.close();
    }
    EXPECT_THAT(verifyRun(run.folder), IsEmpty());
    VerifyOptions options;
    options.deep = true;
    options.checkFiles = [&](const fs::path& checked) { return checked == folder ? "model.safetensors is damaged" : ""; };
    EXPECT_THAT(verifyRun(run.folder, options).at(0).text, HasSubstr("model.safetensors"));
    spill(folder / "manifest.json", "{\"files\":[1]}");
    EXPECT_THAT(verifyRun(run.folder).at(0).where, HasSubstr("step-000000010"));
    fs::remove_all(folder);
    EXPECT_THAT(verifyRun(run.folder).at(0).text, HasSubstr("missing"));
}

TEST(Verify, DigestsNameScalarSeriesThatMustRepeat) {
    const TestRun a, b, c;
    for (const TestRun* run : {&a, &b, &c}) {
        RunWriter writer = run->started();
        for (std::int64_t step = 1; step <= 100; ++step) {
            telemetry::StepTelemetry t = fullReport(step);
            if (run == &b) t.seconds = t.tokensPerSecond = t.memory = 7;
            if (run == &c && step == 77) t.gradientNorm += 1e-15;
            writer.append(t);
            if (run == &b && step % 9 == 0) writer.commit();
        }
        writer.append(evaluation(100));
        run == &b ? writer.compact() : writer.commit();
    }
    const auto x = seriesDigest(a.folder), y = seriesDigest(b.folder);
    auto z = seriesDigest(c.folder);
    EXPECT_EQ(x, y) << "how and when it was stored, and how long it took, does not matter";
    EXPECT_TRUE(x.contains("loss") && x.contains("val_loss") && x.contains("tokens"));
    for (const char* left : {"seconds", "tokens_per_second", "memory", "data_wait", "store_wait", "load"}) EXPECT_FALSE(x.contains(left)) << left;
    EXPECT_NE(x.at("gradient_norm"), z.at("gradient_norm"));
    z["gradient_norm"] = x.at("gradient_norm");
    EXPECT_EQ(x, z);
    EXPECT_EQ(x.at("loss").size(), 32u);
}

// --- files that are not what they should be ---

struct Wrong {
    std::string what, error;
    std::function<void(const fs::path&)> make;
};

TEST(Foreign, WrongDatabasesAreRefusedAndListedAsQuarantined) {
    const std::vector<Wrong> cases = {
        {"newer schema", "7 store.newer", [](const fs::path& f) {
             const Connection c = openForWriting(f, runSchema(), false);
             c->exec("PRAGMA user_version=999; UPDATE run_meta SET v='999' WHERE k='min_reader'");
         }},
        {"foreign", "5 store.foreign", [](const fs::path& f) {
             fs::remove(f);
             SQLite::Database other(f.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
             other.exec("CREATE TABLE t(x)");
         }},
        {"empty", "5 store.damaged", [](const fs::path& f) { spill(f, ""); }},
        {"garbage", "5 store.foreign", [](const fs::path& f) { spill(f, std::string(10'000, 'q')); }},
        {"gone", "5 store.no_database", [](const fs::path& f) { fs::remove(f); }},
        {"a link", "5 store.foreign", [](const fs::path& f) { fs::rename(f, f.string() + ".x"); fs::create_symlink(f.string() + ".x", f); }},
        {"a folder", "5 store.foreign", [](const fs::path& f) { fs::remove(f); fs::create_directory(f); }},
        {"half", "5", [](const fs::path& f) { fs::resize_file(f, fs::file_size(f) / 2); }},
        {"a trigger", "5 store.foreign", [](const fs::path& f) {
             const Connection c = openForWriting(f, runSchema(), false);
             c->exec("CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM chunk; END");
         }},
        {"a view instead of a table", "5 store.foreign", [](const fs::path& f) {
             const Connection c = openForWriting(f, runSchema(), false);
             c->exec("ALTER TABLE status RENAME TO real_status; CREATE VIEW status AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) SELECT max(x) FROM r");
         }},
    };
    for (const Wrong& wrong : cases) {
        SCOPED_TRACE(wrong.what);
        const TestRun run;
        wrong.make(run.folder / "run.db");
        const bool file = fs::is_regular_file(fs::symlink_status(run.folder / "run.db"));
        const std::string before = file ? slurp(run.folder / "run.db") : "";
        EXPECT_THAT(errorOf([&] { RunReader reader(run.folder); reader.summary(); reader.listSeries(); reader.attempts(); reader.events(); }), ::testing::StartsWith(wrong.error));
        EXPECT_THAT(errorOf([&] { RunWriter writer(RunLock::acquire(run.folder)); writer.startAttempt(0); }), ::testing::StartsWith(wrong.error.substr(0, 1)));
        EXPECT_TRUE(!file || slurp(run.folder / "run.db") == before) << "its bytes were changed";
        Catalog catalog(run.store);
        catalog.sync();
        const auto row = catalog.find(run.ulid);
        ASSERT_TRUE(row);
        EXPECT_EQ(row->state, RunState::quarantined);
        EXPECT_FALSE(row->reason.empty());
        EXPECT_EQ(row->name, "xs 1") << "people still find it by its name";
        EXPECT_FALSE(verify(run.folder).empty());
    }
}

TEST(Foreign, ANewerSchemaThatThisProgramMayReadIsRead) {
    const TestRun run;
    {
        const Connection c = openForWriting(run.folder / "run.db", runSchema(), false);
        c->exec("PRAGMA user_version=3");
    }
    EXPECT_EQ(RunReader(run.folder).state().state, RunState::created);
    EXPECT_EQ(errorOf([&] { run.writer(); }), "7 store.newer");
}

TEST(Foreign, AReadOnlyFolderWithALogIsReadFromACopyAndNothingIsMissing) {
    const TestRun run;
    const ChildEnd killed = inChild([&](const auto&) {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 30; ++step) writer.append(smallReport(step));
        writer.commit();
        ::kill(::getpid(), SIGKILL);
        return 0;
    });
    ASSERT_TRUE(killed.killed());
    ASSERT_GT(fs::file_size(run.folder / "run.db-wal"), 0u);
    const std::string before = slurp(run.folder / "run.db") + slurp(run.folder / "run.db-wal");
    for (const bool withIndex : {true, false}) {   // without the WAL's index SQLite cannot open it there
        if (!withIndex) fs::remove(run.folder / "run.db-shm");
        const ChildEnd end = asReader(run.temporary.path(), [&](const auto&) {
            RunReader reader(run.folder);
            if (!withIndex && !reader.isCopy()) return 1;
            if (reader.series("loss", {-1, 0}).size() != 30) return 2;
            return reader.state().state == RunState::interrupted ? 0 : 3;
        });
        EXPECT_EQ(end.exitCode(), 0) << withIndex;
    }
    EXPECT_EQ(slurp(run.folder / "run.db") + slurp(run.folder / "run.db-wal"), before);
}

TEST(Foreign, ADatabaseThatIsTakenAwayWhileOpenIsNoticed) {
    const TestRun run;
    RunReader reader(run.folder);
    reader.poll({});
    fs::rename(run.folder / "run.db", run.folder / "elsewhere.db");
    EXPECT_EQ(errorOf([&] { reader.poll({}); }), "6 run.moved");
}

TEST(Foreign, OddFolderNamesWork) {
    const TemporaryFolder temporary;
    for (const std::string name : {"with space", "100%25", "a#b?c", "line\nbreak", "\xff\xfe", "ümlaut", "quote'\"", "?mode=memory"}) {
        const Store store(temporary.path() / name);
        const std::string ulid = store.newRun(newRun());
        {
            RunWriter writer(RunLock::acquire(store.runFolder(ulid)));
            writer.startAttempt(0);
            telemetry::StepTelemetry t;
            t.step = 1;
            t.loss = 1;
            writer.append(t);
            writer.commit();
            EXPECT_EQ(RunReader(store.runFolder(ulid)).series("loss").size(), 1u);
        }
        Catalog catalog(store);
        catalog.sync();
        EXPECT_EQ(std::get<std::vector<RunRow>>(catalog.list()).size(), 1u);
    }
}

// --- migrations ---

Schema nextSchema() {
    Schema schema = runSchema();
    schema.version = 4;
    schema.migrations = {{3, "note on events", "ALTER TABLE attempts RENAME COLUMN env_json TO environment; CREATE TABLE extra(x INTEGER NOT NULL) STRICT;"}, {4, "more", "INSERT INTO extra VALUES(7)"}};
    return schema;
}

TEST(Migration, GoesForwardOnceWithAVerifiedCopyBeforeIt) {
    const TestRun run;
    fill(run);
    const fs::path file = run.folder / "run.db";
    { const Connection migrated = openForWriting(file, nextSchema()); EXPECT_EQ(pragmaNumber(*migrated, "user_version"), 4); }
    { const Connection again = openForWriting(file, nextSchema()); EXPECT_EQ(again->execAndGet("SELECT count(*) FROM extra").getInt(), 1); }
    const Connection copy = openForReading(file.string() + ".v2.backup", runSchema());
    EXPECT_GT(copy->execAndGet("SELECT count(*) FROM chunk").getInt(), 50);
    EXPECT_EQ(errorOf([&] { RunReader{run.folder}.meta(); }), "none") << "min_reader is still 1";
}

TEST(Migration, AKillAtAnyStepLeavesAnOldOrANewDatabase) {
    for (const std::string site : {"mig.3", "mig.4"}) {
        const TestRun run;
        const fs::path file = run.folder / "run.db";
        const ChildEnd end = inChild([&](const auto&) {
            base::fault::configure(site + ":1:kill");
            openForWriting(file, nextSchema());
            return 0;
        });
        EXPECT_TRUE(end.killed());
        const Connection migrated = openForWriting(file, nextSchema());
        EXPECT_EQ(pragmaNumber(*migrated, "user_version"), 4);
        EXPECT_EQ(migrated->execAndGet("SELECT count(*) FROM extra").getInt(), 1);
        EXPECT_EQ(migrated->execAndGet("PRAGMA integrity_check").getString(), "ok");
    }
}

// --- SQL for people ---

TEST(Sql, AnswersQuestionsAndRefusesEverythingElse) {
    const TestRun run;
    fill(run);
    const fs::path file = run.folder / "run.db";
    const SqlResult answer = querySql(file, "SELECT name, width FROM series WHERE name='load'; ");
    ASSERT_EQ(answer.rows.size(), 1u);
    EXPECT_EQ(answer.columns, (std::vector<std::string>{"name", "width"}));
    EXPECT_EQ(std::get<std::string>(answer.rows[0][0]), "load");
    EXPECT_EQ(std::get<std::int64_t>(answer.rows[0][1]), kLayers * kExperts);
    EXPECT_EQ(querySql(file, "WITH a AS (SELECT 1 x) SELECT x, NULL, 1.5, x'00ff' FROM a").rows[0].size(), 4u);
    SqlLimits few;
    few.rows = 3;
    EXPECT_TRUE(querySql(file, "SELECT * FROM chunk", few).cut);
    for (const char* sql : {"DELETE FROM events", "SELECT 1; SELECT 2", "PRAGMA user_version", "ATTACH 'x' AS y", "UPDATE status SET state='failed'", "SELEC", "", "SELECT load_extension('x')", "SELECT * FROM nothing",
                            "EXPLAIN SELECT 1", "BEGIN", "INSERT INTO events SELECT * FROM events", "VACUUM INTO '/tmp/x'", "SELECT zeroblob(900000000)"})
        EXPECT_EQ(errorOf([&] { querySql(file, sql); }), "2 sql.refused") << sql;
    SqlLimits brief;
    brief.seconds = 0.05;
    EXPECT_EQ(errorOf([&] { querySql(file, "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) SELECT count(*) FROM r", brief); }), "2 sql.time");
    Catalog catalog(run.store);
    catalog.sync();
    EXPECT_EQ(querySql(run.store.folder() / "catalog.db", "SELECT ulid FROM runs").rows.size(), 1u);
}

}  // namespace
}  // namespace moescope::storage::testing
