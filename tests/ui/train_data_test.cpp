// What the window knows of a run: axes, steering, events, curves; against the formulas the store was filled by.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "storage/run_reader.hpp"
#include "tests/ui/fake_store.hpp"
#include "ui/events_list.hpp"
#include "ui/run_data.hpp"
#include "ui/run_steering.hpp"
#include "ui/run_words.hpp"
#include "ui/train_curves.hpp"
#include "ui/train_sample.hpp"

namespace moescope::ui {
namespace {

using testing::FakeRun;
using testing::FakeStore;

RunData read(const FakeStore& store, const std::string& ulid) {
    storage::RunReader reader(store.store().runFolder(ulid));
    RunOpening opening;
    opening.meta = reader.meta();
    opening.state = reader.state();
    opening.summary = reader.summary();
    for (const storage::SeriesInfo& info : reader.listSeries()) opening.series.push_back({info, reader.series(info.name)});
    opening.events = reader.events();
    opening.samples = reader.samples();
    return RunData(opening);
}

FakeRun collapsed() {
    FakeRun run;
    run.config = testing::fakeConfig(8, 1, 2);
    run.config.router.weigh = "raw";
    run.config.balance.coefficient = 0;
    run.collapses = true;
    run.steps = 300;
    return run;
}

TEST(RunData, MapsStepsToTokensFlopsAndSecondsAndBack) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig();
    const RunData data = read(store, store.add(run));
    for (const double step : {1.0, 50.0, 123.0, 400.0}) {
        EXPECT_DOUBLE_EQ(data.onAxis(XAxis::step, step), step);
        EXPECT_NEAR(data.onAxis(XAxis::tokens, step), step * testing::kFakeTokensPerStep, 1e-6 * step * testing::kFakeTokensPerStep);
        EXPECT_NEAR(data.onAxis(XAxis::flops, step), step * testing::kFakeTokensPerStep * testing::kFakeFlopsPerToken, 1e3);
        EXPECT_NEAR(data.onAxis(XAxis::seconds, step), step * testing::kFakeSecondsPerStep, 1e-6);
        for (const XAxis axis : {XAxis::step, XAxis::tokens, XAxis::flops, XAxis::seconds}) EXPECT_EQ(data.stepAt(axis, data.onAxis(axis, step)), step);
    }
    EXPECT_EQ(data.lastStep(), 400);
}

TEST(Curves, LossAndLoadAreTheStoredValues) {
    FakeStore store;
    const FakeRun run = collapsed();
    const RunData data = read(store, store.add(run));
    const TrainView view{.moeLayer = 1};
    const plots::Lane loss = lossLane(data, view);
    const auto train = std::ranges::find(loss.curves, QStringLiteral("train_loss"), &plots::Curve::id);
    ASSERT_NE(train, loss.curves.end());
    ASSERT_EQ(train->points.x.size(), 300u);
    EXPECT_NEAR(train->points.y[99], testing::fakeLoss(run, 100), 1e-6);
    const plots::HeatData map = loadMap(data, view);
    ASSERT_EQ(map.rows, 8);
    for (const int expert : {0, 3, 7}) EXPECT_NEAR(map.values[static_cast<std::size_t>(expert) * map.x.size() + 119], 8 * testing::fakeLoad(run, 120, 1, expert), 1e-4);
    EXPECT_NEAR(valueAt(data, "effective_experts", 1, 120), testing::fakeEffective(run, 120, 1), 1e-4);
}

TEST(Curves, ReferenceLinesAreThoseOfAUniformRouter) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig(8, 2, 2);
    const RunData data = read(store, store.add(run));
    EXPECT_DOUBLE_EQ(concentrationLane(data, {.concentration = 0}).references.at(0).y, 1.0 / 2);
    EXPECT_DOUBLE_EQ(concentrationLane(data, {.concentration = 1}).references.at(0).y, 1.0 / 8);
    EXPECT_DOUBLE_EQ(concentrationLane(data, {.concentration = 2}).references.at(0).y, 1.0 / 8);
}

TEST(Curves, SpreadOverLayersHoldsEveryLayer) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig(8, 2, 6);
    const RunData data = read(store, store.add(run));
    const plots::Lane lane = concentrationSpread(data, {.moeLayer = 2, .concentration = 2});
    ASSERT_EQ(lane.bands.size(), 1u);
    ASSERT_EQ(lane.curves.size(), 2u);
    for (std::size_t i = 0; i < lane.bands[0].x.size(); ++i) {
        EXPECT_LE(lane.bands[0].low[i], lane.curves[0].points.y[i]);
        EXPECT_GE(lane.bands[0].high[i], lane.curves[1].points.y[i]);
    }
}

TEST(Curves, ADenseRunHasLossAndHealthOnly) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig(0, 0, 2);
    const RunData data = read(store, store.add(run));
    EXPECT_EQ(data.experts(), 0);
    EXPECT_EQ(loadMap(data, {}).rows, 0);
    EXPECT_TRUE(loadBars(data, 0, 100).ratio.empty());
    EXPECT_FALSE(lossLane(data, {}).curves.empty());
    EXPECT_EQ(trainingHealth(data, {}).size(), 2u);
}

TEST(Curves, DomainBarsCarryTheFloorOfTheirSource) {
    FakeStore store;
    const FakeRun run = collapsed();
    const RunData data = read(store, store.add(run));
    const auto bars = domainBars(data, 260);
    ASSERT_EQ(bars.size(), data.meta().facts.domains.size());
    EXPECT_NEAR(bars[3].value, testing::fakeDomainLoss(run, 250, 3), 1e-6);
    EXPECT_EQ(bars[3].floor, 0.4);
    EXPECT_TRUE(std::isnan(domainBars(data, 10)[0].value));
}

TEST(Steering, FoldsTheCommandsOfARunInTheirOrder) {
    FakeStore store;
    const RunData data = read(store, store.add(collapsed()));
    const Steering steering = steeringOf(data);
    EXPECT_EQ(steering.rigOf(0, 0), 6);
    EXPECT_EQ(steering.rigOf(1, 0), 0);
    EXPECT_EQ(steering.config.balance.coefficient, 0.05);
    EXPECT_EQ(data.config().balance.coefficient, 0);
}

TEST(Steering, ARiggedRunWithoutBalanceAsksForACureWhileItIsCollapsed) {
    FakeStore store;
    FakeRun run = collapsed();
    run.cured = false;
    const RunData sick = read(store, store.add(run));
    const auto collapse = collapseOf(sick, steeringOf(sick));
    ASSERT_TRUE(collapse);
    EXPECT_EQ(collapse->experts, 8);
    EXPECT_EQ(collapse->idle, 7);
    const RunData cured = read(store, store.add(collapsed()));
    EXPECT_FALSE(collapseOf(cured, steeringOf(cured)));
}

TEST(Events, AreNumberedAndSaidInWords) {
    FakeStore store;
    const RunData data = read(store, store.add(collapsed()));
    const auto events = shownEvents(data);
    ASSERT_EQ(events.size(), 4u);
    EXPECT_EQ(events[1].number, 2);
    EXPECT_TRUE(events[1].alarm);
    EXPECT_FALSE(events[2].alarm);
    EXPECT_EQ(events[2].step, 150);
    const auto flags = flagsOf(events, data, XAxis::tokens);
    EXPECT_NEAR(flags[2].x, 150.0 * testing::kFakeTokensPerStep, 1);
}

TEST(Events, ARigThatStandsFromTheStartIsAFlagAtStepZero) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig(8, 1, 2);
    run.config.router.rig = {0, 6, 0, 0, 0, 0, 0, -2};
    run.events = false;
    const auto events = shownEvents(read(store, store.add(run)));
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].step, 0);
    EXPECT_FALSE(events[0].alarm);
    EXPECT_TRUE(events[0].text.endsWith(QStringLiteral("E1 +6, E7 \u22122"))) << events[0].text.toStdString();
}

TEST(Curves, WhatAResumeLeftBehindIsDrawnGreyBehindTheRun) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig();
    run.steps = 60;
    run.state = storage::RunState::running;
    const std::string ulid = store.add(run);
    store.writer(ulid).startAttempt(40);
    run.offset = 1;
    store.train(ulid, run, 41);
    RunOpening opening;
    storage::RunReader reader(store.store().runFolder(ulid));
    opening.meta = reader.meta();
    opening.superseded = reader.superseded();
    for (const storage::SeriesInfo& info : reader.listSeries()) opening.series.push_back({info, reader.series(info.name)});
    const plots::Lane lane = lossLane(RunData(opening), {});
    const auto left = std::ranges::find_if(lane.curves, [](const plots::Curve& curve) { return curve.id.startsWith(QStringLiteral("loss_left_behind")); });
    const auto train = std::ranges::find(lane.curves, QStringLiteral("train_loss"), &plots::Curve::id);
    ASSERT_NE(left, lane.curves.end());
    EXPECT_LT(left, train) << "behind the line that holds";
    EXPECT_EQ(left->ink.kind, plots::Ink::Text3);
    EXPECT_FALSE(left->inReadout);
    EXPECT_EQ(left->points.x.back(), 60);
    FakeRun before = run;
    before.offset = 0;
    EXPECT_NEAR(left->points.y.back(), testing::fakeLoss(before, 60), 1e-5);
    EXPECT_EQ(train->points.x.back(), 41);
}

TEST(Samples, OfManyExpertsNameTheBusiest) {
    std::vector<plots::Token> tokens(6);
    const int chosen[] = {-1, 40, 7, 40, 7, 40};
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i].expert = chosen[i];
    EXPECT_EQ(busiestExperts(tokens, 1), std::vector<int>{40});
    EXPECT_EQ(busiestExperts(tokens, 6), (std::vector<int>{40, 7}));
}

TEST(Samples, AreColouredByTheChosenLayerAndThePromptIsNot) {
    FakeStore store;
    FakeRun run;
    run.config = testing::fakeConfig(8, 2, 2);
    const RunData data = read(store, store.add(run));
    EXPECT_EQ(sampleAt(data, 99), nullptr);
    const telemetry::GeneratedSample* sample = sampleAt(data, 250);
    ASSERT_TRUE(sample);
    EXPECT_EQ(sample->step, 200);
    const auto tokens = sampleTokens(*sample, 1);
    EXPECT_EQ(tokens[0].expert, -1);
    const std::size_t at = (10 * 2 + 1) * 2;
    EXPECT_EQ(tokens[10].expert, sample->expertIds[at]);
    EXPECT_EQ(tokens[10].second, sample->expertIds[at + 1]);
}

TEST(Words, NamesStayOnOneLineWhateverTheyHold) {
    EXPECT_EQ(RunWords::oneLine("a\nb\tc"), QStringLiteral("a b c"));
    EXPECT_EQ(RunWords::oneLine("x\xE2\x80\xAEy"), QStringLiteral("xy"));
    EXPECT_LE(RunWords::oneLine("Z" + std::string("\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xCC\x85")).size(), 3);
}

TEST(Words, ErrorsAreSentences) {
    const base::Error error(base::ExitCode::corrupt, "run.bad", "this is no database", "x", "check the path");
    EXPECT_EQ(RunWords::sentence(error), QStringLiteral("This is no database. Check the path."));
}

}  // namespace
}  // namespace moescope::ui
