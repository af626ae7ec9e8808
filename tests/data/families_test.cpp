// Documents of every family are parsed back and checked by rules written anew here.
#include <algorithm>
#include <chrono>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using testing::makeFamily;
using testing::text;
using testing::unitsOf;
using testing::whole;

constexpr std::uint64_t kDocuments = 60;

/// Calls check(unit) for every unit of some documents.
template <class Check>
void forUnits(const Family &family, Check check) {
    for (std::uint64_t index = 0; index < kDocuments; ++index)
        for (const std::string &unit : unitsOf(makeDocument(family, 7, index, 200)))
            check(unit);
}

class EveryFamily : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, EveryFamily,
                         ::testing::Values("arithmetic", "brackets", "copy", "language", "cipher", "dates", "code",
                                           "recall", "markov", "groups"));

TEST_P(EveryFamily, MakesTheSameDocumentFromTheSameSeedAndIndexAndOthersFromOthers) {
    const auto family = makeFamily(GetParam()), again = makeFamily(GetParam());
    const Document document = makeDocument(*family, 1, 2, 300);
    EXPECT_EQ(document, makeDocument(*again, 1, 2, 300));
    EXPECT_NE(document, makeDocument(*family, 2, 2, 300));
    EXPECT_NE(document, makeDocument(*family, 1, 3, 300));
}

TEST_P(EveryFamily, WritesOnlyItsOwnCharactersAndAllOfThem) {
    const auto family = makeFamily(GetParam());
    std::set<char32_t> seen;
    for (std::uint64_t index = 0; index < 400; ++index)
        for (const char32_t character : makeDocument(*family, 3, index, 200).text)
            seen.insert(character);
    EXPECT_EQ(std::u32string(seen.begin(), seen.end()), family->characters());
}

TEST_P(EveryFamily, LabelsEachCharacterWithItsPlaceInTheUnit) {
    const auto family = makeFamily(GetParam());
    const Document document = makeDocument(*family, 1, 5, 500);
    ASSERT_EQ(document.text.size(), document.labels.size());
    ASSERT_EQ(document.units.back(), document.text.size());
    std::size_t begin = 0;
    for (const std::size_t end : document.units) {
        for (std::size_t i = begin; i < end; ++i)
            ASSERT_EQ(document.labels[i].position, static_cast<std::int32_t>(i - begin));
        begin = end;
    }
}

TEST_P(EveryFamily, StopsAtTheFirstUnitThatReachesTheLength) {
    const auto family = makeFamily(GetParam());
    const Document document = makeDocument(*family, 1, 9, 150);
    EXPECT_GE(document.text.size(), 150U);
    if (document.units.size() > 1) {
        EXPECT_LT(document.units[document.units.size() - 2], 150U);
    }
    const Document longer = makeDocument(*family, 1, 9, 400);
    EXPECT_EQ(longer.text.substr(0, document.text.size()), document.text);
}

TEST_P(EveryFamily, CallsACharacterPredictableOnlyIfItAlwaysFollowedTheSameUnitSoFar) {
    const auto family = makeFamily(GetParam());
    std::map<std::u32string, std::set<char32_t>>
        followers;  // of all that the document holds before, from the unit's beginning
    std::vector<std::pair<std::u32string, char32_t>> claimed;
    for (std::uint64_t index = 0; index < 3000; ++index) {
        const Document document = makeDocument(*family, 1, index, 1);
        for (std::size_t i = 0; i < document.text.size(); ++i) {
            const std::u32string past = document.text.substr(0, i);
            followers[past].insert(document.text[i]);
            if (document.labels[i].predictable) claimed.emplace_back(past, document.text[i]);
        }
    }
    for (const auto &[past, character] : claimed)
        ASSERT_EQ(followers[past].size(), 1U) << testing::utf8(past);
}

TEST(Arithmetic, AnswersAreRight) {
    const std::regex equation("(\\d+)([-+*])(\\d+)=(-?\\d+);");
    forUnits(*makeFamily("arithmetic", {{"digits", whole(3)}, {"ops", text("+-*")}}), [&](const std::string &unit) {
        std::smatch parts;
        ASSERT_TRUE(std::regex_match(unit, parts, equation)) << unit;
        const long a = std::stol(parts[1]), b = std::stol(parts[3]);
        const long right = parts[2] == "+" ? a + b : parts[2] == "-" ? a - b : a * b;
        EXPECT_EQ(std::stol(parts[4]), right) << unit;
        EXPECT_LT(std::max(a, b), 1000);
    });
}

TEST(Arithmetic, LabelsOperandsOperatorAndAnswer) {
    const Document document = makeDocument(*makeFamily("arithmetic", {{"ops", text("+")}}), 1, 4, 1);
    const std::size_t plus = document.text.find(U'+'), equals = document.text.find(U'=');
    for (std::size_t i = 0; i < document.text.size(); ++i) {
        const Kind expected = i < plus                       ? Kind::digit
                              : i == plus                    ? Kind::operation
                              : i < equals                   ? Kind::digit
                              : i == equals                  ? Kind::separator
                              : i + 1 < document.text.size() ? Kind::answerDigit
                                                             : Kind::end;
        EXPECT_EQ(document.labels[i].kind, expected) << i;
        if (i > equals) {
            EXPECT_TRUE(document.labels[i].predictable);
        }
    }
}

TEST(Brackets, AreBalancedAndNoDeeperThanAllowed) {
    forUnits(*makeFamily("brackets", {{"kinds", whole(4)}, {"depth", whole(3)}}), [](const std::string &unit) {
        const std::string open = "([{<", close = ")]}>";
        std::string stack;
        std::size_t deepest = 0;
        for (const char c : unit.substr(0, unit.size() - 1)) {
            if (open.find(c) != std::string::npos)
                stack.push_back(close[open.find(c)]);
            else {
                ASSERT_FALSE(stack.empty()) << unit;
                ASSERT_EQ(stack.back(), c) << unit;
                stack.pop_back();
            }
            deepest = std::max(deepest, stack.size());
        }
        EXPECT_TRUE(stack.empty()) << unit;
        EXPECT_LE(deepest, 3U);
        EXPECT_EQ(unit.back(), ' ');
    });
}

void expectSecondHalf(const std::string &rule, const std::function<std::string(std::string)> &transformed) {
    forUnits(*makeFamily("copy", {{"rule", text(rule)}, {"length", whole(7)}}), [&](const std::string &unit) {
        const std::size_t bar = unit.find('|');
        ASSERT_NE(bar, std::string::npos);
        EXPECT_EQ(unit.substr(bar + 1), transformed(unit.substr(0, bar)) + ".") << unit;
        EXPECT_LE(bar, 7U);
        EXPECT_GE(bar, 4U);
    });
}

TEST(Copy, RepeatsReversesOrSortsItsKey) {
    expectSecondHalf("copy", [](std::string key) { return key; });
    expectSecondHalf("reverse", [](std::string key) { return std::string(key.rbegin(), key.rend()); });
    expectSecondHalf("sort", [](std::string key) {
        std::sort(key.begin(), key.end());
        return key;
    });
}

/// Words of a text, without full stops.
std::vector<std::string> wordsOf(const std::string &sentence) {
    std::vector<std::string> words(1);
    for (const char c : sentence) {
        if (c == '.') break;
        if (c == ' ')
            words.emplace_back();
        else
            words.back().push_back(c);
    }
    return words;
}

TEST(Language, HasTheLexiconAndTheBranchingItWasAskedFor) {
    std::set<std::string> lexicon;
    std::map<std::string, std::set<std::string>> next;
    const auto family = makeFamily("language", {{"lexicon", whole(20)}, {"branching", whole(3)}});
    for (std::uint64_t index = 0; index < 400; ++index)
        for (const std::string &unit : unitsOf(makeDocument(*family, 1, index, 200))) {
            ASSERT_TRUE(unit.ends_with(". ")) << unit;
            const std::vector<std::string> words = wordsOf(unit);
            lexicon.insert(words.begin(), words.end());
            for (std::size_t i = 0; i < words.size(); ++i)
                next[i == 0 ? "" : words[i - 1]].insert(words[i]);
        }
    EXPECT_EQ(lexicon.size(), 20U);
    EXPECT_EQ(next.size(), 21U);
    for (const auto &[word, followers] : next)
        EXPECT_EQ(followers.size(), 3U) << word;
}

TEST(Language, OfAnotherSeedHasOtherWords) {
    const auto first = makeFamily("language"), second = makeFamily("language", {{"language_seed", whole(1)}});
    std::set<std::string> words, shared;
    forUnits(*first, [&](const std::string &unit) {
        for (const std::string &word : wordsOf(unit))
            words.insert(word);
    });
    forUnits(*second, [&](const std::string &unit) {
        for (const std::string &word : wordsOf(unit))
            if (words.contains(word)) shared.insert(word);
    });
    EXPECT_LT(shared.size(), words.size() / 4);
}

TEST(Language, WordsOfASentenceShareOneEnding) {
    const auto family = makeFamily("language", {{"suffixes", whole(3)}});
    std::set<std::string> endings;
    for (std::uint64_t index = 0; index < 100; ++index) {
        const Document document = makeDocument(*family, 1, index, 1);
        std::set<std::string> here;
        std::u32string ending;
        for (std::size_t i = 0; i < document.text.size(); ++i) {
            if (document.labels[i].kind == Kind::suffix)
                ending.push_back(document.text[i]);
            else if (!ending.empty())
                here.insert(testing::utf8(std::exchange(ending, {})));
        }
        ASSERT_EQ(here.size(), 1U);
        endings.insert(*here.begin());
    }
    EXPECT_EQ(endings.size(), 3U);
}

TEST(Language, OfOtherMarksIsTheSameTextWithTheMarksReplaced) {
    const auto plain = makeFamily("language", {{"alphabet", text("greek")}});
    const auto marked = makeFamily("language", {{"alphabet", text("greek")}, {"marks", text("·;")}});
    EXPECT_DOUBLE_EQ(plain->floor(), marked->floor());
    EXPECT_EQ(marked->characters().find_first_of(U" ."), std::u32string::npos);
    std::u32string expected = makeDocument(*plain, 1, 0, 300).text;
    for (char32_t &letter : expected)
        letter = letter == U' ' ? U'·' : letter == U'.' ? U';' : letter;
    EXPECT_EQ(makeDocument(*marked, 1, 0, 300).text, expected);
}

TEST(Language, RefusesMarksThatAreNotTwoOrAreLetters) {
    for (const char *marks : {"", ".", "..", " . ", "\n.", "a."})
        EXPECT_THROW(makeFamily("language", {{"alphabet", text("latin_a_j")}, {"marks", text(marks)}}), std::runtime_error) << marks;
}

TEST(Cipher, IsTheLanguageUnderAPermutationOfItsLetters) {
    const auto plain = makeFamily("language", {{"alphabet", text("latin_a_j")}, {"language_seed", whole(5)}});
    const auto secret =
        makeFamily("cipher", {{"alphabet", text("latin_a_j")}, {"language_seed", whole(5)}, {"cipher_seed", whole(2)}});
    const auto greek =
        makeFamily("cipher", {{"alphabet", text("latin_a_j")}, {"language_seed", whole(5)}, {"target", text("greek")}});
    for (const Family *cipher : {secret.get(), greek.get()}) {
        std::map<char32_t, char32_t> forth, back;
        for (std::uint64_t index = 0; index < 50; ++index) {
            const Document a = makeDocument(*plain, 1, index, 300), b = makeDocument(*cipher, 1, index, 300);
            ASSERT_EQ(a.labels, b.labels);
            for (std::size_t i = 0; i < a.text.size(); ++i) {
                ASSERT_EQ(forth.emplace(a.text[i], b.text[i]).first->second, b.text[i]);
                ASSERT_EQ(back.emplace(b.text[i], a.text[i]).first->second, a.text[i]);
            }
        }
        EXPECT_EQ(forth.size(), 12U);
        EXPECT_NE(forth, back);
        EXPECT_DOUBLE_EQ(plain->floor(), cipher->floor());
    }
}

const std::map<std::string, unsigned> kMonths = {{"january", 1},   {"february", 2}, {"march", 3},     {"april", 4},
                                                 {"may", 5},       {"june", 6},     {"july", 7},      {"august", 8},
                                                 {"september", 9}, {"october", 10}, {"november", 11}, {"december", 12}};

std::chrono::year_month_day iso(const std::smatch &parts) {
    using namespace std::chrono;
    return year{std::stoi(parts[1])} / static_cast<int>(std::stoul(parts[2])) / static_cast<int>(std::stoul(parts[3]));
}

std::chrono::year_month_day worded(const std::smatch &parts) {
    using namespace std::chrono;
    return year{std::stoi(parts[3])} / static_cast<int>(kMonths.at(parts[2])) / static_cast<int>(std::stoul(parts[1]));
}

TEST(Dates, BothSidesNameTheSameValidDayOrTheSameAmount) {
    const std::regex isoDate("(\\d{4})-(\\d\\d)-(\\d\\d)"), wordDate("([1-9]\\d?) ([a-z]+) (\\d{4})"),
        amount("([1-9]\\d*) ([a-z]+)");
    const std::map<std::string, std::pair<std::string, long>> factors = {{"km", {"m", 1000}}, {"m", {"cm", 100}},
                                                                         {"kg", {"g", 1000}}, {"h", {"min", 60}},
                                                                         {"min", {"s", 60}},  {"l", {"ml", 1000}}};
    int dates = 0, amounts = 0;
    forUnits(*makeFamily("dates"), [&](const std::string &unit) {
        ASSERT_EQ(unit.back(), ';');
        std::string left = unit.substr(0, unit.find('=')),
                    right = unit.substr(unit.find('=') + 1, unit.size() - unit.find('=') - 2);
        std::smatch a, b;
        if (std::regex_match(right, a, isoDate)) std::swap(left, right);
        if (std::regex_match(left, a, isoDate)) {
            ASSERT_TRUE(std::regex_match(right, b, wordDate)) << unit;
            EXPECT_TRUE(iso(a).ok()) << unit;
            EXPECT_EQ(iso(a), worded(b)) << unit;
            ++dates;
            return;
        }
        ASSERT_TRUE(std::regex_match(left, a, amount) && std::regex_match(right, b, amount)) << unit;
        const auto &[unitName, factor] = factors.at(a[2]);
        EXPECT_EQ(b[2], unitName);
        EXPECT_EQ(std::stol(b[1]), std::stol(a[1]) * factor);
        ++amounts;
    });
    EXPECT_GT(dates, amounts);
    EXPECT_GT(amounts, 0);
}

TEST(Code, LinesAreOfTheThreeLanguages) {
    const std::regex name("(i|n|x|sum|max)"), csv("(0|[1-9]\\d?),(red|green|blue|black),(0|[1-9]\\d?)\n");
    const std::string value = "(i|n|x|sum|max|0|[1-9]\\d?)", sum = value + "([+*]" + value + ")*";
    const std::string assignment = "(i|n|x|sum|max)=" + sum;
    const std::regex c("(int " + assignment + ";|" + assignment + ";|return " + sum +
                       ";|(if|while)\\((i|n|x|sum|max)(<|==)" + value + "\\)\\{(" + assignment + ";)+\\})\n");
    const std::string number = "(0|[1-9]\\d?)",
                      pair = "(\"id\":" + number +
                             "|\"on\":(true|false|null)|\"name\":\"(red|green|blue|black)\"|\"list\":\\[" + number +
                             "(," + number + ")*\\])";
    const std::regex json("\\{" + pair + "(," + pair + ")*\\}\n");
    std::map<std::string, int> seen;
    forUnits(*makeFamily("code"), [&](const std::string &unit) {
        const std::string kind = std::regex_match(unit, c)      ? "c"
                                 : std::regex_match(unit, json) ? "json"
                                 : std::regex_match(unit, csv)  ? "csv"
                                                                : "none";
        EXPECT_NE(kind, "none") << unit;
        ++seen[kind];
    });
    EXPECT_EQ(seen.size(), 3U);
}

TEST(Code, MakesOnlyTheLanguagesWithWeight) {
    forUnits(*makeFamily("code", {{"c", whole(0)}, {"csv", whole(0)}}),
             [](const std::string &unit) { EXPECT_EQ(unit.front(), '{'); });
}

TEST(Recall, AnswersAreTheValuesGivenBefore) {
    forUnits(*makeFamily("recall", {{"pairs", whole(3)}, {"queries", whole(2)}}), [](const std::string &unit) {
        std::map<char, char> values;
        ASSERT_EQ(unit.size(), 20U) << unit;
        for (std::size_t i = 0; i < 12; i += 4) {
            EXPECT_TRUE(values.emplace(unit[i], unit[i + 2]).second) << "a key comes twice: " << unit;
            EXPECT_EQ(unit[i + 1], '=');
            EXPECT_EQ(unit[i + 3], ';');
        }
        for (std::size_t i = 12; i < 20; i += 4) {
            ASSERT_TRUE(values.contains(unit[i])) << unit;
            EXPECT_EQ(values[unit[i]], unit[i + 2]) << unit;
            EXPECT_EQ(unit[i + 1], '?');
        }
        EXPECT_EQ(unit.substr(15, 1) + unit.back(), ",.");
    });
}

TEST(Groups, TableIsThatOfACommutativeGroup) {
    std::map<std::pair<char, char>, char> product;
    std::set<char> elements;
    for (std::uint64_t index = 0; index < 200; ++index)
        for (const std::string &unit :
             unitsOf(makeDocument(*makeFamily("groups", {{"modulus", whole(5)}}), 1, index, 100))) {
            ASSERT_EQ(unit.size(), 6U);
            elements.insert(unit[4]);
            ASSERT_EQ(product.emplace(std::pair{unit[0], unit[2]}, unit[4]).first->second, unit[4])
                << "two answers to " << unit;
        }
    ASSERT_EQ(elements.size(), 5U);
    ASSERT_EQ(product.size(), 25U);
    const auto isNeutral = [&](char e) {
        return std::all_of(elements.begin(), elements.end(), [&](char a) { return product[std::pair(e, a)] == a; });
    };
    ASSERT_EQ(std::count_if(elements.begin(), elements.end(), isNeutral), 1);
    for (const char a : elements) {
        std::set<char> row;
        for (const char b : elements) {
            row.insert(product[std::pair(a, b)]);
            EXPECT_EQ(product[std::pair(a, b)], product[std::pair(b, a)]);
            for (const char c : elements)
                EXPECT_EQ(product[std::pair(product[std::pair(a, b)], c)],
                          product[std::pair(a, product[std::pair(b, c)])]);
        }
        EXPECT_EQ(row.size(), 5U);
    }
}

TEST(Markov, ChainRunsThroughTheUnits) {
    std::map<std::string, std::map<char32_t, double>> inside, across;
    const auto family = makeFamily("markov", {{"alphabet", text("abc")}, {"temperature", config::Value(0.5)}});
    for (std::uint64_t index = 0; index < 300; ++index) {
        const Document document = makeDocument(*family, 1, index, 400);
        for (std::size_t i = 1; i < document.text.size(); ++i) {
            auto &table = document.labels[i].position == 0 ? across : inside;
            table[testing::utf8(document.text.substr(i - 1, 1))][document.text[i]] += 1;
        }
    }
    for (auto &[context, next] : inside)
        for (auto &[letter, count] : next) {
            double total = 0, totalAcross = 0;
            for (const auto &[other, n] : next)
                total += n;
            for (const auto &[other, n] : across[context])
                totalAcross += n;
            EXPECT_NEAR(count / total, across[context][letter] / totalAcross, 0.06) << context;
        }
}

}  // namespace
}  // namespace moescope::data
