// How long people wait: prints the time of a list of 200 runs, of a filter over 1,000, of 50 curves over each other, and the longest
// that the interface thread did nothing else. Checks what is shown, not how fast.
#include <QElapsedTimer>
#include <QTimer>

#include <algorithm>
#include <cstdio>

#include "tests/ui/shell_support.hpp"
#include "core/config/config_json.hpp"
#include "ui/compare_facets.hpp"
#include "ui/compare_page.hpp"
#include "ui/runs_table.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

constexpr int kRuns = 200, kCurves = 50;

QStringList fill(FakeStore& store) {
    QStringList ulids;
    for (int i = 0; i < kRuns; ++i) {
        FakeRun run;
        run.name = "run " + std::to_string(i);
        run.config = fakeConfig(8, 2, 2);
        run.steps = i < kCurves ? 400 : 4;
        run.offset = 0.01 * i;
        run.events = run.samples = false;
        ulids << QString::fromStdString(store.add(run));
    }
    return ulids;
}

TEST(Speed, AListOfTwoHundredRunsAndFiftyCurvesAreShown) {
    FakeStore store;
    const QStringList ulids = fill(store);
    (void)store.store();
    {
        Shell warm(store);  // the catalogue reads the run folders once
    }
    QElapsedTimer clock;
    clock.start();
    RunLibrary library(QString::fromStdString(store.folder().string()));
    ASSERT_TRUE(waitFor([&] { return library.loaded(); }));
    const auto list = clock.elapsed();
    EXPECT_EQ(library.runs()->size(), static_cast<std::size_t>(kRuns));

    Shell shell(store);
    clock.restart();
    shell.window().compareRuns(ulids.mid(0, kCurves));
    ASSERT_TRUE(waitFor([&] { return shell.window().comparePage().complete(); }));
    shell.window().grab();
    const auto overlay = clock.elapsed();
    EXPECT_EQ(shell.window().comparePage().runs().size(), kCurves);
    std::printf("list of %d runs: %lld ms; %d curves over each other, drawn: %lld ms\n", kRuns, static_cast<long long>(list), kCurves, static_cast<long long>(overlay));
}

/// The longest time between two turns of the event loop.
class StallWatch {
public:
    StallWatch() {
        m_clock.start();
        QObject::connect(&m_timer, &QTimer::timeout, [this] { m_longest = std::max(m_longest, m_clock.restart()); });
        m_timer.start(0);
    }
    qint64 longest() const { return m_longest; }

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_longest = 0;
};

TEST(Speed, AThousandRunsAreFilteredAndSorted) {
    std::vector<storage::RunRow> rows(1000);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        config::RunConfig config = fakeConfig(8, 1 + static_cast<std::int64_t>(i % 2));
        config.training.seed = static_cast<std::int64_t>(i);
        rows[i].ulid = "run" + std::to_string(i);
        rows[i].name = "sweep " + std::to_string(i);
        rows[i].valLoss = 1 + 0.001 * static_cast<double>((i * 37) % 1000);
        rows[i].configJson = config::toJson(config, -1);
        rows[i].tags = {i % 8 == 0 ? "g8" : "other"};
    }
    RunsTableModel model;
    model.setColumns({"name", "val_loss", "moe.top_k"});
    QElapsedTimer clock;
    clock.start();
    model.setRows(std::make_shared<const std::vector<storage::RunRow>>(std::move(rows)));
    const double listed = static_cast<double>(clock.nsecsElapsed()) / 1e6;
    clock.restart();
    ASSERT_FALSE(model.setFilter(QStringLiteral("k=1 and val_loss<1.5 tag:g8"), 0));
    const double first = static_cast<double>(clock.nsecsElapsed()) / 1e6;   // reads each run's settings once
    clock.restart();
    ASSERT_FALSE(model.setFilter(QStringLiteral("k=1 and val_loss<1.4 tag:g8 sweep"), 0));
    model.sort(1, Qt::DescendingOrder);
    const double again = static_cast<double>(clock.nsecsElapsed()) / 1e6;
    EXPECT_GT(model.rowCount(), 10);
    EXPECT_LT(model.run(0)->valLoss, 1.4);
    std::printf("1,000 runs: listed in %.1f ms, first filter %.1f ms, another filter and a sort %.1f ms\n", listed, first, again);
}

TEST(Speed, FiftyRunsInTenGroupsOfSeedsDoNotHoldUpTheWindow) {
    FakeStore store;
    QStringList ulids;
    for (int i = 0; i < kCurves; ++i) {
        FakeRun run;
        run.name = "run " + std::to_string(i);
        run.config = fakeConfig(4 + i / 5, 2, 1);
        run.config.training.seed = run.config.data.seed = i % 5;
        run.steps = 1000;
        run.evalEvery = 10;
        run.offset = 0.01 * i;
        run.events = run.samples = false;
        ulids << QString::fromStdString(store.add(run));
    }
    Shell shell(store);
    shell.settle();
    StallWatch watch;
    QElapsedTimer clock;
    clock.start();
    shell.window().compareRuns(ulids);
    ASSERT_TRUE(waitFor([&] { return shell.window().comparePage().complete(); }));
    const auto took = clock.elapsed();
    EXPECT_EQ(shell.window().comparePage().panel().lanes().front().curves.size(), 10U);
    std::printf("50 runs in 10 groups of 5 seeds, with bands and verdict: %lld ms, the interface held up for at most %lld ms\n", static_cast<long long>(took), static_cast<long long>(watch.longest()));
}

}  // namespace
}  // namespace moescope::ui
