// Small patterns matched in time linear in the text, whatever the pattern.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moescope::storage {

/// Knows literals, `.`, [classes], \d \w \s and escapes, | ( ) * + ? ^ $. Case does not matter (ASCII). At most 200 bytes.
/// Matched by following all states at once (Thompson 1968), so no pattern can take long.
class Pattern {
public:
    struct Mistake {
        std::size_t at = 0;
        std::string text;
    };
    static std::variant<Pattern, Mistake> compile(std::string_view text);
    /// Whether it occurs anywhere in `text`.
    bool occursIn(std::string_view text) const;

private:
    enum class Kind : std::uint8_t { set, split, begin, end, match };
    struct State {
        Kind kind = Kind::match;
        int next = -1, other = -1;
        std::vector<bool> bytes;   // of a set: 256
    };
    friend class PatternParser;
    void follow(int state, bool atBegin, bool atEnd, std::vector<bool>& active) const;

    std::vector<State> m_states;
    int m_start = 0;
};

}  // namespace moescope::storage
