// What goes into a run's folder comes out again.
#include <gmock/gmock.h>

#include "storage/meta_file.hpp"
#include "support.hpp"

namespace moescope::storage::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void expectSeries(RunReader& reader, std::string_view name, std::int64_t steps, const std::function<std::vector<double>(std::int64_t)>& wanted) {
    const SeriesData data = reader.series(name, {-1, 0});
    ASSERT_EQ(data.size(), static_cast<std::size_t>(steps)) << name;
    for (std::int64_t step = 1; step <= steps; ++step) {
        const std::vector<double> values = wanted(step);
        ASSERT_EQ(data.steps[static_cast<std::size_t>(step - 1)], step);
        ASSERT_EQ(static_cast<std::size_t>(data.width), values.size()) << name;
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(data.values[static_cast<std::size_t>(step - 1) * values.size() + i], values[i]) << name << " step " << step << " element " << i;
    }
}

void expectEveryMetric(RunReader& reader, std::int64_t steps) {
    int metrics = 0;
    telemetry::StepTelemetry sample = fullReport(1);
    telemetry::visitMetrics(sample, [&](const telemetry::Metric& metric, auto&) {
        ++metrics;
        expectSeries(reader, metric.name, steps, [&](std::int64_t step) {
            std::vector<double> values;
            telemetry::StepTelemetry t = fullReport(step);
            telemetry::visitMetrics(t, [&](const telemetry::Metric& m, auto& value) {
                if (m.name != metric.name) return;
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) values = {value};
                else values.assign(value.begin(), value.end());
            });
            return values;
        });
    });
    EXPECT_GT(metrics, 40);
    expectSeries(reader, "tokens", steps, [](std::int64_t step) { return std::vector<double>{static_cast<double>(step * 1000)}; });
    expectSeries(reader, "flops", steps, [](std::int64_t step) { return std::vector<double>{static_cast<double>(step) * 1.5e9}; });
}

TEST(RoundTrip, EveryMetricComesBackWithTheSameBitsBeforeAndAfterCompaction) {
    const TestRun run;
    RunWriter writer = run.started();
    RunReader reader(run.folder);
    for (std::int64_t step = 1; step <= 40; ++step) {
        writer.append(fullReport(step));
        if (step % 7 == 0) writer.commit();
    }
    writer.commit();
    expectEveryMetric(reader, 40);
    writer.compact();
    expectEveryMetric(reader, 40);
    writer.setState(RunState::finished, "done");
    writer.close();
    RunReader later(run.folder);
    expectEveryMetric(later, 40);
    EXPECT_EQ(later.state().state, RunState::finished);
    EXPECT_EQ(later.state().reason, "done");
}

TEST(RoundTrip, SeriesCarryTheirShape) {
    const TestRun run;
    RunWriter writer = run.started();
    writer.append(fullReport(1));
    writer.append(evaluation(1));
    writer.commit();
    RunReader reader(run.folder);
    const auto load = reader.findSeries("load");
    ASSERT_TRUE(load);
    EXPECT_THAT(load->dimensions, ElementsAre("layer", "expert"));
    EXPECT_THAT(load->sizes, ElementsAre(kLayers, kExperts));
    EXPECT_EQ(elementAt(*load, {{"layer", 1}, {"expert", 3}}), 1 * kExperts + 3);
    EXPECT_EQ(elementAt(*load, {{"layer", 2}, {"expert", 0}}), std::nullopt);
    EXPECT_EQ(elementAt(*load, {{"domain", 0}}), std::nullopt);
    const auto domainExperts = reader.findSeries("domain_experts");
    EXPECT_THAT(domainExperts->sizes, ElementsAre(kLayers, kDomains, kExperts));
    EXPECT_THAT(reader.findSeries("domain_loss")->dimensions, ElementsAre("domain"));
    EXPECT_TRUE(reader.findSeries("val_loss")->evaluation);
    EXPECT_EQ(reader.findSeries("nothing"), std::nullopt);
    EXPECT_EQ(errorOf([&] { reader.series("nothing"); }), "2 series.unknown");
    EXPECT_EQ(errorOf([&] { reader.series("load", {8}); }), "2 series.element");
    const SeriesData one = reader.series("load", {5, 0});
    EXPECT_EQ(one.values.at(0), static_cast<double>(fullReport(1).load[5]));
}

TEST(RoundTrip, AMetricWithoutDataIsNotStoredAndOneThatBeginsLaterBeginsThere) {
    const TestRun run;
    RunWriter writer = run.started();
    telemetry::StepTelemetry t = smallReport(1);
    t.dead = {telemetry::kNone, telemetry::kNone};
    writer.append(t);
    t = smallReport(2);
    t.z = 0.5;
    writer.append(t);
    t = smallReport(3);
    t.loss = std::numeric_limits<double>::quiet_NaN();
    writer.append(t);
    writer.commit();
    RunReader reader(run.folder);
    EXPECT_EQ(reader.findSeries("aux_balance"), std::nullopt);
    EXPECT_EQ(reader.findSeries("dead"), std::nullopt);
    EXPECT_THAT(reader.series("aux_z", {-1, 0}).steps, ElementsAre(2, 3));
    EXPECT_TRUE(std::isnan(reader.series("loss", {-1, 0}).values.at(2))) << "a loss that stops being a number is news";
}

TEST(RoundTrip, EventsProbesSamplesCheckpointsAndFactsComeBack) {
    const TestRun run;
    RunWriter writer = run.started();
    const telemetry::Event event{5, telemetry::Severity::change, "command.set", "The rate was changed.", "{\"key\":\"training.lr\"}"};
    writer.append(event);
    writer.append(probeSnapshot(0));
    writer.append(probeSnapshot(50));
    writer.append(generatedSample(7));
    const CheckpointRow row{10, "step-000000010", "full", false, 1 << 20, 99, std::string(32, 'a'), "good"};
    writer.addCheckpoint(row);
    writer.commit();
    RunReader reader(run.folder);
    ASSERT_EQ(reader.events().size(), 1u);
    EXPECT_EQ(reader.events()[0].event, event);
    EXPECT_EQ(reader.events()[0].attempt, 1);
    EXPECT_THAT(reader.probes(), ElementsAre(0, 50));
    EXPECT_EQ(reader.probe(50), probeSnapshot(50));
    EXPECT_EQ(errorOf([&] { reader.probe(51); }), "2 probe.unknown");
    EXPECT_THAT(reader.samples(), ElementsAre(generatedSample(7)));
    EXPECT_THAT(reader.checkpoints(), ElementsAre(row));
    RunFacts got = reader.meta().facts, wanted = facts();
    EXPECT_TRUE(std::isnan(got.domainFloors.at(1)));
    got.domainFloors[1] = wanted.domainFloors[1] = 0;
    EXPECT_EQ(got, wanted);
    EXPECT_EQ(reader.meta().configJson, newRun().configJson);
    EXPECT_EQ(reader.meta().ulid, run.ulid);
}

TEST(RoundTrip, TheSummaryFollowsTheTelemetry) {
    const TestRun run;
    RunWriter writer = run.started();
    for (std::int64_t step = 1; step <= 10; ++step) writer.append(fullReport(step));
    telemetry::Evaluation e = evaluation(5);
    e.loss = 1.0;
    writer.append(e);
    e = evaluation(10);
    e.loss = 1.5;
    writer.append(e);
    writer.commit();
    RunReader reader(run.folder);
    const Summary s = reader.summary();
    EXPECT_EQ(s.step, 10);
    EXPECT_EQ(s.tokens, 10'000);
    EXPECT_EQ(s.loss, fullReport(10).loss);
    EXPECT_EQ(s.valLoss, 1.5);
    EXPECT_EQ(s.bestVal, 1.0);
    EXPECT_EQ(s.bestValStep, 5);
    EXPECT_THAT(s.domainLoss, ::testing::SizeIs(kDomains));
    EXPECT_EQ(s.domainLoss[0], e.domainLoss[0]);
    EXPECT_TRUE(std::isnan(s.domainLoss[1]));
}

TEST(RoundTrip, AxesAreExactAtStoredStepsAndLinearBetweenThem) {
    const TestRun run;
    RunWriter writer = run.started();
    for (std::int64_t step = 10; step <= 30'000; step += 10) writer.append(smallReport(step));
    writer.commit();
    RunReader reader(run.folder);
    const std::vector<std::int64_t> steps = {0, 5, 10, 15, 29'995, 30'000, 30'005};
    const std::vector<double> tokens = reader.axis("tokens", steps);
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_DOUBLE_EQ(tokens[i], 64.0 * static_cast<double>(steps[i]));
    EXPECT_THAT(reader.axis("step", steps), ElementsAre(0, 5, 10, 15, 29'995, 30'000, 30'005));
}

TEST(RoundTrip, StepsOutOfOrderAndChangedWidthsAreErrors) {
    const TestRun run;
    RunWriter early = run.writer();
    EXPECT_EQ(errorOf([&] { early.append(smallReport(1)); }), "5 store.order");
    early.close();
    RunWriter writer = run.started();
    writer.append(smallReport(5));
    EXPECT_EQ(errorOf([&] { writer.append(smallReport(4)); }), "5 store.order");
    EXPECT_EQ(errorOf([&] { writer.append(smallReport(5)); }), "none") << "the first report of a step stays";
    telemetry::StepTelemetry t = smallReport(6);
    t.load.push_back(0);
    EXPECT_EQ(errorOf([&] { writer.append(t); }), "5 store.shape");
}

TEST(RoundTrip, WhatWaitsIsNotThereBeforeCommit) {
    const TestRun run;
    RunWriter writer = run.started();
    RunReader reader(run.folder);
    writer.append(smallReport(1));
    EXPECT_TRUE(writer.pending());
    EXPECT_GT(writer.pendingBytes(), 0);
    EXPECT_EQ(reader.findSeries("loss"), std::nullopt);
    writer.commit();
    EXPECT_FALSE(writer.pending());
    EXPECT_TRUE(reader.findSeries("loss"));
}

}  // namespace
}  // namespace moescope::storage::testing
