// Alphabets: named sets of letters, or the letters themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moescope::data {

/// Names in the order they are listed to people: latin, latin_a_j, greek, cyrillic, hebrew, kana ...
std::vector<std::string> alphabetNames();

bool isAlphabetName(std::string_view name);

/// The text as characters.
std::u32string codePoints(std::string_view text);

/// The letters of a named alphabet, or of the text itself (valid UTF-8).
std::u32string alphabetLetters(std::string_view nameOrLetters);

}  // namespace moescope::data
