// How long people wait: prints the time of a list of 200 runs and of 50 curves over each other. Checks what is shown, not how fast.
#include <QElapsedTimer>

#include <cstdio>

#include "tests/ui/shell_support.hpp"
#include "ui/compare_page.hpp"

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

}  // namespace
}  // namespace moescope::ui
