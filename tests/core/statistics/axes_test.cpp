// One sentence on two axes: crossings worked out by hand, every combination of better and worse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/statistics/axes.hpp"

namespace moescope::statistics {
namespace {

using ::testing::HasSubstr;

/// Twelve evaluations `every` apart; the loss is 3 from the `reaches`-th on.
Member member(const std::string& name, const std::string& seed, std::size_t reaches, double every) {
    Member made{"ulid-" + name + seed, name + "-s" + seed, seed, {}};
    for (std::size_t i = 1; i <= 12; ++i) {
        made.curve.x.push_back(every * static_cast<double>(i));
        made.curve.y.push_back(i < reaches ? 9 - 0.1 * static_cast<double>(i) : 3);
    }
    return made;
}

Comparison over(Axis axis, std::vector<Member> base, std::vector<Member> other) {
    Question question;
    question.axis = axis;
    auto answer = compare({{"G1", std::move(base)}, {"G4", std::move(other)}}, 0, question);
    EXPECT_TRUE(std::holds_alternative<Comparison>(answer));
    return std::get<Comparison>(std::move(answer));
}

/// The baseline reaches 3 at its third evaluation, 10 apart on both axes.
std::string sentence(std::size_t reaches, double flopsEvery, double secondsEvery) {
    return axesSentence(over(Axis::flops, {member("G1", "0", 3, 10)}, {member("G4", "0", reaches, flopsEvery)}),
                        over(Axis::seconds, {member("G1", "0", 3, 10)}, {member("G4", "0", reaches, secondsEvery)}), 1);
}

TEST(Axes, BetterPerFlopAndSlowerPerSecondAreOneSentence) {
    EXPECT_EQ(sentence(2, 10, 20), "G4 to the final loss of G1: 33 % fewer FLOPs; 33 % more seconds. So better per FLOP, slower per second on this machine.");
}

TEST(Axes, AgreementIsSaidOnce) {
    EXPECT_THAT(sentence(2, 10, 10), HasSubstr("So better per FLOP and per second on"));
    EXPECT_THAT(sentence(5, 10, 10), HasSubstr("67 % more FLOPs; 67 % more seconds. So worse per FLOP and per second on"));
    EXPECT_THAT(sentence(3, 10, 10), HasSubstr("as many FLOPs; as many seconds. So no different per FLOP or per second on"));
}

TEST(Axes, ALossThatIsNotReachedIsNotANumber) {
    const std::string said = sentence(12, 10, 10);
    EXPECT_THAT(said, HasSubstr("0 of 1 seeds stay there within the same FLOPs, where the loss is equal"));
    EXPECT_EQ(said.find("nan"), std::string::npos);
    EXPECT_EQ(said.find("more FLOPs"), std::string::npos);
}

TEST(Axes, ALowerLossThatCameTooLateToStayIsInFavour) {
    std::vector<Member> late{member("G4", "0", 12, 10)};
    late[0].curve.y.back() = 2.5;
    const auto flops = over(Axis::flops, {member("G1", "0", 3, 10)}, late);
    EXPECT_THAT(axesSentence(flops, flops, 1), HasSubstr("where the loss is 0.5000 lower; 0 of 1"));
    EXPECT_THAT(axesSentence(flops, flops, 1), HasSubstr("So better per FLOP and per second"));
    late[0].curve.y.back() = 3.5;
    const auto worse = over(Axis::flops, {member("G1", "0", 3, 10)}, late);
    EXPECT_THAT(axesSentence(worse, worse, 1), HasSubstr("0.5000 higher"));
    EXPECT_THAT(axesSentence(worse, worse, 1), HasSubstr("So worse per FLOP and per second"));
}

TEST(Axes, IntervalsOverSeedsAreTold) {
    std::vector<Member> base, other, slow;
    for (const char* seed : {"0", "1", "2"}) {
        base.push_back(member("G1", seed, 3, 10));
        other.push_back(member("G4", seed, seed[0] == '2' ? 3 : 2, 10));
        slow.push_back(member("G4", seed, seed[0] == '2' ? 3 : 2, 20));
    }
    EXPECT_THAT(axesSentence(over(Axis::flops, base, other), over(Axis::seconds, base, slow), 1), ::testing::MatchesRegex(".*22 % fewer FLOPs \\(95 % interval 0 to 33 % saved, rough\\).*"));
}

TEST(Axes, TheBaselineItselfHasNothingToSay) {
    const auto same = over(Axis::flops, {member("G1", "0", 3, 10)}, {member("G4", "0", 2, 10)});
    EXPECT_EQ(axesSentence(same, same, 0), "");
}

}  // namespace
}  // namespace moescope::statistics
