// The window and a real engine: the first demo from its tile to a resume, driven through the controls a person uses.
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QComboBox>
#include <QFileInfo>
#include <QMenu>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/config/presets.hpp"
#include "core/config/validate.hpp"
#include "plots/bars.hpp"
#include "plots/controls.hpp"
#include "plots/delta_bars.hpp"
#include "storage/run_reader.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/engine_link.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/train_cursor.hpp"

namespace moescope::ui {
namespace {

using namespace testing;
using storage::RunState;

/// The engine beside the tests' folder, unless one is named; false when it is not built.
bool hasEngine() {
    if (qEnvironmentVariableIsEmpty("MOESCOPE_ENGINE"))
        qputenv("MOESCOPE_ENGINE", QFileInfo(QCoreApplication::applicationDirPath() + QStringLiteral("/../moescope-engine")).absoluteFilePath().toUtf8());
    return !EngineLink::enginePath().isEmpty();
}

template <class Condition>
bool slowly(Condition&& condition) {
    return QTest::qWaitFor(condition, 90'000);
}

class Demo {
public:
    explicit Demo(Shell& shell) : m_shell(shell) {}
    WatchedRun& run() { return m_shell.window().run(); }
    double step() { return run().data() ? run().data()->lastStep() : -1; }
    void click(const char* button) { m_shell.find<QAbstractButton>(button)->click(); }
    bool reaches(RunState state) {
        return slowly([&] { return run().data() && run().state() == state; });
    }
    bool goesBeyond(double wanted) {
        return slowly([&] { return step() > wanted; });
    }
    void mute(int expert) {
        emit m_shell.find<plots::LoadBars>("loadBars")->expertMenuRequested(expert, QPoint(0, 0));
        auto* menu = m_shell.find<QMenu>("expertMenu");
        ASSERT_TRUE(menu);
        menu->findChild<QAction*>(QStringLiteral("muteExpert"))->trigger();
        menu->close();
    }
    std::vector<storage::StoredEvent> events() { return storage::RunReader(run().data() ? m_shell.window().library().runFolder(run().ulid()).toStdString() : "").events(); }
    std::ptrdiff_t count(const std::string& code) {
        const auto all = events();
        return std::ranges::count_if(all, [&](const auto& stored) { return stored.event.code == code && !stored.superseded; });
    }

private:
    Shell& m_shell;
};

TEST(RealEngine, TheFirstDemoIsStartedSteeredStoppedAndResumedFromTheWindow) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeStore store;
    Shell shell(store);
    Demo demo(shell);
    demo.click("demoTileButton");
    ASSERT_TRUE(demo.goesBeyond(3)) << shell.text("bannerSentence").toStdString();
    EXPECT_TRUE(demo.run().canSteer());

    auto* pace = shell.find<QComboBox>("pace");
    ASSERT_TRUE(pace);
    emit pace->activated(0);  // full speed
    ASSERT_TRUE(slowly([&] { return demo.run().steering().config.training.pace == 0; }));

    ASSERT_TRUE(slowly([&] { return shell.shows("bannerAction"); }));
    EXPECT_EQ(shell.find<QPushButton>("bannerAction")->text(), QStringLiteral("Cure"));
    demo.click("bannerAction");
    ASSERT_TRUE(slowly([&] { return shell.find<plots::Knob>("balanceKnob")->value() == 0.2; }));

    demo.click("primaryButton");
    ASSERT_TRUE(demo.reaches(RunState::paused));
    const double paused = demo.step();
    demo.click("stepButton");
    ASSERT_TRUE(demo.goesBeyond(paused));
    EXPECT_EQ(demo.step(), paused + 1);
    EXPECT_EQ(demo.run().state(), RunState::paused);

    demo.mute(3);
    demo.click("primaryButton");
    ASSERT_TRUE(demo.reaches(RunState::running));
    ASSERT_TRUE(slowly([&] { return demo.run().steering().isMuted(0, 3); }));
    ASSERT_TRUE(demo.goesBeyond(paused + 4));

    demo.click("stopButton");
    ASSERT_TRUE(demo.reaches(RunState::stopped));
    const double stopped = demo.step();
    ASSERT_TRUE(slowly([&] { return shell.find<QPushButton>("primaryButton")->text().contains(QStringLiteral("Resume")); }));
    demo.click("primaryButton");
    ASSERT_TRUE(demo.goesBeyond(stopped + 2)) << shell.text("bannerSentence").toStdString();
    EXPECT_TRUE(demo.run().steering().isMuted(0, 3)) << "a resume keeps what was done";
    demo.click("stopButton");
    ASSERT_TRUE(demo.reaches(RunState::stopped));

    EXPECT_EQ(demo.count("command.set"), 2) << "the pace and the cure";
    EXPECT_EQ(demo.count("run.paused"), 1);
    EXPECT_EQ(demo.count("run.continued"), 1);
    EXPECT_EQ(demo.count("command.mute"), 1);
    EXPECT_EQ(demo.count("run.resumed"), 1);
    EXPECT_EQ(demo.count("command.refused"), 0);
    const storage::RunRow* row = shell.window().library().find(demo.run().ulid());
    ASSERT_TRUE(row);
    EXPECT_EQ(row->preset, "collapse");
}

config::RunConfig fewSteps(const char* preset) {
    config::RunConfig config;
    EXPECT_TRUE(config::applyPreset(config, preset).empty());
    config.training.steps = 40;
    config.training.warmup = 5;
    config.training.checkpoint_every = 20;
    config.telemetry.sample_every = 0;
    return config;
}

TEST(RealEngine, AnExpertOfAFinishedRunIsMutedWatchedAndItsTwinForked) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeStore store;
    Shell shell(store);
    Demo demo(shell);
    shell.window().engines().train(fewSteps("four_alphabets"), QStringLiteral("languages"));
    ASSERT_TRUE(slowly([&] { return shell.window().library().runs()->size() == 1 && shell.window().library().runs()->front().state == RunState::finished; }));
    const std::string ulid = shell.window().library().runs()->front().ulid;
    shell.open(ulid);
    auto& dock = shell.window().interventions();
    dock.refresh(40);
    ASSERT_TRUE(shell.shows("takeRun") || !shell.find<QPushButton>("takeRun")->isHidden());
    shell.find<QPushButton>("takeRun")->click();
    ASSERT_TRUE(demo.reaches(RunState::paused)) << shell.text("bannerSentence").toStdString();
    dock.setPlace({0, 1});
    dock.refresh(40);
    QElapsedTimer clock;
    clock.start();
    shell.find<QPushButton>("muteExpert")->click();
    auto* effect = shell.find<plots::DeltaBars>("muteEffect");
    ASSERT_TRUE(slowly([&] { return !effect->data().empty(); }));
    std::printf("what each domain loses was shown %lld ms after the click (budget 2000)\n", static_cast<long long>(clock.elapsed()));
    ASSERT_EQ(effect->data().size(), 5u) << "all tokens and four languages";
    for (const plots::DeltaBar& bar : effect->data()) EXPECT_TRUE(std::isfinite(bar.delta())) << bar.name.toStdString();
    ASSERT_TRUE(slowly([&] { return demo.run().steering().isMuted(0, 1); }));
    EXPECT_EQ(demo.step(), 40) << "nothing trained";
    dock.refresh(40);
    ASSERT_FALSE(pastInterventions(*demo.run().data()).empty());
    dock.apply(QStringLiteral("muteExpert"), std::nullopt);
    ASSERT_TRUE(slowly([&] { return !demo.run().steering().isMuted(0, 1); }));

    dock.refresh(40);
    auto* twin = shell.find<QPushButton>("twinWithout");
    ASSERT_TRUE(twin);
    twin->click();
    ASSERT_TRUE(slowly([&] { return shell.window().page() == PageId::compare; })) << "the twin is compared by itself";
    ASSERT_TRUE(slowly([&] { return shell.window().library().runs()->size() == 2; }));
    const auto rows = *shell.window().library().runs();
    const auto child = std::ranges::find(rows, ulid, &storage::RunRow::parent);
    ASSERT_NE(child, rows.end());
    EXPECT_EQ(child->parentStep, 40);
    demo.run().send({"stop", {}});
    ASSERT_TRUE(demo.reaches(RunState::finished)) << "a finished run that was held is finished again";

    shell.window().showPage(PageId::train);
    shell.window().cursor().pin(25);
    shell.window().findChild<QAction*>(QStringLiteral("forkHere"))->trigger();
    ASSERT_TRUE(slowly([&] { return demo.run().data() && demo.run().ulid().toStdString() != ulid; })) << "the fork is opened";
    EXPECT_EQ(demo.run().data()->meta().parent, ulid);
    EXPECT_EQ(demo.run().data()->meta().parentStep, 20) << "the newest checkpoint at or before the shown step";
    EXPECT_TRUE(demo.reaches(RunState::finished));
}

TEST(RealEngine, EveryInterventionOfTheDockIsAppliedAndUndoneByARewind) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    if (!config::isCommand("rewind")) GTEST_SKIP() << "this engine cannot rewind";
    FakeStore store;
    Shell shell(store);
    Demo demo(shell);
    shell.window().engines().train(fewSteps("four_alphabets"), QStringLiteral("languages"));
    ASSERT_TRUE(slowly([&] { return shell.window().library().runs()->size() == 1 && shell.window().library().runs()->front().state == RunState::finished; }));
    shell.open(shell.window().library().runs()->front().ulid);
    auto& dock = shell.window().interventions();
    dock.refresh(40);
    shell.find<QPushButton>("takeRunFurther")->click();
    ASSERT_TRUE(demo.reaches(RunState::paused)) << shell.text("bannerSentence").toStdString();
    const auto answerOf = [&](const QString& id) { return shell.window().findChild<QWidget*>(id + QStringLiteral("Row"))->findChild<QLabel*>(QStringLiteral("answer")); };
    const auto done = [&](std::int64_t expert, const QString& id, const std::optional<config::Value>& argument) {
        dock.setPlace({0, expert});
        answerOf(id)->clear();
        dock.apply(id, argument);
        EXPECT_TRUE(slowly([&] { return !answerOf(id)->text().isEmpty(); }));
        EXPECT_TRUE(answerOf(id)->text().startsWith(QStringLiteral("Done"))) << id.toStdString() << ": " << answerOf(id)->text().toStdString();
    };
    done(3, QStringLiteral("killExpert"), std::nullopt);
    ASSERT_TRUE(slowly([&] { return demo.run().steering().isMuted(0, 3); })) << "a killed expert takes no tokens";
    done(1, QStringLiteral("duplicateExpert"), std::int64_t{3});
    EXPECT_TRUE(slowly([&] { return !demo.run().steering().isMuted(0, 3); })) << "the copy works";
    done(0, QStringLiteral("freezeExpert"), std::nullopt);
    done(0, QStringLiteral("freezeRouter"), std::nullopt);
    done(2, QStringLiteral("reinitialiseExpert"), std::string("hottest"));
    done(0, QStringLiteral("swapRows"), std::int64_t{1});
    done(2, QStringLiteral("mergeExperts"), std::int64_t{0});
    done(1, QStringLiteral("splitExpert"), std::int64_t{0});
    done(2, QStringLiteral("pinDomain"), std::string("greek"));
    done(2, QStringLiteral("oracleBalance"), std::string("random"));
    ASSERT_TRUE(slowly([&] { return demo.run().steering().oracle && !demo.run().steering().pins.empty() && demo.run().steering().frozenRouters.contains(0); }));
    done(2, QStringLiteral("oracleBalance"), std::nullopt);
    ASSERT_TRUE(slowly([&] { return !demo.run().steering().oracle; })) << "taken back by the same button";
    demo.click("primaryButton");
    ASSERT_TRUE(demo.goesBeyond(45)) << "it trains on with all of that";
    demo.click("primaryButton");
    ASSERT_TRUE(demo.reaches(RunState::paused));
    dock.refresh(45);
    const auto past = pastInterventions(*demo.run().data());
    ASSERT_FALSE(past.empty());
    EXPECT_EQ(past.back().checkpoint, 40);
    const auto links = shell.window().interventions().findChildren<QPushButton*>(QStringLiteral("rewindBefore"));
    ASSERT_FALSE(links.empty());
    links.back()->click();
    ASSERT_TRUE(slowly([&] { return demo.run().data() && demo.step() == 40; })) << shell.text("bannerSentence").toStdString();
    EXPECT_TRUE(slowly([&] { return demo.run().steering().muted.empty() && demo.run().steering().frozenRouters.empty() && demo.run().steering().pins.empty(); }))
        << "as if it had never been";
    EXPECT_EQ(demo.count("run.rewound"), 1);
    demo.click("stopButton");
    EXPECT_TRUE(demo.reaches(RunState::stopped));
}

TEST(RealEngine, TrainAgainRepeatsAFinishedRunWithTheSameSettings) {
    if (!hasEngine()) GTEST_SKIP() << "moescope-engine is not built";
    FakeStore store;
    FakeRun old;
    ASSERT_TRUE(config::applyPreset(old.config, "collapse").empty());
    old.config.training.steps = 4;
    old.config.training.warmup = 0;
    old.config.training.pace = 0;
    old.steps = 4;
    Shell shell(store);
    const std::string ulid = store.add(old);
    shell.open(ulid);
    Demo demo(shell);
    demo.click("primaryButton");
    ASSERT_TRUE(slowly([&] { return demo.run().data() && demo.run().ulid().toStdString() != ulid; })) << shell.text("bannerSentence").toStdString();
    ASSERT_TRUE(demo.reaches(RunState::finished));
    EXPECT_EQ(demo.step(), 4);
    EXPECT_EQ(demo.run().data()->config().router.rig, old.config.router.rig);
    EXPECT_EQ(demo.run().data()->config().training.lr, old.config.training.lr);
}

}  // namespace
}  // namespace moescope::ui
