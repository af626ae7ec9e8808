// Tokenizer: text to token numbers and back, by character or by byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::data {

/// Characters: token 0 is the unknown character, token i > 0 the i-th of the sorted characters. Bytes: token = byte.
/// Thread: const members from any number of threads.
class Tokenizer {
public:
    static Tokenizer bytes();
    /// `sorted`: each character once, ascending.
    static Tokenizer characters(std::u32string sorted);

    bool isBytes() const { return m_bytes; }
    std::int64_t size() const { return m_bytes ? 256 : static_cast<std::int64_t>(m_characters.size()) + 1; }
    /// Token of a character; 0 = unknown. Characters only.
    std::int32_t token(char32_t character) const { return character < m_tokens.size() ? m_tokens[character] : 0; }
    std::vector<std::int32_t> encode(std::string_view text) const;
    /// UTF-8 of a token: U+FFFD for the unknown one and for numbers outside the vocabulary; one raw byte for bytes.
    std::string decode(std::int32_t token) const;
    const std::u32string &alphabet() const { return m_characters; }

private:
    bool m_bytes = false;
    std::u32string m_characters;
    std::vector<std::int32_t> m_tokens;  // by code point
};

}  // namespace moescope::data
