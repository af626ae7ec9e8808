// Training on the user's own text, from files to windows.
#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/data/describe.hpp"
#include "core/data/text/text_corpus.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

/// Lines that are all different.
std::string lines(int count, const std::string &word) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += word + " number " + std::to_string(i * 7919 % 100'003) + " and a few more\n";
    return text;
}

config::RunConfig textConfig(const std::filesystem::path &source, std::string tokens = "chars") {
    config::RunConfig config;
    config.data.source = source;
    config.data.tokens = std::move(tokens);
    config.model.context = 32;
    return config;
}

std::shared_ptr<const Corpus> openText(const config::RunConfig &config, const TemporaryFolder &cache,
                                       TokeniseOptions options = {}) {
    base::Problems problems;
    auto corpus = openTextCorpus(config, cache / "cache", problems, options);
    EXPECT_TRUE(problems.empty()) << problems.front().text;
    return corpus;
}

std::string textOf(const Corpus &corpus, const Batch &batch, std::size_t row = 0) {
    return describe(corpus, batch).at(row).text;
}

TEST(TextCorpus, WindowsAreWordForWordFromTheText) {
    TemporaryFolder folder;
    const std::string text = lines(2000, "größe");
    const auto path = folder.write("text", text);
    for (const char *tokens : {"chars", "bytes"}) {
        const auto corpus = openText(textConfig(path, tokens), folder);
        int found = 0;
        for (int row = 0; row < 50; ++row)
            found += text.find(textOf(*corpus, corpus->training(1, 0, 50, 32), static_cast<std::size_t>(row))) !=
                             std::string::npos
                         ? 1
                         : 0;
        EXPECT_GE(found, 40) << tokens;  // a few windows span a gap where a validation document was taken out
    }
}

TEST(TextCorpus, BatchDependsOnSeedStepAndMicroAloneAndSurvivesReopening) {
    TemporaryFolder folder;
    const auto path = folder.write("text", lines(2000, "word"));
    config::RunConfig config = textConfig(path);
    config.training.accumulate = 2;
    const auto corpus = openText(config, folder);
    const Batch batch = corpus->training(7, 1, 4, 32);
    const auto again = openText(config, folder);
    again->training(0, 0, 4, 32);
    EXPECT_EQ(again->training(7, 1, 4, 32), batch);
    EXPECT_EQ(again->validation(1, 4, 32), corpus->validation(1, 4, 32));
    EXPECT_NE(corpus->training(7, 0, 4, 32), batch);
    EXPECT_NE(corpus->training(8, 1, 4, 32), batch);
    EXPECT_EQ(again->fingerprint(), corpus->fingerprint());
    config.data.seed = 1;
    EXPECT_NE(openText(config, folder)->training(7, 1, 4, 32), batch);
}

TEST(TextCorpus, TokenisesOnce) {
    TemporaryFolder folder;
    const auto path = folder.write("text", lines(2000, "word"));
    openText(textConfig(path), folder);
    std::map<std::filesystem::path, std::filesystem::file_time_type> before;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder / "cache"))
        before[entry.path()] = entry.last_write_time();
    EXPECT_EQ(before.size(), 4U);  // a folder with three files, nothing left over
    openText(textConfig(path), folder);
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder / "cache"))
        EXPECT_EQ(before[entry.path()], entry.last_write_time()) << entry.path();
}

TEST(TextCorpus, MakesADamagedCacheAnew) {
    TemporaryFolder folder;
    const auto path = folder.write("text", lines(2000, "word"));
    const Batch batch = openText(textConfig(path), folder)->training(0, 0, 4, 32);
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder / "cache"))
        if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
    EXPECT_EQ(openText(textConfig(path), folder)->training(0, 0, 4, 32), batch);
}

TEST(TextCorpus, ACacheCutWhileTrainingIsAnErrorWithItsPlace) {
    TemporaryFolder folder;
    const auto corpus = openText(textConfig(folder.write("text", lines(2000, "word"))), folder);
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder / "cache"))
        if (entry.path().filename() == "training.u16") std::filesystem::resize_file(entry.path(), 100);
    try {
        corpus->training(0, 0, 64, 32);
        ADD_FAILURE() << "read tokens that are gone";
    } catch (const base::Error &error) {
        EXPECT_EQ(error.exitStatus(), 3);
        EXPECT_EQ(error.code(), "data.cache_damaged");
        EXPECT_THAT(error.where(), HasSubstr("training.u16 at byte"));
    }
}

TEST(TextCorpus, ATextCutWhileTrainingIsAnErrorWithItsPlace) {
    TemporaryFolder folder;
    const auto path = folder.write("text", lines(2000, "word"));
    const auto corpus = openText(textConfig(path), folder);
    EXPECT_NO_THROW(corpus->check());
    std::filesystem::resize_file(path, 12'345);
    try {
        corpus->check();
        ADD_FAILURE() << "did not notice";
    } catch (const base::Error &error) {
        EXPECT_EQ(error.exitStatus(), 3);
        EXPECT_THAT(error.where(), HasSubstr("at byte 12345"));
    }
    EXPECT_NO_THROW(corpus->training(0, 0, 4, 32));
}

TEST(TextCorpus, AChangedTextHasAnotherFingerprintAndATouchedOneTheSame) {
    TemporaryFolder folder;
    const std::string text = lines(2000, "word");
    const auto path = folder.write("text", text);
    const std::string first = openText(textConfig(path), folder)->fingerprint();
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    EXPECT_EQ(openText(textConfig(path), folder)->fingerprint(), first);
    folder.write("text", text + "one line more\n");
    EXPECT_NE(openText(textConfig(path), folder)->fingerprint(), first);
    EXPECT_NE(openText(textConfig(folder.write("text", text), "bytes"), folder)->fingerprint(), first);
}

TEST(TextCorpus, SizeOfTheBufferChangesNothing) {
    TemporaryFolder folder, other;
    const std::string text = "\xef\xbb\xbf" + lines(500, "日本語 größe") + std::string(20'000, 'y') + "\r\nend\r\n";
    const auto path = folder.write("text", text);
    TokeniseOptions small;
    small.bufferBytes = 5;
    const auto a = openText(textConfig(path), folder), b = openText(textConfig(path), other, small);
    EXPECT_EQ(a->fingerprint(), b->fingerprint());
    EXPECT_EQ(a->training(3, 0, 20, 32), b->training(3, 0, 20, 32));
}

TEST(TextCorpus, AnEpochTakesEachWindowOnce) {
    TemporaryFolder folder;
    const auto corpus = openText(textConfig(folder.write("text", lines(500, "word"))), folder);
    const std::int64_t windows = (corpus->facts().tokens - 33) / 32;
    std::map<std::string, int> first, second;
    for (std::int64_t number = 0; number < windows; ++number) {
        ++first[textOf(*corpus, corpus->training(number, 0, 1, 32))];
        ++second[textOf(*corpus, corpus->training(windows + number, 0, 1, 32))];
    }
    EXPECT_GT(first.size(), static_cast<std::size_t>(windows) * 99 / 100);
    EXPECT_NE(first.begin()->first, second.begin()->first);  // other borders in the next epoch
}

TEST(TextCorpus, ValidationTakesEachOfItsWindowsOnce) {
    TemporaryFolder folder;
    const auto corpus = openText(textConfig(folder.write("text", lines(2000, "word"))), folder);
    const std::int64_t windows = (corpus->facts().validationTokens - 33) / 32 + 1;
    std::set<std::string> seen;
    for (std::int64_t index = 0; index < windows; ++index)
        seen.insert(textOf(*corpus, corpus->validation(index, 1, 32)));
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(windows));
    EXPECT_EQ(corpus->validation(windows, 1, 32), corpus->validation(0, 1, 32));
}

TEST(TextCorpus, KeepsAShareOfTheDocumentsForValidationAndSharesNone) {
    TemporaryFolder folder;
    const std::string text = lines(20'000, "word");
    config::RunConfig config = textConfig(folder.write("text", text), "bytes");
    config.data.validation = 0.1;
    const auto corpus = openText(config, folder);
    const CorpusFacts facts = corpus->facts();
    EXPECT_EQ(facts.tokens + facts.validationTokens, static_cast<std::int64_t>(text.size()));
    EXPECT_EQ(facts.bytes, static_cast<std::int64_t>(text.size()));
    EXPECT_NEAR(static_cast<double>(facts.validationTokens) / static_cast<double>(text.size()), 0.1, 0.04);
    const auto wholeLines = [](const std::string &window) {
        return window.substr(window.find('\n') + 1, window.rfind('\n') - window.find('\n'));
    };
    std::set<std::string> validation;
    for (const DescribedSequence &sequence : describe(*corpus, corpus->validation(0, 200, 100)))
        validation.insert(wholeLines(sequence.text));
    for (const DescribedSequence &sequence : describe(*corpus, corpus->training(0, 0, 2000, 100)))
        EXPECT_FALSE(validation.contains(wholeLines(sequence.text)));
}

TEST(TextCorpus, TokensCarryTheDomainOfTheirFile) {
    TemporaryFolder folder;
    folder.write("texts/a/1", lines(500, "AAA"));
    folder.write("texts/b/1", lines(500, "BBB"));
    folder.write("texts/b/2", lines(500, "BBB"));
    const auto corpus = openText(textConfig(folder / "texts"), folder);
    EXPECT_THAT(corpus->domains(), ::testing::ElementsAre("a", "b"));
    EXPECT_TRUE(corpus->kinds().empty());
    for (const Batch &batch : {corpus->training(0, 0, 200, 32), corpus->validation(0, 50, 32)})
        for (std::size_t i = 0; i < batch.targets.size(); ++i) {
            if (corpus->decode(batch.targets[i]) == "A") {
                EXPECT_EQ(batch.domains[i], 0);
            }
            if (corpus->decode(batch.targets[i]) == "B") {
                EXPECT_EQ(batch.domains[i], 1);
            }
        }
    EXPECT_NEAR(corpus->facts().domains[1].weight, 2.0 / 3, 0.05);
    EXPECT_EQ(corpus->facts().domains[0].floor, -1);
}

TEST(TextCorpus, ValidatesOnATextOfItsOwn) {
    TemporaryFolder folder;
    config::RunConfig config = textConfig(folder.write("train.txt", lines(500, "AAA")));
    config.data.validation_source = folder.write("held.txt", lines(300, "BBB"));
    const auto corpus = openText(config, folder);
    EXPECT_THAT(corpus->domains(), ::testing::ElementsAre("train.txt", "held.txt"));
    const Batch batch = corpus->validation(0, 20, 32);
    EXPECT_THAT(batch.domains, ::testing::Each(1));
    EXPECT_THAT(textOf(*corpus, batch), ::testing::Not(HasSubstr("AAA")));
    EXPECT_THAT(corpus->encode("B"), ::testing::ElementsAre(0));  // a character that training never had
}

TEST(TextCorpus, WarnsOfValidationThatWasTrainedOn) {
    TemporaryFolder folder;
    const std::string text = lines(3000, "word that makes the line long enough");
    config::RunConfig config = textConfig(folder.write("train.txt", text));
    config.data.validation_source = folder.write("held.txt", text.substr(1'000, 20'000));
    EXPECT_THAT(openText(config, folder)->facts().warnings, Contains(HasSubstr("validation will look too good")));
    config.data.validation_source = folder.write("fair.txt", lines(300, "something else that is long enough"));
    EXPECT_THAT(openText(config, folder)->facts().warnings, ::testing::Not(Contains(HasSubstr("too good"))));
}

TEST(TextCorpus, WarnsOfCopiesOfADominatingFileAndOfMixedEncodings) {
    TemporaryFolder folder;
    folder.write("texts/big", lines(8000, "word"));
    folder.write("texts/copy1", lines(200, "copied"));
    folder.write("texts/copy2", lines(200, "copied"));
    folder.write("texts/latin", "caf\xe9\n");
    folder.write("texts/dos", "one\r\ntwo\r\n");
    const std::vector<std::string> warnings = openText(textConfig(folder / "texts"), folder)->facts().warnings;
    EXPECT_THAT(warnings, Contains(HasSubstr("are copies of others")));
    EXPECT_THAT(warnings, Contains(HasSubstr("'big' makes up 9")));
    EXPECT_THAT(warnings, Contains(HasSubstr("1 file(s) in Latin-1 were converted to UTF-8")));
    EXPECT_THAT(warnings, Contains(HasSubstr("different encodings")));
    EXPECT_THAT(warnings, Contains(HasSubstr("CR LF were read as LF in 1 file(s)")));
}

TEST(TextCorpus, RareCharactersBeyondTheLimitAreUnknown) {
    TemporaryFolder folder;
    std::string text = lines(500, "abc");
    for (int i = 0; i < 20; ++i)
        text += "rare ж\n";
    TokeniseOptions options;
    options.vocabularyLimit = 10;
    const auto corpus = openText(textConfig(folder.write("text", text)), folder, options);
    EXPECT_EQ(corpus->vocabulary(), 10);
    EXPECT_THAT(corpus->encode("жa"), ::testing::ElementsAre(0, ::testing::Gt(0)));
    EXPECT_THAT(corpus->facts().warnings, Contains(HasSubstr("became tokens")));
}

TEST(TextCorpus, BytesPerTokenIsThatOfTheValidationText) {
    TemporaryFolder folder;
    config::RunConfig config = textConfig(folder.write("train", lines(500, "abc")));
    config.data.validation_source = folder.write(
        "held", std::string(1000, 'a') + [] {
            std::string s;
            for (int i = 0; i < 1000; ++i)
                s += "é";
            return s;
        }());
    EXPECT_DOUBLE_EQ(openText(config, folder)->bytesPerToken(), 1.5);
    config.data.tokens = "bytes";
    EXPECT_DOUBLE_EQ(openText(config, folder)->bytesPerToken(), 1);
}

TEST(TextCorpus, ASmallTextKeepsEnoughForValidation) {
    TemporaryFolder folder;
    const auto corpus = openText(textConfig(folder.write("text", lines(20, "word"))), folder);
    EXPECT_GE(corpus->facts().validationTokens, 33);
    EXPECT_GE(corpus->facts().tokens, 33);
    EXPECT_THAT(corpus->facts().warnings, Contains(HasSubstr("The text is small")));
}

std::string errorOf(const config::RunConfig &config, const TemporaryFolder &folder) {
    base::Problems problems;
    try {
        openTextCorpus(config, folder / "cache", problems, {});
    } catch (const base::Error &error) {
        EXPECT_EQ(error.exitStatus(), 3);
        EXPECT_TRUE(!std::filesystem::exists(folder / "cache") || std::filesystem::is_empty(folder / "cache"))
            << "something half-made is left";
        return error.code() + " " + error.happened() + " @" + error.where();
    }
    return problems.empty() ? "accepted" : problems.front().key + " " + problems.front().text;
}

TEST(TextCorpus, SaysWhatIsWrongWithATextThatCannotServe) {
    TemporaryFolder folder;
    const auto with = [&](const std::string &name, std::string_view bytes) {
        return errorOf(textConfig(folder.write(name, bytes)), folder);
    };
    EXPECT_THAT(with("empty", ""), HasSubstr("data.empty the file is empty"));
    EXPECT_THAT(with("one", "x"), HasSubstr("data.too_short"));
    EXPECT_THAT(with("short", "thirty-odd characters, not more."), HasSubstr("each needs 33"));
    EXPECT_THAT(with("packed.gz", "\x1f\x8b\x08 and more"), HasSubstr("gzip"));
    EXPECT_THAT(with("zeros", lines(100, "word") + "\0"s + lines(100, "word")), HasSubstr("at byte "));
    EXPECT_THAT(errorOf(textConfig(folder / "missing"), folder), HasSubstr("data.source There is no file or folder"));
    EXPECT_THAT(errorOf(textConfig(""), folder), HasSubstr("data.source"));
    EXPECT_THAT(errorOf(textConfig("/dev/null"), folder), HasSubstr("data.not_regular"));
    folder.write("pictures/a.png", "\x89PNG");
    EXPECT_THAT(errorOf(textConfig(folder / "pictures"), folder),
                HasSubstr("nothing in the folder can be read as text"));
}

TEST(TextCorpus, AHugeSparseFileIsRefusedAtItsFirstZero) {
    TemporaryFolder folder;
    const auto path = folder.write("sparse", lines(100, "word"));
    const auto text = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
    EXPECT_THAT(errorOf(textConfig(path), folder), HasSubstr("sparse at byte " + std::to_string(text)));
}

TEST(TextCorpus, InAFolderABadFileIsLeftOutWithAWarning) {
    TemporaryFolder folder;
    folder.write("texts/good", lines(500, "word"));
    folder.write("texts/picture", "\x89PNG and more");
    folder.write("texts/late", lines(50, "late") + std::string(200'000, 'a') + "\0"s);
    const auto corpus = openText(textConfig(folder / "texts"), folder);
    EXPECT_THAT(corpus->domains(), ::testing::ElementsAre("good", "late"));
    EXPECT_THAT(corpus->facts().warnings, Contains(HasSubstr("picture at byte 0: the file is a picture (PNG)")));
    EXPECT_THAT(corpus->facts().warnings,
                Contains(::testing::AllOf(HasSubstr("late at byte 2"), HasSubstr("left out from there on"))));
}

TEST(TextCorpus, InvalidUtf8IsReadAsUnknownAndSaid) {
    TemporaryFolder folder;
    const auto path = folder.write("text", lines(500, "größe") + "bad \xff byte\n" + lines(10, "größe"));
    const auto corpus = openText(textConfig(path), folder);
    EXPECT_THAT(corpus->facts().warnings, Contains(HasSubstr("1 places that are not valid UTF-8, the first at byte")));
    EXPECT_THAT(openText(textConfig(path, "bytes"), folder)->facts().warnings, Contains(HasSubstr("kept as bytes")));
}

TEST(TextCorpus, RefusesItselfForValidation) {
    TemporaryFolder folder;
    config::RunConfig config = textConfig(folder.write("text", lines(500, "word")));
    config.data.validation_source = (folder.path() / "." / "text").native();
    EXPECT_THAT(errorOf(config, folder), HasSubstr("data.validation_source"));
    config.data.validation_source = folder / "none";
    EXPECT_THAT(errorOf(config, folder), HasSubstr("data.validation_source There is no file"));
}

TEST(TextCorpus, RefusesAWindowLongerThanItsText) {
    TemporaryFolder folder;
    const auto corpus = openText(textConfig(folder.write("text", lines(500, "word"))), folder);
    EXPECT_THROW(corpus->training(0, 0, 1, 1'000'000), base::Error);
}

TEST(Corpus, OpensTextThroughTheCommonDoor) {
    TemporaryFolder folder;
    config::RunConfig config = textConfig(folder.write("text", lines(500, "word")));
    EXPECT_EQ(testing::open(config, folder / "cache")->domains(), std::vector<std::string>{"text"});
    config.data.tokens = "words";
    base::Problems problems;
    EXPECT_EQ(openCorpus(config, (folder / "cache").native(), problems), nullptr);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].key, "data.tokens");
}

}  // namespace
}  // namespace moescope::data
