// Interventions: the list of actions, the dock, the menus, the sentinel, forks and the parent's curve.
#include <QAbstractItemModel>
#include <QCheckBox>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QFile>
#include <QListWidget>
#include <QMenu>
#include <QSignalSpy>
#include <QTreeView>

#include "core/config/validate.hpp"
#include "plots/bars.hpp"
#include "plots/bias_bars.hpp"
#include "plots/delta_bars.hpp"
#include "plots/expert_legend.hpp"
#include "tests/ui/routing_support.hpp"
#include "tests/ui/shell_support.hpp"
#include "ui/intervention_row.hpp"
#include "ui/interventions_dock.hpp"
#include "ui/mute_effect.hpp"
#include "ui/rewind_dialog.hpp"
#include "ui/runs_dock_model.hpp"
#include "ui/standing_commands.hpp"

namespace moescope::ui {
namespace {

using namespace testing;

const QByteArray kEffect =
    R"({"ok":true,"applied_at_step":300,"layer":0,"expert":3,"domains":[{"name":"latin","with":0.594,"without":0.588},{"name":"greek","with":0.409,"without":4.583},{"name":"hebrew","with":null,"without":null}],"with":0.46,"without":1.504})";

FakeRun live(const FakeEngine& engine) {
    FakeRun run;
    run.name = "g8";
    run.config = fakeConfig(8, 2, 2);
    run.steps = 140;
    run.state = storage::RunState::running;
    run.socketPath = engine.path();
    return run;
}

void addCheckpoint(FakeStore& store, const std::string& ulid, std::int64_t step) {
    storage::CheckpointRow row;
    row.step = step;
    row.folder = "step-" + std::to_string(step);
    store.writer(ulid).addCheckpoint(row);
    store.writer(ulid).commit();
}

void addEvent(FakeStore& store, const std::string& ulid, std::int64_t step, const std::string& code, const std::string& text, const std::string& detail = "{}",
              telemetry::Severity severity = telemetry::Severity::change) {
    store.writer(ulid).append(telemetry::Event{step, severity, code, text, detail});
    store.writer(ulid).commit();
}

TEST(MuteEffect, IsTheDifferenceOfTheLossesWithoutAndWith) {
    const auto found = parseMuteDelta(kEffect);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->bars.size(), 4u);
    EXPECT_NEAR(found->bars[0].delta(), 1.504 - 0.46, 1e-12) << "all tokens come first";
    EXPECT_NEAR(found->bars[2].delta(), 4.583 - 0.409, 1e-12);
    EXPECT_TRUE(std::isnan(found->bars[3].delta())) << "a domain without validation tokens is not measured";
    EXPECT_EQ(found->sentence(), QStringLiteral("Without E3: greek +4.17, all tokens +1.04 nats/token"));
}

TEST(MuteEffect, AnAnswerOfAnotherShapeIsNone) {
    for (const char* line : {"", "[]", "{\"ok\":false}", "{\"ok\":true,\"domains\":3}", "nonsense"}) EXPECT_FALSE(parseMuteDelta(line)) << line;
}

TEST(Interventions, EveryOfferedActionIsACommandTheEngineAccepts) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig(8, 2, 2);
    Shell shell(store);
    shell.open(store.add(run));
    const RunData& data = *shell.window().run().data();
    ASSERT_TRUE(findAction(QStringLiteral("muteExpert")));
    for (const InterventionAction& action : interventionActions())
        EXPECT_EQ(whyRefused(action, data, shell.window().run().steering(), {0, 3}), QString()) << action.id;
}

TEST(Interventions, MutingFromTheDockSendsItAndShowsWhatEachDomainLoses) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.answer(kEffect + "\n");
    const std::string ulid = store.add(live(engine));
    Shell shell(store);
    shell.open(ulid);
    auto* dock = shell.find<InterventionsDock>("interventions");
    dock->setPlace({0, 3});
    shell.find<QPushButton>("muteExpert")->click();
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"mute\"")) && engine.got(QStringLiteral("mute_delta")); }));
    auto* effect = shell.find<plots::DeltaBars>("muteEffect");
    ASSERT_TRUE(waitFor([&] { return !effect->data().empty(); }));
    EXPECT_TRUE(effect->summary().contains(QStringLiteral("greek +4.17"))) << effect->summary().toStdString();
    EXPECT_TRUE(shell.text("effectTitle").contains(QStringLiteral("without E3")));
    addEvent(store, ulid, 140, "command.mute", "Layer 0: expert E3 muted", R"({"command":"mute","layer":0,"expert":3})");
    ASSERT_TRUE(waitFor([&] {
        dock->refresh(140);
        return shell.find<QPushButton>("muteExpert")->text() == QStringLiteral("Take it back");
    }));
    shell.find<QPushButton>("muteExpert")->click();
    EXPECT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"unmute\"")); }));
}

TEST(Interventions, APinIsTakenBackForItsDomainAloneFromTheHistory) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    const RunData* data = nullptr;
    Shell shell(store);
    shell.open(ulid);
    data = shell.window().run().data();
    const std::string first = data->meta().facts.domains[0], second = data->meta().facts.domains[1];
    const auto pin = [&](const std::string& domain, const char* verb, const std::string& more) {
        addEvent(store, ulid, 140, std::string("command.") + verb, domain + " " + verb, "{\"command\":\"" + std::string(verb) + "\",\"domain\":\"" + domain + "\",\"layer\":0" + more + "}");
    };
    pin(first, "pin", ",\"expert\":2");
    pin(second, "pin", ",\"expert\":3");
    auto* dock = shell.find<InterventionsDock>("interventions");
    const auto links = [&] {
        dock->refresh(140);
        return dock->findChildren<QPushButton*>(QStringLiteral("unpinDomain"));
    };
    ASSERT_TRUE(waitFor([&] { return links().size() == 2; }));
    const Steering& steering = shell.window().run().steering();
    ASSERT_TRUE(steering.domainPinnedTo(0, 2));
    EXPECT_EQ(*steering.domainPinnedTo(0, 2), first);
    EXPECT_FALSE(steering.domainPinnedTo(1, 2));
    EXPECT_FALSE(undoOf(*findAction(QStringLiteral("pinDomain")), steering, {0, 5})) << "E5 can have a domain of its own";
    links().back()->click();
    EXPECT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"unpin\"")) && engine.got(QString::fromStdString("\"domain\":\"" + first + "\"")); })) << engine.lines().join(QLatin1Char('\n')).toStdString();
    pin(first, "unpin", "");
    EXPECT_TRUE(waitFor([&] { return links().size() == 1 && !steering.domainPinnedTo(0, 2); }));
    EXPECT_EQ(*steering.domainPinnedTo(0, 3), second) << "the other one stays";
}

TEST(Guide, TheSecondTileEndsInAnExpertThatIsMutedAndTakenBack) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.answer(kEffect + "\n");
    FakeRun run = live(engine);
    run.name = "languages";
    run.config.training.steps = run.steps = 140;
    run.state = storage::RunState::paused;
    const std::string ulid = store.add(run);
    const QString program = QString::fromStdString(store.folder().string()) + QStringLiteral("-engine.sh");
    QFile script(program);
    ASSERT_TRUE(script.open(QIODevice::WriteOnly));
    script.write("#!/bin/sh\ncat >/dev/null\necho '{\"event\":\"started\",\"run\":\"" + QByteArray::fromStdString(ulid) + "\"}'\nexec sleep 30\n");
    script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    script.close();
    qputenv("MOESCOPE_ENGINE", program.toUtf8());
    {
        Shell shell(store);
        shell.find<QPushButton>("alphabetsTileButton")->click();
        ASSERT_TRUE(waitFor([&] { return shell.window().run().data() && shell.text("bannerSentence").startsWith(QStringLiteral("Mute now")); })) << shell.text("bannerSentence").toStdString();
        shell.find<QPushButton>("bannerAction")->click();
        ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"mute\"")) && engine.got(QStringLiteral("mute_delta")); }));
        EXPECT_TRUE(shell.shows("interventionsDock"));
        addEvent(store, ulid, 140, "command.mute", "Layer 0: expert E3 muted", R"({"command":"mute","layer":0,"expert":3})");
        ASSERT_TRUE(waitFor([&] { return shell.text("bannerSentence").startsWith(QStringLiteral("E3 is off")); })) << shell.text("bannerSentence").toStdString();
        shell.find<QPushButton>("bannerAction")->click();
        EXPECT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"unmute\"")); }));
    }
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(Interventions, ARefusalStandsUnderItsAction) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.refuse("Layer 0 has 2 experts left and each token takes 2: unmute one first.");
    Shell shell(store);
    shell.open(store.add(live(engine)));
    shell.find<InterventionsDock>("interventions")->refresh(140);
    shell.find<QPushButton>("muteExpert")->click();
    auto* row = shell.find<QWidget>("muteExpertRow");
    EXPECT_TRUE(waitFor([&] { return row->findChild<QLabel*>(QStringLiteral("answer"))->text().contains(QStringLiteral("unmute one first")); }));
}

TEST(Interventions, ADraggedBiasIsSentWhenItIsLetGo) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    Shell shell(store);
    shell.open(store.add(live(engine)));
    shell.window().interventions().refresh(140);
    auto* bars = shell.find<plots::BiasBars>("biasBars");
    bars->resize(220, bars->sizeHint().height());
    const QPoint at = bars->handleRect(2).center();
    QTest::mousePress(bars, Qt::LeftButton, {}, at);
    QTest::mouseMove(bars, at + QPoint(40, 0));
    EXPECT_FALSE(engine.got(QStringLiteral("rig")));
    QTest::mouseRelease(bars, Qt::LeftButton, {}, at + QPoint(40, 0));
    ASSERT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"command\":\"rig\"")); }));
    EXPECT_GT(bars->data()[2].bias, 0);
    EXPECT_TRUE(engine.got(QStringLiteral("\"expert\":2")));
}

TEST(Interventions, AnIdleRunIsOfferedAnEngineInsteadOfDeadButtons) {
    FakeStore store;
    qputenv("MOESCOPE_ENGINE", "/bin/true");
    FakeRun run;
    run.name = "done";
    run.config = fakeConfig();
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    FakeRun held = live(engine);
    const std::string ulid = store.add(held);
    addCheckpoint(store, ulid, 100);
    store.kill(ulid);
    Shell shell(store);
    shell.open(ulid);
    shell.window().interventions().refresh(140);
    EXPECT_TRUE(shell.text("interventionNoticeText").contains(QStringLiteral("An engine can take it at step 100, paused")));
    EXPECT_FALSE(shell.find<QPushButton>("takeRun")->isHidden());
    EXPECT_TRUE(shell.find<QPushButton>("muteExpert")->parentWidget()->isHidden()) << "no button that could do nothing";
    qunsetenv("MOESCOPE_ENGINE");
}

TEST(Interventions, WhatWasDoneIsListedWithTheCheckpointBeforeIt) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    addCheckpoint(store, ulid, 100);
    addEvent(store, ulid, 120, "command.mute", "Layer 0: expert E3 muted; checkpoint 100 is from before it", R"({"command":"mute","layer":0,"expert":3,"checkpoint":100})");
    Shell shell(store);
    shell.open(ulid);
    EXPECT_TRUE(shell.window().run().steering().isMuted(0, 3));
    const auto past = pastInterventions(*shell.window().run().data());
    ASSERT_FALSE(past.empty());
    EXPECT_EQ(past.front().step, 120);
    EXPECT_EQ(past.front().words, QStringLiteral("Layer 0: expert E3 muted"));
    EXPECT_EQ(past.front().checkpoint, 100);
    shell.window().interventions().refresh(140);
    EXPECT_TRUE(shell.find<QPushButton>("twinWithout") || EngineLink::enginePath().isEmpty());
}

TEST(Interventions, ARightClickOnAnyExpertOpensTheSameMenu) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    Shell shell(store);
    shell.open(store.add(live(engine)));
    emit shell.find<plots::HeatPanel>("loadPanel")->rowMenuRequested(5, QPoint(0, 0));
    auto* menu = shell.find<QMenu>("expertMenu");
    ASSERT_TRUE(menu);
    ASSERT_TRUE(menu->findChild<QAction*>(QStringLiteral("muteExpert")));
    menu->findChild<QAction*>(QStringLiteral("openInterventions"))->trigger();
    menu->close();
    EXPECT_EQ(shell.window().interventions().place(), (ExpertPlace{0, 5}));
    EXPECT_TRUE(shell.shows("interventions"));
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    emit shell.find<plots::LoadBars>("loadBars")->expertMenuRequested(2, QPoint(0, 0));
    menu = shell.find<QMenu>("expertMenu");
    ASSERT_TRUE(menu);
    menu->findChild<QAction*>(QStringLiteral("rigExpert"))->trigger();
    menu->close();
    EXPECT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"bias\":6")) && engine.got(QStringLiteral("\"expert\":2")); }));
}

TEST(Interventions, WithATwinTheForkIsAskedForOnceTheChangeIsStored) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    engine.answer("{\"ok\":true,\"applied_at_step\":120}\n");
    const std::string ulid = store.add(live(engine));
    addCheckpoint(store, ulid, 120);
    Shell shell(store);
    shell.open(ulid);
    auto& dock = shell.window().interventions();
    QSignalSpy twins(&dock, &InterventionsDock::twinRequested);
    dock.disconnect(&shell.window());  // only asked for here: nothing is started
    dock.setPlace({0, 3});
    shell.find<QCheckBox>("withTwin")->setChecked(true);
    dock.apply(QStringLiteral("muteExpert"), std::nullopt);
    ASSERT_TRUE(waitFor([&] { return shell.find<QWidget>("muteExpertRow")->findChild<QLabel*>(QStringLiteral("answer"))->text().contains(QStringLiteral("step 120")); }));
    dock.refresh(140);
    EXPECT_EQ(twins.size(), 0) << "its event is on the way";
    addEvent(store, ulid, 120, "command.mute", "Layer 0: expert E3 muted", R"({"command":"mute","layer":0,"expert":3})");
    ASSERT_TRUE(waitFor([&] {
        dock.refresh(140);
        return twins.size() == 1;
    }));
    EXPECT_EQ(twins[0][0].toLongLong(), 120);
    EXPECT_EQ(twins[0][1].toString(), QStringLiteral("Layer 0: expert E3 muted"));
}

TEST(Interventions, AKilledExpertStaysMutedWhenAllAreUnmuted) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    addEvent(store, ulid, 120, "command.mute", "Layer 0: expert E2 muted", R"({"command":"mute","layer":0,"expert":2,"checkpoint":120})");
    addEvent(store, ulid, 120, "command.kill", "Layer 0: expert E3 killed", R"({"command":"kill","layer":0,"expert":3,"checkpoint":120})");
    addEvent(store, ulid, 130, "command.unmute", "All experts unmuted", R"({"command":"unmute"})");
    Shell shell(store);
    shell.open(ulid);
    EXPECT_FALSE(shell.window().run().steering().isMuted(0, 2));
    EXPECT_TRUE(shell.window().run().steering().isMuted(0, 3));
}

TEST(Interventions, TheLegendOfTheTokensHasTheSameMenu) {
    FakeStore store;
    FakeRun run;
    run.config = fakeConfig();
    Shell shell(store);
    shell.open(addProbedRun(store, run, {}, {100, 400}));
    shell.window().showPage(PageId::routing);
    auto* legend = shell.find<plots::ExpertLegend>("expertLegend");
    ASSERT_TRUE(waitFor([&] { return legend->isVisible() && !legend->chipRect(4).isNull(); }));
    const QPoint at = legend->chipRect(4).center();
    QContextMenuEvent click(QContextMenuEvent::Mouse, at, legend->mapToGlobal(at));
    QCoreApplication::sendEvent(legend, &click);
    auto* menu = shell.find<QMenu>("expertMenu");
    ASSERT_TRUE(menu);
    menu->findChild<QAction*>(QStringLiteral("openInterventions"))->trigger();
    menu->close();
    EXPECT_EQ(shell.window().interventions().place(), (ExpertPlace{0, 4}));
    EXPECT_TRUE(shell.shows("interventions")) << "beside the text";
}

TEST(Rewind, WhatItUndidNoLongerHoldsEvenAtTheStepOfItsCheckpoint) {
    const auto event = [](std::int64_t step, const char* code, const char* detail) {
        storage::StoredEvent stored;
        stored.event = {step, telemetry::Severity::change, code, "text", detail};
        return stored;
    };
    const std::vector<storage::StoredEvent> events{
        event(20, "command.mute", R"({"command":"mute","layer":0,"expert":1})"),
        event(40, "command.mute", R"({"command":"mute","layer":0,"expert":1,"checkpoint":40})"),
        event(40, "command.rig", R"({"command":"rig","layer":0,"expert":2,"bias":3.0})"),
        event(40, "command.refused", "{}"),
        event(40, "run.rewound", R"({"from":46,"step":40,"undone":[{"command":"mute","layer":0,"expert":1},{"command":"rig","layer":0,"expert":2,"bias":3.0}]})"),
        event(41, "command.unmute", R"({"command":"unmute"})")};
    const auto standing = standingCommands(events);
    ASSERT_EQ(standing.size(), 2u);
    EXPECT_EQ(standing[0]->event.step, 20) << "the one before the checkpoint stays";
    EXPECT_EQ(standing[1]->event.code, "command.unmute");
}

TEST(Rewind, ListsTheGoodCheckpointsWithWhatWasDoneAfterEach) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    const std::string ulid = store.add(live(engine));
    addCheckpoint(store, ulid, 50);
    addCheckpoint(store, ulid, 100);
    addEvent(store, ulid, 120, "command.mute", "Layer 0: expert E3 muted", R"({"command":"mute","layer":0,"expert":3})");
    Shell shell(store);
    shell.open(ulid);
    RewindDialog dialog(*shell.window().run().data(), QStringLiteral("g8"), true, nullptr);
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    auto* list = dialog.findChild<QListWidget*>(QStringLiteral("rewindCheckpoints"));
    ASSERT_EQ(list->count(), 2);
    EXPECT_TRUE(list->item(0)->text().contains(QStringLiteral("before: Layer 0: expert E3 muted")));
    QSignalSpy chosen(&dialog, &RewindDialog::chosen);
    list->setCurrentRow(1);
    dialog.findChild<QCheckBox*>(QStringLiteral("rewindHalve"))->setChecked(true);
    dialog.findChild<QPushButton*>(QStringLiteral("rewindAccept"))->click();
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen[0][0].toLongLong(), 50);
    EXPECT_EQ(chosen[0][1].toDouble(), 0.5);
}

TEST(Sentinel, SaysWhereTheLossBrokeAndWhichCheckpointIsGood) {
    FakeStore store;
    FakeEngine engine(store.folder().parent_path() / "engine.sock");
    FakeRun run = live(engine);
    run.state = storage::RunState::paused;
    const std::string ulid = store.add(run);
    addCheckpoint(store, ulid, 100);
    addCheckpoint(store, ulid, 139);
    addEvent(store, ulid, 139, "loss.nan", "The next step after 139 gave a number that is not finite.", "{}", telemetry::Severity::error);
    Shell shell(store);
    shell.open(ulid);
    ASSERT_TRUE(waitFor([&] { return shell.shows("bannerSentence"); }));
    EXPECT_EQ(shell.text("bannerSentence"), QStringLiteral("Loss became NaN at step 140. Paused, nothing lost: checkpoint 100 is good."));
    shell.find<QPushButton>("bannerSecond")->click();
    EXPECT_TRUE(shell.shows("healthPanel"));
    EXPECT_FALSE(shell.find<QWidget>("lossPanel")->isVisible()) << "the gradient norms have the page";
    if (config::isCommand("rewind")) {
        EXPECT_EQ(shell.find<QPushButton>("bannerAction")->text(), QStringLiteral("Rewind, lr / 2"));
        shell.find<QPushButton>("bannerAction")->click();
        EXPECT_TRUE(waitFor([&] { return engine.got(QStringLiteral("\"rewind\"")) && engine.got(QStringLiteral("\"lr_factor\":0.5")) && engine.got(QStringLiteral("\"step\":100")); }));
    }
    addEvent(store, ulid, 139, "run.continued", "Going on: by command.");
    EXPECT_TRUE(waitFor([&] { return !shell.shows("bannerSecond"); }));
}

TEST(ForkTree, ChildrenStandUnderTheirParentsOneLevelDeeper) {
    const auto row = [](const char* ulid, const char* parent) {
        storage::RunRow made;
        made.ulid = ulid;
        made.name = ulid;
        made.preset = "p";
        made.parent = parent;
        return made;
    };
    RunsDockModel model;
    const auto runs = std::make_shared<std::vector<storage::RunRow>>(
        std::vector{row("d", "b"), row("c", ""), row("b", "a"), row("a", ""), row("x", "gone"), row("p", "q"), row("q", "p")});
    model.setRows(runs, std::make_shared<std::vector<storage::RunRow>>());
    const QModelIndex group = model.index(0, 0);
    QStringList order;
    for (int r = 0; r < model.rowCount(group); ++r) order << model.index(r, 0, group).data().toString() + QString::number(model.index(r, 0, group).data(RunsDockModel::DepthRole).toInt());
    EXPECT_EQ(order, (QStringList{"d0", "c0", "b0", "a0", "x0", "p0", "q0"})) << "parents in a circle: the list stays flat";
    runs->resize(5);
    model.setRows(std::make_shared<std::vector<storage::RunRow>>(*runs), std::make_shared<std::vector<storage::RunRow>>());
    order.clear();
    for (int r = 0; r < model.rowCount(group); ++r) order << model.index(r, 0, group).data().toString() + QString::number(model.index(r, 0, group).data(RunsDockModel::DepthRole).toInt());
    EXPECT_EQ(order, (QStringList{"c0", "a0", "b1", "d2", "x0"}));
}

TEST(ForkTree, TheParentsLossIsDrawnFaintlyBehindAForks) {
    FakeStore store;
    FakeRun parent;
    parent.config = fakeConfig();
    parent.steps = 300;
    const std::string original = store.add(parent);
    FakeRun fork = parent;
    fork.parent = original;
    fork.offset = 0.5;
    Shell shell(store);
    shell.open(store.add(fork));
    ASSERT_TRUE(waitFor([&] {
        shell.settle();
        return !std::isnan(shell.shown("lossPanel", QStringLiteral("parent_loss"), 200));
    }));
    EXPECT_NEAR(shell.shown("lossPanel", QStringLiteral("train_loss"), 200) - shell.shown("lossPanel", QStringLiteral("parent_loss"), 200), fork.offset, 0.1) << "smoothed";
    shell.open(original);
    EXPECT_TRUE(std::isnan(shell.shown("lossPanel", QStringLiteral("parent_loss"), 200))) << "a run without a parent has none";
}

}  // namespace
}  // namespace moescope::ui
