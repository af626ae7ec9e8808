// A table by code point.
#include "core/data/tokenizer.hpp"

#include "core/base/utf8.hpp"

namespace moescope::data {

Tokenizer Tokenizer::bytes() {
    Tokenizer tokenizer;
    tokenizer.m_bytes = true;
    return tokenizer;
}

Tokenizer Tokenizer::characters(std::u32string sorted) {
    Tokenizer tokenizer;
    tokenizer.m_characters = std::move(sorted);
    if (tokenizer.m_characters.empty()) return tokenizer;
    tokenizer.m_tokens.resize(static_cast<std::size_t>(tokenizer.m_characters.back()) + 1);
    std::int32_t next = 0;
    for (const char32_t character : tokenizer.m_characters)
        tokenizer.m_tokens[character] = ++next;
    return tokenizer;
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
    std::vector<std::int32_t> tokens;
    if (m_bytes)
        for (const char byte : text)
            tokens.push_back(static_cast<unsigned char>(byte));
    else
        base::forEachCodePoint(
            text, [&](base::CodePoint point, std::size_t) { tokens.push_back(point.valid ? token(point.value) : 0); });
    return tokens;
}

std::string Tokenizer::decode(std::int32_t token) const {
    if (token < 0 || token >= size()) return "\xEF\xBF\xBD";
    if (m_bytes) return std::string(1, static_cast<char>(token));
    std::string text;
    base::appendUtf8(text, token == 0 ? U'\uFFFD' : m_characters[static_cast<std::size_t>(token) - 1]);
    return text;
}

}  // namespace moescope::data
