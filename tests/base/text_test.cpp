// Numbers, UTF-8, hashes, ULIDs and error lines.
#include "core/base/clock.hpp"
#include "core/base/counter_random.hpp"
#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/base/numbers.hpp"
#include "core/base/ulid.hpp"
#include "core/base/utf8.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace moescope::base;

TEST(Numbers, EveryDoubleComesBackWithTheSameBits) {
    const RandomStream stream({1, Purpose::test, 0, 0});
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const auto value = std::bit_cast<double>(stream.word(i));
        if (std::isnan(value)) continue;
        const auto back = toDouble(toText(value));
        ASSERT_TRUE(back.has_value());
        ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(value));
    }
}

TEST(Numbers, AreWrittenShortAndWithoutTheLocale) {
    const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");   // where it is installed
    EXPECT_EQ(toText(0.1), "0.1");
    EXPECT_EQ(toText(0.1f), "0.1");
    EXPECT_EQ(toText(1e30), "1e+30");
    EXPECT_EQ(toFixed(2.0 / 3.0, 3), "0.667");
    EXPECT_EQ(toDouble("0.5"), 0.5);
    EXPECT_EQ(toDouble("0,5"), std::nullopt);
    if (german != nullptr) std::setlocale(LC_ALL, "C");
}

TEST(Numbers, RefuseAnythingThatIsNotWhollyANumber) {
    for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x10", "--1", "1.5"}) EXPECT_EQ(toInt(text), std::nullopt) << text;
    EXPECT_EQ(toInt("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(toInt("9223372036854775808"), std::nullopt);
    EXPECT_EQ(toUnsigned("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(toUnsigned("-1"), std::nullopt);
    EXPECT_EQ(toDouble("1e999"), std::nullopt);
}

TEST(Utf8, EveryCodePointSurvivesWritingAndReading) {
    for (char32_t value = 0; value <= 0x10FFFF; ++value) {
        if (value >= 0xD800 && value <= 0xDFFF) continue;
        std::string text;
        appendUtf8(text, value);
        const CodePoint point = codePointAt(text, 0);
        ASSERT_TRUE(point.valid);
        ASSERT_EQ(point.value, value);
        ASSERT_EQ(point.length, text.size());
    }
}

// Table 3-8 of the Unicode Standard: how ill-formed bytes are cut into parts.
TEST(Utf8, IllFormedBytesAreCutAsTheStandardRecommends) {
    const auto parts = [](std::string_view text) {
        std::string lengths;
        forEachCodePoint(text, [&](const CodePoint& point, std::size_t) { lengths += std::to_string(point.length) + (point.valid ? "v" : "x"); });
        return lengths;
    };
    EXPECT_EQ(parts("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), "1x1x1x1x1x1x1x1x1v");
    EXPECT_EQ(parts("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), "1x1x1x1x1x1x1x1x1v");
    EXPECT_EQ(parts("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), "1x1x1x1x1x1v1x1x1v");
    EXPECT_EQ(parts("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "2x1x3x2x1v");
}

TEST(Utf8, ValidationFindsTheFirstIllFormedByte) {
    EXPECT_TRUE(isUtf8(""));
    EXPECT_TRUE(isUtf8("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"));
    EXPECT_EQ(validUtf8Prefix("ab\xC3"), 2u);
    EXPECT_EQ(validUtf8Prefix("\xED\xA0\x80"), 0u);
    EXPECT_EQ(validUtf8Prefix("\xF4\x90\x80\x80"), 0u);
    EXPECT_EQ(countCodePoints("a\xE2\x82\xAC\xFF"), 3u);
}

TEST(Utf8, AnUnfinishedTailIsHeldBackUntilItIsComplete) {
    const std::string text = "x\xF0\x9F\x98\x80";
    for (std::size_t length = 0; length <= text.size(); ++length) {
        const std::size_t expected = length >= 2 && length < text.size() ? length - 1 : 0;
        EXPECT_EQ(incompleteUtf8Tail(std::string_view(text).substr(0, length)), expected) << length;
    }
    EXPECT_EQ(incompleteUtf8Tail("\xE0\x80"), 0u);   // can never become well-formed
    EXPECT_EQ(incompleteUtf8Tail("\x80\x80\x80"), 0u);
}

// Values published with xxHash.
TEST(Hash, GivesThePublishedXxh3Values) {
    EXPECT_EQ(hex(hash64(std::string_view())), "2d06800538d394c2");
    EXPECT_EQ(hex(hash128(std::string_view())), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, PiecesGiveTheHashOfTheWhole) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
    for (const std::size_t piece : {1u, 63u, 64u, 1024u, 4999u}) {
        Hasher128 hasher;
        for (std::size_t at = 0; at < text.size(); at += piece) hasher.add(std::string_view(text).substr(at, piece));
        EXPECT_EQ(hasher.value(), hash128(text)) << piece;
    }
}

TEST(Hash, TextAndBytesAreTheSameNumber) {
    const Hash128 hash{0x0123456789abcdef, 0xfedcba9876543210};
    EXPECT_EQ(hex(hash), "0123456789abcdeffedcba9876543210");
    EXPECT_EQ(parseHash128(hex(hash)), hash);
    EXPECT_EQ(toBytes(hash)[0], std::byte{0x01});
    EXPECT_EQ(toBytes(hash)[15], std::byte{0x10});
    for (const char* text : {"", "0123456789ABCDEFFEDCBA9876543210", "0123456789abcdeffedcba987654321", "0123456789abcdeffedcba987654321g"})
        EXPECT_EQ(parseHash128(text), std::nullopt) << text;
}

// The example of the ULID specification: time 1469918176385 is "01ARYZ6S41".
TEST(Ulid, WritesTheTimeAsTheSpecificationDoes) {
    const std::string ulid = makeUlidFrom(1469918176385, std::string(10, '\xff'));
    EXPECT_EQ(ulid, "01ARYZ6S41ZZZZZZZZZZZZZZZZ");
    EXPECT_EQ(ulidMilliseconds(ulid), 1469918176385u);
    EXPECT_EQ(makeUlidFrom(~0ull, std::string(10, '\xff')), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(Ulid, NeverGoesBackBelowItsFloorEvenIfTheClockDoes) {
    std::string last;
    for (int i = 0; i < 2000; ++i) {
        const std::string next = makeUlid(last);
        ASSERT_TRUE(isUlid(next));
        ASSERT_GT(next, last);
        last = next;
    }
    std::string floor = makeUlidFrom(5000, std::string(10, '\xff'));
    for (const std::uint64_t clock : {4000u, 0u, 5000u, 4999u, 5000u}) {
        const std::string next = makeUlidFrom(clock, "abcdefghij", floor);
        ASSERT_GT(next, floor);
        floor = next;
    }
    EXPECT_GE(*ulidMilliseconds(floor), 5000u);   // the overflow of the random part went into the time
    EXPECT_THROW(makeUlidFrom(0, std::string(10, '\0'), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), Error);
}

TEST(Ulid, OnlyTheCanonicalSpellingIsValid) {
    EXPECT_TRUE(isUlid("01ARYZ6S41TSV4RRFFQ69G5FAV"));
    for (const char* text : {"", "01ARYZ6S41TSV4RRFFQ69G5FA", "01ARYZ6S41TSV4RRFFQ69G5FAVV", "81ARYZ6S41TSV4RRFFQ69G5FAV", "01aryz6s41tsv4rrffq69g5fav", "01ARYZ6S41TSV4RRFFQ69G5FAI",
                             "../RYZ6S41TSV4RRFFQ69G5FAV", "01ARYZ6S41TSV4RRFFQ69G5FA/"})
        EXPECT_FALSE(isUlid(text)) << text;
}

TEST(Error, IsOneLineWhateverComesIn) {
    const Error error(ExitCode::badInput, "file.bad", "line one\nline two", "/a/b\tc", "do this");
    EXPECT_EQ(error.line(), "error: file.bad: line one line two: /a/b c: do this");
    EXPECT_EQ(error.exitStatus(), 3);
    EXPECT_EQ(error.code(), "file.bad");
}

TEST(Error, ForeignTextIsCutAndCleanedAtWholeCharacters) {
    EXPECT_EQ(printable("a\x1b[31mb\xff" "\xC2\x9B" "c\n"), "a?[31mb??c?");
    EXPECT_EQ(printable("\xE2\x82\xAC\xE2\x82\xAC", 5), "\xE2\x82\xAC...");
    EXPECT_EQ(printable(std::string(200, 'x'), 10), "xxxxxxxxxx...");
}

TEST(Clock, TheMonotonicClockNeverGoesBack) {
    std::int64_t last = monotonicNanoseconds();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t now = monotonicNanoseconds();
        ASSERT_GE(now, last);
        last = now;
    }
    EXPECT_GT(wallMicroseconds(), 1'500'000'000'000'000);   // after 2017, before 2116
    EXPECT_LT(wallMicroseconds(), 4'600'000'000'000'000);
}

}  // namespace
