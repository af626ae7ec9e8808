// Killed, failing and full: nothing acknowledged is lost, nothing is stored twice.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/fault.hpp"
#include "process.hpp"
#include "storage/run_lock.hpp"
#include "storage/store_sink.hpp"
#include "storage/verify.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

namespace fault = base::fault;

struct FaultTest : ::testing::Test {
    ~FaultTest() override { fault::configure(""); }
};

std::vector<Finding> deepVerify(const std::filesystem::path& folder) {
    VerifyOptions options;
    options.deep = true;
    return verifyRun(folder, options);
}

void expectWhole(const TestRun& run, std::int64_t atLeast) {
    for (const Finding& finding : deepVerify(run.folder)) ADD_FAILURE() << finding.where << ": " << finding.text;
    RunReader reader(run.folder);
    if (atLeast == 0) return;
    const SeriesData loss = reader.series("loss", {-1, 0});
    ASSERT_GE(static_cast<std::int64_t>(loss.size()), atLeast);
    for (std::size_t i = 0; i < loss.size(); ++i) {
        ASSERT_EQ(loss.steps[i], static_cast<std::int64_t>(i) + 1);
        ASSERT_EQ(loss.values[i], smallReport(loss.steps[i]).loss);
    }
}

TEST_F(FaultTest, AKillAtAnySiteLosesNothingAcknowledged) {
    for (const std::string site : {"db.begin", "db.commit", "db.ckpt"})
        for (const int nth : {1, 2, 3, 5, 9, 14, 23}) {
            if (site == "db.ckpt" && nth > 5) continue;   // checkpoints are rarer than commits
            const TestRun run;
            const ChildEnd end = inChild([&](const auto& say) {
                fault::configure(site + ":" + std::to_string(nth) + ":kill");
                WriterOptions options;
                options.compactSteps = 40;
                options.passiveBytes = 20'000;
                RunWriter writer = run.started(options);
                for (std::int64_t step = 1; step <= 200; ++step) {
                    writer.append(smallReport(step));
                    if (step % 10 != 0) continue;
                    writer.commit();
                    say(step);
                }
                writer.setState(RunState::finished);
                writer.close();
                return 0;
            });
            SCOPED_TRACE(site + " " + std::to_string(nth));
            EXPECT_TRUE(end.killed()) << "exit code " << end.exitCode();
            expectWhole(run, end.said.empty() ? 0 : end.said.back());
            RunReader reader(run.folder);
            const bool complete = reader.findSeries("loss") && reader.series("loss", {-1, 0}).size() == 200;
            const RunState wanted = reader.attempts().empty() ? RunState::created : RunState::interrupted;
            EXPECT_TRUE(reader.state().state == wanted || (complete && reader.state().state == RunState::finished)) << toText(reader.state().state);
            const std::int64_t resumeAt = end.said.empty() ? 0 : end.said.front();
            RunWriter writer = run.writer();
            writer.startAttempt(resumeAt);
            writer.setFacts(facts());
            for (std::int64_t step = resumeAt + 1; step <= 200; ++step) writer.append(smallReport(step));
            writer.setState(RunState::finished);
            writer.close();
            expectWhole(run, 200);
        }
}

TEST_F(FaultTest, AFailedCommitKeepsItsValuesAndStoresThemOnce) {
    for (const std::string what : {"db.begin", "db.commit"})
        for (const std::string action : {"eio", "enospc", "throw"}) {
            const TestRun run;
            RunWriter writer = run.started();
            writer.append(smallReport(1));
            writer.append(telemetry::Event{1, telemetry::Severity::info, "a", "b", "{}"});
            fault::configure(what + ":1:" + action);
            EXPECT_EQ(errorOf([&] { writer.commit(); }), action == "eio" ? "6 io.failed" : action == "enospc" ? "6 disk.full" : "6 fault.injected");
            EXPECT_TRUE(writer.pending());
            writer.append(smallReport(2));
            writer.append(telemetry::Event{2, telemetry::Severity::info, "c", "d", "{}"});
            writer.reopen();
            writer.commit();
            RunReader reader(run.folder);
            EXPECT_EQ(reader.events().size(), 2u);
            expectWhole(run, 2);
        }
}

TEST_F(FaultTest, AFailedCompactionLosesNothing) {
    const TestRun run;
    RunWriter writer = run.started();
    for (std::int64_t step = 1; step <= 30; ++step) writer.append(smallReport(step));
    writer.commit();
    fault::configure("db.commit:1:enospc");
    EXPECT_EQ(errorOf([&] { writer.compact(); }), "6 disk.full");
    expectWhole(run, 30);
    writer.compact();
    expectWhole(run, 30);
}

TEST(Lock, ASecondWriterIsRefusedWithTheNameOfTheHolder) {
    const TestRun run;
    RunWriter writer = run.started();
    try {
        RunLock::acquire(run.folder, "", std::chrono::milliseconds(30));
        FAIL() << "two engines hold one run";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.exit(), base::ExitCode::locked);
        EXPECT_NE(error.line().find(std::to_string(::getpid())), std::string::npos) << error.line();
    }
    const ChildEnd other = inChild([&](const auto&) { return errorOf([&] { RunLock::acquire(run.folder, "", std::chrono::milliseconds(30)); }) == "4 run.locked" ? 0 : 1; });
    EXPECT_EQ(other.exitCode(), 0);
}

TEST(Lock, TheKernelDropsItWithTheProcessAndTheNextOneGetsIt) {
    const TestRun run;
    for (int i = 0; i < 5; ++i) {
        const ChildEnd end = inChild([&](const auto&) {
            const RunLock lock = RunLock::acquire(run.folder, "/tmp/x.sock");
            ::kill(::getpid(), SIGKILL);
            return 0;
        });
        EXPECT_TRUE(end.killed());
        EXPECT_EQ(probeRunning(run.folder), std::nullopt);
    }
    const RunLock lock = RunLock::acquire(run.folder, "/tmp/y.sock");
    const auto holder = probeRunning(run.folder);
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->pid, ::getpid());
    EXPECT_EQ(holder->socketPath, "/tmp/y.sock");
    EXPECT_TRUE(isAlive(*holder));
    Holder reused = *holder;
    ++reused.startTicks;
    EXPECT_FALSE(isAlive(reused)) << "a later process of the same number";
}

TEST(Lock, GarbageInTheLockFileIsNoHolder) {
    const TestRun run;
    for (const std::string text : {"", "{", "[1,2]", "{\"pid\":\"x\",\"socket\":7}"}) {
        spill(run.folder / "run.lock", text);
        EXPECT_EQ(probeRunning(run.folder), std::nullopt);
    }
}

TEST(Sink, EverythingArrivesInOrderAndIsAcknowledgedAfterCommit) {
    const TestRun run;
    std::atomic<std::int64_t> acknowledged = 0;
    {
        SinkOptions options;
        options.commitEvery = std::chrono::milliseconds(2);
        options.onCommit = [&](std::int64_t step) {
            RunReader reader(run.folder);
            EXPECT_GE(static_cast<std::int64_t>(reader.series("loss", {-1, 0}).size()), step);
            acknowledged = step;
        };
        StoreSink sink(run.started(), options);
        for (std::int64_t step = 1; step <= 500; ++step) sink.report(smallReport(step));
        sink.evaluated(evaluation(500));
        sink.event({500, telemetry::Severity::info, "a", "b", "{}"});
        sink.probe(probeSnapshot(500));
        sink.sample(generatedSample(500));
        sink.flush();
        EXPECT_EQ(acknowledged, 500);
        EXPECT_EQ(sink.committedStep(), 500);
        EXPECT_EQ(sink.queuedBytes(), 0);
        sink.transact([](RunWriter& writer) { writer.setState(RunState::finished, "end"); });
        EXPECT_EQ(errorOf([&] { sink.transact([](RunWriter& writer) { writer.markCheckpoint(3, "bad"); }); }), "2 checkpoint.unknown");
        EXPECT_EQ(sink.health(), SinkHealth::good) << "a wrong request is the asker's mistake";
        sink.close();
        EXPECT_EQ(errorOf([&] { sink.report(smallReport(501)); }), "6 store.closed");
    }
    EXPECT_EQ(probeRunning(run.folder), std::nullopt);
    RunReader reader(run.folder);
    EXPECT_EQ(reader.state().state, RunState::finished);
    EXPECT_EQ(reader.samples().size(), 1u);
    EXPECT_FALSE(std::filesystem::exists(run.folder / "run.db-wal")) << "a run that ended is one file";
    expectWhole(run, 500);
}

TEST(Sink, AFullQueueMakesTheTrainerWaitAndCountsIt) {
    const TestRun run;
    SinkOptions options;
    options.commitEvery = std::chrono::milliseconds(1);
    options.queueBytes = 20'000;
    StoreSink sink(run.started(), options);
    for (std::int64_t step = 1; step <= 2'000; ++step) {
        sink.report(smallReport(step));
        ASSERT_LE(sink.queuedBytes(), 20'000);
    }
    EXPECT_GT(sink.waitedSeconds(), 0);
    sink.close();
    expectWhole(run, 2'000);
}

// Waits for a state that another thread brings about.
class Signal {
public:
    void set(SinkHealth health) {
        const std::lock_guard guard(m_mutex);
        m_seen.push_back(health);
        m_changed.notify_all();
    }
    bool waitFor(std::size_t count) {
        std::unique_lock guard(m_mutex);
        return m_changed.wait_for(guard, std::chrono::seconds(20), [&] { return m_seen.size() >= count; });
    }
    std::vector<SinkHealth> seen() {
        const std::lock_guard guard(m_mutex);
        return m_seen;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<SinkHealth> m_seen;
};

TEST_F(FaultTest, AFullDiskIsToldTheBallastGoesAndNothingIsLost) {
    const TestRun run;
    ASSERT_TRUE(run.store.makeBallast(1 << 16));
    EXPECT_EQ(std::filesystem::file_size(run.store.ballastFile()), 1u << 16);
    Signal signal;
    SinkOptions options;
    options.commitEvery = std::chrono::milliseconds(1);
    options.retryEvery = std::chrono::milliseconds(2);
    options.onHealth = [&](SinkHealth health, const std::string&) { signal.set(health); };
    options.onDiskFull = [&] { run.store.releaseBallast(); };
    StoreSink sink(run.started(), options);
    sink.report(smallReport(1));
    sink.flush();
    fault::configure("db.commit:*:enospc");
    sink.report(smallReport(2));
    ASSERT_TRUE(signal.waitFor(1));
    EXPECT_EQ(sink.health(), SinkHealth::retrying);
    sink.report(smallReport(3));
    EXPECT_EQ(sink.committedStep(), 1);
    EXPECT_FALSE(std::filesystem::exists(run.store.ballastFile()));
    fault::configure("");
    ASSERT_TRUE(signal.waitFor(2));
    sink.flush();
    EXPECT_EQ(sink.committedStep(), 3);
    EXPECT_THAT(signal.seen(), ::testing::ElementsAre(SinkHealth::retrying, SinkHealth::good));
    sink.close();
    expectWhole(run, 3);
}

TEST_F(FaultTest, AFailingDiskIsRetriedOnANewDescriptor) {
    const TestRun run;
    Signal signal;
    SinkOptions options;
    options.commitEvery = std::chrono::milliseconds(1);
    options.retryEvery = std::chrono::milliseconds(2);
    options.onHealth = [&](SinkHealth health, const std::string&) { signal.set(health); };
    StoreSink sink(run.started(), options);
    fault::configure("db.commit:1:eio");
    sink.report(smallReport(1));
    ASSERT_TRUE(signal.waitFor(2));
    sink.flush();
    sink.close();
    expectWhole(run, 1);
}

TEST_F(FaultTest, GivingUpOnAFullDiskEndsTheWaitingWithTheReason) {
    const TestRun run;
    Signal signal;
    SinkOptions options;
    options.commitEvery = std::chrono::milliseconds(1);
    options.onHealth = [&](SinkHealth health, const std::string&) { signal.set(health); };
    StoreSink sink(run.started(), options);
    fault::configure("db.commit:*:enospc");
    sink.report(smallReport(1));
    ASSERT_TRUE(signal.waitFor(1));
    sink.giveUp();
    EXPECT_EQ(errorOf([&] { sink.flush(); }), "6 disk.full");
    EXPECT_EQ(sink.health(), SinkHealth::failed);
}

TEST(Sink, AMistakeOfTheTrainerIsToldToTheTrainer) {
    const TestRun run;
    SinkOptions options;
    options.commitEvery = std::chrono::milliseconds(1);
    StoreSink sink(run.started(), options);
    sink.report(smallReport(5));
    sink.report(smallReport(4));
    EXPECT_EQ(errorOf([&] { sink.flush(); }), "5 store.order");
    EXPECT_EQ(sink.health(), SinkHealth::failed);
    EXPECT_EQ(errorOf([&] { sink.report(smallReport(6)); }), "5 store.order");
}

}  // namespace
}  // namespace moescope::storage::testing
