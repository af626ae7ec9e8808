// Readings of experiments on a run whose stored numbers are made by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "app/engine/experiment_readings.hpp"
#include "tests/storage/support.hpp"

namespace moescope::app {
namespace {

using experiments::Layers;
using experiments::Reading;
using experiments::Term;
using storage::testing::TestRun;

double nothingMeasured(const Term& term) {
    ADD_FAILURE() << term.metric << " was measured";
    return 0;
}

/// 100 steps; in layer 0 the violation is 2 until step 40 and 0.2 from there on, in layer 1 always 0.4.
struct SteppedRun : TestRun {
    SteppedRun() {
        storage::RunWriter writer = started();
        for (std::int64_t step = 1; step <= 100; ++step) {
            telemetry::StepTelemetry report;
            report.step = step;
            report.loss = 3 - 0.01 * static_cast<double>(step);
            report.maxViolation = {step < 40 ? 2.0f : 0.2f, 0.4f};
            writer.append(report);
            if (step % 50 == 0) writer.append(storage::testing::evaluation(step));
        }
        writer.setState(storage::RunState::finished);
        writer.commit();
    }
    double read(const Reading& reading) const {
        storage::RunReader reader(folder);
        return readingOf(reader, reading, nothingMeasured);
    }
    double under(double bound, Layers layers = Layers::mean) const {
        Term term{"max_violation", 1, 1, layers};
        term.under = bound;
        return read({"", term, {}});
    }
};

/// One layer, four tokens with two choices each, as ten numbers of experts.
void appendProbe(storage::RunWriter& writer, std::int64_t step, std::vector<std::int16_t> experts) {
    telemetry::ProbeSnapshot probe = storage::testing::probeSnapshot(step);
    probe.layers = 1;
    probe.tokens = 4;
    probe.sequenceLength = 4;
    probe.moeLayerIndex = {1};
    probe.tokenIds.resize(4), probe.domains.resize(4), probe.tokenTexts.resize(4), probe.losses.resize(4);
    probe.expertIds = std::move(experts);
    probe.weights.assign(8, 0.5f);
    probe.kept.assign(8, 1);
    probe.logits.assign(16, 0.0f);
    probe.noisyLogits.clear();
    writer.append(probe);
}

TEST(ExperimentReadings, TakeTheMeanOfAStretchAndTheValueAtAShare) {
    const SteppedRun run;
    EXPECT_NEAR(run.read({"", {"loss", 0.75, 1}, {}}), 3 - 0.01 * 87.5, 1e-9);
    EXPECT_NEAR(run.read({"", {"loss", 0.5, 0.5}, {}}), 2.5, 1e-9);
    EXPECT_NEAR(run.read({"", {"max_violation"}, {}}), (0.2 + 0.4) / 2, 1e-6);
    EXPECT_NEAR(run.read({"", {"max_violation", 1, 1, Layers::first}, {}}), 0.2, 1e-6);
}

TEST(ExperimentReadings, SubtractOneTermFromAnother) {
    const SteppedRun run;
    EXPECT_NEAR(run.read({"gap", {"val_loss"}, Term{"loss", 1, 1}}), 1.9 - 2.0, 1e-9);
}

TEST(ExperimentReadings, FindTheStepFromWhichFiveReportsAverageUnderABound) {
    const SteppedRun run;
    EXPECT_EQ(run.under(1.0, Layers::first), 38);   // (2 + 2 + 0.2 + 0.2 + 0.2) / 5 = 0.92, a step earlier 1.28
    EXPECT_EQ(run.under(1.5, Layers::first), 37);
    EXPECT_EQ(run.under(0.31), 40);                 // mean of both layers: 0.3
    EXPECT_EQ(run.under(0.29), experiments::kNever);
}

TEST(ExperimentReadings, TakeTheLoadOfSeveralStepsTogether) {
    const TestRun run;
    {
        storage::RunWriter writer = run.started();
        for (std::int64_t step = 1; step <= 100; ++step) {   // one of two experts has all of a step, in turn; after step 60 always the first
            telemetry::StepTelemetry report;
            report.step = step;
            const bool first = step > 60 || step % 2 == 0;
            const float one = first ? 0.5f : 0.0f;
            report.load = {one, 0.5f - one, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f};
            writer.append(report);
        }
        writer.commit();
    }
    storage::RunReader reader(run.folder);
    EXPECT_NEAR(readingOf(reader, {"", {"joint_violation", 0.11, 0.2, Layers::first}, {}}, nothingMeasured), 0, 1e-6);          // alone each step has 1
    EXPECT_NEAR(readingOf(reader, {"", {"joint_violation", 0.75, 1}, {}}, nothingMeasured), (1.0 + 0.0) / 2, 1e-6);
    Term term{"joint_violation", 1, 1, Layers::first};
    term.under = 0.3;
    EXPECT_EQ(readingOf(reader, {"", term, {}}, nothingMeasured), 1);   // 3 of 5 steps: 0.2
    term.under = 0.1;
    EXPECT_EQ(readingOf(reader, {"", term, {}}, nothingMeasured), experiments::kNever);
}

TEST(ExperimentReadings, AreNotANumberWhereNothingIsStored) {
    const SteppedRun run;
    Term term{"ffn_experts"};
    EXPECT_TRUE(std::isnan(run.read({"", term, {}})));
    term.under = 1;
    EXPECT_TRUE(std::isnan(run.read({"", term, {}})));
    EXPECT_TRUE(std::isnan(run.read({"", {"churn"}, {}})));
}

TEST(ExperimentReadings, CountTheChoicesThatTheProbeBeforeDidNotHave) {
    const TestRun run;
    {
        storage::RunWriter writer = run.started();
        telemetry::StepTelemetry report = storage::testing::smallReport(1);
        writer.append(report);
        appendProbe(writer, 0, {0, 1, 0, 1, 0, 1, 0, 1});
        appendProbe(writer, 50, {1, 0, 0, 1, 2, 1, 2, 3});     // order does not count: 3 of 8 are new
        appendProbe(writer, 100, {1, 0, 0, -1, 2, 1, 0, 3});   // 1 of the 7 that are there
        writer.commit();
    }
    storage::RunReader reader(run.folder);
    EXPECT_NEAR(readingOf(reader, {"", {"churn", 0, 1}, {}}, nothingMeasured), (3.0 / 8 + 1.0 / 7) / 2, 1e-9);
    EXPECT_NEAR(readingOf(reader, {"", {"churn", 0.75, 1}, {}}, nothingMeasured), 1.0 / 7, 1e-9);
}

TEST(ExperimentReadings, AskForWhatIsMeasuredOnTheWeights) {
    const SteppedRun run;
    storage::RunReader reader(run.folder);
    const auto measure = [](const Term& term) { return term.metric == "prefix_loss" ? 5.0 : term.metric == "whole_loss" ? 3.5 : -1.0; };
    EXPECT_DOUBLE_EQ(readingOf(reader, {"", {"prefix_loss"}, Term{"whole_loss"}}, measure), 1.5);
}

}  // namespace
}  // namespace moescope::app
