// Mixtures: what is refused, and with which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/mixture.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using testing::domain;
using ::testing::HasSubstr;
using testing::mixtureOf;
using testing::text;
using testing::whole;

base::Problems problemsOf(const config::RunConfig &config) {
    base::Problems problems;
    EXPECT_EQ(openCorpus(config, {}, problems), nullptr);
    return problems;
}

void expectProblem(const config::RunConfig &config, const std::string &key, const std::string &part) {
    const base::Problems problems = problemsOf(config);
    ASSERT_EQ(problems.size(), 1U) << part;
    EXPECT_EQ(problems[0].key, key);
    EXPECT_THAT(problems[0].text, HasSubstr(part));
}

TEST(Mixture, RefusesAnEmptyList) { expectProblem(mixtureOf({}), "data.domains", "no domain"); }

TEST(Mixture, RefusesAnUnknownFamilyAndNamesTheKnownOnes) {
    expectProblem(mixtureOf({domain("arithmetic"), domain("poetry")}), "data.domains[1].family",
                  "arithmetic, brackets, copy");
}

TEST(Mixture, RefusesAnUnknownOptionAndNamesTheKnownOnes) {
    expectProblem(mixtureOf({domain("arithmetic", {{"digit", whole(2)}})}), "data.domains[0].digit", "digits, ops");
}

TEST(Mixture, RefusesWeightsThatAreNoShare) {
    for (const double weight : {0.0, -1.0, std::nan(""), HUGE_VAL})
        expectProblem(mixtureOf({domain("arithmetic", {}, weight)}), "data.domains[0].weight", "above 0");
}

TEST(Mixture, RefusesAnAlphabetWithALetterTwice) {
    expectProblem(mixtureOf({domain("dates"), domain("brackets"), domain("language", {{"alphabet", text("abcda")}})}),
                  "data.domains[2].alphabet", "'a' occurs twice");
}

TEST(Mixture, RefusesLettersWithAMeaningOfTheirOwn) {
    expectProblem(mixtureOf({domain("copy", {{"alphabet", text("ab|")}})}), "data.domains[0].alphabet",
                  "meaning of its own");
}
TEST(Mixture, RefusesWhiteSpaceAsLetters) {
    expectProblem(mixtureOf({domain("markov", {{"alphabet", text("ab c")}})}), "data.domains[0].alphabet",
                  "White space");
}
TEST(Mixture, RefusesBrokenUtf8AsLetters) {
    expectProblem(mixtureOf({domain("markov", {{"alphabet", text("ab\xff")}})}), "data.domains[0].alphabet",
                  "broken UTF-8");
}
TEST(Mixture, RefusesAnAlphabetThatIsTooSmall) {
    expectProblem(mixtureOf({domain("language", {{"alphabet", text("abc")}})}), "data.domains[0].alphabet",
                  "at least 4");
}

TEST(Mixture, RefusesNumbersOutOfRangeAndOfTheWrongType) {
    expectProblem(mixtureOf({domain("arithmetic", {{"digits", whole(9)}})}), "data.domains[0].digits", "from 1 to 5");
    expectProblem(mixtureOf({domain("arithmetic", {{"digits", config::Value(1.5)}})}), "data.domains[0].digits",
                  "whole number");
    expectProblem(mixtureOf({domain("arithmetic", {{"digits", text("two")}})}), "data.domains[0].digits",
                  "whole number");
    expectProblem(mixtureOf({domain("brackets", {{"p_open", config::Value(std::nan(""))}})}), "data.domains[0].p_open",
                  "number from");
    expectProblem(mixtureOf({domain("copy", {{"rule", text("rotate")}})}), "data.domains[0].rule",
                  "copy, reverse, sort");
    expectProblem(mixtureOf({domain("markov", {{"order", whole(6)}})}), "data.domains[0].order", "8192");
    expectProblem(mixtureOf({domain("arithmetic", {{"ops", text("+/")}})}), "data.domains[0].ops", "operators");
    expectProblem(mixtureOf({domain("code", {{"c", whole(0)}, {"json", whole(0)}, {"csv", whole(0)}})}),
                  "data.domains[0].c", "above 0");
    expectProblem(mixtureOf({domain("cipher", {{"target", text("abcd")}})}), "data.domains[0].target",
                  "as many letters");
}

TEST(Mixture, AcceptsWholeNumbersWrittenAsReals) {
    EXPECT_NE(testing::open(mixtureOf({domain("arithmetic", {{"digits", config::Value(2.0)}})})), nullptr);
}

TEST(Mixture, RefusesTwoDomainsOfOneNameAndTooMany) {
    expectProblem(mixtureOf({domain("copy", {}, 1, "a"), domain("dates", {}, 1, "a")}), "data.domains[1].name",
                  "Two domains");
    expectProblem(mixtureOf(std::vector(65, domain("groups"))), "data.domains", "At most 64");
    expectProblem(mixtureOf({domain("copy", {}, 1, "a\nb")}), "data.domains[0].name", "control characters");
}

TEST(Mixture, RefusesAlternationsItDoesNotKnow) {
    for (const char *wrong : {"token", "0", "-3", "16x", ""}) {
        config::RunConfig config = mixtureOf({domain("copy")});
        config.data.alternate = wrong;
        expectProblem(config, "data.alternate", "document, sentence");
    }
}

TEST(Mixture, NamesDomainsByFamilyAndAlphabetAndNumbersRepeats) {
    const auto corpus =
        testing::open(mixtureOf({domain("language", {{"alphabet", text("greek")}}), domain("dates"), domain("dates"),
                                 domain("copy", {{"alphabet", text("xyz")}}), domain("copy", {}, 1, "mine")}));
    EXPECT_THAT(corpus->domains(), ::testing::ElementsAre("language_greek", "dates", "dates_2", "copy", "mine"));
}

TEST(Mixture, WarnsOfTwoDomainsWithTheSameText) {
    EXPECT_THAT(testing::open(mixtureOf({domain("dates"), domain("dates")}))->facts().warnings,
                ::testing::ElementsAre(HasSubstr("dates_2")));
}

TEST(Mixture, OpensEveryFamilyWithEveryNamedAlphabet) {
    for (const char *alphabet : {"latin", "latin_upper", "latin_a_j", "latin_k_t", "latin_u_z", "greek", "cyrillic",
                                 "hebrew", "kana", "armenian", "georgian", "hangul"})
        for (const char *family : {"language", "cipher", "copy", "markov", "recall"})
            EXPECT_NE(testing::open(mixtureOf({domain(family, {{"alphabet", text(alphabet)}})})), nullptr)
                << alphabet << " " << family;
}

}  // namespace
}  // namespace moescope::data
