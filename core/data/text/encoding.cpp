// Marks, zeros and well-formedness.
#include "core/data/text/encoding.hpp"

#include <array>

#include <fmt/format.h>

#include "core/base/utf8.hpp"

namespace moescope::data {

namespace {

using namespace std::string_view_literals;

struct Signature {
    std::string_view bytes, what, advice;
};

constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kPlain = "save it as plain text first";
constexpr std::array<Signature, 15> kSignatures = {{
    {"\x1f\x8b"sv, "the file is compressed (gzip)", kUnpack},
    {"PK\x03\x04"sv, "the file is an archive (zip) or an office document", kUnpack},
    {"\xfd"
     "7zXZ\0"sv,
     "the file is compressed (xz)", kUnpack},
    {"\x28\xb5\x2f\xfd"sv, "the file is compressed (zstd)", kUnpack},
    {"BZh"sv, "the file is compressed (bzip2)", kUnpack},
    {"7z\xbc\xaf\x27\x1c"sv, "the file is an archive (7z)", kUnpack},
    {"%PDF-"sv, "the file is a PDF document", kPlain},
    {"\x89PNG"sv, "the file is a picture (PNG)", "give a text file"},
    {"\xff\xd8\xff"sv, "the file is a picture (JPEG)", "give a text file"},
    {"GIF8"sv, "the file is a picture (GIF)", "give a text file"},
    {"\x7f"
     "ELF"sv,
     "the file is a program", "give a text file"},
    {"SQLite format 3"sv, "the file is a database (SQLite)", "export its text first"},
    {"\xd0\xcf\x11\xe0"sv, "the file is an office document", kPlain},
    {"\xff\xfe\0\0"sv, "the file is in UTF-32", "save it as UTF-8 first"},
    {"\0\0\xfe\xff"sv, "the file is in UTF-32", "save it as UTF-8 first"},
}};

/// Zeros in every other place: ASCII and most alphabets in UTF-16.
bool zerosOnlyAt(std::string_view head, std::size_t parity) {
    std::size_t here = 0;
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] != '\0') continue;
        if (i % 2 != parity) return false;
        ++here;
    }
    return 5 * here >= head.size();
}

bool isOddControl(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && (byte < 0x08 || byte > 0x0d) && byte != 0x1b;
}

Detection refused(std::string what, std::size_t position, std::string_view advice) {
    Detection detection;
    detection.refusal = std::move(what);
    detection.position = position;
    detection.advice = advice;
    return detection;
}

Detection withZeros(std::string_view head) {
    if (zerosOnlyAt(head, 1)) return {Encoding::utf16Little, 0, {}, 0, {}};
    if (zerosOnlyAt(head, 0)) return {Encoding::utf16Big, 0, {}, 0, {}};
    return refused("the file is binary (it holds zero bytes)", head.find('\0'), "give a text file");
}

/// Empty, or the place of the first of many control characters.
std::size_t binaryFrom(std::string_view head) {
    std::size_t controls = 0, first = std::string_view::npos;
    for (std::size_t i = 0; i < head.size(); ++i)
        if (isOddControl(head[i]) && controls++ == 0) first = i;
    return 20 * controls > head.size() ? first : std::string_view::npos;
}

}  // namespace

std::string_view nameOf(Encoding encoding) {
    switch (encoding) {
    case Encoding::utf16Little:
        return "UTF-16 (little-endian)";
    case Encoding::utf16Big:
        return "UTF-16 (big-endian)";
    case Encoding::latin1:
        return "Latin-1";
    case Encoding::utf8:
        break;
    }
    return "UTF-8";
}

Detection detectEncoding(std::string_view head) {
    for (const Signature &signature : kSignatures)
        if (head.starts_with(signature.bytes)) return refused(std::string(signature.what), 0, signature.advice);
    if (head.starts_with("\xef\xbb\xbf")) return {Encoding::utf8, 3, {}, 0, {}};
    if (head.starts_with("\xff\xfe")) return {Encoding::utf16Little, 2, {}, 0, {}};
    if (head.starts_with("\xfe\xff")) return {Encoding::utf16Big, 2, {}, 0, {}};
    if (head.find('\0') != std::string_view::npos) return withZeros(head);
    if (const std::size_t at = binaryFrom(head); at != std::string_view::npos)
        return refused("the file is binary (many control characters)", at, "give a text file");
    return {looksLikeUtf8(head) ? Encoding::utf8 : Encoding::latin1, 0, {}, 0, {}};
}

bool looksLikeUtf8(std::string_view text) {
    text.remove_suffix(base::incompleteUtf8Tail(text));
    std::size_t good = 0, bad = 0;
    base::forEachCodePoint(text, [&](base::CodePoint point, std::size_t) {
        if (!point.valid)
            ++bad;
        else if (point.length > 1)
            ++good;
    });
    return bad == 0 || good > bad;
}

void appendLatin1(std::string &text, std::string_view bytes) {
    for (const char byte : bytes)
        base::appendUtf8(text, static_cast<unsigned char>(byte));
}

}  // namespace moescope::data
