// Batches of generated text: reproducible, labelled, mixed as asked, never validated on what was trained on.
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/describe.hpp"
#include "core/data/labels.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using testing::domain;
using testing::mixtureOf;
using testing::text;
using testing::whole;

/// Three domains that share no character.
config::RunConfig apart(std::string alternate = "document") {
    config::RunConfig config =
        mixtureOf({domain("arithmetic"), domain("language", {{"alphabet", text("greek")}}, 2), domain("brackets")});
    config.data.alternate = std::move(alternate);
    return config;
}

TEST(DomainCorpus, BatchDependsOnSeedStepAndMicroAlone) {
    const auto corpus = testing::open(apart()), again = testing::open(apart());
    const Batch batch = corpus->training(5, 2, 4, 64);
    for (int step = 0; step < 4; ++step)
        again->training(step, 0, 3, 100);
    EXPECT_EQ(again->training(5, 2, 4, 64), batch);
    EXPECT_NE(corpus->training(6, 2, 4, 64), batch);
    EXPECT_NE(corpus->training(5, 3, 4, 64), batch);
    config::RunConfig other = apart();
    other.data.seed = 1;
    EXPECT_NE(testing::open(other)->training(5, 2, 4, 64), batch);
    other = apart();
    other.training.seed = 99;
    EXPECT_EQ(testing::open(other)->training(5, 2, 4, 64), batch);
}

TEST(DomainCorpus, RowsOfABatchDiffer) {
    const Batch batch = testing::open(apart())->training(0, 0, 32, 64);
    std::set<std::vector<std::int32_t>> rows;
    for (int row = 0; row < 32; ++row)
        rows.insert({batch.inputs.begin() + row * 64, batch.inputs.begin() + (row + 1) * 64});
    EXPECT_EQ(rows.size(), 32U);
}

TEST(DomainCorpus, TargetsAreTheNextInputsAndAllListsHaveTheSizeOfTheBatch) {
    const Batch batch = testing::open(apart())->training(1, 0, 3, 50);
    for (const std::size_t size : {batch.inputs.size(), batch.targets.size(), batch.domains.size(), batch.kinds.size(),
                                   batch.positions.size(), batch.predictable.size()})
        EXPECT_EQ(size, 150U);
    for (std::size_t i = 0; i < 150; ++i)
        if (i % 50 != 49) {
            EXPECT_EQ(batch.targets[i], batch.inputs[i + 1]);
        }
}

TEST(DomainCorpus, LabelsBelongToTheTargets) {
    const auto corpus = testing::open(apart("7"));
    const Batch batch = corpus->training(1, 0, 20, 100);
    const std::string operators = "+-", brackets = "()[]{}";
    for (std::size_t i = 0; i < batch.targets.size(); ++i) {
        const std::string character = corpus->decode(batch.targets[i]);
        const Kind kind = static_cast<Kind>(batch.kinds[i]);
        const bool greek = character.size() == 2;
        if (greek) {
            EXPECT_EQ(batch.domains[i], 1);
        }
        if (greek) {
            EXPECT_TRUE(kind == Kind::wordStart || kind == Kind::wordInside);
        }
        if (std::isdigit(static_cast<unsigned char>(character[0]))) {
            EXPECT_EQ(batch.domains[i], 0);
        }
        if (brackets.find(character) != std::string::npos) {
            EXPECT_EQ(kind, std::string("([{").find(character) != std::string::npos ? Kind::open : Kind::close);
        }
        if (kind == Kind::open || kind == Kind::close) {
            EXPECT_EQ(batch.domains[i], 2);
        }
        if (character == ";") {
            EXPECT_EQ(kind, Kind::end);
        }
        if (kind == Kind::operation) {
            EXPECT_NE(operators.find(character), std::string::npos);
        }
    }
}

TEST(DomainCorpus, KindsHaveAsManyNamesAsThereAre) {
    EXPECT_EQ(kindNames().size(), static_cast<std::size_t>(Kind::count));
}

/// Pearson's statistic of first-token domains against the weights; 2 degrees of freedom, 13.8 is passed once in a
/// thousand.
TEST(DomainCorpus, SharesFollowTheWeights) {
    const auto corpus = testing::open(apart());
    std::map<int, double> counts;
    constexpr int kSequences = 4000;
    const Batch batch = corpus->training(0, 0, kSequences, 8);
    for (int row = 0; row < kSequences; ++row)
        ++counts[batch.domains[static_cast<std::size_t>(row) * 8]];
    double statistic = 0;
    const double expected[] = {0.25 * kSequences, 0.5 * kSequences, 0.25 * kSequences};
    for (int d = 0; d < 3; ++d)
        statistic += std::pow(counts[d] - expected[d], 2) / expected[d];
    EXPECT_LT(statistic, 13.8);
}

TEST(DomainCorpus, RareDomainAppearsAsOftenAsItsWeight) {
    const auto corpus = testing::open(mixtureOf({domain("arithmetic", {}, 98), domain("brackets", {}, 2)}));
    const Batch batch = corpus->training(0, 0, 5000, 4);
    double rare = 0;
    for (int row = 0; row < 5000; ++row)
        rare += batch.domains[static_cast<std::size_t>(row) * 4];
    EXPECT_NEAR(rare / 5000, 0.02, 4 * std::sqrt(0.02 * 0.98 / 5000));
}

TEST(DomainCorpus, AlternatesAfterTheGivenNumberOfCharacters) {
    const Batch batch = testing::open(apart("16"))->training(2, 0, 30, 160);
    int changes = 0;
    for (std::size_t i = 0; i + 1 < batch.domains.size(); ++i) {
        if (i % 160 == 159 || batch.domains[i] == batch.domains[i + 1]) continue;
        EXPECT_EQ((i % 160 + 2) % 16, 0U);  // target i is token i + 1 of the sequence
        ++changes;
    }
    EXPECT_GT(changes, 100);
}

TEST(DomainCorpus, AlternatesAtTheEndOfUnits) {
    const Batch batch = testing::open(apart("sentence"))->training(2, 0, 30, 160);
    int changes = 0;
    for (std::size_t i = 0; i + 1 < batch.domains.size(); ++i) {
        if (i % 160 == 159 || batch.domains[i] == batch.domains[i + 1]) continue;
        EXPECT_EQ(batch.positions[i + 1], 0);
        ++changes;
    }
    EXPECT_GT(changes, 30);
}

TEST(DomainCorpus, AlternatesAtTheEndOfDocuments) {
    config::RunConfig config = apart();
    config.data.document_length = 40;
    const Batch batch = testing::open(config)->training(2, 0, 30, 200);
    for (std::size_t i = 0; i + 1 < batch.domains.size(); ++i) {
        if (i % 200 == 199 || batch.domains[i] == batch.domains[i + 1]) continue;
        EXPECT_EQ(batch.positions[i + 1], 0);
        EXPECT_GE(i % 200 + 2, 40U);
    }
}

TEST(DomainCorpus, StretchesOfADomainContinueItsDocument) {
    const auto corpus = testing::open(apart("5"));
    const DescribedSequence sequence = describe(*corpus, corpus->training(0, 0, 1, 600)).front();
    std::map<std::string, std::string> joined;
    for (std::size_t i = 1; i < sequence.tokens.size(); ++i)
        joined[sequence.tokens[i].domain] += sequence.tokens[i].text;
    const std::string equations = joined["arithmetic"];
    const std::size_t first = equations.find(';') + 1, second = equations.find(';', first);
    ASSERT_NE(second, std::string::npos);
    const std::string equation = equations.substr(first, second - first);
    const std::size_t op = equation.find_first_of("+-", 1), equals = equation.find('=');
    const int a = std::stoi(equation.substr(0, op)), b = std::stoi(equation.substr(op + 1, equals - op - 1));
    EXPECT_EQ(std::stoi(equation.substr(equals + 1)), equation[op] == '+' ? a + b : a - b) << equation;
}

/// The first document of each sequence, as text.
std::set<std::string> openings(const Corpus &corpus, const Batch &batch) {
    std::set<std::string> texts;
    for (const DescribedSequence &sequence : describe(corpus, batch))
        texts.insert(sequence.text);
    return texts;
}

TEST(DomainCorpus, ValidationSharesNoDocumentWithTraining) {
    config::RunConfig config = mixtureOf({domain("language")});
    config.data.document_length = 200;
    const auto corpus = testing::open(config);
    const std::set<std::string> validation = openings(*corpus, corpus->validation(0, 200, 100));
    EXPECT_EQ(validation.size(), 200U);
    for (int step = 0; step < 10; ++step)
        for (const std::string &training : openings(*corpus, corpus->training(step, 0, 200, 100)))
            EXPECT_FALSE(validation.contains(training));
}

TEST(DomainCorpus, ADomainOfFewDocumentsComesAgainInTrainingAlone) {
    config::RunConfig endless = mixtureOf({domain("language")}), repeated = mixtureOf({domain("language", {{"documents", whole(5)}})});
    endless.data.document_length = repeated.data.document_length = 200;
    const auto corpus = testing::open(repeated);
    std::set<std::string> texts;
    for (int step = 0; step < 20; ++step)
        texts.merge(openings(*corpus, corpus->training(step, 0, 10, 100)));
    EXPECT_EQ(texts.size(), 5U);
    EXPECT_EQ(corpus->validation(0, 8, 100), testing::open(endless)->validation(0, 8, 100));
    EXPECT_NE(corpus->fingerprint(), testing::open(endless)->fingerprint());
}

TEST(DomainCorpus, ValidationIsTheSameHoweverItIsDividedIntoBatches) {
    const auto corpus = testing::open(apart());
    const Batch whole = corpus->validation(0, 6, 32), half = corpus->validation(1, 3, 32);
    EXPECT_TRUE(std::equal(half.inputs.begin(), half.inputs.end(), whole.inputs.begin() + 96));
}

TEST(DomainCorpus, ValidationCoversEveryDomainNearItsShare) {
    std::vector<config::DomainConfig> domains;
    for (int i = 0; i < 8; ++i)
        domains.push_back(domain("language", {{"language_seed", whole(i)}}, 1, std::to_string(i)));
    const Batch batch = testing::open(mixtureOf(domains))->validation(0, 64, 16);
    std::map<int, int> counts;
    for (int row = 0; row < 64; ++row)
        ++counts[batch.domains[static_cast<std::size_t>(row) * 16]];
    for (int d = 0; d < 8; ++d)
        EXPECT_NEAR(counts[d], 8, 1) << d;
}

TEST(DomainCorpus, CharactersAndBytesSurviveTheRoundTrip) {
    for (const char *tokens : {"chars", "bytes"}) {
        config::RunConfig config = apart();
        config.data.tokens = tokens;
        const auto corpus = testing::open(config);
        std::string back;
        const std::string sample = "12+3=15; αβγ. ([{}]) ";
        for (const std::int32_t token : corpus->encode(sample))
            back += corpus->decode(token);
        EXPECT_EQ(back, sample);
    }
}

TEST(DomainCorpus, UnknownCharactersAreTokenZero) {
    const auto corpus = testing::open(apart());
    EXPECT_THAT(corpus->encode("1Z\xff"), ::testing::ElementsAre(::testing::Gt(0), 0, 0));
    EXPECT_EQ(corpus->decode(0), "\xEF\xBF\xBD");
    EXPECT_EQ(corpus->decode(1'000'000), "\xEF\xBF\xBD");
}

TEST(DomainCorpus, BytesOfATextAreItsTokensWithTheLabelsOfTheirCharacters) {
    config::RunConfig config = mixtureOf({domain("language", {{"alphabet", text("greek")}})});
    const auto chars = testing::open(config);
    config.data.tokens = "bytes";
    const auto bytes = testing::open(config);
    EXPECT_EQ(bytes->vocabulary(), 256);
    EXPECT_EQ(bytes->bytesPerToken(), 1);
    EXPECT_NEAR(chars->bytesPerToken(), 1.8, 0.1);
    const std::string a = describe(*chars, chars->training(0, 0, 1, 100)).front().text,
                      b = describe(*bytes, bytes->training(0, 0, 1, 100)).front().text;
    EXPECT_EQ(a.substr(0, 101), b);
    EXPECT_EQ(bytes->facts().domains[0].floor, -1);
    EXPECT_GT(chars->facts().domains[0].floor, 0);
}

TEST(DomainCorpus, FingerprintIsTheSameInEveryProcessAndTellsSettingsApart) {
    const auto print = [](const config::RunConfig &config) { return testing::open(config)->fingerprint(); };
    EXPECT_EQ(print(apart()), print(apart()));
    config::RunConfig explicitly = apart();
    explicitly.data.domains[0].options["digits"] = whole(2);  // the default
    EXPECT_EQ(print(explicitly), print(apart()));
    std::set<std::string> prints = {print(apart())};
    config::RunConfig other = apart();
    other.data.seed = 1;
    prints.insert(print(other));
    prints.insert(print(apart("sentence")));
    other = apart();
    other.data.domains[0].options["digits"] = whole(3);
    prints.insert(print(other));
    other = apart();
    other.data.document_length = 65;
    prints.insert(print(other));
    other = apart();
    other.data.tokens = "bytes";
    prints.insert(print(other));
    EXPECT_EQ(prints.size(), 6U);
}

TEST(DomainCorpus, RefusesAVocabularyThatIsTooSmallAndKeepsALargerOne) {
    config::RunConfig config = apart();
    config.model.vocabulary = 10;
    base::Problems problems;
    EXPECT_EQ(openCorpus(config, {}, problems), nullptr);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].key, "model.vocabulary");
    config.model.vocabulary = 1000;
    EXPECT_EQ(testing::open(config)->vocabulary(), 1000);
}

TEST(RandomCorpus, TokensAreUniformAndReproducible) {
    config::RunConfig config;
    config.data.source = "random";
    config.model.vocabulary = 50;
    const auto corpus = testing::open(config);
    const Batch batch = corpus->training(3, 1, 100, 100);
    EXPECT_EQ(batch, testing::open(config)->training(3, 1, 100, 100));
    EXPECT_NE(batch, corpus->training(3, 0, 100, 100));
    EXPECT_NE(batch, corpus->training(4, 1, 100, 100));
    EXPECT_NE(batch, corpus->validation(3, 100, 100));
    std::vector<double> counts(50);
    for (const std::int32_t token : batch.targets)
        ++counts.at(static_cast<std::size_t>(token));
    double statistic = 0;
    for (const double count : counts)
        statistic += (count - 200) * (count - 200) / 200;
    EXPECT_LT(statistic, 85.4);  // 49 degrees of freedom, once in a thousand
    EXPECT_NEAR(corpus->facts().domains[0].floor, std::log(50.0), 1e-12);
    EXPECT_NEAR(corpus->facts().domains[0].floor / std::log(2.0) / corpus->bytesPerToken(), 8, 1e-12);
}

TEST(RandomCorpus, NeedsAVocabulary) {
    config::RunConfig config;
    config.data.source = "random";
    base::Problems problems;
    EXPECT_EQ(openCorpus(config, {}, problems), nullptr);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].key, "model.vocabulary");
}

}  // namespace
}  // namespace moescope::data
