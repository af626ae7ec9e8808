// How long a list of runs takes: printed, not judged, because machines differ.
#include <cstdio>

#include "core/base/clock.hpp"
#include "core/base/ulid.hpp"
#include "storage/catalog.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

namespace fs = std::filesystem;

template <class Work> std::int64_t microseconds(Work&& work) {
    const std::int64_t start = base::monotonicNanoseconds();
    work();
    return (base::monotonicNanoseconds() - start) / 1000;
}

TEST(ListTime, OfTwoHundredRuns) {
    const TestRun run;
    {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 600; ++step) writer.append(smallReport(step));
        for (std::int64_t step = 50; step <= 600; step += 50) writer.append(evaluation(step));
        writer.setState(RunState::finished);
        writer.close();
    }
    std::string ulid = run.ulid;
    for (int i = 1; i < 200; ++i) {
        ulid = base::makeUlid(ulid);
        fs::copy(run.folder, run.store.runFolder(ulid));
    }
    const auto print = [](const char* what, std::int64_t us) { std::printf("[ MEASURED ] 200 runs, %s: %lld us\n", what, static_cast<long long>(us)); };
    Catalog catalog(run.store);
    print("first sync, reading every run", microseconds([&] { EXPECT_EQ(catalog.sync().appeared.size(), 200u); }));
    print("sync, nothing changed", microseconds([&] { EXPECT_FALSE(catalog.sync().changed); }));
    ListQuery query;
    query.where = "k=2 and val_loss<1.9 since:7d balance.scope=sequence";
    query.sort = "val_loss";
    print("list, filtered and sorted", microseconds([&] { EXPECT_EQ(std::get<std::vector<RunRow>>(catalog.list(query)).size(), 200u); }));
    print("opening the catalog again", microseconds([&] { EXPECT_FALSE(Catalog(run.store).sync().changed); }));
}

TEST(ListTime, OfAStepThatIsStoredAndSeen) {
    const TestRun run;
    const std::int64_t steps = 20'000, perCommit = 100;
    {
        RunWriter writer = run.started();
        const std::int64_t us = microseconds([&] {
            for (std::int64_t step = 1; step <= steps; ++step) {
                writer.append(smallReport(step));
                if (step % perCommit == 0) writer.commit();
            }
        });
        std::printf("[ MEASURED ] stored: %lld us per commit of %lld steps, compaction counted in\n", static_cast<long long>(us * perCommit / steps), static_cast<long long>(perCommit));
        RunReader reader(run.folder);
        const Cursor now = reader.now();
        std::printf("[ MEASURED ] poll, nothing new: %lld us\n", static_cast<long long>(microseconds([&] { EXPECT_TRUE(reader.poll(now).empty()); })));
        writer.append(smallReport(steps + 1));
        writer.commit();
        std::printf("[ MEASURED ] poll, one step: %lld us\n", static_cast<long long>(microseconds([&] { EXPECT_FALSE(reader.poll(now).empty()); })));
        std::printf("[ MEASURED ] overview of %lld steps: %lld us\n", static_cast<long long>(steps), static_cast<long long>(microseconds([&] { EXPECT_GT(reader.series("loss", {-1, 1000}).size(), 100u); })));
    }
}

}  // namespace
}  // namespace moescope::storage::testing
