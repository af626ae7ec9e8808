// The one list of metrics: every member of StepTelemetry is on it once, under a name of its own.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

#include "core/telemetry/step_telemetry.hpp"

namespace moescope::telemetry {
namespace {

TEST(MetricsList, NamesEachMetricOnceAndExplainsIt) {
    std::set<std::string_view> names;
    const StepTelemetry telemetry;
    visitMetrics(telemetry, [&](const Metric& metric, const auto&) {
        EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
        EXPECT_EQ(metric.help.back(), '.') << metric.name;
        EXPECT_LT(metric.minimum, metric.maximum) << metric.name;
    });
    for (const char* concentration : {"top1_weight", "top1_probability", "top1_load"})
        EXPECT_TRUE(names.contains(concentration));
}

TEST(MetricsList, ReachesADifferentMemberWithEveryLine) {
    const StepTelemetry empty;
    std::size_t lines = 0, changed = 0;
    visitMetrics(empty, [&](const Metric&, const auto&) { ++lines; });
    std::set<const void*> members;
    StepTelemetry telemetry;
    visitMetrics(telemetry, [&](const Metric&, auto& member) { changed += members.insert(&member).second; });
    EXPECT_EQ(changed, lines);
}

TEST(MetricsList, GivesOneNumberToTheStepAndListsToLayers) {
    const StepTelemetry telemetry;
    visitMetrics(telemetry, [&]<class T>(const Metric& metric, const T&) {
        EXPECT_EQ(metric.shape == Shape::scalar, (std::is_same_v<T, double>)) << metric.name;
    });
}

}  // namespace
}  // namespace moescope::telemetry
