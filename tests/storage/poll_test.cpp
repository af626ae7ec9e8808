// A live reader sees each value once, whatever happens to the log meanwhile.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "storage/run_lock.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Follows a run and keeps everything it is told.
class Follower {
public:
    explicit Follower(const std::filesystem::path& folder) : m_reader(folder) {}

    Update poll() {
        Update update = m_reader.poll(m_cursor);
        if (update.restarted) m_seen.clear();
        for (const SeriesNews& news : update.series)
            for (std::size_t i = 0; i < news.data.size(); ++i) {
                const auto [at, fresh] = m_seen[news.info.name].emplace(news.data.steps[i], news.data.values[i * static_cast<std::size_t>(news.data.width)]);
                EXPECT_TRUE(fresh) << news.info.name << " step " << at->first << " came twice";
            }
        m_cursor = update.cursor;
        return update;
    }
    const std::map<std::int64_t, double>& seen(const std::string& name) { return m_seen[name]; }
    RunReader& reader() { return m_reader; }

private:
    RunReader m_reader;
    Cursor m_cursor;
    std::map<std::string, std::map<std::int64_t, double>> m_seen;
};

TEST(Poll, EachValueComesOnceAcrossCompactions) {
    const TestRun run;
    WriterOptions options;
    options.compactSteps = 50;
    RunWriter writer = run.started(options);
    Follower often(run.folder), seldom(run.folder), filtered(run.folder);
    std::mt19937 random(4);
    std::int64_t step = 0;
    for (int round = 0; round < 120; ++round) {
        for (unsigned i = random() % 9; i > 0; --i) {
            writer.append(smallReport(++step));
            if (step % 10 == 0) writer.append(evaluation(step));
        }
        writer.commit();
        if (random() % 2 == 0) often.poll();
        if (random() % 30 == 0) seldom.poll();
    }
    for (Follower* follower : {&often, &seldom}) {
        follower->poll();
        ASSERT_EQ(static_cast<std::int64_t>(follower->seen("loss").size()), step);
        for (std::int64_t s = 1; s <= step; ++s) ASSERT_EQ(follower->seen("loss").at(s), smallReport(s).loss);
        ASSERT_EQ(static_cast<std::int64_t>(follower->seen("val_loss").size()), step / 10);
        ASSERT_EQ(follower->seen("val_loss").at(10), evaluation(10).loss);
        EXPECT_EQ(static_cast<std::int64_t>(follower->seen("load").size()), step);
    }
}

TEST(Poll, NothingNewCostsNothingAndNewsComeByKind) {
    const TestRun run;
    RunWriter writer = run.started();
    Follower follower(run.folder);
    EXPECT_TRUE(follower.poll().summary);
    Update update = follower.poll();
    EXPECT_TRUE(update.empty());
    EXPECT_FALSE(update.summary);
    writer.append(telemetry::Event{0, telemetry::Severity::info, "x", "y", "{}"});
    writer.append(probeSnapshot(0));
    writer.append(generatedSample(0));
    writer.addCheckpoint({4, "step-000000004", "full", false, 1, 2, std::string(32, 'b'), "good"});
    writer.commit();
    update = follower.poll();
    EXPECT_EQ(update.events.size(), 1u);
    EXPECT_THAT(update.probes, ElementsAre(0));
    EXPECT_EQ(update.samples.size(), 1u);
    ASSERT_TRUE(update.checkpoints);
    EXPECT_EQ(update.checkpoints->size(), 1u);
    EXPECT_THAT(update.series, IsEmpty());
    writer.removeCheckpoint(4);
    writer.commit();
    update = follower.poll();
    ASSERT_TRUE(update.checkpoints);
    EXPECT_THAT(*update.checkpoints, IsEmpty());
    EXPECT_THAT(update.events, IsEmpty());
}

TEST(Poll, AFilterLeavesOutSeriesButNotTheirPlace) {
    const TestRun run;
    RunWriter writer = run.started();
    for (std::int64_t step = 1; step <= 5; ++step) writer.append(smallReport(step));
    writer.commit();
    RunReader reader(run.folder);
    const std::vector<std::string> names = {"loss"};
    Update update = reader.poll({}, names);
    ASSERT_EQ(update.series.size(), 1u);
    EXPECT_EQ(update.cursor.reportStep, 5);
    writer.compact();
    writer.append(smallReport(6));
    writer.commit();
    update = reader.poll(update.cursor, names);
    ASSERT_EQ(update.series.size(), 1u);
    EXPECT_THAT(update.series[0].data.steps, ElementsAre(6));
}

TEST(Poll, NowStandsAfterEverything) {
    const TestRun run;
    RunWriter writer = run.started();
    for (std::int64_t step = 1; step <= 5; ++step) writer.append(smallReport(step));
    writer.commit();
    RunReader reader(run.folder);
    const Cursor now = reader.now();
    EXPECT_TRUE(reader.poll(now).empty());
    writer.append(smallReport(6));
    writer.commit();
    for (const SeriesNews& news : reader.poll(now).series) EXPECT_THAT(news.data.steps, ElementsAre(6));
}

TEST(Poll, ARunIsRunningWhileItsLockIsHeldAndInterruptedAfter) {
    const TestRun run;
    RunReader reader(run.folder);
    EXPECT_EQ(reader.state().state, RunState::created);
    {
        RunWriter writer(RunLock::acquire(run.folder, "/tmp/some.sock"));
        writer.startAttempt(0);
        const StateInfo live = reader.poll({}).state;
        EXPECT_EQ(live.state, RunState::running);
        EXPECT_EQ(live.pid, ::getpid());
        EXPECT_EQ(live.socketPath, "/tmp/some.sock");
    }
    EXPECT_EQ(reader.state().state, RunState::interrupted);
    EXPECT_FALSE(reader.state().lockHeld);
}

TEST(Poll, AResumeAtAnEarlierStepStartsTheReaderOver) {
    const TestRun run;
    {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 100; ++step) writer.append(smallReport(step));
        writer.append(evaluation(60));
        writer.append(evaluation(100));
        writer.append(probeSnapshot(50));
        writer.append(probeSnapshot(100));
        writer.append(telemetry::Event{90, telemetry::Severity::change, "command.set", "set", "{}"});
        writer.commit();
    }
    Follower follower(run.folder);
    follower.poll();
    RunWriter writer = run.writer();
    EXPECT_EQ(writer.state(), RunState::running) << "as stored by the one that was killed";
    writer.startAttempt(60);
    const Update update = follower.poll();
    EXPECT_TRUE(update.restarted);
    EXPECT_EQ(follower.seen("loss").size(), 60u);
    EXPECT_EQ(follower.seen("val_loss").size(), 1u);
    EXPECT_THAT(follower.reader().probes(), ElementsAre(50));
    EXPECT_EQ(follower.reader().summary().step, 60);
    EXPECT_EQ(follower.reader().summary().loss, smallReport(60).loss);
    EXPECT_EQ(follower.reader().summary().valLoss, evaluation(60).loss);
    const auto attempts = follower.reader().attempts();
    ASSERT_EQ(attempts.size(), 2u);
    EXPECT_EQ(attempts[0].endReason, "interrupted");
    EXPECT_EQ(attempts[0].endStep, 100);
    EXPECT_EQ(attempts[1].startStep, 60);
    ASSERT_EQ(follower.reader().events().size(), 1u);
    EXPECT_TRUE(follower.reader().events()[0].superseded);
    for (std::int64_t step = 61; step <= 120; ++step) writer.append(smallReport(step));
    writer.commit();
    follower.poll();
    ASSERT_EQ(follower.seen("loss").size(), 120u);
    for (std::int64_t s = 1; s <= 120; ++s) ASSERT_EQ(follower.seen("loss").at(s), smallReport(s).loss);
}

TEST(Poll, WhatAResumeRecomputesToTheSameBitsIsNoLongerSuperseded) {
    const TestRun run;
    {
        RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 100; ++step) writer.append(smallReport(step));
        writer.append(evaluation(100));
        writer.commit();
    }
    RunWriter writer = run.writer();
    writer.startAttempt(60);
    RunReader reader(run.folder);
    const auto names = [&] {
        std::vector<std::string> all;
        for (const SeriesNews& news : reader.superseded()) all.push_back(news.info.name);
        return all;
    };
    EXPECT_THAT(names(), ElementsAre("tokens", "flops", "loss", "load", "val_loss", "bits_per_byte", "domain_loss"));
    for (std::int64_t step = 61; step <= 100; ++step) {
        telemetry::StepTelemetry t = smallReport(step);
        if (step == 80) t.loss += 1e-12;
        writer.append(t);
    }
    writer.append(evaluation(100));
    writer.compact();
    EXPECT_THAT(names(), ElementsAre("loss"));
    const SeriesData old = reader.superseded()[0].data;
    EXPECT_EQ(old.size(), 40u);
    EXPECT_EQ(old.values[19], smallReport(80).loss);
}

TEST(Poll, AnUninterruptedAndAResumedRunHaveTheSameOverviews) {
    const TestRun whole, resumed;
    {
        RunWriter writer = whole.started();
        for (std::int64_t step = 1; step <= 5'000; ++step) writer.append(smallReport(step));
        writer.compact();
    }
    {
        RunWriter writer = resumed.started();
        for (std::int64_t step = 1; step <= 3'333; ++step) writer.append(smallReport(step));
        writer.compact();
    }
    {
        RunWriter writer = resumed.writer();
        writer.startAttempt(1'111);
        for (std::int64_t step = 1'112; step <= 5'000; ++step) writer.append(smallReport(step));
        writer.compact();
    }
    RunReader a(whole.folder), b(resumed.folder);
    for (const char* name : {"loss", "load", "tokens"}) {
        const SeriesData x = a.series(name, {-1, 100}), y = b.series(name, {-1, 100});
        EXPECT_EQ(x.steps, y.steps);
        EXPECT_EQ(x.minimum, y.minimum);
        EXPECT_EQ(x.maximum, y.maximum);
        EXPECT_EQ(x.mean, y.mean);
    }
}

}  // namespace
}  // namespace moescope::storage::testing
