// The queue: order, places, what fails, what an earlier window left, and its pane; engines are scripts that answer as told.
#include <gtest/gtest.h>

#include <QFile>
#include <QListView>
#include <QMenu>
#include <QToolButton>
#include <QtTest>

#include <csignal>

#include "core/config/config_json.hpp"
#include "tests/ui/fake_store.hpp"
#include "tests/ui/shell_support.hpp"
#include "storage/run_reader.hpp"
#include "ui/engine_link.hpp"
#include "ui/finished_runs.hpp"
#include "ui/queue_dock.hpp"
#include "ui/run_library.hpp"
#include "ui/run_queue.hpp"
#include "ui/standing_commands.hpp"

namespace moescope::ui {
namespace {

using namespace testing;
using storage::QueueState;

/// An engine that writes its arguments down and refuses every run, until it is told to behave otherwise.
class RunQueueTest : public ::testing::Test {
protected:
    void SetUp() override {
        program = QString::fromStdString(store.folder().string()) + QStringLiteral("-engine.sh");
        behave("echo '{\"problems\":[{\"key\":\"x\",\"text\":\"Not today.\"}]}'; exit 2");
        qputenv("MOESCOPE_ENGINE", program.toUtf8());
        open();
    }
    void TearDown() override {
        close();
        qunsetenv("MOESCOPE_ENGINE");
    }
    void behave(const QByteArray& then) {
        QFile file(program);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write("#!/bin/sh\ncat >/dev/null\necho \"$@\" >>'" + program.toUtf8() + ".log'\n" + then + "\n");
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    /// Names of the runs that engines were started for, in order.
    QStringList started() const {
        QFile log(program + QStringLiteral(".log"));
        QStringList names;
        if (!log.open(QIODevice::ReadOnly)) return names;
        for (const QByteArray& line : log.readAll().split('\n')) {
            const QStringList words = QString::fromUtf8(line).split(QLatin1Char(' '));
            const auto at = words.indexOf(QStringLiteral("--name"));
            if (at >= 0) names << words.value(at + 1);
            else if (words.contains(QStringLiteral("resume"))) names << QStringLiteral("resume");
        }
        return names;
    }
    void open() {
        library = std::make_unique<RunLibrary>(QString::fromStdString(store.folder().string()));
        link = std::make_unique<EngineLink>(library->storeFolder());
        queue = std::make_unique<RunQueue>(*library, *link);
        QObject::connect(queue.get(), &RunQueue::studyFinished, queue.get(), [this](const storage::QueueStudy& study, const QStringList& ulids) {
            told.push_back(study.title + " " + study.axis + " " + study.groupBy);
            compared = ulids;
        });
        ASSERT_TRUE(waitFor([this] { return library->loaded(); }));
    }
    void close() {
        queue.reset();
        link.reset();
        library.reset();
    }
    static QueueOrder order(const std::string& name, int seeds) {
        QueueOrder made;
        made.title = QString::fromStdString(name);
        for (int seed = 0; seed < seeds; ++seed) {
            config::RunConfig config = config::withSeed(fakeConfig(), seed);
            made.runs.push_back({name + "-s" + std::to_string(seed), name, {}, seed, config});
        }
        return made;
    }
    bool settled() {
        return waitFor([this] { return queue->count(QueueState::running) == 0; });
    }
    QString namesOf(QueueState state) const {
        QStringList names;
        for (const storage::QueueEntry& entry : queue->entries())
            if (entry.state == state) names << QString::fromStdString(entry.name);
        return names.join(QLatin1Char(' '));
    }
    storage::QueueFile onDisk() { return storage::readQueue(store.store()).file; }

    FakeStore store;
    QString program;
    std::unique_ptr<RunLibrary> library;
    std::unique_ptr<EngineLink> link;
    std::unique_ptr<RunQueue> queue;
    std::vector<std::string> told;   ///< studies that have ended
    QStringList compared;
};

TEST_F(RunQueueTest, ARefusedRunSaysWhyAndTheNextOneStarts) {
    EXPECT_EQ(queue->add(order("a", 3)), QString());
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 3; })) << namesOf(QueueState::waiting).toStdString();
    EXPECT_EQ(started(), (QStringList{"a-s0", "a-s1", "a-s2"})) << "one after the other, in the order they were given";
    EXPECT_EQ(queue->entries()[1].reason, "Not today.");
}

TEST_F(RunQueueTest, AFailedRunCanBeTriedAgain) {
    queue->add(order("a", 1));
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 1; }));
    queue->retry(queue->entries()[0].id);
    ASSERT_TRUE(waitFor([this] { return started().size() == 2 && queue->count(QueueState::failed) == 1; }));
}

TEST_F(RunQueueTest, NothingStartsWhileItIsPausedAndTheOrderCanBeChanged) {
    queue->setPaused(true);
    queue->add(order("a", 4));
    const auto id = [&](int at) { return queue->entries()[static_cast<std::size_t>(at)].id; };
    queue->move(id(3), -1'000'000);
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s3 a-s0 a-s1 a-s2"));
    queue->move(id(0), 1);
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s0 a-s3 a-s1 a-s2"));
    queue->remove(id(2));
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s0 a-s3 a-s2"));
    EXPECT_TRUE(started().isEmpty());
    EXPECT_EQ(queue->waitsFor(), QStringLiteral("Paused."));
    queue->setPaused(false);
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 3; }));
    EXPECT_EQ(started(), (QStringList{"a-s0", "a-s3", "a-s2"}));
}

TEST_F(RunQueueTest, OneEngineAtATimeUnlessMoreAreAllowed) {
    behave("echo '{\"event\":\"started\",\"run\":\"'$(printf '%026d' $$)'\"}'; exec sleep 600");
    queue->setAtOnce(1);
    queue->add(order("a", 3));
    ASSERT_TRUE(waitFor([this] { return !queue->entries()[0].run.empty(); }));
    EXPECT_EQ(queue->count(QueueState::running), 1);
    EXPECT_EQ(queue->count(QueueState::waiting), 2);
    queue->setAtOnce(2);
    ASSERT_TRUE(waitFor([this] { return started().size() == 2; }));
    EXPECT_EQ(queue->count(QueueState::waiting), 1);
    for (const storage::QueueEntry& entry : queue->entries())
        if (!entry.run.empty()) ::kill(static_cast<pid_t>(QString::fromStdString(entry.run).toLong()), SIGKILL);
}

TEST_F(RunQueueTest, ItWaitsForARunThatSomebodyStartedByHand) {
    FakeRun other;
    other.name = "by hand";
    other.state = storage::RunState::running;
    const std::string ulid = store.add(other);
    ASSERT_TRUE(waitFor([&] { return library->find(QString::fromStdString(ulid)); }));
    queue->setAtOnce(1);
    queue->add(order("a", 1));
    EXPECT_EQ(queue->count(QueueState::waiting), 1);
    EXPECT_EQ(queue->waitsFor(), QStringLiteral("Waits until the run that trains has ended."));
    store.kill(ulid);
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 1; }));
}

TEST_F(RunQueueTest, WhatWaitsOutlivesTheWindowAndIsAskedAbout) {
    queue->setPaused(true);
    queue->add(order("a", 3));
    queue->setPaused(false);
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 3; }));
    queue->setPaused(true);
    queue->add(order("b", 2));
    ASSERT_TRUE(waitFor([this] { return onDisk().entries.size() == 5; }));
    // As a window that went away without a word while nothing was paused.
    close();
    storage::QueueFile left = onDisk();
    left.paused = false;
    storage::writeQueue(store.store(), left);
    QFile::remove(program + QStringLiteral(".log"));
    open();
    EXPECT_TRUE(queue->isHeld());
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("b-s0 b-s1"));
    EXPECT_EQ(queue->waitsFor(), QStringLiteral("Left from last time."));
    EXPECT_TRUE(started().isEmpty());
    queue->goOn();
    ASSERT_TRUE(waitFor([this] { return started() == QStringList{"b-s0", "b-s1"}; }));
    queue->clearEnded();
    ASSERT_TRUE(waitFor([this] { return queue->entries().empty(); }));
}

TEST_F(RunQueueTest, ARunThatWentOnWithoutTheWindowIsFollowedToItsEnd) {
    FakeRun run;
    run.name = "a-s0";
    run.group = "a";
    const std::string ulid = store.add(run);
    close();
    storage::QueueFile left;
    storage::QueueEntry entry{1, 9, "a-s0", "a", config::toJson(run.config, -1), {}, QueueState::running, "", "", 1};
    left.entries = {entry};
    left.studies = {{9, "a", "flops", "moe.top_k", {}, false}};
    storage::writeQueue(store.store(), left);
    open();
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::done) == 1; }));
    ASSERT_TRUE(waitFor([&] { return !told.empty(); }));
    EXPECT_EQ(queue->entries()[0].run, ulid) << "found by name, group and time";
    EXPECT_EQ(told, std::vector<std::string>{"a flops moe.top_k"});
    EXPECT_EQ(compared, QStringList{QString::fromStdString(ulid)});
}

TEST_F(RunQueueTest, ASecondWindowLeavesTheQueueToTheFirst) {
    queue->setPaused(true);
    queue->add(order("a", 1));
    ASSERT_TRUE(waitFor([this] { return onDisk().entries.size() == 1; }));
    RunLibrary secondLibrary(library->storeFolder());
    EngineLink secondLink(library->storeFolder());
    RunQueue second(secondLibrary, secondLink);
    EXPECT_TRUE(second.entries().empty());
    EXPECT_TRUE(second.add(order("b", 1)).contains(QStringLiteral("Another window")));
    queue.reset();
    EXPECT_EQ(second.add(order("b", 1)), QString()) << "the first has gone";
    ASSERT_EQ(second.entries().size(), 2u) << "and what it left is kept";
    EXPECT_EQ(second.entries()[0].name, "a-s0");
}

TEST_F(RunQueueTest, WithoutAnEngineNothingIsQueued) {
    qputenv("MOESCOPE_ENGINE", "/nowhere/moescope-engine");
    EXPECT_TRUE(queue->add(order("a", 1)).contains(QStringLiteral("moescope-engine")));
    EXPECT_TRUE(queue->entries().empty());
}

TEST_F(RunQueueTest, WhatIsInTheStoreAlreadyStandsForItsRunAndIsNotTrained) {
    FakeRun run;
    run.name = "a-s1";
    run.config = config::withSeed(fakeConfig(), 1);
    const std::string ulid = store.add(run);
    run.config.moe.top_k = 1;
    store.add(run);
    ASSERT_TRUE(waitFor([&] { return library->runs()->size() == 2; }));
    QueueOrder study = order("a", 3);
    study.finished = finishedAlready(study.runs, *library);
    EXPECT_EQ(study.finished, (std::vector<std::string>{"", ulid, ""}));
    queue->add(study);
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 2; }));
    EXPECT_EQ(started(), (QStringList{"a-s0", "a-s2"}));
    ASSERT_TRUE(waitFor([&] { return !told.empty(); }));
    EXPECT_EQ(compared, QStringList{QString::fromStdString(ulid)});
}

TEST_F(RunQueueTest, ARunThatWasSteeredForkedOrCutShortStandsForNoOther) {
    FakeRun run;
    run.config = config::withSeed(fakeConfig(), 0);
    run.parent = "01M81RB83VMDF6WA3J6Y5ZP9GV";
    store.add(run);
    run.parent.clear();
    run.state = storage::RunState::stopped;
    store.add(run);
    run.state = storage::RunState::finished;
    run.events = true;
    run.collapses = true;
    const std::string steered = store.add(run);
    ASSERT_TRUE(waitFor([&] { return library->runs()->size() == 3; }));
    ASSERT_FALSE(standingCommands(storage::RunReader(library->runFolder(QString::fromStdString(steered)).toStdString()).events()).empty());
    EXPECT_EQ(finishedAlready(order("a", 1).runs, *library), std::vector<std::string>{""});
}

TEST_F(RunQueueTest, WhatWaitsIsDraggedToAnotherPlaceAndWhatHasEndedStays) {
    queue->add(order("a", 1));
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 1; }));
    queue->setPaused(true);
    queue->add(order("b", 3));
    QueueDock pane(*queue, *library);
    QAbstractItemModel& rows = *pane.findChild<QListView*>(QStringLiteral("queueList"))->model();
    ASSERT_EQ(rows.rowCount(), 4);
    EXPECT_FALSE(rows.flags(rows.index(0, 0)) & Qt::ItemIsDragEnabled) << "it has ended";
    EXPECT_TRUE(rows.flags(rows.index(1, 0)) & Qt::ItemIsDragEnabled);
    EXPECT_TRUE(rows.moveRow({}, 3, {}, 1));
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("b-s2 b-s0 b-s1"));
    EXPECT_TRUE(rows.moveRow({}, 1, {}, 4));
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("b-s0 b-s1 b-s2"));
    EXPECT_TRUE(rows.moveRow({}, 2, {}, 0)) << "above what has ended: first of those that wait";
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("b-s1 b-s0 b-s2"));
    EXPECT_FALSE(rows.moveRow({}, 0, {}, 3));
    EXPECT_FALSE(rows.moveRow({}, 1, {}, 2)) << "where it is already";
}

TEST_F(RunQueueTest, ThePaneShowsEveryEntryAndDoesWhatItsMenuSays) {
    queue->setPaused(true);
    queue->add(order("a", 3));
    QueueDock pane(*queue, *library);
    pane.show();
    auto* view = pane.findChild<QListView*>(QStringLiteral("queueList"));
    ASSERT_EQ(view->model()->rowCount(), 3);
    EXPECT_EQ(pane.findChild<QLabel*>(QStringLiteral("queueCount"))->text(), QStringLiteral("3 of 3 waiting"));
    view->setCurrentIndex(view->model()->index(2, 0));
    QTest::keyClick(view, Qt::Key_Up, Qt::ControlModifier);
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s0 a-s2 a-s1"));
    EXPECT_EQ(view->currentIndex().data().toString(), QStringLiteral("a-s2")) << "the choice goes with its entry";
    QMenu menu;
    pane.fill(menu);
    menu.findChild<QAction*>(QStringLiteral("queueTop"))->trigger();
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s2 a-s0 a-s1"));
    QTest::keyClick(view, Qt::Key_Delete);
    EXPECT_EQ(namesOf(QueueState::waiting), QStringLiteral("a-s0 a-s1"));
    pane.findChild<QToolButton*>(QStringLiteral("pauseQueue"))->click();
    EXPECT_FALSE(queue->isPaused());
    ASSERT_TRUE(waitFor([this] { return queue->count(QueueState::failed) == 2; }));
    EXPECT_EQ(pane.findChild<QLabel*>(QStringLiteral("queueCount"))->text(), QStringLiteral("2 of 2 failed"));
    EXPECT_TRUE(view->model()->index(0, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("Not today.")));
}

}  // namespace
}  // namespace moescope::ui
