// Encoding: what bytes a text is written in, told from its head.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moescope::data {

enum class Encoding { utf8, utf16Little, utf16Big, latin1 };

std::string_view nameOf(Encoding encoding);

/// Either an encoding with the length of its byte order mark, or a reason why this is no text with the byte that shows
/// it.
struct Detection {
    Encoding encoding = Encoding::utf8;
    std::size_t markLength = 0;
    std::string refusal;
    std::size_t position = 0;
    std::string advice;
};

/// `head`: the first bytes of the file (64 KB are plenty); the last character may be cut. Marks first, then known kinds
/// of files that are no text, then zeros (UTF-16 without a mark has them in every other place), then UTF-8, else
/// Latin-1.
Detection detectEncoding(std::string_view head);

/// True when most of the non-ASCII parts are well-formed UTF-8.
bool looksLikeUtf8(std::string_view text);

/// Latin-1 bytes as UTF-8.
void appendLatin1(std::string &text, std::string_view bytes);

}  // namespace moescope::data
