// Planes in run.db: written and read back, thinned within their budget, and absent where a file is older than they are.
#include <gtest/gtest.h>

#include "storage/database.hpp"
#include "storage/run_tables.hpp"
#include "storage/schema.hpp"
#include "storage/verify.hpp"
#include "tests/storage/support.hpp"

namespace moescope::storage::testing {
namespace {

telemetry::PlaneSnapshot planeOf(std::int64_t step, int side = 8) {
    telemetry::PlaneSnapshot p;
    p.step = step;
    p.columns = p.rows = side;
    p.experts = 3;
    p.outputs = 2;
    p.points = 5;
    p.classes = true;
    p.left = p.bottom = -1.1F;
    p.right = p.top = 1.1F;
    const auto fill = [&](std::vector<float>& values, int count) {
        for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(std::sin(0.37 * i + static_cast<double>(step) + count)));
    };
    fill(p.probabilities, side * side * 3);
    fill(p.weights, side * side * 3);
    fill(p.output, side * side * 2);
    fill(p.expertOutputs, side * side * 6);
    for (auto* values : {&p.x, &p.y, &p.targets, &p.losses}) fill(*values, 5);
    p.domains = {0, 1, 2, 1, 0};
    return p;
}

TEST(Planes, ComeBackAsTheyWere) {
    const TestRun run;
    {
        RunWriter writer = run.started();
        for (const std::int64_t step : {0, 10, 20}) writer.append(planeOf(step));
        writer.commit();
        writer.close();
    }
    RunReader reader(run.folder);
    EXPECT_EQ(reader.plane(10), planeOf(10));
    EXPECT_EQ(reader.plane(19), planeOf(10)) << "the newest at or before";
    EXPECT_EQ(reader.plane(1000), planeOf(20));
    EXPECT_FALSE(reader.plane(-1));
    VerifyOptions deep;
    deep.deep = true;
    EXPECT_TRUE(verifyRun(run.folder, deep).empty());
}

TEST(Planes, OfARunWithoutThemAreNone) {
    const TestRun run;
    run.started().close();
    EXPECT_FALSE(RunReader(run.folder).plane(100));
}

TEST(Planes, ThinOutWithinTheirBudgetAndKeepTheFirstAndTheNewest) {
    const TestRun run;
    WriterOptions options;
    options.planeBytes = 60000;
    RunWriter writer = run.started(options);
    for (std::int64_t step = 0; step < 40; ++step) {
        writer.append(planeOf(step, 16));
        writer.commit();
        EXPECT_EQ(RunReader(run.folder).plane(step)->step, step) << "the newest is there";
    }
    writer.close();
    const Connection file = openForReading(run.folder / "run.db", runSchema());
    Statements statements(*file);
    const auto steps = readPlaneSteps(statements);
    EXPECT_EQ(steps.front(), 0);
    EXPECT_EQ(steps.back(), 39);
    EXPECT_GT(steps.size(), 4u);
    EXPECT_LT(steps.size(), 30u);
    EXPECT_LE(firstNumber(statements, "SELECT sum(length(data)) FROM plane"), 60000);
}

TEST(Planes, LaterThanAResumeAreForgotten) {
    const TestRun run;
    {
        RunWriter writer = run.started();
        for (const std::int64_t step : {0, 10, 20}) writer.append(planeOf(step));
        writer.commit();
        writer.close();
    }
    RunWriter again = run.writer();
    again.startAttempt(10);
    again.close();
    EXPECT_EQ(RunReader(run.folder).plane(1000)->step, 10);
}

// A file as schema 1 made it.
void makeOld(const std::filesystem::path& folder) {
    const Connection c = openForWriting(folder / "run.db", runSchema(), false);
    c->exec("DROP TABLE plane; PRAGMA user_version=1");
}

TEST(Planes, AreMissingWithoutHarmInAFileOfTheFirstSchema) {
    const TestRun run;
    run.started().close();
    makeOld(run.folder);
    RunReader reader(run.folder);
    EXPECT_EQ(reader.meta().ulid, run.ulid);
    EXPECT_FALSE(reader.plane(0));
    VerifyOptions deep;
    deep.deep = true;
    EXPECT_TRUE(verifyRun(run.folder, deep).empty());
}

TEST(Planes, CanBeWrittenIntoAMigratedFile) {
    const TestRun run;
    run.started().close();
    makeOld(run.folder);
    {
        RunWriter writer = run.writer();
        writer.startAttempt(0);
        writer.append(planeOf(3));
        writer.commit();
        writer.close();
    }
    EXPECT_EQ(RunReader(run.folder).plane(3), planeOf(3));
    EXPECT_TRUE(std::filesystem::exists(run.folder / "run.db.v1.backup"));
    const Connection migrated = openForReading(run.folder / "run.db", runSchema());
    EXPECT_EQ(pragmaNumber(*migrated, "user_version"), 2);
}

// The migration's table is that of the schema's text.
TEST(Planes, HaveOneDefinitionHoweverTheFileCameToThem) {
    const TestRun fresh, old;
    makeOld(old.folder);
    openForWriting(old.folder / "run.db", runSchema(), false);
    const auto columns = [](const TestRun& run) {
        const Connection c = openForReading(run.folder / "run.db", runSchema());
        std::string all;
        SQLite::Statement query(*c, "SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || pk FROM pragma_table_info('plane')");
        while (query.executeStep()) all += query.getColumn(0).getString() + "\n";
        return all;
    };
    EXPECT_EQ(columns(fresh), columns(old));
    EXPECT_NE(columns(fresh), "");
}

}  // namespace
}  // namespace moescope::storage::testing
