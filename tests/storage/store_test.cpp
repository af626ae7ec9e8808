// Runs as folders: made, found, listed, renamed, thrown away and brought back.
#include <gmock/gmock.h>

#include <cstdlib>

#include "process.hpp"
#include "storage/catalog.hpp"
#include "storage/database.hpp"
#include "storage/meta_file.hpp"
#include "storage/run_lock.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<RunRow> rows(Catalog& catalog, const ListQuery& query = {}) {
    auto answer = catalog.list(query);
    if (const auto* problems = std::get_if<base::Problems>(&answer)) {
        ADD_FAILURE() << problems->front().text;
        return {};
    }
    return std::get<std::vector<RunRow>>(answer);
}

std::vector<std::string> names(Catalog& catalog, const ListQuery& query = {}) {
    std::vector<std::string> all;
    for (const RunRow& row : rows(catalog, query)) all.push_back(row.name);
    return all;
}

// Rows that can be compared: NaN is not equal to itself.
std::vector<RunRow> plain(std::vector<RunRow> rows) {
    for (RunRow& row : rows)
        for (double* value : {&row.loss, &row.valLoss, &row.bestVal, &row.bitsPerByte}) *value = std::isnan(*value) ? -1 : *value;
    return rows;
}

struct Environment {
    Environment(const char* name, const char* value) : m_name(name), m_old(std::getenv(name) ? std::getenv(name) : ""), m_had(std::getenv(name) != nullptr) {
        value ? ::setenv(name, value, 1) : ::unsetenv(name);
    }
    ~Environment() { m_had ? ::setenv(m_name, m_old.c_str(), 1) : ::unsetenv(m_name); }
    const char* m_name;
    std::string m_old;
    bool m_had;
};

TEST(StoreTest, TheDefaultPlaceFollowsTheEnvironment) {
    const Environment home("HOME", "/h"), data("XDG_DATA_HOME", nullptr);
    {
        const Environment store("MOESCOPE_STORE", "/s");
        EXPECT_EQ(defaultStoreFolder(), "/s");
    }
    const Environment store("MOESCOPE_STORE", nullptr);
    EXPECT_EQ(defaultStoreFolder(), "/h/.local/share/moescope");
    const Environment xdg("XDG_DATA_HOME", "/x");
    EXPECT_EQ(defaultStoreFolder(), "/x/moescope");
}

TEST(StoreTest, RunsGetRisingNumbersAndNamesThatAreFree) {
    const TemporaryFolder temporary;
    const Store store(temporary.path() / "deep" / "store");
    EXPECT_THAT(store.list(), IsEmpty());
    EXPECT_FALSE(fs::exists(store.folder())) << "asking makes nothing";
    const std::string a = store.newRun(newRun("xs")), b = store.newRun(newRun("xs")), c = store.newRun(newRun("collapse"));
    EXPECT_THAT(store.list(), ElementsAre(a, b, c));
    EXPECT_LT(a, b);
    EXPECT_LT(b, c);
    Catalog catalog(store);
    catalog.sync();
    EXPECT_THAT(names(catalog), ElementsAre("collapse 1", "xs 2", "xs 1"));
    catalog.remove(b);
    store.newRun(newRun("xs"));
    catalog.sync();
    EXPECT_EQ(names(catalog).front(), "xs 3") << "a deleted run may come back";
}

TEST(StoreTest, ResolveKnowsLastNamesAndPrefixes) {
    const TemporaryFolder temporary;
    const Store store(temporary.path());
    EXPECT_EQ(errorOf([&] { store.resolve("last"); }), "2 run.unknown");
    NewRun named = newRun();
    named.name = "my run";
    const std::string a = store.newRun(named), b = store.newRun(newRun()), c = store.newRun(named);
    EXPECT_EQ(store.resolve("last"), c);
    EXPECT_EQ(store.resolve(a), a);
    EXPECT_EQ(store.resolve("xs 1"), b);
    EXPECT_EQ(errorOf([&] { store.resolve("my run"); }), "2 run.ambiguous");
    EXPECT_EQ(errorOf([&] { store.resolve(a.substr(0, 4)); }), "2 run.ambiguous");  // days: eight letters are one second, which may end between two runs
    EXPECT_EQ(store.resolve(a.substr(0, 25)), a);
    std::string lower = b;
    for (char& letter : lower) letter = static_cast<char>(std::tolower(letter));
    EXPECT_EQ(store.resolve(lower), b);
    try {
        store.resolve("zzz");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.line(), HasSubstr("xs 1"));
    }
    EXPECT_EQ(errorOf([&] { store.resolve(""); }), "2 run.unknown");
    EXPECT_EQ(errorOf([&] { store.resolve("../etc"); }), "2 run.unknown");
}

TEST(StoreTest, BadNamesTagsAndConfigurationsAreRefused) {
    const TemporaryFolder temporary;
    const Store store(temporary.path());
    for (const auto& change : std::vector<std::function<void(NewRun&)>>{[](NewRun& r) { r.name = std::string(201, 'x'); }, [](NewRun& r) { r.name = "a\nb"; }, [](NewRun& r) { r.tags = {"a b"}; },
             [](NewRun& r) { r.tags = {""}; }, [](NewRun& r) { r.name = "\xff"; }}) {
        NewRun run = newRun();
        change(run);
        EXPECT_EQ(errorOf([&] { store.newRun(run); }), "2 run.text");
    }
    NewRun run = newRun();
    run.configJson = "{";
    EXPECT_EQ(errorOf([&] { store.newRun(run); }), "5 store.damaged");
    EXPECT_THAT(store.list(), IsEmpty());
}

TEST(StoreTest, TooLittleSpaceIsSaidBeforeTheStart) {
    const TemporaryFolder temporary;
    const Store store(temporary.path());
    EXPECT_NO_THROW(store.requireSpace({1, 3, 1}));
    EXPECT_EQ(errorOf([&] { store.requireSpace({std::uint64_t{1} << 60, 3, 0}); }), "6 disk.full");
}

TEST(CatalogTest, ShowsWhatTheRunsHold) {
    const TestRun run;
    Catalog catalog(run.store);
    EXPECT_TRUE(catalog.sync().changed);
    EXPECT_FALSE(catalog.sync().changed);
    EXPECT_EQ(rows(catalog).at(0).state, RunState::created);
    {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 100; ++step) writer.append(smallReport(step));
        writer.append(evaluation(50));
        writer.append(evaluation(100));
        writer.addCheckpoint({100, "step-000000100", "full", false, 1 << 20, 1, std::string(32, '0'), "good"});
        writer.commit();
        EXPECT_THAT(catalog.sync().updated, ElementsAre(run.ulid));
        EXPECT_EQ(rows(catalog).at(0).state, RunState::running);
        EXPECT_EQ(rows(catalog).at(0).pid, ::getpid());
    }
    EXPECT_THAT(catalog.sync().updated, ElementsAre(run.ulid)) << "the lock was dropped, no file has changed";
    const RunRow row = rows(catalog).at(0);
    EXPECT_EQ(row.state, RunState::interrupted);
    EXPECT_EQ(row.pid, 0);
    EXPECT_EQ(row.step, 100);
    EXPECT_EQ(row.tokens, 6'400);
    EXPECT_EQ(row.loss, smallReport(100).loss);
    EXPECT_EQ(row.valLoss, evaluation(100).loss);
    EXPECT_EQ(row.paramsTotal, 1234);
    EXPECT_EQ(row.topK, 2);
    EXPECT_EQ(row.experts, 4);
    EXPECT_EQ(row.seed, 7);
    EXPECT_EQ(row.router, "switch");
    EXPECT_GT(row.bytesOnDisk, 1 << 20);
    EXPECT_THAT(row.sparkline, ElementsAre(static_cast<float>(evaluation(50).loss), static_cast<float>(evaluation(100).loss)));
    EXPECT_EQ(row.fingerprintWidth, kExperts);
    ASSERT_GE(row.fingerprint.size(), 4u * kExperts);
    EXPECT_NEAR(row.fingerprint[0], smallReport(4).load[kExperts], 0.02) << "the middle layer of two is layer 1";
}

TEST(CatalogTest, IsMadeAnewFromTheFoldersWhenItIsGoneOrBroken) {
    const TemporaryFolder temporary;
    const Store store(temporary.path());
    const std::string a = store.newRun(newRun()), b = store.newRun(newRun());
    const auto file = store.folder() / "catalog.db";
    std::vector<RunRow> before;
    {
        Catalog catalog(store);
        catalog.sync();
        catalog.rename(a, "first");
        catalog.tag(a, "g8");
        catalog.star(b, true);
        before = plain(rows(catalog));
    }
    for (const std::string& garbage : {std::string(), std::string("gone"), std::string(5'000, 'x'), slurp(file).substr(0, 5'000)}) {
        if (garbage == "gone") fs::remove(file);
        else spill(file, garbage);
        Catalog catalog(store);
        catalog.sync();
        EXPECT_TRUE(plain(rows(catalog)) == before);
    }
    {
        Catalog catalog(store);
        EXPECT_TRUE(plain(rows(catalog)) == before) << "the list is there before the first sync";
        EXPECT_FALSE(catalog.sync().changed);
    }
    const Connection connection = openForWriting(file, catalogSchema());
    connection->exec("PRAGMA user_version=999");
    EXPECT_EQ(errorOf([&] { Catalog{store}; }), "7 store.newer");
}

TEST(CatalogTest, EditsGoToTheRunsOwnFileAndOtherProgramsSeeThem) {
    const TestRun run;
    Catalog mine(run.store), theirs(run.store);
    mine.sync();
    theirs.sync();
    mine.rename(run.ulid, "better name");
    mine.tag(run.ulid, "g8");
    mine.tag(run.ulid, "g8");
    mine.tag(run.ulid, "x");
    mine.untag(run.ulid, "x");
    mine.note(run.ulid, "two\nlines");
    mine.colour(run.ulid, "#aa33FF");
    mine.group(run.ulid, "seeds");
    mine.archive(run.ulid, true);
    EXPECT_THAT(names(mine), IsEmpty()) << "archived runs are out of the way";
    ListQuery all;
    all.archived = true;
    EXPECT_THAT(names(mine, all), ElementsAre("better name"));
    ListQuery asked;
    asked.where = "is:archived";
    EXPECT_THAT(names(mine, asked), ElementsAre("better name"));
    theirs.sync();
    EXPECT_TRUE(plain(rows(theirs, all)) == plain(rows(mine, all)));
    const MetaFile meta = readMetaFile(run.folder);
    EXPECT_THAT(meta.tags, ElementsAre("g8"));
    EXPECT_EQ(meta.colour, "#aa33FF");
    EXPECT_EQ(errorOf([&] { mine.rename(run.ulid, ""); }), "2 run.text");
    EXPECT_EQ(errorOf([&] { mine.colour(run.ulid, "red"); }), "2 run.text");
    EXPECT_EQ(errorOf([&] { mine.star("01ARZ3NDEKTSV4RRFFQ69G5FAV", true); }), "2 run.unknown");
    EXPECT_EQ(errorOf([&] { mine.star("../../x", true); }), "2 run.unknown");
}

TEST(CatalogTest, MetaKeepsWhatThisProgramDoesNotKnowAndLeavesNoHalfFiles) {
    const TestRun run;
    std::string text = slurp(run.folder / "meta.json");
    text.insert(text.find('{') + 1, "\"future\":{\"a\":[1,2]},");
    spill(run.folder / "meta.json", text);
    editMetaFile(run.folder, [](MetaFile& meta) { meta.star = true; });
    EXPECT_THAT(slurp(run.folder / "meta.json"), HasSubstr("\"future\""));
    const ChildEnd one = inChild([&](const auto&) {
        for (int i = 0; i < 50; ++i) editMetaFile(run.folder, [&](MetaFile& meta) { meta.tags.push_back("c" + std::to_string(i)); });
        return 0;
    });
    for (int i = 0; i < 50; ++i) editMetaFile(run.folder, [&](MetaFile& meta) { meta.tags.push_back("p" + std::to_string(i)); });
    EXPECT_EQ(one.exitCode(), 0);
    EXPECT_EQ(readMetaFile(run.folder).tags.size(), 100u);
    for (const auto& entry : fs::directory_iterator(run.folder)) EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("meta.json", "run.db", "run.lock"));
    spill(run.folder / "meta.json", "{broken");
    EXPECT_EQ(errorOf([&] { readMetaFile(run.folder); }), "5 store.damaged");
    Catalog catalog(run.store);
    catalog.sync();
    EXPECT_EQ(rows(catalog).at(0).name, "xs 1") << "the database remembers the first name";
    catalog.star(run.ulid, true);
    EXPECT_TRUE(readMetaFile(run.folder).star);
    EXPECT_EQ(readMetaFile(run.folder).name, "xs 1");
}

TEST(CatalogTest, DeletedRunsGoToTheTrashAndComeBack) {
    const TestRun run;
    Catalog catalog(run.store);
    catalog.sync();
    {
        const RunLock lock = RunLock::acquire(run.folder);
        EXPECT_EQ(errorOf([&] { catalog.remove(run.ulid); }), "4 run.locked");
        EXPECT_TRUE(fs::exists(run.folder));
    }
    catalog.remove(run.ulid);
    EXPECT_THAT(names(catalog), IsEmpty());
    ListQuery trash;
    trash.trash = true;
    ASSERT_THAT(names(catalog, trash), ElementsAre("xs 1"));
    EXPECT_GT(rows(catalog, trash)[0].deletedUs, 0);
    EXPECT_EQ(errorOf([&] { run.store.resolve(run.ulid); }), "2 run.unknown");
    EXPECT_THAT(catalog.purge(30), IsEmpty());
    catalog.restore(run.ulid);
    EXPECT_THAT(names(catalog), ElementsAre("xs 1"));
    EXPECT_EQ(rows(catalog)[0].deletedUs, 0);
    EXPECT_THAT(names(catalog, trash), IsEmpty());
    EXPECT_FALSE(catalog.sync().changed);
    catalog.remove(run.ulid);
    editMetaFile(run.store.trashFolder() / run.ulid, [](MetaFile& meta) { meta.deletedUs -= std::int64_t{31} * 86'400'000'000; });
    EXPECT_THAT(catalog.purge(30), ElementsAre(run.ulid));
    EXPECT_FALSE(fs::exists(run.store.trashFolder() / run.ulid));
    EXPECT_EQ(errorOf([&] { catalog.restore(run.ulid); }), "2 run.unknown");
}

TEST(CatalogTest, AFolderDroppedInAppearsAndOneThatIsGoneGoes) {
    const TestRun run;
    TemporaryFolder other;
    const Store elsewhere(other.path());
    const std::string foreign = elsewhere.newRun(newRun("foreign"));
    Catalog catalog(run.store);
    catalog.sync();
    fs::copy(elsewhere.runFolder(foreign), run.store.runFolder(foreign), fs::copy_options::recursive);
    EXPECT_THAT(catalog.sync().appeared, ElementsAre(foreign));
    EXPECT_EQ(names(catalog).size(), 2u);
    fs::rename(run.store.runFolder(foreign), other.path() / "away");
    EXPECT_THAT(catalog.sync().vanished, ElementsAre(foreign));
    const std::string copy = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    fs::copy(run.folder, run.store.runFolder(copy), fs::copy_options::recursive);
    fs::create_directory_symlink(run.folder, run.store.runsFolder() / "7YYYYYYYYYYYYYYYYYYYYYYYYY");
    fs::create_directory(run.store.runsFolder() / "not a run");
    catalog.sync();
    const auto row = catalog.find(copy);
    ASSERT_TRUE(row);
    EXPECT_TRUE(row->conflict);
    EXPECT_FALSE(catalog.find(run.ulid)->conflict);
    EXPECT_EQ(rows(catalog).size(), 2u) << "links and odd names are no runs";
}

TEST(CatalogTest, FiltersSortsAndPages) {
    const TemporaryFolder temporary;
    const Store store(temporary.path());
    std::vector<std::string> ulids;
    for (int i = 0; i < 6; ++i) {
        NewRun run = newRun();
        run.name = "run " + std::to_string(i);
        run.tags = {i % 2 == 0 ? "even" : "odd"};
        run.configJson = R"({"moe":{"top_k":)" + std::to_string(i % 3) + "}}";
        ulids.push_back(store.newRun(run));
    }
    Catalog catalog(store);
    catalog.sync();
    ListQuery query;
    query.where = "tag:even k>0";
    query.sort = "name";
    EXPECT_THAT(names(catalog, query), ElementsAre("run 2", "run 4"));
    query.where.clear();
    query.sort = "-k";
    EXPECT_THAT(names(catalog, query), ElementsAre("run 5", "run 2", "run 4", "run 1", "run 3", "run 0"));
    query.offset = 2;
    query.limit = 2;
    EXPECT_THAT(names(catalog, query), ElementsAre("run 4", "run 1"));
    query.sort = "val_loss";
    EXPECT_EQ(names(catalog, query).size(), 2u) << "runs without the value are last, not lost";
    query.sort = "colour of the sky";
    EXPECT_EQ(std::get<base::Problems>(catalog.list(query)).at(0).key, "sort");
    query.where = "k=";
    EXPECT_EQ(std::get<base::Problems>(catalog.list(query)).at(0).key, "where");
}

TEST(CatalogTest, AStoreNobodyMayWriteIsListedAndNotChanged) {
    const TestRun run;
    const ChildEnd end = asReader(run.temporary.path(), [&](const auto&) {
        Catalog catalog(run.store);
        if (!catalog.readOnly()) return 1;
        catalog.sync();
        if (std::get<std::vector<RunRow>>(catalog.list()).size() != 1) return 2;
        if (errorOf([&] { catalog.star(run.ulid, true); }).substr(0, 1) != "6") return 3;
        if (errorOf([&] { RunLock::acquire(run.folder); }).substr(0, 1) != "6") return 4;
        if (errorOf([&] { run.store.newRun(newRun()); }).substr(0, 1) != "6") return 5;
        return RunReader(run.folder).state().state == RunState::created ? 0 : 6;
    });
    EXPECT_EQ(end.exitCode(), 0);
}

}  // namespace
}  // namespace moescope::storage::testing
