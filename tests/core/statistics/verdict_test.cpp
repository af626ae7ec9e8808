// What is said about a comparison, and the report it becomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/statistics/report.hpp"
#include "core/statistics/verdict.hpp"

namespace moescope::statistics {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Group group(const std::string& name, const std::vector<std::vector<double>>& seeds) {
    Group made{name, {}};
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        made.members.push_back({"u" + name + std::to_string(i), name + std::to_string(i), std::to_string(i), {}});
        for (std::size_t j = 0; j < seeds[i].size(); ++j) made.members.back().curve.x.push_back(100.0 * static_cast<double>(j + 1));
        made.members.back().curve.y = seeds[i];
    }
    return made;
}

Comparison compared(const std::vector<Group>& groups, Axis axis = Axis::step) { return std::get<Comparison>(compare(groups, 0, {"val_loss", "nats/token", axis, 0})); }

Comparison threeSeeds() {
    return compared({group("before", {{3, 2.5, 2.5, 2}, {3, 2.5, 2.5, 2.2}, {3, 2, 2, 2.1}}), group("after", {{2, 1.9, 1.9, 1.9}, {2, 2, 2, 2}, {2, 2, 2, 2}})});
}

std::string said(const Comparison& comparison) {
    std::string text;
    for (const std::string& sentence : verdictOf(comparison, comparison.pairs.front()).sentences) text += sentence + "\n";
    return text;
}

TEST(Verdict, SaysTheNumberTheSmallestPAndHowManySeedsAreMissing) {
    const Comparison comparison = threeSeeds();
    const Verdict verdict = verdictOf(comparison, comparison.pairs.front());
    EXPECT_EQ(verdict.heading, "after \u2212 before");
    EXPECT_EQ(verdict.number, "\u22120.1333 nats/token");
    EXPECT_EQ(verdict.interval, "95 % interval \u22120.2000 to \u22120.1000, rough: fewer than 8 seeds");
    EXPECT_THAT(said(comparison), HasSubstr("Mean over 3 shared seeds, at step 400; lower with 3 of 3."));
    EXPECT_THAT(said(comparison), HasSubstr("Exact sign-flip p = 0.25 (all 8 flips). With 3 seeds p cannot fall below 0.25; 3 more could reach 0.05."));
}

TEST(Verdict, SavingsNameBothAmountsAndTheirInterval) {
    EXPECT_THAT(said(threeSeeds()), HasSubstr("after reaches the loss of before after 100 steps instead of 333.3 steps: 70 % fewer steps (95 % interval of the savings"));
}

TEST(Verdict, WhatWasNotReachedIsGreaterThanTheHorizon) {
    const std::string text = said(compared({group("a", {{3, 2, 2, 2}, {3, 2, 2, 2}}), group("b", {{3, 3, 3, 2.5}, {1, 1, 1, 1}})}));
    EXPECT_THAT(text, HasSubstr("and stays there for 3 evaluations with 1 of 2 seeds; the rest needs > 400 steps. So the savings have no mean; they are below"));
    EXPECT_THAT(text, Not(HasSubstr("fewer steps")));
    const std::string none = said(compared({group("a", {{3, 2, 2, 2}}), group("b", {{3, 3, 3, 2.5}})}));
    EXPECT_THAT(none, HasSubstr("with none of 1 seed: it needs > 400 steps."));
}

TEST(Verdict, OneSeedIsSaidToProveNothing) {
    const Comparison comparison = compared({group("a", {{3, 2}}), group("b", {{3, 1}})});
    EXPECT_THAT(said(comparison), HasSubstr("One shared seed: no interval and no p."));
    EXPECT_THAT(said(comparison), Not(ContainsRegex("p = [0-9]")));
    EXPECT_EQ(verdictOf(comparison, comparison.pairs.front()).interval, "");
}

TEST(Verdict, NoSharedSeedsGiveNoNumber) {
    Group other = group("b", {{3, 1}});
    other.members.front().seed = "9";
    const Comparison comparison = compared({group("a", {{3, 2}}), other});
    EXPECT_EQ(verdictOf(comparison, comparison.pairs.front()).number, "\u2013");
    EXPECT_THAT(said(comparison), HasSubstr("No shared seeds: b has seed 9, a has seed 0."));
}

TEST(Verdict, OneGroupHasNothingToBeComparedWith) {
    EXPECT_THAT(verdictAlone(compared({group("a", {{3, 2}})})).front(), HasSubstr("nothing to compare it with"));
}

TEST(Verdict, NumbersKeepTheDigitsThatFitTheirSize) {
    EXPECT_EQ(numberText(-0.01712, true), "\u22120.0171");
    EXPECT_EQ(numberText(0, true), "0");
    EXPECT_EQ(numberText(12.5), "12.5");
    EXPECT_EQ(numberText(1200, true), "+1200");
    EXPECT_EQ(numberText(3.2e-7), "0.32e-6");
    EXPECT_EQ(numberText(kUnknown), "\u2013");
    EXPECT_EQ(probabilityText(0.0625), "0.0625");
    EXPECT_EQ(probabilityText(0.25), "0.25");
    EXPECT_EQ(probabilityText(1), "1");
    EXPECT_EQ(probabilityText(1 / 65536.0 * 2), "0.0000305");
    EXPECT_EQ(placeText(Axis::flops, 6.14e10), "at 61.4 GFLOP");
    EXPECT_EQ(amountText(Axis::tokens, 1'228'800), "1.23 M tokens");
}

TEST(Names, OfAGroupAreWhatItsRunsShare) {
    EXPECT_EQ(commonName({"before-s1", "before-s2"}), "before");
    EXPECT_EQ(commonName({"moe seed 10", "moe seed 11"}), "moe");
    EXPECT_EQ(commonName({"runs 1", "runs 2"}), "runs");
    EXPECT_EQ(commonName({"x\u00e9", "x\u00e8"}), "x");   // half a character is no name
    EXPECT_EQ(commonName({"one", "two"}), "one");
    EXPECT_EQ(commonName({"alone-s1"}), "alone-s1");
}

TEST(Report, HoldsGroupsVerdictValuesSettingsAndRecipes) {
    config::RunConfig before, after;
    after.router.score = "sigmoid";
    after.training.seed = 5;
    const std::string text = toMarkdown(reportOf(threeSeeds(), {before, after}));
    EXPECT_THAT(text, HasSubstr("# Comparison: before, after\n"));
    EXPECT_THAT(text, HasSubstr("| after | 3 | 1.9667 | 0.0577 |"));
    EXPECT_THAT(text, HasSubstr("| 1 | 2.2000 | 2.0000 |"));
    EXPECT_THAT(text, HasSubstr("| router.score | \"softmax_all\" | \"sigmoid\" |"));
    EXPECT_THAT(text, Not(HasSubstr("training.seed")));
    EXPECT_THAT(text, HasSubstr("cannot fall below 0.25"));
    EXPECT_THAT(text, HasSubstr("\n    before\n    moe:"));
}

TEST(Report, NamesCannotBecomeMarkupOrBreakATable) {
    const std::string evil = "<script>alert(1)</script> | a\nb & \"c\"";
    const Report report = verdictReport(compared({group(evil, {{3, 2}}), group("b", {{3, 1}})}));
    const std::string html = toHtml(report), markdown = toMarkdown(report);
    EXPECT_THAT(html, Not(HasSubstr("<script>")));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
    EXPECT_THAT(markdown, HasSubstr("| \\<script\\>alert(1)\\</script\\> \\| a b & \"c\" | 1 |"));
}

}  // namespace
}  // namespace moescope::statistics
