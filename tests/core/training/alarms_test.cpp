// When alarms speak, and that they speak once.
#include <gtest/gtest.h>

#include "core/training/alarms.hpp"

namespace moescope::training {
namespace {

using telemetry::Event;

telemetry::StepTelemetry report(std::int64_t step, float dead, float effective, float busiest) {
    telemetry::StepTelemetry r;
    r.step = step;
    r.dead = {dead};
    r.effectiveExperts = {effective};
    r.top1Load = {busiest};
    return r;
}

std::vector<Event> say(Alarms& alarms, const telemetry::StepTelemetry& r) {
    std::vector<Event> out;
    alarms.onReport(r, out);
    return out;
}

TEST(Alarms, SayOnceThatExpertsAreIdleAndOnceThatTheyAreBack) {
    Alarms alarms({{0, 8, 1}});
    EXPECT_TRUE(say(alarms, report(1, 0, 7.5f, 0.2f)).empty());
    const auto idle = say(alarms, report(2, 7, 3.0f, 0.5f));
    ASSERT_EQ(idle.size(), 1u);
    EXPECT_EQ(idle[0].code, "router.idle");
    EXPECT_EQ(idle[0].text, "Layer 0: 7 of 8 experts idle");
    EXPECT_EQ(idle[0].step, 2);
    EXPECT_TRUE(say(alarms, report(3, 7, 3.0f, 0.5f)).empty());
    EXPECT_TRUE(say(alarms, report(4, 5, 3.0f, 0.5f)).empty());
    const auto back = say(alarms, report(5, 0, 7.0f, 0.2f));
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(back[0].code, "router.recovered");
    EXPECT_EQ(back[0].text, "Layer 0: all experts active again");
    EXPECT_TRUE(say(alarms, report(6, 0, 7.0f, 0.2f)).empty());
}

TEST(Alarms, SpeakAgainOfIdleExpertsOnlyWhenTwiceAsManyAre) {
    Alarms alarms({{3, 8, 1}});
    EXPECT_EQ(say(alarms, report(1, 2, 5, 0.3f)).size(), 1u);
    EXPECT_TRUE(say(alarms, report(2, 3, 5, 0.3f)).empty());
    const auto more = say(alarms, report(3, 4, 4, 0.3f));
    ASSERT_EQ(more.size(), 1u);
    EXPECT_EQ(more[0].text, "Layer 3: 4 of 8 experts idle");
}

// One of four experts gets the given shares of its fair part, report after report; dead by the rule of 20 reports below 0.05.
std::vector<Event> sayOfLoads(const std::vector<double>& ratios) {
    Alarms alarms({{0, 4, 1, 20}});
    std::vector<Event> out;
    int below = 0;
    for (std::size_t i = 0; i < ratios.size(); ++i) {
        below = ratios[i] < 0.05 ? below + 1 : 0;
        telemetry::StepTelemetry r = report(static_cast<std::int64_t>(i + 1), below >= 20 ? 1 : 0, 3.0f, 0.4f);
        const auto share = static_cast<float>(ratios[i] / 4), other = (1 - share) / 3;
        r.load = {other, share, other, other};
        alarms.onReport(r, out);
    }
    return out;
}

TEST(Alarms, DoNotAlternateForAnExpertAtTheBorder) {
    std::vector<double> ratios;
    for (int i = 0; i < 400; ++i) ratios.push_back(i % 25 == 24 ? 0.06 : 0.04);  // a report above the border now and then
    const std::vector<Event> told = sayOfLoads(ratios);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].code, "router.idle");
    EXPECT_EQ(told[0].step, 20);
}

TEST(Alarms, EndAnEpisodeAfterAsManyHealthyReportsAsBeganIt) {
    std::vector<double> ratios(30, 0.01);
    ratios.insert(ratios.end(), 19, 0.8);
    ratios.push_back(0.01);  // the twentieth fails: counted from the start again
    ratios.insert(ratios.end(), 40, 0.8);
    const std::vector<Event> told = sayOfLoads(ratios);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[1].code, "router.recovered");
    EXPECT_EQ(told[1].step, 30 + 20 + 20);
}

TEST(Alarms, CallACollapseByTheBusiestExpertOrByTheFewInUse) {
    Alarms busiest({{0, 8, 1}}), few({{0, 8, 1}}), healthy({{0, 8, 1}});
    EXPECT_EQ(say(busiest, report(1, 0, 3, 0.95f)).at(0).code, "router.collapse");
    EXPECT_EQ(say(few, report(1, 0, 1.9f, 0.6f)).at(0).code, "router.collapse");
    EXPECT_TRUE(say(few, report(2, 0, 1.9f, 0.6f)).empty());
    EXPECT_TRUE(say(healthy, report(1, 0, 2.1f, 0.6f)).empty());
}

TEST(Alarms, DoNotTakeARouterThatMustUseKExpertsForCollapsed) {
    Alarms twoOfTwo({{0, 2, 2}}), oneOfTwo({{0, 2, 1}});
    EXPECT_TRUE(say(twoOfTwo, report(1, 0, 2, 0.5f)).empty());
    EXPECT_TRUE(say(oneOfTwo, report(1, 0, 1.8f, 0.7f)).empty());
    EXPECT_EQ(say(oneOfTwo, report(2, 0, 1.2f, 0.95f)).size(), 1u);
}

TEST(Alarms, MarkALossSpikeOnceAtExactlyItsStep) {
    Alarms alarms({});
    std::vector<Event> out;
    for (int step = 1; step <= 200; ++step) {
        const double loss = step == 150 || step == 151 ? 6.0 : 2.0 + 0.01 * (step % 7);
        alarms.onLoss(step, loss, out);
    }
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].code, "loss.spike");
    EXPECT_EQ(out[0].step, 150);
}

TEST(Alarms, StayCalmWhileTheLossFalls) {
    Alarms alarms({});
    std::vector<Event> out;
    for (int step = 1; step <= 300; ++step) alarms.onLoss(step, 1.5 + 3.0 / step + 0.02 * (step % 5), out);
    EXPECT_TRUE(out.empty());
}

TEST(RobustScore, IsTheDistanceFromTheMedianInRobustDeviations) {
    std::vector<double> values;
    for (int i = -20; i <= 20; ++i) values.push_back(i);
    EXPECT_NEAR(robustScore(values, 14.826), 1.0, 1e-12);
    EXPECT_EQ(robustScore({1, 2, 3}, 100), 0);
}

}  // namespace
}  // namespace moescope::training
