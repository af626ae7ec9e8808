// UTF-8: validation and walking by code point, the same for data and display.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moescope::base {

// One step through text. Invalid bytes give U+FFFD and valid = false, with the length of the longest prefix of a well-formed
// sequence (at least 1), as the Unicode Standard recommends (chapter 3, "maximal subpart").
struct CodePoint {
    char32_t value = 0;
    std::uint8_t length = 0;   // bytes, 1..4
    bool valid = false;
};

// `at` < text.size().
CodePoint codePointAt(std::string_view text, std::size_t at);

// Bytes up to the first ill-formed sequence; text.size() when all is well. Surrogates, overlong forms and values above U+10FFFF are ill-formed.
std::size_t validUtf8Prefix(std::string_view text);
inline bool isUtf8(std::string_view text) { return validUtf8Prefix(text) == text.size(); }

// Bytes at the end that begin a sequence which more input could complete (0..3): hold them back when streaming.
std::size_t incompleteUtf8Tail(std::string_view text);

std::size_t countCodePoints(std::string_view text);   // each ill-formed part counts 1
void appendUtf8(std::string& text, char32_t value);   // a value that is no character is written as U+FFFD

// Calls visit(CodePoint, offset) for each step.
template <class Visit>
void forEachCodePoint(std::string_view text, Visit&& visit) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = codePointAt(text, at);
        visit(point, at);
        at += point.length;
    }
}

}  // namespace moescope::base
