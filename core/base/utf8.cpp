// UTF-8 by the table of well-formed sequences (Unicode Standard, table 3-7).
#include "core/base/utf8.hpp"

namespace moescope::base {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Lead {
    std::uint8_t length;          // of the whole sequence; 0: cannot begin one
    std::uint8_t first, last;     // range of the second byte
};

constexpr Lead leadOf(std::uint8_t byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xC2) return {0, 0, 0};
    if (byte < 0xE0) return {2, 0x80, 0xBF};
    if (byte == 0xE0) return {3, 0xA0, 0xBF};
    if (byte == 0xED) return {3, 0x80, 0x9F};
    if (byte < 0xF0) return {3, 0x80, 0xBF};
    if (byte == 0xF0) return {4, 0x90, 0xBF};
    if (byte < 0xF4) return {4, 0x80, 0xBF};
    if (byte == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

bool fits(const Lead& lead, std::size_t place, std::uint8_t byte) {
    return place == 1 ? byte >= lead.first && byte <= lead.last : byte >= 0x80 && byte <= 0xBF;
}

// Bytes from `at` that agree with the sequence its first byte begins.
std::size_t agreeing(std::string_view text, std::size_t at, const Lead& lead) {
    std::size_t count = 1;
    while (count < lead.length && at + count < text.size() && fits(lead, count, static_cast<std::uint8_t>(text[at + count]))) ++count;
    return count;
}

}  // namespace

CodePoint codePointAt(std::string_view text, std::size_t at) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    if (first < 0x80) return {first, 1, true};
    const Lead lead = leadOf(first);
    if (lead.length == 0) return {kReplacement, 1, false};
    const std::size_t count = agreeing(text, at, lead);
    if (count < lead.length) return {kReplacement, static_cast<std::uint8_t>(count), false};
    char32_t value = first & (0x7Fu >> lead.length);
    for (std::size_t i = 1; i < count; ++i) value = (value << 6) | (static_cast<std::uint8_t>(text[at + i]) & 0x3Fu);
    return {value, lead.length, true};
}

std::size_t validUtf8Prefix(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = codePointAt(text, at);
        if (!point.valid) return at;
        at += point.length;
    }
    return text.size();
}

std::size_t incompleteUtf8Tail(std::string_view text) {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const std::size_t at = text.size() - back;
        const Lead lead = leadOf(static_cast<std::uint8_t>(text[at]));
        if (lead.length == 0) continue;
        return lead.length > back && agreeing(text, at, lead) == back ? back : 0;
    }
    return 0;
}

std::size_t countCodePoints(std::string_view text) {
    std::size_t count = 0;
    forEachCodePoint(text, [&](const CodePoint&, std::size_t) { ++count; });
    return count;
}

void appendUtf8(std::string& text, char32_t value) {
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = kReplacement;
    const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    const auto tail = [&](int shift) { put(0x80 | ((value >> shift) & 0x3F)); };
    if (value < 0x80) return put(value);
    if (value < 0x800) return put(0xC0 | (value >> 6)), tail(0);
    if (value < 0x10000) return put(0xE0 | (value >> 12)), tail(6), tail(0);
    put(0xF0 | (value >> 18)), tail(12), tail(6), tail(0);
}

}  // namespace moescope::base
