// The parts text is read with: encodings, line ends, documents, orders, samples of hashes.
#include <algorithm>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/data/permutation.hpp"
#include "core/data/text/hash_sample.hpp"
#include "core/data/text/splitter.hpp"
#include "core/data/text/text_reader.hpp"
#include "core/data/text/token_manifest.hpp"
#include "core/data/tokenizer.hpp"
#include "tests/data/support.hpp"

namespace moescope::data {
namespace {

using namespace std::string_literals;

struct ReadText {
    std::string text;
    TextNotes notes;
};

ReadText readAll(const std::filesystem::path &path, std::size_t buffer) {
    TextReader reader(path, buffer);
    ReadText result;
    while (reader.next(result.text)) {
    }
    result.notes = reader.notes();
    return result;
}

/// What is read must not depend on the size of the pieces.
ReadText readIn(const std::string &bytes) {
    testing::TemporaryFolder folder;
    const auto path = folder.write("text", bytes);
    const ReadText whole = readAll(path, 1 << 20);
    for (const std::size_t buffer : {4, 5, 7, 64}) {
        const ReadText pieces = readAll(path, buffer);
        EXPECT_EQ(pieces.text, whole.text) << buffer;
        EXPECT_EQ(pieces.notes.encoding, whole.notes.encoding) << buffer;
        EXPECT_EQ(pieces.notes.invalid, whole.notes.invalid) << buffer;
        EXPECT_EQ(pieces.notes.firstInvalid, whole.notes.firstInvalid) << buffer;
        EXPECT_EQ(pieces.notes.lineEnds, whole.notes.lineEnds) << buffer;
        EXPECT_EQ(pieces.notes.bytesRead, bytes.size()) << buffer;
    }
    return whole;
}

std::string utf16(std::u16string_view text, bool little) {
    std::string bytes;
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
        bytes += little ? std::string{low, high} : std::string{high, low};
    }
    return bytes;
}

TEST(TextReader, KeepsUtf8AndDropsItsMark) {
    EXPECT_EQ(readIn("grüße, мир, 日本語 🙂\n").text, "grüße, мир, 日本語 🙂\n");
    EXPECT_EQ(readIn("\xef\xbb\xbfgrüße").text, "grüße");
}

TEST(TextReader, ConvertsUtf16WithAndWithoutAMark) {
    const std::u16string text = u"Grüße 日本 🙂 and plain letters too, many of them\n";
    const std::string expected = "Grüße 日本 🙂 and plain letters too, many of them\n";
    for (const bool little : {true, false}) {
        const std::string mark = utf16(u"\uFEFF", little);
        const ReadText marked = readIn(mark + utf16(text, little));
        EXPECT_EQ(marked.text, expected);
        EXPECT_EQ(marked.notes.encoding, little ? Encoding::utf16Little : Encoding::utf16Big);
        EXPECT_EQ(readIn(utf16(text, little)).text, expected);
    }
}

TEST(TextReader, MarksUnpairedSurrogatesAndALostByte) {
    const std::u16string broken = {u'a', 0xD83D, u'b', 0xDC00, u'c'};
    const ReadText read = readIn("\xff\xfe" + utf16(broken, true) + "x");
    EXPECT_EQ(read.text, "a\uFFFDb\uFFFDc");
    EXPECT_EQ(read.notes.invalid, 3U);
    EXPECT_EQ(read.notes.firstInvalid, 4U);
}

TEST(TextReader, ConvertsLatin1AlsoWhenItsFirstAccentComesLate) {
    EXPECT_EQ(readIn("gr\xfc\xdf"
                     "e")
                  .text,
              "grüße");
    const std::string ascii(200'000, 'a');
    const ReadText late = readIn(ascii + " caf\xe9 ol\xe9\n");
    EXPECT_EQ(late.text, ascii + " café olé\n");
    EXPECT_EQ(late.notes.encoding, Encoding::latin1);
}

TEST(TextReader, KeepsAndCountsInvalidBytesInUtf8) {
    const ReadText read = readIn("größe \xff und \xc3 grün ü é");
    EXPECT_EQ(read.text, "größe \xff und \xc3 grün ü é");
    EXPECT_EQ(read.notes.encoding, Encoding::utf8);
    EXPECT_EQ(read.notes.invalid, 2U);
    EXPECT_EQ(read.notes.firstInvalid, 8U);
    EXPECT_EQ(readIn("grün ü \xe6\x97").notes.invalid, 1U);
}

TEST(TextReader, TurnsCrLfIntoLfAndKeepsLoneCr) {
    const ReadText read = readIn("a\r\nb\rc\r\r\nd\r");
    EXPECT_EQ(read.text, "a\nb\rc\r\nd\r");
    EXPECT_EQ(read.notes.lineEnds, 2U);
}

void expectBinary(const std::string &bytes, const std::string &what, const std::string &where) {
    testing::TemporaryFolder folder;
    const auto path = folder.write("file", bytes);
    for (const std::size_t buffer : {4, 1 << 20}) {
        try {
            readAll(path, buffer);
            ADD_FAILURE() << "accepted " << what;
        } catch (const base::Error &error) {
            EXPECT_EQ(error.exitStatus(), 3);
            EXPECT_EQ(error.code(), "data.binary");
            EXPECT_THAT(error.happened(), ::testing::HasSubstr(what));
            EXPECT_EQ(error.where(), path.native() + " at byte " + where);
        }
    }
}

TEST(TextReader, RefusesWhatIsNoTextAndSaysWhere) {
    expectBinary("\x1f\x8b\x08\0\0\0\0"s, "gzip", "0");
    expectBinary("PK\x03\x04 and so on", "zip", "0");
    expectBinary("%PDF-1.4\n", "PDF", "0");
    expectBinary("\x89PNG\r\n\x1a\n", "PNG", "0");
    expectBinary("\x7f"
                 "ELF",
                 "program", "0");
    expectBinary("\xff\xfe\0\0a\0\0\0"s, "UTF-32", "0");
    expectBinary("plain text\0with a zero"s, "zero bytes", "10");
    expectBinary(std::string(200'000, 'a') + "\0"s, "zero bytes", "200000");
    expectBinary(std::string(4096, '\0'), "zero bytes", "0");
    expectBinary("ab\x01\x02\x03\x04\x05", "control characters", "2");
}

std::vector<std::string> split(const std::string &text, std::size_t target, std::size_t piece) {
    std::vector<std::string> documents;
    Splitter splitter(target);
    const auto emit = [&](std::string_view document) { documents.emplace_back(document); };
    for (std::size_t at = 0; at < text.size(); at += piece)
        splitter.add(std::string_view(text).substr(at, piece), emit);
    splitter.finish(emit);
    return documents;
}

TEST(Splitter, EndsDocumentsAtLinesAndLosesNothing) {
    std::string text;
    for (int line = 0; line < 300; ++line)
        text += std::string(static_cast<std::size_t>(line * 7 % 41), 'x') + "\n";
    const std::vector<std::string> documents = split(text, 100, text.size());
    std::string joined;
    for (const std::string &document : documents) {
        joined += document;
        if (&document != &documents.back()) {
            EXPECT_EQ(document.back(), '\n');
            EXPECT_GE(document.size(), 100U);
            EXPECT_LT(document.substr(0, document.size() - 1).rfind('\n') + 1, 100U);
        }
    }
    EXPECT_EQ(joined, text);
    for (const std::size_t piece : {1, 3, 99, 100, 101})
        EXPECT_EQ(split(text, 100, piece), documents) << piece;
}

TEST(Splitter, CutsAnEndlessLineBetweenCharacters) {
    std::string text;
    for (int i = 0; i < 500; ++i)
        text += "日本";
    for (const std::size_t piece : {1, 2, 64, 4000}) {
        const std::vector<std::string> documents = split(text, 100, piece);
        EXPECT_GT(documents.size(), 10U);
        for (const std::string &document : documents) {
            EXPECT_TRUE(base::isUtf8(document));
            EXPECT_LE(document.size(), 204U);
        }
        EXPECT_EQ(documents, split(text, 100, 7));
    }
}

TEST(Permutation, VisitsEachPlaceOnce) {
    for (const std::uint64_t n : {1, 2, 3, 5, 16, 17, 1000}) {
        const Permutation order(n, {1, base::Purpose::test, 0, 0});
        std::set<std::uint64_t> seen;
        for (std::uint64_t i = 0; i < n; ++i)
            seen.insert(order(i));
        EXPECT_EQ(seen.size(), n);
        EXPECT_EQ(*seen.rbegin(), n - 1);
    }
}

TEST(Permutation, HardlyKeepsNeighboursTogetherAndDiffersByKey) {
    const Permutation order(10'000, {1, base::Purpose::test, 0, 0}), other(10'000, {1, base::Purpose::test, 0, 1});
    int neighbours = 0, same = 0;
    for (std::uint64_t i = 0; i + 1 < 10'000; ++i) {
        neighbours += order(i) + 1 == order(i + 1) ? 1 : 0;
        same += order(i) == other(i) ? 1 : 0;
    }
    EXPECT_LT(neighbours, 12);
    EXPECT_LT(same, 12);
}

TEST(Permutation, HoldsForHugeNumbers) {
    const std::uint64_t n = 1'000'000'000'000;
    const Permutation order(n, {1, base::Purpose::test, 0, 0});
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 1000; ++i)
        seen.insert(order(i));
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_LT(*seen.rbegin(), n);
}

TEST(HashSample, MeasuresRepetitionAndOverlapInBoundedMemory) {
    HashSample first(1000), second(1000);
    const auto hashed = [](std::uint64_t i) { return base::bits({1, base::Purpose::test, 0, 0}, i); };
    const auto word = [&](std::uint64_t i) { return (std::uint64_t{hashed(i)[1]} << 32) | hashed(i)[0]; };
    for (std::uint64_t i = 0; i < 50'000; ++i)
        first.add(word(i % 40'000));
    for (std::uint64_t i = 30'000; i < 70'000; ++i)
        second.add(word(i));
    EXPECT_NEAR(first.repeated(), 0.2, 0.06);
    EXPECT_EQ(second.repeated(), 0);
    EXPECT_NEAR(second.sharedWith(first), 0.25, 0.07);
    EXPECT_EQ(HashSample().repeated(), 0);
    EXPECT_EQ(HashSample().sharedWith(first), 0);
}

TEST(TokenManifest, SurvivesJsonAndNoticesDamage) {
    TokenManifest manifest;
    manifest.characters = U"b\na🙂";
    manifest.vocabulary = U"ab";
    manifest.domains = {{"one", 0, 10, 0, 3, 2, 13}, {"zwei \"", 10, 20, 3, 3, 1, 10}};
    manifest.trainingTokens = 20;
    manifest.content = "abc";
    manifest.warnings = {"careful"};
    const std::string json = toJson(manifest);
    EXPECT_EQ(manifestFromJson(json), manifest);
    std::string changed = json;
    changed.replace(changed.find("zwei"), 4, "drei");
    EXPECT_EQ(manifestFromJson(changed), std::nullopt);
    EXPECT_EQ(manifestFromJson(json.substr(0, json.size() / 2)), std::nullopt);
    EXPECT_EQ(manifestFromJson("[]"), std::nullopt);
    EXPECT_EQ(manifestFromJson(""), std::nullopt);
}

TEST(Tokenizer, AnyBytesSurviveTheRoundTripAsBytes) {
    std::string all;
    for (int i = 0; i < 256; ++i)
        all.push_back(static_cast<char>(i));
    std::string back;
    for (const std::int32_t token : Tokenizer::bytes().encode(all))
        back += Tokenizer::bytes().decode(token);
    EXPECT_EQ(back, all);
}

TEST(Tokenizer, OfNoCharactersKnowsOnlyTheUnknownOne) {
    const Tokenizer tokenizer = Tokenizer::characters({});
    EXPECT_EQ(tokenizer.size(), 1);
    EXPECT_THAT(tokenizer.encode("ab"), ::testing::ElementsAre(0, 0));
}

}  // namespace
}  // namespace moescope::data
