// Entropy floors against brute force: every unit is enumerated, or its probability is measured, without the library's
// formulas.
#include <cmath>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "core/data/domains/code.hpp"
#include "core/data/domains/entropy.hpp"
#include "core/data/domains/grammar.hpp"
#include "core/data/domains/language.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using testing::makeFamily;
using testing::text;
using testing::whole;

/// Entropy over mean length of a listed distribution of units.
struct Listed {
    double total = 0, nats = 0, length = 0;
    void add(double probability, double characters) {
        total += probability;
        nats -= probability * std::log(probability);
        length += probability * characters;
    }
    double floor() const { return nats / length; }
};

TEST(Floor, OfArithmeticIsThatOfAllItsEquations) {
    for (const std::string ops : {"+", "-", "*", "+-*"}) {
        Listed listed;
        const double each = 1.0 / (100.0 * 100.0 * static_cast<double>(ops.size()));
        for (const char op : ops)
            for (int a = 0; a < 100; ++a)
                for (int b = 0; b < 100; ++b) {
                    const int c = op == '+' ? a + b : op == '-' ? a - b : a * b;
                    listed.add(
                        each, static_cast<double>(
                                  (std::to_string(a) + op + std::to_string(b) + "=" + std::to_string(c) + ";").size()));
                }
        EXPECT_NEAR(makeFamily("arithmetic", {{"ops", text(ops)}})->floor(), listed.floor(), 1e-12) << ops;
    }
}

TEST(Floor, OfBracketsIsThatOfAllWordsUpToTinyProbability) {
    const int kinds = 2, depth = 3;
    const double open = 0.25;
    Listed listed;
    const std::function<void(int, double, int)> walk = [&](int height, double probability, int length) {
        if (probability < 1e-10) return;
        if (height == 0) return listed.add(probability, length + 1);
        if (height < depth)
            for (int kind = 0; kind < kinds; ++kind)
                walk(height + 1, probability * open / kinds, length + 1);
        walk(height - 1, probability * (height < depth ? 1 - open : 1), length + 1);
    };
    for (int kind = 0; kind < kinds; ++kind)
        walk(1, 1.0 / kinds, 1);
    ASSERT_NEAR(listed.total, 1, 1e-3);
    EXPECT_NEAR(
        makeFamily("brackets", {{"kinds", whole(kinds)}, {"depth", whole(depth)}, {"p_open", config::Value(open)}})
            ->floor(),
        listed.floor(), 3e-3);
}

TEST(Floor, OfCopyIsThatOfAllKeys) {
    Listed listed;
    for (int length = 2; length <= 4; ++length)
        for (int key = 0; key < std::pow(3, length); ++key)
            listed.add(1.0 / 3 / std::pow(3, length), 2 * length + 2);
    EXPECT_NEAR(listed.total, 1, 1e-12);
    EXPECT_NEAR(makeFamily("copy", {{"alphabet", text("xyz")}, {"length", whole(4)}})->floor(), listed.floor(), 1e-12);
}

TEST(Floor, OfRecallIsThatOfAllPairsAndQueries) {
    Listed listed;
    for (int keys = 0; keys < 5 * 4; ++keys)
        for (int values = 0; values < 100; ++values)
            for (int query = 0; query < 2; ++query)
                listed.add(1.0 / (20 * 100 * 2), 12);
    EXPECT_NEAR(
        makeFamily("recall", {{"alphabet", text("abcde")}, {"pairs", whole(2)}, {"queries", whole(1)}})->floor(),
        listed.floor(), 1e-12);
}

TEST(Floor, OfGroupsIsTwoElementsInSixCharacters) {
    EXPECT_NEAR(makeFamily("groups", {{"modulus", whole(11)}})->floor(), 2 * std::log(11.0) / 6, 1e-12);
}

/// -log probability of the text of a document under the language's grammar, by parsing it.
double surprise(const Language &language, const Document &document, double mean) {
    const std::size_t n = language.lexicon().size();
    double total = 0, weights = 0;
    for (std::size_t r = 0; r < language.successors(0).size(); ++r)
        weights += 1.0 / static_cast<double>(r + 1);
    std::size_t state = n, at = 0;
    while (at < document.text.size()) {
        std::size_t end = document.text.find_first_of(U" .", at);
        const std::u32string word = document.text.substr(at, end - at);
        const auto &next = language.successors(state);
        std::size_t rank = 0;
        while (language.lexicon().at(next.at(rank)) != word)
            ++rank;
        total -= std::log(1.0 / static_cast<double>(rank + 1) / weights);
        const bool stops = document.text[end] == U'.';
        total -= std::log(stops ? 1 / mean : 1 - 1 / mean);
        state = stops ? n : next[rank];
        at = end + (stops ? 2 : 1);
    }
    return total;
}

TEST(Floor, OfALanguageIsTheMeanSurpriseOfItsText) {
    LanguageParameters parameters;
    parameters.lexicon = 30;
    parameters.branching = 4;
    parameters.words = 5;
    const Language language(U"abcdefgh", parameters);
    double nats = 0, length = 0;
    for (std::uint64_t index = 0; index < 4000; ++index) {
        const Document document = makeDocument(language, 11, index, 100);
        nats += surprise(language, document, parameters.words);
        length += static_cast<double>(document.text.size());
    }
    EXPECT_NEAR(nats / length, language.floor(), 0.01 * language.floor());
}

TEST(Floor, OfALanguageWithEndingsGrowsByOneChoiceASentence) {
    const auto mean = [](const Family &family) {  // characters of a sentence
        double length = 0, sentences = 0;
        for (std::uint64_t index = 0; index < 3000; ++index) {
            const Document document = makeDocument(family, 1, index, 200);
            length += static_cast<double>(document.text.size());
            sentences += static_cast<double>(document.units.size());
        }
        return length / sentences;
    };
    const auto plain = makeFamily("language"), ended = makeFamily("language", {{"suffixes", whole(3)}});
    EXPECT_NEAR(ended->floor() * mean(*ended), plain->floor() * mean(*plain) + std::log(3.0), 0.15);
}

/// Entropy rate from the counts of (context, next) of a long text: the plug-in estimate.
double measuredRate(const Family &family, std::size_t order) {
    std::map<std::u32string, std::map<char32_t, double>> counts;
    double all = 0;
    for (std::uint64_t index = 0; index < 100; ++index) {
        const Document document = makeDocument(family, 3, index, 4000);
        for (std::size_t i = order; i < document.text.size(); ++i, ++all)
            ++counts[document.text.substr(i - order, order)][document.text[i]];
    }
    double nats = 0;
    for (const auto &[context, next] : counts) {
        double total = 0;
        for (const auto &[letter, count] : next)
            total += count;
        for (const auto &[letter, count] : next)
            nats -= count * std::log(count / total);
    }
    return nats / all;
}

TEST(Floor, OfMarkovIsTheEntropyRateOfItsChain) {
    for (const std::int64_t order : {1, 2}) {
        const auto family = makeFamily("markov", {{"order", whole(order)}, {"alphabet", text("abcd")}});
        EXPECT_NEAR(family->floor(), measuredRate(*family, static_cast<std::size_t>(order)), 0.005);
    }
}

TEST(Floor, OfDatesIsTheEntropyOfItsUnits) {
    std::map<std::string, double> counts;
    double units = 0, length = 0;
    const auto family =
        makeFamily("dates", {{"from_year", whole(2024)}, {"to_year", whole(2024)}, {"units", config::Value(0.25)}});
    for (std::uint64_t index = 0; index < 3000; ++index)
        for (const std::string &unit : testing::unitsOf(makeDocument(*family, 1, index, 1000))) {
            ++counts[unit];
            ++units;
            length += static_cast<double>(unit.size());
        }
    ASSERT_EQ(counts.size(), 2U * 366 + 6 * 99);
    const double nats = 0.75 * std::log(2 * 366 / 0.75) + 0.25 * std::log(6 * 99 / 0.25);  // two uniform halves
    EXPECT_NEAR(family->floor(), nats / (length / units), 0.002);
    EXPECT_NEAR(counts["2024-02-29=29 february 2024;"] / units, 0.75 / 732, 5e-4);
}

/// All derivations of a grammar with more than `least` probability, as texts.
void derive(const std::vector<Rule> &rules, std::string done, std::vector<Piece> rest, double probability, double least,
            std::map<std::string, double> &texts) {
    if (probability < least) return;
    while (!rest.empty() && !rest.back().isRule) {
        done += rest.back().text;
        rest.pop_back();
    }
    if (rest.empty()) {
        EXPECT_TRUE(texts.emplace(done, probability).second) << "two derivations of " << done;
        return;
    }
    const std::string_view name = rest.back().text;
    rest.pop_back();
    double total = 0;
    for (const Rule &rule : rules)
        total += rule.name == name ? rule.weight : 0;
    for (const Rule &rule : rules) {
        if (rule.name != name) continue;
        std::vector<Piece> next = rest;
        next.insert(next.end(), rule.pieces.rbegin(), rule.pieces.rend());
        derive(rules, done, next, probability * rule.weight / total, least, texts);
    }
}

TEST(Floor, OfAGrammarIsThatOfAllItsTexts) {
    const std::vector<Rule> rules = {{"unit", 1, {Piece::rule("list"), {";", Kind::end}}},
                                     {"list", 3, {Piece::rule("item")}},
                                     {"list", 1, {Piece::rule("item"), {",", Kind::punctuation}, Piece::rule("list")}},
                                     {"item", 2, {{"a", Kind::identifier}}},
                                     {"item", 1, {{"bcd", Kind::identifier}}}};
    std::map<std::string, double> texts;
    derive(rules, "", {Piece::rule("unit")}, 1, 1e-10, texts);
    Listed listed;
    for (const auto &[derived, probability] : texts)
        listed.add(probability, static_cast<double>(derived.size()));
    ASSERT_NEAR(listed.total, 1, 1e-5);
    EXPECT_NEAR(Grammar(rules).floor(), listed.floor(), 1e-4);
}

TEST(Floor, OfCodeIsTheMeanSurpriseOfItsUnitsWhereTheyRepeat) {
    const auto family = makeFamily("code", {{"c", whole(0)}, {"json", whole(0)}});
    Listed listed;  // number, word, number: 0 with 1/5, one digit 2/5, two digits 2/5
    const auto numbers = [](const std::function<void(double, int)> &visit) {
        visit(0.2, 1);
        for (int i = 0; i < 9; ++i)
            visit(0.4 / 9, 1);
        for (int i = 0; i < 90; ++i)
            visit(0.4 / 90, 2);
    };
    const std::pair<double, int> words[] = {{0.4, 3}, {0.2, 5}, {0.2, 4}, {0.2, 5}};
    numbers([&](double p, int a) {
        for (const auto &[q, w] : words)
            numbers([&, q = q, w = w](double r, int b) { listed.add(p * q * r, a + w + b + 3); });
    });
    ASSERT_NEAR(listed.total, 1, 1e-9);
    EXPECT_NEAR(family->floor(), listed.floor(), 1e-9);
}

TEST(Code, TextsHaveOneDerivationEachAndAreAsFrequentAsItSays) {
    std::map<std::string, double> texts, counts;
    derive(codeRules(3, 2, 1), "", {Piece::rule("unit")}, 1, 2e-6, texts);  // fails on a second derivation
    ASSERT_GT(texts.size(), 5'000U);
    double units = 0;
    const auto family = makeFamily("code");
    for (std::uint64_t index = 0; index < 4000; ++index)
        for (const std::string &unit : testing::unitsOf(makeDocument(*family, 1, index, 200))) {
            ++counts[unit];
            ++units;
        }
    int frequent = 0;
    for (const auto &[unit, probability] : texts) {
        if (probability < 1e-3) continue;
        EXPECT_NEAR(counts[unit] / units, probability, 5 * std::sqrt(probability / units)) << unit;
        ++frequent;
    }
    EXPECT_GT(frequent, 10);
}

TEST(Solver, SolvesASystemThatNeedsRowExchange) {
    const std::vector<double> x = solve({0, 2, 1, 1, 0, 0, 3, 1, 4}, {7, 1, 17});
    EXPECT_NEAR(x[0], 1, 1e-12);
    EXPECT_NEAR(x[1], 2, 1e-12);
    EXPECT_NEAR(x[2], 3, 1e-12);
}

}  // namespace
}  // namespace moescope::data
